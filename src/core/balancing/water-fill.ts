import { EPSILON, length, reach } from "./network.ts";
import type { Network } from "./network.ts";

/** What is raised: parallel arrays over the EVSEs of the network. */
export type Water = {
  /** Network indexes of those who take part. */
  readonly members: readonly number[];
  /** Where each stands, in mA, already booked on the network; raised here. */
  readonly current: Float64Array;
  /** Where each stops by itself. */
  readonly target: Float64Array;
  readonly weight: Float64Array;
  /** Row that stopped it; -1: none did. */
  readonly stoppedBy: Int32Array;
};

/**
 * Raises a common level: everybody rises along `weight × level` once that is above what it has, and stops at its target or
 * when one of its rows is full. Each turn ends at the next such event, so the result is exact: the weighted max-min vector
 * above the given start (Radunovic & Le Boudec 2007: unique on any set with free disposal). Books on the network.
 */
export function raise(network: Network, water: Water): void {
  const { current, target, weight, stoppedBy } = water;
  const wanting = water.members.filter((one) => at(current, one) < at(target, one) - EPSILON && at(weight, one) > 0);
  const rising = new Rising(network, water, wanting);
  for (const one of water.members) stoppedBy[one] = -1;
  const starts = byLevel(wanting, current, weight);
  const stops = byLevel(wanting, target, weight);
  let started = 0;
  let stopped = 0;
  let level = 0;
  const turns_max = 2 * wanting.length + network.rows.length + 16;
  for (let turn = 0; turn < turns_max; turn += 1) {
    while (stopped < stops.length && rising.isFrozen(stops[stopped])) stopped += 1;
    const nextStart = levelOf(starts[started], current, weight);
    const nextStop = levelOf(stops[stopped], target, weight);
    if (nextStop === Number.POSITIVE_INFINITY) break;
    const nextFull = rising.nextFull();
    level = Math.max(level, Math.min(nextStart, nextStop, nextFull));
    const slack = EPSILON * Math.max(1, level) * 1e-3;
    while (started < starts.length && levelOf(starts[started], current, weight) <= level + slack)
      rising.start(starts[started++], level);
    while (stopped < stops.length && levelOf(stops[stopped], target, weight) <= level + slack)
      rising.freeze(stops[stopped++], level, -1);
    if (nextFull <= level + slack) rising.freezeFull(level);
  }
  rising.settle(level);
}

const at = (values: Float64Array, index: number): number => values[index] ?? 0;

function byLevel(members: readonly number[], values: Float64Array, weight: Float64Array): readonly number[] {
  return [...members].sort((p, q) => at(values, p) / at(weight, p) - at(values, q) / at(weight, q));
}

const levelOf = (one: number | undefined, values: Float64Array, weight: Float64Array): number =>
  one === undefined ? Number.POSITIVE_INFINITY : at(values, one) / at(weight, one);

const WAITING = 0;
const RISING = 1;
const FROZEN = 2;
/** A row that is further from full than this is not full, however slowly it fills. */
const FAR_LEVELS = 1e-3;

/** Who is rising now, and how fast those rows fill that can become full at all. */
class Rising {
  private readonly network: Network;
  private readonly water: Water;
  private readonly state: Uint8Array;
  private readonly perA: Float64Array;
  private readonly perB: Float64Array;
  private readonly count: Int32Array;
  /** Rows that could not carry everybody's target, and who rises on them. */
  private readonly critical: readonly number[];
  private readonly on: ReadonlyMap<number, number[]>;
  private readonly isCritical: Uint8Array;
  /** Level up to which the lanes of a row are booked, and the one at which it is full. */
  private readonly level: Float64Array;
  private readonly fullLevel: Float64Array;
  private readonly before: Float64Array;
  private readonly changed: number[] = [];
  private nearest = Number.POSITIVE_INFINITY;
  private nearestRow = -1;

  constructor(network: Network, water: Water, wanting: readonly number[]) {
    this.network = network;
    this.water = water;
    this.before = water.current.slice();
    this.state = new Uint8Array(water.current.length);
    this.perA = new Float64Array(network.rows.length);
    this.perB = new Float64Array(network.rows.length);
    this.count = new Int32Array(network.rows.length);
    this.level = new Float64Array(network.rows.length);
    this.fullLevel = new Float64Array(network.rows.length).fill(Number.POSITIVE_INFINITY);
    this.isCritical = criticalRows(network, water, wanting);
    this.critical = [...this.isCritical.keys()].filter((row) => this.isCritical[row] === 1);
    this.on = new Map(this.critical.map((row) => [row, []]));
  }

  isFrozen(one: number | undefined): boolean {
    return one !== undefined && this.state[one] === FROZEN;
  }

  start(one: number | undefined, level: number): void {
    if (one === undefined || this.state[one] !== WAITING) return;
    this.state[one] = RISING;
    const { first, useRow } = this.network;
    const end = first[one + 1] ?? 0;
    for (let use = first[one] ?? 0; use < end; use += 1) {
      const row = useRow[use] ?? 0;
      if (this.isCritical[row] !== 1) continue;
      this.on.get(row)?.push(one);
      this.load(use, row, at(this.water.weight, one), 1, level);
    }
  }

