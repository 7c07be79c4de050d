import type { ClientContext, ClientLink } from "@orpc/client";

/** `connecting`: the first attempt runs; `lost`: it failed or was cut off, and is being tried again. */
export type ConnectionState = "connecting" | "open" | "lost";
export type ConnectionSnapshot = { readonly state: ConnectionState; readonly since_ms: number };

/** One connection to the engine while it lasts. */
export type Channel = {
  readonly link: ClientLink<ClientContext>;
  /** Resolves once, when nothing comes through any more. */
  readonly closed: Promise<void>;
  readonly close: () => void;
};

/** Resolves when messages can be sent; rejects when there is nobody or `signal` aborts. */
export type OpenChannel = (signal: AbortSignal) => Promise<Channel>;

/** The engine cannot be reached: nothing was asked of it, or its answer was lost on the way. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
  constructor() {
    super("the connection to the engine is lost");
  }
}

/** `getSnapshot` and `subscribe` fit React's `useSyncExternalStore`. */
export type Connection = {
  readonly getSnapshot: () => ConnectionSnapshot;
  readonly subscribe: (listener: () => void) => () => void;
  /** The open channel; waits for the first one, and rejects with `ConnectionLost` at once while it is lost. */
  readonly channel: (signal?: AbortSignal) => Promise<Channel>;
  /** Resolves when the connection is open, however long that takes, or when `signal` aborts. */
  readonly whenOpen: (signal: AbortSignal) => Promise<void>;
  readonly retryNow: () => void;
  readonly close: () => void;
};

export const FIRST_RETRY_ms = 250;
export const SLOWEST_RETRY_ms = 5_000;
const OPEN_TIMEOUT_ms = 10_000;

/** Doubles from a quarter of a second to five seconds, spread by a fifth so that many pages do not return as one. */
export function retryDelay_ms(failures: number, random: () => number = Math.random): number {
  const delay_ms = Math.min(SLOWEST_RETRY_ms, FIRST_RETRY_ms * 2 ** Math.min(failures, 10));
  return Math.round(delay_ms * (0.9 + 0.2 * random()));
}

/** Opens a channel and opens it anew whenever it is lost, until closed. */
export function createConnection(open: OpenChannel): Connection {
  const stopped = new AbortController();
  const store = createStore();
  let current: Channel | null = null;
  let wake: () => void = () => undefined;
  const isStopped = (): boolean => stopped.signal.aborted;
  const pause = (delay_ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, delay_ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const run = async (): Promise<void> => {
    let failures = 0;
    while (!isStopped()) {
      const channel = await attempt(open, stopped.signal);
      if (channel !== null) {
        current = channel;
        failures = 0;
        store.enter("open");
        await channel.closed;
        current = null;
      }
      store.enter("lost");
      if (isStopped()) return;
      await pause(retryDelay_ms(failures));
      failures += 1;
    }
  };
  void run();

  return {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    channel: async (signal) => {
      await store.reached((state) => state !== "connecting", signal);
      signal?.throwIfAborted();
      if (current === null) throw new ConnectionLost();
      return current;
    },
    whenOpen: (signal) => store.reached((state) => state === "open", signal),
    retryNow: () => {
      wake();
    },
    close: () => {
      stopped.abort();
      current?.close();
      wake();
    },
  };
}

type Store = Pick<Connection, "getSnapshot" | "subscribe"> & {
  readonly enter: (state: ConnectionState) => void;
  /** Resolves when a state is reached that `until` accepts, or when `signal` aborts. */
  readonly reached: (until: (state: ConnectionState) => boolean, signal: AbortSignal | undefined) => Promise<void>;
};

function createStore(): Store {
  const listeners = new Set<() => void>();
  let snapshot: ConnectionSnapshot = { state: "connecting", since_ms: Date.now() };
  const subscribe = (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    getSnapshot: () => snapshot,
    subscribe,
    enter: (state) => {
      if (snapshot.state === state) return;
      snapshot = { state, since_ms: Date.now() };
      for (const listener of [...listeners]) listener();
    },
    reached: (until, signal) =>
      new Promise((resolve) => {
        if (until(snapshot.state) || signal?.aborted === true) {
          resolve();
          return;
        }
        const done = (): void => {
          leave();
          signal?.removeEventListener("abort", done);
          resolve();
        };
        const leave = subscribe(() => {
          if (until(snapshot.state)) done();
        });
        signal?.addEventListener("abort", done);
      }),
  };
}

/** `null`: it could not be opened in time. Why, a browser tells nobody, so every reason is answered by trying again. */
async function attempt(open: OpenChannel, stopped: AbortSignal): Promise<Channel | null> {
  try {
    return await open(AbortSignal.any([stopped, AbortSignal.timeout(OPEN_TIMEOUT_ms)]));
  } catch {
    return null;
  }
}
