import type { Milliamp } from "../../../core/units/index.ts";
import type { CommandFailure, LimitReply } from "../ports.ts";
import { failure } from "./limit-control.ts";

/** Commands to one box that may wait; a person does not press buttons faster. */
const WAITING_max = 8;

/** What is written to one box goes one after the other; of limits that wait only the newest is carried out. */
export interface CommandLane {
  setLimit(limit_mA: Milliamp): Promise<LimitReply>;
  run<T>(command: () => Promise<T>): Promise<T | CommandFailure>;
}

/** `replaced` aborts when a newer limit is there: one that still rests before it is written must not hold it up. */
type Perform = (limit_mA: Milliamp, replaced: AbortSignal) => Promise<LimitReply>;

export function createCommandLane(perform: Perform): CommandLane {
  const waiting: (() => Promise<void>)[] = [];
  let newest: { readonly limit_mA: Milliamp; readonly resolve: (reply: LimitReply) => void } | null = null;
  let performing: AbortController | null = null;
  let working = false;
  const work = async (): Promise<void> => {
    if (working) return;
    working = true;
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) await job();
    working = false;
  };
  const run = <T>(command: () => Promise<T>): Promise<T | CommandFailure> =>
    new Promise((resolve, reject) => {
      if (waiting.length >= WAITING_max) {
        resolve(failure("rejected", true, "too many commands are waiting"));
        return;
      }
      waiting.push(() => command().then(resolve, reject));
      void work();
    });
  return {
    run,
    setLimit: (limit_mA) =>
      new Promise((resolve, reject) => {
        const isQueued = newest !== null;
        newest?.resolve(failure("rejected", true, "replaced by a newer limit"));
        newest = { limit_mA, resolve };
        performing?.abort();
        if (isQueued) return;
        run(async () => {
          const job = newest;
          newest = null;
          if (job === null) return "done" as const;
          performing = new AbortController();
          job.resolve(await perform(job.limit_mA, performing.signal));
          return "done" as const;
        }).then((result) => {
          if (result === "done") return;
          newest?.resolve(result);
          newest = null;
        }, reject);
      }),
  };
}
