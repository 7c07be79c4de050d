import {
  countedOtherLoad_mA,
  isPlausible,
  observeBudget,
  observeHeadroom,
  observeOtherLoad,
  observeWeek,
} from "../../core/balancing/index.ts";
import { perPhase, onPhase } from "../../core/units/index.ts";
import type { PerPhase } from "../../core/units/index.ts";
import type { MeterReading } from "../devices/ports.ts";
import { drawRange } from "./box-view.ts";
import { stationsBelow, workingLimit_mA } from "./circuit-view.ts";
import type { CircuitState, MeterState, SiteState } from "./state.ts";

export const DEFAULT_PROTECTION = "mcb-60898";

/**
 * Takes a meter's sample into the circuits it measures. A sample without all phases, or one that cannot be (balancing.md
 * R9), is no value: the last good one grows old instead. True when a limit is exceeded, so that nobody waits for the next second.
 */
export function applyMeter(site: SiteState, meterId: string, reading: MeterReading): boolean {
  const meter = site.meters.get(meterId);
  const measured_mA = whole(reading);
  if (meter === undefined || measured_mA === null) return false;
  const circuits = [...site.circuits.values()].filter(({ circuit }) => circuit.meterId === meterId);
  const before_mA = meter.said_mA;
  meter.said_mA = measured_mA;
  if (!circuits.every(({ circuit }) => isPlausible(measured_mA, before_mA, circuit.fuse_mA))) return false;
  meter.reading = reading;
  return circuits.map((circuit) => takeSample(site, circuit, meter, measured_mA)).some((over) => over);
}

function whole({ current_mA: [l1, l2, l3] }: MeterReading): PerPhase<number> | null {
  return l1 === null || l2 === null || l3 === null ? null : [l1, l2, l3];
}

function takeSample(
  site: SiteState,
  state: CircuitState,
  { reading }: MeterState,
  meter_mA: PerPhase<number>,
): boolean {
  if (reading === null) return false;
  const at_ms = reading.measured_at_ms;
  const { circuit } = state;
  const ranges = stationsBelow(site, circuit.id).map((below) => drawRange(below, at_ms));
  const cars = perPhase((phase) => ({
    least_mA: ranges.reduce((sum, range) => sum + onPhase(range, phase).least_mA, 0),
    most_mA: ranges.reduce((sum, range) => sum + onPhase(range, phase).most_mA, 0),
  }));
  state.otherLoad = observeOtherLoad(state.otherLoad, { at_ms, meter_mA, cars });
  const counted_mA = countedOtherLoad_mA(state.otherLoad);
  const value_mA = state.otherLoad.estimate_mA;
  state.headroom = observeHeadroom(state.headroom, { at_ms, value_mA, counted_mA, margin_mA: circuit.margin_mA });
  state.week = observeWeek(state.week, at_ms, counted_mA);
  const sample = { at_ms, current_mA: meter_mA, limit_mA: circuit.fuse_mA };
  state.budget = observeBudget(state.budget, circuit.protection ?? DEFAULT_PROTECTION, sample).state;
  const limit_mA = workingLimit_mA(state);
  return meter_mA.some((current, index) => current > (limit_mA[index] ?? 0));
}
