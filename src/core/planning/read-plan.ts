import { milliamp, type Watt, watt, type WattHour, wattHour } from "../units/index.ts";
import type { CarPlan, CarSlot, CircuitPlan, Plan, PlanCap, PlanInput, PlanReason } from "./plan-types.ts";
import type { PlanProgram, Share } from "./plan-program.ts";
import { dueTime_ms, wattsPerAmp } from "./plan-program.ts";
import { partBefore, slotHours } from "./slots.ts";

/** A car that is planned to get this much less than it could take is held back, and is told why. */
const HELD_BACK = 0.98;
/** What the solver's last digits may add to a whole number. */
const ROUNDING = 1e-3;
/** A cap closer than this to what is planned is what binds. */
const NEAR_kW = 0.01;
/** In the last minute of a quarter hour nothing of the peak is caught up, before that at most to so many times it. */
const LAST_ms = 60_000;
const CATCH_UP_MAX = 2;

/**
 * The plan that the solver's `values` describe: targets of cars rounded down to whole mA and Wh, caps rounded up to
 * whole watts, so that rounding takes nothing from anybody.
 */
export function readPlan(input: PlanInput, { power, unmet, peak }: PlanProgram, values: Float64Array): Plan {
  const kW = (column: number): number => (column < 0 ? 0 : Math.max(0, values[column] ?? 0));
  const shareOf = (share: Share | null | undefined): number => (share ? kW(share.column) * share.part : 0);
  const planned_kW = input.slots.map((_, slot) => power.reduce((sum, shares) => sum + shareOf(shares[slot]), 0));
  const peak_W = peak === null ? null : watt(Math.ceil((peak.free_kW + kW(peak.column)) * 1000 - ROUNDING));
  const circuits = circuitPlans(input, peak_W);
  return {
    made_at_ms: input.now_ms,
    slots: input.slots,
    circuits,
    cars: input.cars.map((car, index): CarPlan => {
      const shares = power[index] ?? [];
      const [first, second] = unmet[index] ?? [-1, -1];
      const own_kW = input.slots.map((_, slot) => shareOf(shares[slot]));
      return {
        evse: car.evse,
        plugged_at_ms: car.plugged_at_ms,
        min_mA: car.min_mA,
        binding: isBinding(input, car),
        slots: own_kW.map((_, slot) => carSlot({ input, car, own_kW, planned_kW, circuits }, slot)),
        unmet_Wh: wattHour(Math.round((kW(first) + kW(second)) * 1000)),
      };
    }),
    peak_W,
    planned_W: planned_kW.map((value) => watt(Math.round(value * 1000))),
  };
}

/** Each limit of the circuit in each slot; the tightest stays. */
function circuitPlans(input: PlanInput, peak_W: Watt | null): readonly CircuitPlan[] {
  return input.circuits.flatMap((circuit): CircuitPlan[] => {
    const caps = input.slots.map((slot, index): PlanCap | null => {
      const all: PlanCap[] = [];
      const { quarter } = input;
      if (circuit.parent === null && peak_W !== null) {
        const limit_W = index === 0 ? leftOfPeak_W(input, peak_W) : peak_W;
        all.push({ limit_W, because: { kind: "price", ref: circuit.id, limit_W } });
      }
      if (circuit.parent === null && quarter !== null) {
        const limit_W = index === 0 ? leftInQuarter_W(input, quarter.limit_W) : quarter.limit_W;
        all.push({ limit_W, because: { kind: "schedule", ref: quarter.ref, limit_W } });
      }
      for (const { from_ms, until_ms, limit_W, kind, ref, circuit: id } of input.limits) {
        if (id !== circuit.id || slot.end_ms <= from_ms || slot.start_ms >= until_ms) continue;
        all.push({ limit_W, because: { kind, ref, limit_W } });
      }
      return all.reduce<PlanCap | null>((min, cap) => (min === null || cap.limit_W < min.limit_W ? cap : min), null);
    });
    return caps.every((cap) => cap === null) ? [] : [{ circuit: circuit.id, caps }];
  });
}

