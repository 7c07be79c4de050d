import type { InvoiceDocument } from "../storage/types.ts";

// What passes between the engine and the worker that draws documents.

export type DocumentRequest = { readonly invoice: InvoiceDocument; readonly fontsFolder: string };
export type DocumentReply =
  { readonly ok: true; readonly bytes: Uint8Array } | { readonly ok: false; readonly detail: string };
