import { ORPCError } from "@orpc/client";
import type { Connection } from "./connection.ts";

export type WatchListener<T> = {
  readonly onUpdate: (update: T) => void;
  /** The engine refused or ended the subscription with a code; it is asked again after `REFUSED_RETRY_ms`. */
  readonly onRefused?: (error: unknown) => void;
};

/** `FORBIDDEN` and `NO_SITE` can change while the page stays open. */
const REFUSED_RETRY_ms = 5_000;

/**
 * Follows a subscription for as long as the page wants it: begun anew after every reconnect and after every end, so the
 * listener always gets a first full update again. Returns how to stop.
 */
export function watchWith<T>(
  connection: Connection,
  open: (signal: AbortSignal) => Promise<AsyncIterable<T>>,
  listener: WatchListener<T>,
): () => void {
  const stopped = new AbortController();
  const { signal } = stopped;
  const isStopped = (): boolean => signal.aborted;
  const run = async (): Promise<void> => {
    while (!isStopped()) {
      await connection.whenOpen(signal);
      if (isStopped()) return;
      try {
        for await (const update of await open(signal)) {
          if (isStopped()) return;
          listener.onUpdate(update);
        }
      } catch (error) {
        if (isStopped()) return;
        if (error instanceof ORPCError) listener.onRefused?.(error);
      }
      await restUnlessStopped(connection, signal);
    }
  };
  void run();
  return () => {
    stopped.abort();
  };
}

/** While the connection is lost there is nothing to wait for but its return. */
function restUnlessStopped(connection: Connection, signal: AbortSignal): Promise<void> {
  if (connection.getSnapshot().state !== "open") return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      leave();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, REFUSED_RETRY_ms);
    const leave = connection.subscribe(done);
    signal.addEventListener("abort", done);
  });
}