/** Mean power that the rest of the running quarter hour may have; the limit itself where nobody knows what it has had. */
function leftOf_W({ slots, usedInQuarter_Wh }: PlanInput, limit_W: Watt): number {
  const [first] = slots;
  return first === undefined || usedInQuarter_Wh === null
    ? limit_W
    : (limit_W / 4 - usedInQuarter_Wh) / slotHours(first);
}

const leftInQuarter_W = (input: PlanInput, limit_W: Watt): Watt =>
  watt(Math.max(0, Math.floor(leftOf_W(input, limit_W))));

/**
 * A peak is a mean too: what cars left of it in the quarter hour's first minutes (full batteries take less than they are
 * offered) they may have in its later ones. Not in its last minute, and never more than twice the peak: cars follow a new
 * setpoint seconds later, in the next quarter hour.
 */
function leftOfPeak_W(input: PlanInput, peak_W: Watt): Watt {
  const [first] = input.slots;
  const isLast = first === undefined || first.end_ms - first.start_ms <= LAST_ms;
  const most_W = isLast ? peak_W : CATCH_UP_MAX * peak_W;
  return watt(Math.max(0, Math.min(most_W, Math.ceil(leftOf_W(input, peak_W) - ROUNDING))));
}

/** Only a car of which we know that it stays is held back. */
const isBinding = ({ now_ms }: PlanInput, { departure_ms }: PlanInput["cars"][number]): boolean =>
  departure_ms !== null && departure_ms > now_ms;

type Reading = {
  readonly input: PlanInput;
  readonly car: PlanInput["cars"][number];
  readonly own_kW: readonly number[];
  readonly planned_kW: readonly number[];
  readonly circuits: readonly CircuitPlan[];
};

function carSlot(reading: Reading, slot: number): CarSlot {
  const { input, car, own_kW } = reading;
  const at = input.slots[slot];
  const system = input.circuits.find((circuit) => circuit.id === car.circuit)?.system;
  const perAmp = wattsPerAmp(car, system, input.voltage_V);
  const own = own_kW[slot] ?? 0;
  // A car that leaves in the middle of the slot has its energy before that.
  const there = at === undefined || !isBinding(input, car) ? 1 : partBefore(at, dueTime_ms(input, car));
  return {
    energy_Wh: energyOf(own, at),
    // The solver's 15.9999999 A are 16 A.
    current_mA: milliamp(there === 0 ? 0 : Math.min(car.max_mA, Math.floor((own * 1e6) / perAmp / there + ROUNDING))),
    because: reasonOf(reading, slot, (car.max_mA * perAmp) / 1e6),
  };
}

const energyOf = (power_kW: number, slot: PlanInput["slots"][number] | undefined): WattHour =>
  wattHour(slot === undefined ? 0 : Math.floor(power_kW * slotHours(slot) * 1000 + ROUNDING));

/** Why this car has less than it could take in this slot; `null` when it is not held back, or needs nothing any more. */
function reasonOf(
  { input, car, own_kW, planned_kW, circuits }: Reading,
  slot: number,
  max_kW: number,
): PlanReason | null {
  const later = own_kW.findIndex((value, index) => index > slot && value > (own_kW[slot] ?? 0) + NEAR_kW);
  const goesOn = own_kW.some((value, index) => index > slot && value > NEAR_kW);
  if ((own_kW[slot] ?? 0) >= HELD_BACK * max_kW || !goesOn) return null;
  const cap = circuits
    .flatMap(({ caps }) => caps[slot] ?? [])
    .find(({ limit_W }) => {
      const other_kW = (input.otherNet_W[slot] ?? 0) / 1000;
      return (planned_kW[slot] ?? 0) + other_kW >= limit_W / 1000 - NEAR_kW;
    });
  if (cap !== undefined) return cap.because;
  const price = input.import_micro_per_kWh?.[slot];
  const then = input.slots[later];
  if (price === undefined || then === undefined) return { kind: "vehicle", ref: car.evse };
  return {
    kind: "price",
    ref: car.evse,
    price_micro_per_kWh: price,
    later_micro_per_kWh: input.import_micro_per_kWh?.[later] ?? price,
    later_ms: then.start_ms,
  };
}
