import { type EpochMs, type Watt, type WattHour, epochMs, wattHour } from "../units/index.ts";
import type { RegisterSample } from "./types.ts";

// What a row of register values proves and what speaks against it.

export type RegisterPoint = { readonly at_ms: EpochMs; readonly register_Wh: WattHour };

/** Start, samples inside [from, to] and stop, in the order of their time; start first and stop last whatever their time says. */
export function registerRow(input: {
  readonly start: { readonly at_ms: EpochMs; readonly register_Wh: WattHour | null };
  readonly samples: readonly RegisterSample[];
  readonly stop: { readonly at_ms: EpochMs; readonly register_Wh: WattHour | null };
}): readonly RegisterPoint[] {
  const { start, samples, stop } = input;
  const inside = samples
    .filter((sample) => sample.at_ms >= start.at_ms && sample.at_ms <= stop.at_ms)
    .toSorted((a, b) => a.at_ms - b.at_ms);
  return [start, ...inside, stop].flatMap(({ at_ms, register_Wh }) =>
    register_Wh === null ? [] : [{ at_ms, register_Wh }],
  );
}

/** The first place where the register runs backwards, or `null`. */
export function firstDrop(row: readonly RegisterPoint[]): { from: RegisterPoint; to: RegisterPoint } | null {
  for (const [index, to] of row.entries()) {
    const from = row[index - 1];
    if (from !== undefined && to.register_Wh < from.register_Wh) return { from, to };
  }
  return null;
}

/** Energy of the rising pieces of a row; what was lost where it dropped is nobody's. */
export const risingEnergy = (row: readonly RegisterPoint[]): WattHour =>
  wattHour(
    row.reduce((sum, to, i) => sum + Math.max(0, to.register_Wh - (row[i - 1]?.register_Wh ?? to.register_Wh)), 0),
  );

export type ImpossibleSegment = {
  readonly from_ms: EpochMs;
  readonly to_ms: EpochMs;
  readonly energy_Wh: WattHour;
  readonly possible_Wh: WattHour;
};

/** Meters and clocks are a little off: a tenth more than the plate says, and what one late register value may hide. */
const RATED_SHARE_PERMILLE = 1100;
const SLACK_Wh = 50;
/** Steps in which registers of boxes count; a whole one may show at once. */
const STEPS_Wh = [1000, 100, 10];
/** Fewer round values may be chance. */
const STEP_VALUES_MIN = 4;

/** Most energy that a box of this rating can deliver in the time, with the tolerance of rule D04. */
export const possibleEnergy = (ratedPower_W: Watt, duration_ms: number): WattHour =>
  wattHour(Math.floor((ratedPower_W * Math.max(0, duration_ms) * RATED_SHARE_PERMILLE) / 1000 / 3_600_000) + SLACK_Wh);

/** The segment that exceeds the rating most, the whole session included; `null` when none does. */
export function worstImpossible(row: readonly RegisterPoint[], ratedPower_W: Watt): ImpossibleSegment | null {
  // A row whose values are all multiples of a step comes from a register that shows no less.
  const isStep = (step: number): boolean => row.every((point) => point.register_Wh % step === 0);
  const step_Wh = row.length < STEP_VALUES_MIN ? 0 : (STEPS_Wh.find(isStep) ?? 0);
  const pairs = row.slice(1).map((to, index) => ({ from: row[index] ?? to, to }));
  const [first, last] = [row[0], row.at(-1)];
  if (first !== undefined && last !== undefined) pairs.push({ from: first, to: last });
  let worst: ImpossibleSegment | null = null;
  for (const { from, to } of pairs) {
    const energy_Wh = wattHour(to.register_Wh - from.register_Wh);
    const possible_Wh = wattHour(possibleEnergy(ratedPower_W, to.at_ms - from.at_ms) + step_Wh);
    if (energy_Wh <= possible_Wh) continue;
    if (worst !== null && energy_Wh - possible_Wh <= worst.energy_Wh - worst.possible_Wh) continue;
    worst = { from_ms: epochMs(from.at_ms), to_ms: epochMs(to.at_ms), energy_Wh, possible_Wh };
  }
  return worst;
}
