/** State of the wire below a bus. `down` carries the system's own words for the log. */
export type LinkState =
  { readonly kind: "up" } | { readonly kind: "connecting" } | { readonly kind: "down"; readonly detail: string };

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

/** A pause is cut by up to this, so that the links of a site do not all try in the same moment after a power cut. */
const SPREAD = 0.2;

/** The pause after so many failures in a row, in real milliseconds; `random` gives 0 to below 1. */
export function reconnectPause_ms(pauses_ms: readonly number[], failures: number, random: () => number): number {
  const longest_ms = pauses_ms[Math.min(failures, pauses_ms.length - 1)] ?? 0;
  return Math.round(longest_ms * (1 - SPREAD * random()));
}

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

/** Keeps one connection alive: attempts follow each other with growing, spread pauses, reset by success. */
export const createReconnectingLink = (
  name: string,
  attempt: (events: AttemptEvents) => Attempt,
  pauses_ms: readonly number[] = RECONNECT_PAUSE_ms,
  random: () => number = Math.random,
): ByteLink => new ReconnectingLink(name, attempt, pauses_ms, random);

class ReconnectingLink implements ByteLink {
  readonly name: string;
  readonly #attempt: (events: AttemptEvents) => Attempt;
  readonly #pauses_ms: readonly number[];
  readonly #random: () => number;
  #state: LinkState = { kind: "down", detail: "not opened" };
  #current: Attempt | null = null;
  /** Events of an attempt that is over are ignored. */
  #generation = 0;
  #failures = 0;
  /** Connections in a row that were made and ended without a byte: a peer that has no room for us is not hammered. */
  #unused = 0;
  #isUnused = false;
  #wanted = false;
  #timer: NodeJS.Timeout | null = null;
  #ending: Promise<void> = Promise.resolve();
  #dataListener: (bytes: Uint8Array) => void = () => undefined;
  readonly #stateListeners: ((state: LinkState) => void)[] = [];

  constructor(
    name: string,
    attempt: (events: AttemptEvents) => Attempt,
    pauses_ms: readonly number[],
    random: () => number,
  ) {
    this.name = name;
    this.#random = random;
    this.#pauses_ms = pauses_ms;
    this.#attempt = attempt;
  }

  get state(): LinkState {
    return this.#state;
  }

  open(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#connect();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#state.kind !== "up" || this.#current === null) return false;
    this.#current.write(bytes);
    return true;
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#dataListener = listener;
  }

  onState(listener: (state: LinkState) => void): void {
    this.#stateListeners.push(listener);
  }

  reconnect(): void {
    if (!this.#wanted || this.#state.kind !== "up") return;
    this.#drop();
    this.#change({ kind: "down", detail: "restarted because nothing answered" });
    this.#schedule(0);
  }

  async close(): Promise<void> {
    this.#wanted = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#drop();
    if (this.#state.kind !== "down") this.#change({ kind: "down", detail: "closed" });
    await this.#ending;
  }

  #change(next: LinkState): void {
    this.#state = next;
    for (const listener of this.#stateListeners) listener(next);
  }

  #drop(): void {
    this.#generation += 1;
    const old = this.#current;
    this.#current = null;
    if (old !== null) this.#ending = Promise.all([this.#ending, old.end()]).then(() => undefined);
  }

  #schedule(pause_ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      void this.#ending.then(() => {
        this.#connect();
      });
    }, pause_ms);
  }

  #connect(): void {
    if (!this.#wanted || this.#current !== null) return;
    const mine = (this.#generation += 1);
    const ifMine = (act: () => void): void => {
      if (mine === this.#generation) act();
    };
    this.#change({ kind: "connecting" });
    this.#current = this.#attempt({
      up: () => {
        ifMine(() => {
          this.#failures = 0;
          this.#isUnused = true;
          this.#change({ kind: "up" });
        });
      },
      data: (bytes) => {
        ifMine(() => {
          this.#isUnused = false;
          this.#unused = 0;
          this.#dataListener(bytes);
        });
      },
      down: (detail) => {
        ifMine(() => {
          this.#lost(detail);
        });
      },
    });
  }

  #lost(detail: string): void {
    this.#drop();
    if (this.#isUnused) this.#unused += 1;
    this.#isUnused = false;
    this.#change({ kind: "down", detail });
    const failures = Math.max(this.#failures, this.#unused - 1);
    this.#schedule(reconnectPause_ms(this.#pauses_ms, failures, this.#random));
    this.#failures += 1;
  }
}
