import { join } from "node:path";
import { createApplication } from "../site/application.ts";
import type { RenderInvoice } from "../api/index.ts";
import type { DocumentWorker } from "../documents/index.ts";
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
export function invoiceRenderer(resources: string): RenderInvoice {
  let worker: Promise<DocumentWorker> | null = null;
  return async (document) => {
    worker ??= import("../documents/index.ts").then(({ createDocumentWorker }) =>
      createDocumentWorker({ fontsFolder: join(resources, "fonts") }),
    );
    return (await worker).renderInvoice(document);
  };
}
