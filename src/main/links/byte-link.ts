/** State of the wire below a bus. `down` carries the system's own words for the log. */
export type LinkState = { readonly kind: "up" } | { readonly kind: "connecting" } | { readonly kind: "down"; readonly detail: string };

/** A byte stream that keeps itself open: a serial port or a TCP connection. */
export interface ByteLink {
  /** Where it leads, for logs and the health page. */
  readonly name: string;
  readonly state: LinkState;
  /** Starts connecting and keeps reconnecting until closed. */
  open(): void;
  /** Sends all of `bytes`; false when the link is not up. */
  write(bytes: Uint8Array): boolean;
  /** One listener; bytes arrive in any pieces. */
  onData(listener: (bytes: Uint8Array) => void): void;
  /** Every listener hears every change. */
  onState(listener: (state: LinkState) => void): void;
  /** Drops the connection and opens it again at once; for a line that has stopped answering. */
  reconnect(): void;
  /** Ends for good; resolves when the port or socket is free. */
  close(): Promise<void>;
}

/** Pauses before the next attempt to connect, in real milliseconds; the last one repeats. */
export const RECONNECT_PAUSE_ms = [500, 1000, 2000, 5000, 10_000, 30_000] as const;

/** One attempt to connect, as each kind of link makes it. */
export type Attempt = {
  readonly write: (bytes: Uint8Array) => void;
  /** Releases the handle; resolves when it is free. */
  readonly end: () => Promise<void>;
};
export type AttemptEvents = {
  readonly up: () => void;
  readonly data: (bytes: Uint8Array) => void;
  /** May be called more than once; only the first counts. */
  readonly down: (detail: string) => void;
};

/** Keeps one connection alive: attempts follow each other with growing pauses, reset by success. */
export function createReconnectingLink(name: string, attempt: (events: AttemptEvents) => Attempt): ByteLink {
  let state: LinkState = { kind: "down", detail: "not opened" };
  let current: Attempt | null = null;
  let generation = 0;
  let failures = 0;
  let wanted = false;
  let timer: NodeJS.Timeout | null = null;
  let ending: Promise<void> = Promise.resolve();
  let dataListener: (bytes: Uint8Array) => void = () => undefined;
  const stateListeners: ((state: LinkState) => void)[] = [];

  const change = (next: LinkState): void => {
    state = next;
    for (const listener of stateListeners) listener(next);
  };
  const drop = (): void => {
    generation += 1;
    const old = current;
    current = null;
    if (old !== null) ending = Promise.all([ending, old.end()]).then(() => undefined);
  };
  const schedule = (pause_ms: number): void => {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => {
      void ending.then(connect);
    }, pause_ms);
  };
  const connect = (): void => {
    if (!wanted || current !== null) return;
    const mine = (generation += 1);
    change({ kind: "connecting" });
    const isMine = (): boolean => mine === generation;
    current = attempt({
      up: () => {
        if (!isMine()) return;
        failures = 0;
        change({ kind: "up" });
      },
      data: (bytes) => {
        if (isMine()) dataListener(bytes);
      },
      down: (detail) => {
        if (!isMine()) return;
        drop();
        change({ kind: "down", detail });
        schedule(RECONNECT_PAUSE_ms[Math.min(failures, RECONNECT_PAUSE_ms.length - 1)] ?? 0);
        failures += 1;
      },
    });
  };

  return {
    name,
    get state() {
      return state;
    },
    open() {
      if (wanted) return;
      wanted = true;
      connect();
    },
    write(bytes) {
      if (state.kind !== "up" || current === null) return false;
      current.write(bytes);
      return true;
    },
    onData(listener) {
      dataListener = listener;
    },
    onState(listener) {
      stateListeners.push(listener);
    },
    reconnect() {
      if (!wanted || state.kind !== "up") return;
      drop();
      change({ kind: "down", detail: "restarted because nothing answered" });
      schedule(0);
    },
    async close() {
      wanted = false;
      if (timer !== null) clearTimeout(timer);
      drop();
      if (state.kind !== "down") change({ kind: "down", detail: "closed" });
      await ending;
    },
  };
}
