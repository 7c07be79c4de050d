import {
  assert,
  type EpochMs,
  type Milliamp,
  milliamp,
  onPhase,
  perPhase,
  type PerPhase,
  type Watt,
  watt,
} from "../units/index.ts";
import type { PlanInput, PlanSlot } from "./plan-types.ts";
import { slotHours } from "./slots.ts";

// Far ahead nobody needs quarter hours: the plan is made anew every five minutes. Slots there are planned together, which
// halves the program and the time it takes.

/** From here on slots of one price are planned together, up to so many of them and never across a full hour. */
const FAR_ms = 12 * 3_600_000;
const TOGETHER_MAX = 4;
const HOUR_ms = 3_600_000;

/** The input with fewer slots, and for each of its slots the number of the block it lies in. */
export type Blocks = { readonly input: PlanInput; readonly blockOf: readonly number[] };

/** Joins slots that lie far ahead. What is near, or has another price or limit, stays as it is. */
export function joinFarSlots(input: PlanInput): Blocks {
  const groups: number[][] = [];
  input.slots.forEach((slot, index) => {
    const last = groups.at(-1);
    const first = input.slots[last?.[0] ?? -1];
    if (last === undefined || first === undefined || !belongs(input, { first, last, slot, index }))
      groups.push([index]);
    else last.push(index);
  });
  const blockOf = groups.flatMap((group, block) => group.map(() => block));
  if (groups.length === input.slots.length) return { input, blockOf };
  const { import_micro_per_kWh: prices } = input;
  return {
    blockOf,
    input: {
      ...input,
      slots: groups.map((group): PlanSlot => spanOf(input, group)),
      otherNet_W: groups.map((group) => meanLoad(input, group)),
      import_micro_per_kWh: prices === null ? null : groups.map(([first = 0]) => prices[first] ?? 0),
      circuits: input.circuits.map((circuit) => {
        const { otherLoad_mA } = circuit;
        if (otherLoad_mA === null) return circuit;
        return {
          ...circuit,
          otherLoad_mA: groups.map((group) => highest(group.flatMap((at) => takeAt(otherLoad_mA, at)))),
        };
      }),
    },
  };
}

type Candidate = {
  readonly first: PlanSlot;
  readonly last: readonly number[];
  readonly slot: PlanSlot;
  readonly index: number;
};

function belongs(
  { now_ms, import_micro_per_kWh, limits }: PlanInput,
  { first, last, slot, index }: Candidate,
): boolean {
  if (first.start_ms - now_ms < FAR_ms || last.length >= TOGETHER_MAX || slot.start_ms % HOUR_ms === 0) return false;
  const isEdge = (at_ms: EpochMs): boolean => at_ms > first.start_ms && at_ms < slot.end_ms;
  if (limits.some(({ from_ms, until_ms }) => isEdge(from_ms) || isEdge(until_ms))) return false;
  return import_micro_per_kWh?.[last[0] ?? index] === import_micro_per_kWh?.[index];
}

function spanOf({ slots }: PlanInput, group: readonly number[]): PlanSlot {
  const [first, last] = [slots[group[0] ?? 0], slots[group.at(-1) ?? 0]];
  assert(first !== undefined && last !== undefined, "a block has slots");
  return { start_ms: first.start_ms, end_ms: last.end_ms };
}

function meanLoad({ slots, otherNet_W }: PlanInput, group: readonly number[]): Watt {
  const hours = group.map((at) => (slots[at] === undefined ? 0 : slotHours(slots[at])));
  const energy_Wh = group.reduce((sum, at, index) => sum + (otherNet_W[at] ?? 0) * (hours[index] ?? 0), 0);
  return watt(Math.round(energy_Wh / hours.reduce((sum, one) => sum + one, 0)));
}

const highest = (loads: readonly PerPhase<Milliamp>[]): PerPhase<Milliamp> =>
  perPhase((phase) => milliamp(Math.max(0, ...loads.map((load) => onPhase(load, phase)))));

function takeAt<T>(values: readonly T[], at: number): readonly T[] {
  const value = values[at];
  return value === undefined ? [] : [value];
}
