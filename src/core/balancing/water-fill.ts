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
  const wanting = water.members.filter(
    (one) => (current[one] ?? 0) < (target[one] ?? 0) - EPSILON && (weight[one] ?? 0) > 0,
  );
  const rising = new Rising(network, water, wanting);
  for (const one of water.members) stoppedBy[one] = -1;
  const startLevel = levels(wanting, current, weight);
  const stopLevel = levels(wanting, target, weight);
  const starts = byLevel(wanting, startLevel);
  const stops = byLevel(wanting, stopLevel);
  let started = 0;
  let stopped = 0;
  let level = 0;
  const turns_max = 2 * wanting.length + network.rows.length + 16;
  for (let turn = 0; turn < turns_max; turn += 1) {
    while (stopped < stops.length && rising.isFrozen(stops[stopped])) stopped += 1;
    const nextStart = levelOf(starts[started], startLevel);
    const nextStop = levelOf(stops[stopped], stopLevel);
    if (nextStop === Number.POSITIVE_INFINITY) break;
    const nextFull = rising.nextFull();
    level = Math.max(level, Math.min(nextStart, nextStop, nextFull));
    const slack = EPSILON * Math.max(1, level) * 1e-3;
    while (started < starts.length && levelOf(starts[started], startLevel) <= level + slack)
      rising.start(starts[started++], level);
    while (stopped < stops.length && levelOf(stops[stopped], stopLevel) <= level + slack)
      rising.freeze(stops[stopped++], level, -1);
    if (nextFull <= level + slack) rising.freezeFull(level);
  }
  rising.settle(level);
}

/** The level at which each of these has that value, by network index: found once, as it is compared many times. */
function levels(members: readonly number[], values: Float64Array, weight: Float64Array): Float64Array {
  const found = new Float64Array(values.length);
  for (const one of members) found[one] = (values[one] ?? 0) / (weight[one] ?? 0);
  return found;
}

const byLevel = (members: readonly number[], level: Float64Array): readonly number[] =>
  [...members].sort((p, q) => (level[p] ?? 0) - (level[q] ?? 0));

