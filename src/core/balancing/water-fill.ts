import { EPSILON, reach } from "./network.ts";
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
  const rising = new Rising(network, water);
  const wanting = water.members.filter((one) => at(current, one) < at(target, one) - EPSILON && at(weight, one) > 0);
  for (const one of water.members) stoppedBy[one] = -1;
  const starts = [...wanting].sort((p, q) => at(current, p) / at(weight, p) - at(current, q) / at(weight, q));
  const stops = [...wanting].sort((p, q) => at(target, p) / at(weight, p) - at(target, q) / at(weight, q));
  let started = 0;
  let stopped = 0;
  let level = 0;
  const turns_max = 2 * wanting.length + network.rows.length + 16;
  for (let turn = 0; turn < turns_max; turn += 1) {
    while (stopped < stops.length && rising.isFrozen(stops[stopped])) stopped += 1;
    const nextStart = levelOf(starts[started], current, weight);
    const nextStop = levelOf(stops[stopped], target, weight);
    if (nextStop === Number.POSITIVE_INFINITY) break;
    const nextFull = rising.fullAt(level);
    const next = Math.max(level, Math.min(nextStart, nextStop, nextFull));
    rising.flow(next - level);
    level = next;
    const slack = EPSILON * Math.max(1, level) * 1e-3;
    while (started < starts.length && levelOf(starts[started], current, weight) <= level + slack)
      rising.start(starts[started++]);
    while (stopped < stops.length && levelOf(stops[stopped], target, weight) <= level + slack)
      rising.freeze(stops[stopped++], level, -1);
    rising.freezeFull(level);
  }
  rising.settle(level);
}

const at = (values: Float64Array, index: number): number => values[index] ?? 0;

const levelOf = (one: number | undefined, values: Float64Array, weight: Float64Array): number =>
  one === undefined ? Number.POSITIVE_INFINITY : at(values, one) / at(weight, one);

const WAITING = 0;
const RISING = 1;
const FROZEN = 2;

/** Who is rising now, and how fast each row fills with the level. */
class Rising {
  private readonly network: Network;
  private readonly water: Water;
  private readonly state: Uint8Array;
  private readonly perA: Float64Array;
  private readonly perB: Float64Array;
  private readonly count: Int32Array;
  private readonly on: (number[] | undefined)[];
  private readonly rows: number[] = [];

  constructor(network: Network, water: Water) {
    this.network = network;
    this.water = water;
    this.state = new Uint8Array(water.current.length);
    this.perA = new Float64Array(network.rows.length);
    this.perB = new Float64Array(network.rows.length);
    this.count = new Int32Array(network.rows.length);
    this.on = new Array<number[] | undefined>(network.rows.length);
  }

  isFrozen(one: number | undefined): boolean {
    return one !== undefined && this.state[one] === FROZEN;
  }

  start(one: number | undefined): void {
    if (one === undefined || this.state[one] !== WAITING) return;
    this.state[one] = RISING;
    const { first, useRow } = this.network;
    for (let use = first[one] ?? 0; use < (first[one + 1] ?? 0); use += 1) {
      const row = useRow[use] ?? 0;
      const members = this.on[row];
      if (members === undefined) {
        this.on[row] = [one];
        this.rows.push(row);
      } else members.push(one);
      this.load(use, row, one, 1);
    }
  }

  freeze(one: number | undefined, level: number, row: number): void {
    if (one === undefined || this.state[one] !== RISING) return;
    this.state[one] = FROZEN;
    const { current, target, weight, stoppedBy } = this.water;
    current[one] = row < 0 ? at(target, one) : Math.min(at(target, one), at(weight, one) * level);
    stoppedBy[one] = row;
    const { first, useRow } = this.network;
    for (let use = first[one] ?? 0; use < (first[one + 1] ?? 0); use += 1) this.load(use, useRow[use] ?? 0, one, -1);
  }

  private load(use: number, row: number, one: number, sign: 1 | -1): void {
    const weight = at(this.water.weight, one) * sign;
    const count = (this.count[row] ?? 0) + sign;
    this.count[row] = count;
    // Nobody left: exactly nothing flows, whatever the additions left behind.
    this.perA[row] = count === 0 ? 0 : at(this.perA, row) + weight * at(this.network.useA, use);
    this.perB[row] = count === 0 ? 0 : at(this.perB, row) + weight * at(this.network.useB, use);
  }

  /** Level at which the first row is full. */
  fullAt(level: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const row of this.rows) if ((this.count[row] ?? 0) > 0) next = Math.min(next, level + this.reachOf(row));
    return next;
  }

  private reachOf(row: number): number {
    const { laneA, laneB, rows } = this.network;
    return reach(at(laneA, row), at(laneB, row), at(this.perA, row), at(this.perB, row), rows[row]?.capacity ?? 0);
  }

  flow(step: number): void {
    if (step <= 0) return;
    const { laneA, laneB } = this.network;
    for (const row of this.rows) {
      if ((this.count[row] ?? 0) === 0) continue;
      laneA[row] = at(laneA, row) + at(this.perA, row) * step;
      laneB[row] = at(laneB, row) + at(this.perB, row) * step;
    }
  }

  freezeFull(level: number): void {
    for (const row of this.rows) {
      if ((this.count[row] ?? 0) === 0) continue;
      const speed = Math.max(at(this.perA, row), at(this.perB, row));
      if (this.reachOf(row) * speed > EPSILON * Math.max(1, speed)) continue;
      for (const one of this.on[row] ?? []) this.freeze(one, level, row);
    }
  }

  /** Rounding noise may leave somebody rising: it stays where the level is. */
  settle(level: number): void {
    for (const one of this.water.members) if (this.state[one] === RISING) this.freeze(one, level, -2);
  }
}
