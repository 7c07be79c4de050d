export { type HeadlessOptions, type HeadlessServer, type ListenFailure, startHeadless } from "./server.ts";
export { PAGE_POLICY } from "./security.ts";
