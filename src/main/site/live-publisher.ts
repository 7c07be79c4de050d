import type { LiveUpdate } from "../../contract/index.ts";
import { changesSince } from "./live-view.ts";

/** Windows get at most one update in this real time. */
const PUBLISH_EVERY_MS = 1_000;

export type LivePublisher = {
  subscribe(listener: (update: LiveUpdate) => void): () => void;
  stop(): void;
};

/** Sends each listener what changed since its last update, once a second, and does nothing while nobody listens. */
export function createLivePublisher(
  makeUpdate: (seq: number) => LiveUpdate,
  onError: (error: unknown) => void,
): LivePublisher {
  const listeners = new Map<(update: LiveUpdate) => void, LiveUpdate>();
  let seq = 0;
  const publish = (): void => {
    if (listeners.size === 0) return;
    seq += 1;
    const now = makeUpdate(seq);
    for (const [listener, before] of listeners) {
      listeners.set(listener, now);
      try {
        listener(changesSince(before, now));
      } catch (error) {
        onError(error);
      }
    }
  };
  const timer = setInterval(publish, PUBLISH_EVERY_MS);
  return {
    subscribe: (listener) => {
      const first = makeUpdate(seq);
      listeners.set(listener, first);
      listener(first);
      return () => {
        listeners.delete(listener);
      };
    },
    stop: () => {
      clearInterval(timer);
      listeners.clear();
    },
  };
}
