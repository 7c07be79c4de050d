export { exportSiteFile } from "./export-site-file.ts";
export { type ParsedSite, parseSiteFile, type SiteTariff } from "./site-file.ts";
export type { KnownProfiles, ProfileWires } from "./references.ts";
