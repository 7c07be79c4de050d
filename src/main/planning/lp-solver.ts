import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { type LinearProgram, objectiveOf, worstBreach } from "../../core/planning/index.ts";
import { assert } from "../../core/units/index.ts";
import type { LpReply, LpRequest } from "./lp-messages.ts";

// A linear program can take any time, and the solver is not ours: it works in its own thread, is given a deadline, is
// ended when it does not keep it, and its answer is believed only when it keeps the program's own bounds.

/** The solver minds its limit between iterations only; after this much more its thread is ended. */
const OVERTIME_ms = 250;
/** Until the thread runs and its 3.5 MB of WebAssembly are compiled, on a slow PC. */
const START_TIMEOUT_ms = 15_000;
/** Programs that wait while another one is solved. A newer plan makes an older one worthless, so it takes its place. */
const WAITING_MAX = 1;
/** Accepted breach of a bound as a part of it; the solver's own tolerance is 1e-7 of scaled rows. */
const BREACH_MAX = 1e-5;

export type LpAnswer =
  | {
      readonly kind: "optimal";
      /** One value for each variable, in the order of the program. */
      readonly values: Float64Array;
      /** What one unit more of each row's active bound would change the objective by. */
      readonly rowDuals: Float64Array;
      readonly objective: number;
      readonly took_ms: number;
    }
  | { readonly kind: "infeasible" | "unbounded" }
  /** The deadline passed. Trying again with more time may help. */
  | { readonly kind: "timed-out" }
  /** `replaced`: a newer program took its place in the queue; `broken`: the solver ended, refused it or made no sense. */
  | { readonly kind: "failed"; readonly code: "replaced" | "broken" | "closed"; readonly detail: string };

export type LpSolver = {
  /** Never rejects. `deadline_ms` (real time) counts from when the solver begins; programs are solved one at a time. */
  readonly solve: (program: LinearProgram, options: { readonly deadline_ms: number }) => Promise<LpAnswer>;
  /** Ends the thread; what is being solved or waits is answered `closed`. */
  readonly close: () => Promise<void>;
};

type Job = {
  readonly program: LinearProgram;
  readonly deadline_ms: number;
  readonly answer: (answer: LpAnswer) => void;
};

const broken = (detail: string): LpAnswer => ({ kind: "failed", code: "broken", detail });
const CLOSED: LpAnswer = { kind: "failed", code: "closed", detail: "the solver was closed" };

/** Built: `workers/plan.worker.js` beside the bundle or above it; from source: the TypeScript file itself. */
function workerFile(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; ; folder = dirname(folder)) {
    const built = join(folder, "workers", "plan.worker.js");
    if (existsSync(built)) return built;
    if (folder === dirname(folder)) break;
  }
  return join(here, "..", "workers", "plan.worker.ts");
}

/**
 * A solver of linear programs in a worker thread, which is started with the first program and anew after every failure.
 * `waiting_max`: programs beyond it push out the oldest waiting one. `file` is for tests of a thread that misbehaves.
 */
