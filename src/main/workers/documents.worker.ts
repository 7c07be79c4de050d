import { parentPort } from "node:worker_threads";
import { assert } from "../../core/units/index.ts";
import type { DocumentReply, DocumentRequest } from "../documents/document-messages.ts";
import { renderInvoicePdf } from "../documents/invoice-pdf.ts";

// Draws one document per message. Whoever asks waits for the answer before asking again.

const port = parentPort;
assert(port !== null, "this file runs in a worker thread");

async function draw({ invoice, fontsFolder }: DocumentRequest): Promise<DocumentReply> {
  try {
    return { ok: true, bytes: await renderInvoicePdf(invoice, fontsFolder) };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

port.on("message", (request: DocumentRequest) => {
  void draw(request).then((reply) => {
    port.postMessage(reply);
  });
});
