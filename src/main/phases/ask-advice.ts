import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Scenario } from "../../core/replay/index.ts";
import type { AdviceReply, AdviceRequest } from "./advice-messages.ts";

/** No further replay is begun after this; one takes a second for a busy month of 50 bays. */
const WITHIN_MS = 15_000;
/** Then the thread is ended, whatever it does. */
const DEADLINE_MS = 45_000;

/** Built: `workers/advice.worker.js` beside the bundle or above it; from source: the TypeScript file itself. */
function workerFile(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; ; folder = dirname(folder)) {
    const built = join(folder, "workers", "advice.worker.js");
    if (existsSync(built)) return built;
    if (folder === dirname(folder)) break;
  }
  return join(here, "..", "workers", "advice.worker.ts");
}

/** Never rejects; `failed` also when the thread ends by itself or takes too long. */
export async function askAdvice(scenario: Scenario): Promise<AdviceReply> {
  const worker = new Worker(workerFile());
  const { promise, resolve } = Promise.withResolvers<AdviceReply>();
  const failed = (detail: string): void => {
    resolve({ kind: "failed", detail });
  };
  const deadline = setTimeout(() => {
    failed("no answer in time");
  }, DEADLINE_MS);
  worker.once("message", (reply: AdviceReply) => {
    resolve(reply);
  });
  worker.once("error", (error) => {
    failed(error instanceof Error ? error.message : String(error));
  });
  worker.once("exit", (code) => {
    failed(`the thread ended with ${String(code)}`);
  });
  worker.postMessage({ scenario, within_ms: WITHIN_MS } satisfies AdviceRequest);
  const reply = await promise;
  clearTimeout(deadline);
  await worker.terminate();
  return reply;
}
