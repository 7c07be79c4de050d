export { type HeadlessOptions, type HeadlessServer, type ListenFailure, startHeadless } from "./server.ts";
export { isLoopback, notLoopback, PAGE_POLICY } from "./security.ts";
