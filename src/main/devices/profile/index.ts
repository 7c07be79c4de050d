export * from "./energy-filter.ts";
export * from "./load-profile.ts";
export * from "./profile-rules.ts";
export * from "./profile-schema.ts";
export type { CanonicalState, PollGroup } from "./schema-parts.ts";
export * from "./quantities.ts";
export * from "./register-values.ts";