export function createLpSolver(options: { readonly file?: string; readonly waiting_max?: number } = {}): LpSolver {
  const { file = workerFile(), waiting_max = WAITING_MAX } = options;
  const waiting: Job[] = [];
  let worker: Promise<Worker | null> | null = null;
  let closed = false;
  /** Somebody takes programs from the queue; `solving`: one was taken and is not answered yet. */
  let working = false;
  let solving = false;
  let nextId = 1;

  const end = async (): Promise<void> => {
    const ending = worker;
    worker = null;
    await (await ending)?.terminate();
  };
  const begin = (): Promise<Worker | null> => {
    const mine = start(file, () => {
      if (worker === mine) worker = null;
    });
    return mine;
  };
  const isClosed = (): boolean => closed;
  const run = async ({ program, deadline_ms }: Job): Promise<LpAnswer> => {
    worker ??= begin();
    const thread = await worker;
    if (thread === null) {
      worker = null;
      return broken("the solver's thread did not start");
    }
    if (isClosed()) return CLOSED;
    const started_ms = performance.now();
    const reply = await ask(thread, { id: nextId++, program, limit_s: deadline_ms / 1000 }, deadline_ms + OVERTIME_ms);
    const result = believed(program, reply, performance.now() - started_ms);
    if (reply === null || result.kind === "failed") await end();
    return isClosed() ? CLOSED : result;
  };
  const work = async (): Promise<void> => {
    if (working) return;
    working = true;
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      solving = true;
      const answer = await run(job);
      solving = false;
      job.answer(answer);
    }
    working = false;
  };
  return {
    solve: (program, { deadline_ms }) => {
      assert(deadline_ms > 0, "a deadline lies ahead");
      if (closed) return Promise.resolve(CLOSED);
      const { promise, resolve } = Promise.withResolvers<LpAnswer>();
      waiting.push({ program, deadline_ms, answer: resolve });
      void work();
      while (waiting.length > waiting_max + (solving ? 0 : 1)) {
        waiting.shift()?.answer({ kind: "failed", code: "replaced", detail: "a newer program took its place" });
      }
      return promise;
    },
    close: async () => {
      closed = true;
      for (const job of waiting.splice(0)) job.answer(CLOSED);
      await end();
    },
  };
}

/** The running thread, or `null` when it did not say it is ready. Nothing stays open because of it. `gone`: it ended. */
async function start(file: string, gone: () => void): Promise<Worker | null> {
  const thread = new Worker(file, { name: "plan" });
  thread.unref();
  // Without a listener an error of an idle thread would end the whole process.
  thread.on("error", gone).on("exit", gone);
  const first = await next(thread, START_TIMEOUT_ms, (reply) => reply.kind === "ready");
  if (first !== null && first.kind === "ready") return thread;
  await thread.terminate();
  return null;
}

async function ask(thread: Worker, request: LpRequest, timeout_ms: number): Promise<LpReply | null> {
  thread.postMessage(request);
  return next(thread, timeout_ms, (reply) => reply.kind !== "ready" && reply.id === request.id);
}

/** The next wanted message; `null` when the time is over, `failed` when the thread ends before. */
async function next(thread: Worker, timeout_ms: number, wanted: (reply: LpReply) => boolean): Promise<LpReply | null> {
  const { promise, resolve } = Promise.withResolvers<LpReply | null>();
  const onMessage = (reply: LpReply): void => {
    if (wanted(reply)) resolve(reply);
  };
  const onError = (error: unknown): void => {
    resolve({ kind: "failed", id: 0, detail: error instanceof Error ? error.message : String(error) });
  };
  const onExit = (): void => {
    resolve({ kind: "failed", id: 0, detail: "the solver's thread ended" });
  };
  const timer = setTimeout(() => {
    resolve(null);
  }, timeout_ms);
  thread.on("message", onMessage).on("error", onError).on("exit", onExit);
  const reply = await promise;
  clearTimeout(timer);
  thread.off("message", onMessage).off("error", onError).off("exit", onExit);
  return reply;
}

/** What the reply is worth: an optimum that breaks the program's bounds, or has no numbers, is a failure. */
function believed(program: LinearProgram, reply: LpReply | null, took_ms: number): LpAnswer {
  if (reply === null) return { kind: "timed-out" };
  switch (reply.kind) {
    case "ready":
      return broken("the solver began anew instead of answering");
    case "failed":
      return broken(reply.detail);
    case "infeasible":
    case "unbounded":
    case "timed-out":
      return { kind: reply.kind };
    case "optimal": {
      const { values, rowDuals } = reply;
      const breach = worstBreach(program, values);
      if (breach > BREACH_MAX) return broken(`the solution breaks a bound by ${breach.toExponential(2)} of it`);
      return { kind: "optimal", values, rowDuals, objective: objectiveOf(program, values), took_ms };
    }
  }
}
