import type { Log } from "./log.ts";

const CLOSE_TIMEOUT_ms = 5_000;
/** npm and the terminal each deliver the same Ctrl-C; a second one from a person comes later than this. */
const SAME_KEYPRESS_ms = 500;
const FORCED_EXIT = 130;

export type Ending = {
  /** Resolves with the exit code, when `close` is through. */
  readonly ended: Promise<number>;
  /** Ends as a signal would. */
  readonly end: () => void;
};

/**
 * Ends the process's work once: by a signal or `end` with exit code 0, or 1 when closing takes longer than 5 s; with 1 when
 * our own code failed, because a broken engine must not go on deciding about currents. A second signal from a person
 * ends the process at once.
 */
export function watchEnding(log: Log, close: () => Promise<void>): Ending {
  const { promise, resolve } = Promise.withResolvers<number>();
  let asked_ms: number | null = null;
  const end = (code: number): void => {
    if (asked_ms !== null) return;
    asked_ms = performance.now();
    void closedInTime(log, close).then((isClosed) => {
      resolve(isClosed ? code : 1);
    });
  };
  const onSignal = (signal: string): void => {
    if (asked_ms !== null && performance.now() - asked_ms > SAME_KEYPRESS_ms) process.exit(FORCED_EXIT);
    if (asked_ms === null) log.info(`${signal}: closing the site`);
    end(0);
  };
  const onBroken = (error: unknown): void => {
    log.fatal({ err: error }, "the engine stops: our own code failed");
    end(1);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    // Whatever started us in this process has done its part; from here on a signal means: close the site first.
    process.removeAllListeners(signal);
    process.on(signal, onSignal);
  }
  process.on("uncaughtException", onBroken);
  process.on("unhandledRejection", onBroken);
  return {
    ended: promise,
    end: () => {
      end(0);
    },
  };
}

async function closedInTime(log: Log, close: () => Promise<void>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => {
    log.error(`the site did not close within ${String(CLOSE_TIMEOUT_ms / 1000)} s; what is stored is safe`);
    resolve(false);
  }, CLOSE_TIMEOUT_ms);
  try {
    return await Promise.race([close().then(() => true), late]);
  } catch (error) {
    log.error({ err: error }, "closing failed; what is stored is safe");
    return false;
  } finally {
    clearTimeout(timer);
  }
}
