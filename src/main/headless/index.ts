export { type HeadlessOptions, type HeadlessServer, type ListenFailure, startHeadless } from "./server.ts";
export { isLoopback, notLoopback } from "./security.ts";
