export { createDocumentWorker, type DocumentWorker, type Rendered } from "./document-worker.ts";
export { renderInvoicePdf } from "./invoice-pdf.ts";
export * from "./tables.ts";
