export * from "./invoice.ts";
export * from "./month.ts";
export * from "./number.ts";