const levelOf = (one: number | undefined, level: Float64Array): number =>
  one === undefined ? Number.POSITIVE_INFINITY : (level[one] ?? 0);

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
  /** Rows that could not carry everybody's target; who began to rise on them, and how many of these are frozen for sure. */
  private readonly isCritical: Uint8Array;
  private readonly on: readonly number[][];
  private readonly frozenOn: Int32Array;
  /** The critical rows that somebody rises on, in no order; `place` is where a row stands among them. */
  private readonly busy: Int32Array;
  private readonly place: Int32Array;
  private busyCount = 0;
  /** Level up to which the lanes of a row are booked, and the one at which it is full: never, if it is not critical. */
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
    this.on = Array.from(this.isCritical, () => []);
    this.frozenOn = new Int32Array(network.rows.length);
    this.busy = new Int32Array(network.rows.length);
    this.place = new Int32Array(network.rows.length);
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
      this.on[row]?.push(one);
      this.load(use, row, this.water.weight[one] ?? 0, 1, level);
    }
  }

  freeze(one: number | undefined, level: number, row: number): void {
    if (one === undefined || this.state[one] !== RISING) return;
    this.state[one] = FROZEN;
    const { current, target, weight, stoppedBy } = this.water;
    current[one] = row < 0 ? (target[one] ?? 0) : Math.min(target[one] ?? 0, (weight[one] ?? 0) * level);
    stoppedBy[one] = row;
    const { first, useRow } = this.network;
    const end = first[one + 1] ?? 0;
    for (let use = first[one] ?? 0; use < end; use += 1) {
      const used = useRow[use] ?? 0;
      if (this.isCritical[used] === 1) this.load(use, used, -(weight[one] ?? 0), -1, level);
    }
  }

  /** Changes how fast a row fills; what has flowed until now stays booked. */
  private load(use: number, row: number, weight: number, one: 1 | -1, level: number): void {
    this.advance(row, level);
    const count = (this.count[row] ?? 0) + one;
    this.count[row] = count;
    if (one === 1 && count === 1) this.addBusy(row);
    if (count === 0) this.removeBusy(row);
    // Nobody left: exactly nothing flows, whatever the additions left behind.
    this.perA[row] = count === 0 ? 0 : (this.perA[row] ?? 0) + weight * (this.network.useA[use] ?? 0);
    this.perB[row] = count === 0 ? 0 : (this.perB[row] ?? 0) + weight * (this.network.useB[use] ?? 0);
    this.changed.push(row);
  }

  private addBusy(row: number): void {
    this.busy[this.busyCount] = row;
    this.place[row] = this.busyCount;
    this.busyCount += 1;
  }

  private removeBusy(row: number): void {
    this.busyCount -= 1;
    const last = this.busy[this.busyCount] ?? 0;
    const place = this.place[row] ?? 0;
    this.busy[place] = last;
    this.place[last] = place;
  }

  private advance(row: number, level: number): void {
    const step = level - (this.level[row] ?? 0);
    this.level[row] = level;
    if (step <= 0) return;
    const { laneA, laneB } = this.network;
    laneA[row] = (laneA[row] ?? 0) + (this.perA[row] ?? 0) * step;
    laneB[row] = (laneB[row] ?? 0) + (this.perB[row] ?? 0) * step;
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
    for (let place = 0; place < this.busyCount; place += 1) {
      const row = this.busy[place] ?? 0;
      const full = this.fullLevel[row] ?? 0;
      if (full < this.nearest) [this.nearest, this.nearestRow] = [full, row];
    }
    return this.nearest;
  }

  private fullLevelOf(row: number): number {
    if (this.count[row] === 0) return Number.POSITIVE_INFINITY;
    const { laneA, laneB, capacity } = this.network;
    const perA = this.perA[row] ?? 0;
    const perB = this.perB[row] ?? 0;
    return (this.level[row] ?? 0) + reach(laneA[row] ?? 0, laneB[row] ?? 0, perA, perB, capacity[row] ?? 0);
  }

  /** Freezes those who rise on rows that are full at this level. */
  freezeFull(level: number): void {
    const full: number[] = [];
    const far = FAR_LEVELS * Math.max(1, level);
    for (let place = 0; place < this.busyCount; place += 1) {
      const row = this.busy[place] ?? 0;
      const levels = (this.fullLevel[row] ?? 0) - level;
      if (levels > far) continue;
      const speed = Math.max(this.perA[row] ?? 0, this.perB[row] ?? 0);
      if (levels * speed <= EPSILON * Math.max(1, speed)) full.push(row);
    }
    // The first of several full rows is the one that is named.
    if (full.length > 1) full.sort((a, b) => a - b);
    for (const row of full) {
      const on = this.on[row] ?? [];
      for (let index = this.frozenOn[row] ?? 0; index < on.length; index += 1) this.freeze(on[index], level, row);
      // Whoever starts on a full row later is then the only one to look at.
      this.frozenOn[row] = on.length;
    }
  }

  /** Rounding noise may leave somebody rising: it stays where the level is. Then all rows are booked. */
  settle(level: number): void {
    const { current } = this.water;
    const { laneA, laneB, first, useRow, useA, useB } = this.network;
    for (const one of this.water.members) {
      if (this.state[one] === RISING) this.freeze(one, level, this.network.rows.length);
      const more = (current[one] ?? 0) - (this.before[one] ?? 0);
      const end = first[one + 1] ?? 0;
      for (let use = first[one] ?? 0; use < end && more !== 0; use += 1) {
        const row = useRow[use] ?? 0;
        if (this.isCritical[row] === 1) continue;
        laneA[row] = (laneA[row] ?? 0) + more * (useA[use] ?? 0);
        laneB[row] = (laneB[row] ?? 0) + more * (useB[use] ?? 0);
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
    const more = (target[one] ?? 0) - (current[one] ?? 0);
    const end = first[one + 1] ?? 0;
    for (let use = first[one] ?? 0; use < end; use += 1) {
      const row = useRow[use] ?? 0;
      a[row] = (a[row] ?? 0) + more * (useA[use] ?? 0);
      b[row] = (b[row] ?? 0) + more * (useB[use] ?? 0);
    }
  }
  return Uint8Array.from(a, (load, row) =>
    length(load, b[row] ?? 0) > (network.capacity[row] ?? 0) - EPSILON ? 1 : 0,
  );
}
