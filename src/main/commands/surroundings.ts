import { join } from "node:path";
import { createApplication } from "../site/application.ts";
import type { RenderInvoice } from "../api/index.ts";
import type { Surroundings } from "./serve.ts";

/** Where the app's own files lie and what it is made of; `root` is the folder of the package. */
export function processSurroundings(root: string, version: string): Surroundings {
  const resources = join(root, "resources");
  return {
    version,
    resources,
    pages: join(root, "out", "renderer"),
    createApplication,
    renderInvoice: invoiceRenderer(resources),
    stdout: process.stdout,
    stderr: process.stderr,
  };
}

/** Loads what draws documents when the first one is asked for. */
export const invoiceRenderer =
  (resources: string): RenderInvoice =>
  async (document) => {
    const { renderInvoicePdf } = await import("../documents/invoice-pdf.ts");
    return renderInvoicePdf(document, join(resources, "fonts"));
  };
