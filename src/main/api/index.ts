export { type CallContext, type Fault, type OnFault } from "./base.ts";
export { isCallFrame } from "./frames.ts";
export type { RenderInvoice } from "./invoices.ts";
export { type ApiRouter, createRouter, type RouterOptions } from "./router.ts";
