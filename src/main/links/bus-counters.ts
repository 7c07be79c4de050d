/** What a line has been through since it was opened; the health page shows it per unit and for the bus. */
export type BusCounters = {
  /** Requests sent. */
  readonly frames: number;
  readonly crcErrors: number;
  readonly timeouts: number;
  /** Bytes that belonged to no awaited answer. */
  readonly staleBytes: number;
  readonly exceptions: number;
  readonly retries: number;
  readonly wrongUnit: number;
  readonly echoes: number;
  /** Longest time to an answer, in real milliseconds. */
  readonly latency_ms_max: number;
};

export type Counted = Exclude<keyof BusCounters, "latency_ms_max">;

const ZERO: BusCounters = {
  frames: 0,
  crcErrors: 0,
  timeouts: 0,
  staleBytes: 0,
  exceptions: 0,
  retries: 0,
  wrongUnit: 0,
  echoes: 0,
  latency_ms_max: 0,
};

export interface CounterBook {
  count(unitId: number, what: Counted, by?: number): void;
  latency(unitId: number, latency_ms: number): void;
  total(): BusCounters;
  unit(unitId: number): BusCounters;
  units(): ReadonlyMap<number, BusCounters>;
}

/** Counts for at most 256 units, which is all that a unit id can name. */
export function createCounterBook(): CounterBook {
  const perUnit = new Map<number, BusCounters>();
  let sum = ZERO;
  const of = (unitId: number): BusCounters => perUnit.get(unitId) ?? ZERO;
  return {
    count(unitId, what, by = 1) {
      if (by === 0) return;
      const unit = of(unitId);
      perUnit.set(unitId, { ...unit, [what]: unit[what] + by });
      sum = { ...sum, [what]: sum[what] + by };
    },
    latency(unitId, latency_ms) {
      const unit = of(unitId);
      if (latency_ms > unit.latency_ms_max) perUnit.set(unitId, { ...unit, latency_ms_max: latency_ms });
      if (latency_ms > sum.latency_ms_max) sum = { ...sum, latency_ms_max: latency_ms };
    },
    total: () => sum,
    unit: of,
    units: () => new Map(perUnit),
  };
}
