const DEFERRED_MAX = 32;

export type Deferred = { add(at_ms: number, run: () => void): void; run(now_ms: number): void };

/** Work for later ticks of the world, in the order it was given; beyond 32 waiting pieces nothing is taken. */
export function createDeferred(): Deferred {
  let waiting: { readonly at_ms: number; readonly run: () => void }[] = [];
  return {
    add: (at_ms, run) => {
      if (waiting.length < DEFERRED_MAX) waiting.push({ at_ms, run });
    },
    run: (now_ms) => {
      const due = waiting.filter((one) => one.at_ms <= now_ms);
      if (due.length === 0) return;
      waiting = waiting.filter((one) => one.at_ms > now_ms);
      for (const one of due) one.run();
    },
  };
}
