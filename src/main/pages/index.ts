export { PAGE_HEADERS } from "./page-policy.ts";
export { findStatic, openStatic, type StaticFile } from "./static-files.ts";
