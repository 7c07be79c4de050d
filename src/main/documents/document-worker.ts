import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { assert } from "../../core/units/index.ts";
import type { InvoiceDocument } from "../storage/types.ts";
import type { DocumentReply, DocumentRequest } from "./document-messages.ts";
import { renderInvoicePdf } from "./invoice-pdf.ts";

// An invoice takes a tenth of a second to draw, a long one more: never in the thread that runs the control loop.

/** Documents waiting to be drawn. More than any month's run; a caller beyond it hears "busy" instead of filling memory. */
const WAITING_MAX = 2_000;
const RENDER_TIMEOUT_ms = 60_000;

export type RenderFailure = { readonly ok: false; readonly code: "busy" | "failed"; readonly detail: string };
export type Rendered = { readonly ok: true; readonly bytes: Uint8Array } | RenderFailure;

export type DocumentWorker = {
  /** The invoice's PDF; the same document gives the same bytes. Documents are drawn one after the other. */
  readonly renderInvoice: (invoice: InvoiceDocument) => Promise<Rendered>;
  readonly close: () => Promise<void>;
};

/** The file of `relative` that lies in this folder or one above: works from source, from `out/main` and packaged. */
function nearby(relative: string): string | null {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, relative);
    if (existsSync(candidate)) return candidate;
    const parent = dirname(folder);
    if (parent === folder) return null;
    folder = parent;
  }
}

/** Fonts of printed documents, `resources/fonts` of this installation. */
export function documentFontsFolder(): string {
  const regular = nearby(join("resources", "fonts", "Inter-Regular.ttf"));
  assert(regular !== null, "the installation brings resources/fonts");
  return dirname(regular);
}

/** Built beside the bundle as `workers/documents.worker.js`; a run from source has none and draws in its own thread. */
const builtWorker = (): string | null => nearby(join("workers", "documents.worker.js"));

/**
 * Draws documents off the main thread. A worker that fails or hangs answers `failed`, is ended, and a new one serves the
 * next document. Starts nothing before the first document.
 */
export function createDocumentWorker(
  options: { readonly fontsFolder?: string; readonly workerFile?: string | null; readonly timeout_ms?: number } = {},
): DocumentWorker {
  const { fontsFolder = documentFontsFolder(), workerFile = builtWorker(), timeout_ms = RENDER_TIMEOUT_ms } = options;
  const draw = workerFile === null ? inThisThread(fontsFolder) : inWorker(workerFile, fontsFolder, timeout_ms);
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return {
    renderInvoice: (invoice) => {
      if (waiting >= WAITING_MAX) {
        return Promise.resolve({ ok: false, code: "busy", detail: `${String(waiting)} documents are waiting` });
      }
      waiting += 1;
      const mine = last.then(() => draw.render(invoice)).finally(() => (waiting -= 1));
      last = mine;
      return mine;
    },
    close: draw.close,
  };
}

type Drawer = {
  readonly render: (invoice: InvoiceDocument) => Promise<Rendered>;
  readonly close: () => Promise<void>;
};

const failed = (error: unknown): RenderFailure => ({
  ok: false,
  code: "failed",
  detail: error instanceof Error ? error.message : String(error),
});

function inThisThread(fontsFolder: string): Drawer {
  return {
    render: async (invoice) => {
      try {
        return { ok: true, bytes: await renderInvoicePdf(invoice, fontsFolder) };
      } catch (error) {
        return failed(error);
      }
    },
    close: () => Promise.resolve(),
  };
}

function inWorker(file: string, fontsFolder: string, timeout_ms: number): Drawer {
  let worker: Worker | null = null;
  const close = async (): Promise<void> => {
    const ending = worker;
    worker = null;
    await ending?.terminate();
  };
  const render = async (invoice: InvoiceDocument): Promise<Rendered> => {
    worker ??= new Worker(file, { name: "documents" });
    worker.unref();
    const reply = await ask(worker, { invoice, fontsFolder }, timeout_ms);
    if (!reply.ok) await close();
    return reply;
  };
  return { render, close };
}

/** One question, one answer; whatever comes first of answer, error, end and time-out. */
function ask(worker: Worker, request: DocumentRequest, timeout_ms: number): Promise<Rendered> {
  const { promise, resolve } = Promise.withResolvers<Rendered>();
  const done = (reply: DocumentReply): void => {
    resolve(reply.ok ? reply : { ok: false, code: "failed", detail: reply.detail });
  };
  const onError = (error: unknown): void => {
    resolve(failed(error));
  };
  const onExit = (): void => {
    resolve({ ok: false, code: "failed", detail: "the document worker ended" });
  };
  const timer = setTimeout(() => {
    resolve({ ok: false, code: "failed", detail: `no document after ${String(timeout_ms)} ms` });
  }, timeout_ms);
  worker.on("message", done).on("error", onError).on("exit", onExit);
  worker.postMessage(request);
  return promise.finally(() => {
    clearTimeout(timer);
    worker.off("message", done).off("error", onError).off("exit", onExit);
  });
}
