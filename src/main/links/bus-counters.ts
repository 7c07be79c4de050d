/** What a line has been through since it was opened; the health page shows it per unit and for the bus. */
export type BusCounters = {
  /** Requests sent. */
  readonly frames: number;
  /** Answers, exceptions included. */
  readonly replies: number;
  readonly crcErrors: number;
  readonly timeouts: number;
  /** Requests that brought bytes, but no answer and none that was damaged on the way. */
  readonly foreign: number;
  /** Bytes that belonged to no awaited answer. */
  readonly staleBytes: number;
  readonly exceptions: number;
  readonly retries: number;
  readonly wrongUnit: number;
  readonly echoes: number;
  /** Requests without a usable answer since the last one that had one; a scan does not count. */
  readonly failedInARow: number;
  /** Longest time to an answer, in real milliseconds. */
  readonly latency_ms_max: number;
  /** 99 of 100 of the last answers came within this time, in real milliseconds; 0 before the first. */
  readonly latency_ms_p99: number;
};

export type Counted = Exclude<keyof BusCounters, "latency_ms_max" | "latency_ms_p99" | "failedInARow" | "replies">;

/** Requests, damaged answers and what was none, of the recent past, for rates that a good morning does not hide. */
export type RecentLine = { readonly frames: number; readonly crcErrors: number; readonly foreign: number };

const RECENT = ["frames", "crcErrors", "foreign"] as const satisfies readonly (keyof RecentLine)[];

const ZERO: BusCounters = {
  frames: 0,
  replies: 0,
  crcErrors: 0,
  timeouts: 0,
  foreign: 0,
  staleBytes: 0,
  exceptions: 0,
  retries: 0,
  wrongUnit: 0,
  echoes: 0,
  failedInARow: 0,
  latency_ms_max: 0,
  latency_ms_p99: 0,
};

/** Latencies kept per unit: enough that one slow answer in a hundred is not the rule. */
const LATENCIES_MAX = 128;
/** After so many requests the recent past is halved, so it spans about the last 400. */
const RECENT_FRAMES_MAX = 400;

export interface CounterBook {
  count(unitId: number, what: Counted, by?: number): void;
  /** An answer has come after `latency_ms` real milliseconds. */
  answered(unitId: number, latency_ms: number): void;
  /** An answer came after we had given up: the device is there, and this slow. */
  answeredLate(unitId: number, latency_ms: number): void;
  /** A request has had no usable answer. */
  failed(unitId: number): void;
  /** The line is new: who failed on the old one has not failed yet. */
  forgive(): void;
  /** Failures since the last answer, of one unit or (`null`) of the whole line. */
  failedInARow(unitId: number | null): number;
  total(): BusCounters;
  unit(unitId: number): BusCounters;
  units(): ReadonlyMap<number, BusCounters>;
  recent(): RecentLine;
}

/** Counts for at most 256 units, which is all that a unit id can name. */
export const createCounterBook = (): CounterBook => new Book();

class Book implements CounterBook {
  readonly #units = new Map<number, BusCounters>();
  readonly #latencies = new Map<number, readonly number[]>();
  /** What was sorted out already: many look at these numbers between two answers of a unit. */
  readonly #p99s_ms = new Map<number, number>();
  #sum = ZERO;
  #recent: RecentLine = { frames: 0, crcErrors: 0, foreign: 0 };

  count(unitId: number, what: Counted, by = 1): void {
    if (by === 0) return;
    const unit = this.#of(unitId);
    this.#units.set(unitId, { ...unit, [what]: unit[what] + by });
    this.#sum = { ...this.#sum, [what]: this.#sum[what] + by };
    const recent = RECENT.find((one) => one === what);
    if (recent === undefined) return;
    const { frames, crcErrors, foreign }: RecentLine = { ...this.#recent, [recent]: this.#recent[recent] + by };
    const share = frames > RECENT_FRAMES_MAX ? 0.5 : 1;
    this.#recent = { frames: frames * share, crcErrors: crcErrors * share, foreign: foreign * share };
  }

  answered(unitId: number, latency_ms: number): void {
    this.#slowness(unitId, latency_ms);
    const unit = this.#of(unitId);
    this.#units.set(unitId, { ...unit, replies: unit.replies + 1, failedInARow: 0 });
    this.#sum = { ...this.#sum, replies: this.#sum.replies + 1, failedInARow: 0 };
  }

  answeredLate(unitId: number, latency_ms: number): void {
    this.#slowness(unitId, latency_ms);
    this.#units.set(unitId, { ...this.#of(unitId), failedInARow: 0 });
    this.#sum = { ...this.#sum, failedInARow: 0 };
  }

  failed(unitId: number): void {
    const unit = this.#of(unitId);
    this.#units.set(unitId, { ...unit, failedInARow: unit.failedInARow + 1 });
    this.#sum = { ...this.#sum, failedInARow: this.#sum.failedInARow + 1 };
  }

  forgive(): void {
    for (const [id, unit] of this.#units) this.#units.set(id, { ...unit, failedInARow: 0 });
    this.#sum = { ...this.#sum, failedInARow: 0 };
  }

  failedInARow(unitId: number | null): number {
    return unitId === null ? this.#sum.failedInARow : this.#of(unitId).failedInARow;
  }

  total(): BusCounters {
    return { ...this.#sum, latency_ms_p99: Math.max(0, ...[...this.#units.keys()].map((id) => this.#p99_ms(id))) };
  }

  unit(unitId: number): BusCounters {
    return { ...this.#of(unitId), latency_ms_p99: this.#p99_ms(unitId) };
  }

  units(): ReadonlyMap<number, BusCounters> {
    return new Map([...this.#units.keys()].map((id) => [id, this.unit(id)]));
  }

  recent(): RecentLine {
    return this.#recent;
  }

  #of(unitId: number): BusCounters {
    return this.#units.get(unitId) ?? ZERO;
  }

  #slowness(unitId: number, latency_ms: number): void {
    const unit = this.#of(unitId);
    const latency_ms_max = Math.max(unit.latency_ms_max, latency_ms);
    this.#units.set(unitId, { ...unit, latency_ms_max });
    this.#sum = { ...this.#sum, latency_ms_max: Math.max(this.#sum.latency_ms_max, latency_ms) };
    this.#p99s_ms.delete(unitId);
    this.#latencies.set(unitId, [...(this.#latencies.get(unitId) ?? []), latency_ms].slice(-LATENCIES_MAX));
  }

  #p99_ms(unitId: number): number {
    const known = this.#p99s_ms.get(unitId);
    if (known !== undefined) return known;
    const sorted = Float64Array.from(this.#latencies.get(unitId) ?? []).sort();
    const p99_ms = sorted[Math.ceil(0.99 * sorted.length) - 1] ?? 0;
    this.#p99s_ms.set(unitId, p99_ms);
    return p99_ms;
  }
}

/** Exchanges that brought no usable answer, and damaged answers. */
export const failuresOf = ({
  crcErrors,
  timeouts,
  foreign,
  exceptions,
}: Pick<BusCounters, "crcErrors" | "timeouts" | "foreign" | "exceptions">): number =>
  crcErrors + timeouts + foreign + exceptions;