  freeze(one: number | undefined, level: number, row: number): void {
    if (one === undefined || this.state[one] !== RISING) return;
    this.state[one] = FROZEN;
    const { current, target, weight, stoppedBy } = this.water;
    current[one] = row < 0 ? at(target, one) : Math.min(at(target, one), at(weight, one) * level);
    stoppedBy[one] = row;
    const { first, useRow } = this.network;
    const end = first[one + 1] ?? 0;
    for (let use = first[one] ?? 0; use < end; use += 1) {
      const used = useRow[use] ?? 0;
      if (this.isCritical[used] === 1) this.load(use, used, -at(weight, one), -1, level);
    }
  }

  /** Changes how fast a row fills; what has flowed until now stays booked. */
  private load(use: number, row: number, weight: number, one: 1 | -1, level: number): void {
    this.advance(row, level);
    const count = (this.count[row] ?? 0) + one;
    this.count[row] = count;
    // Nobody left: exactly nothing flows, whatever the additions left behind.
    this.perA[row] = count === 0 ? 0 : at(this.perA, row) + weight * at(this.network.useA, use);
    this.perB[row] = count === 0 ? 0 : at(this.perB, row) + weight * at(this.network.useB, use);
    this.changed.push(row);
  }

  private advance(row: number, level: number): void {
    const step = level - at(this.level, row);
    this.level[row] = level;
    if (step <= 0) return;
    const { laneA, laneB } = this.network;
    laneA[row] = at(laneA, row) + at(this.perA, row) * step;
    laneB[row] = at(laneB, row) + at(this.perB, row) * step;
  }

  /** Level at which the first row is full. Only rows whose load changed are looked at, unless the first one got away. */
  nextFull(): number {
    let lost = false;
    for (const row of this.changed) {
      const full = this.fullLevelOf(row);
      lost ||= row === this.nearestRow && full > this.nearest;
      this.fullLevel[row] = full;
      if (full < this.nearest) [this.nearest, this.nearestRow] = [full, row];
    }
    this.changed.length = 0;
    if (!lost) return this.nearest;
    this.nearest = Number.POSITIVE_INFINITY;
    for (const row of this.critical) {
      const full = at(this.fullLevel, row);
      if (full < this.nearest) [this.nearest, this.nearestRow] = [full, row];
    }
    return this.nearest;
  }

  private fullLevelOf(row: number): number {
    if (this.count[row] === 0) return Number.POSITIVE_INFINITY;
    const { laneA, laneB, capacity } = this.network;
    const perA = at(this.perA, row);
    const perB = at(this.perB, row);
    return at(this.level, row) + reach(at(laneA, row), at(laneB, row), perA, perB, at(capacity, row));
  }

  /** Freezes those who rise on rows that are full at this level. */
  freezeFull(level: number): void {
    const full: number[] = [];
    for (const row of this.critical) {
      const levels = at(this.fullLevel, row) - level;
      if (levels > FAR_LEVELS * Math.max(1, level)) continue;
      const speed = Math.max(at(this.perA, row), at(this.perB, row));
      if (levels * speed <= EPSILON * Math.max(1, speed)) full.push(row);
    }
    for (const row of full) for (const one of this.on.get(row) ?? []) this.freeze(one, level, row);
  }

  /** Rounding noise may leave somebody rising: it stays where the level is. Then all rows are booked. */
  settle(level: number): void {
    const { current } = this.water;
    const { laneA, laneB, first, useRow, useA, useB } = this.network;
    for (const one of this.water.members) {
      if (this.state[one] === RISING) this.freeze(one, level, this.network.rows.length);
      const more = at(current, one) - at(this.before, one);
      const end = first[one + 1] ?? 0;
      for (let use = first[one] ?? 0; use < end && more !== 0; use += 1) {
        const row = useRow[use] ?? 0;
        if (this.isCritical[row] === 1) continue;
        laneA[row] = at(laneA, row) + more * at(useA, use);
        laneB[row] = at(laneB, row) + more * at(useB, use);
      }
    }
  }
}

/** Rows that would be more than full if everybody reached its target; all others cannot stop anybody. */
function criticalRows(network: Network, { current, target }: Water, wanting: readonly number[]): Uint8Array {
  const a = network.laneA.slice();
  const b = network.laneB.slice();
  const { first, useRow, useA, useB } = network;
  for (const one of wanting) {
    const more = at(target, one) - at(current, one);
    const end = first[one + 1] ?? 0;
    for (let use = first[one] ?? 0; use < end; use += 1) {
      const row = useRow[use] ?? 0;
      a[row] = at(a, row) + more * at(useA, use);
      b[row] = at(b, row) + more * at(useB, use);
    }
  }
  return Uint8Array.from(a, (load, row) => (length(load, at(b, row)) > at(network.capacity, row) - EPSILON ? 1 : 0));
}
