import { countedOtherLoad_mA } from "../../core/balancing/index.ts";
import type { AllocationCircuit } from "../../core/balancing/index.ts";
import { elapsed_ms, milliamp, onPhase, perPhase } from "../../core/units/index.ts";
import type { EpochMs, Milliamp, PerPhase } from "../../core/units/index.ts";
import { drawn_mA } from "./box-view.ts";
import type { CircuitState, SiteState, StationState } from "./state.ts";

/** Without a fresher value nobody is raised (balancing.md R9). */
export const METER_AGE_MS_NO_RAISE = 3_000;
/** From here on the highest load we know of is assumed instead of the last one. */
export const METER_AGE_MS_ASSUME = 10_000;
/** From here on everybody below the meter goes to its fallback current. */
export const METER_AGE_MS_FALLBACK = 30_000;

export type MeterTrust = "fresh" | "aging" | "assumed" | "lost";

/** Age of the circuit's own meter reading; `null`: it has no meter or the meter never answered. */
export function meterAge_ms(site: SiteState, circuit: CircuitState, now_ms: EpochMs): number | null {
  const { meterId } = circuit.circuit;
  const reading = meterId === null ? null : (site.meters.get(meterId)?.reading ?? null);
  return reading === null ? null : Math.max(0, elapsed_ms(reading.measured_at_ms, now_ms));
}

/** How far the circuit's meter can be believed now; a circuit without a meter is always `fresh`: it is calculated. */
export function meterTrust(site: SiteState, circuit: CircuitState, now_ms: EpochMs): MeterTrust {
  if (circuit.circuit.meterId === null) return "fresh";
  const age = meterAge_ms(site, circuit, now_ms);
  if (age === null || age > METER_AGE_MS_FALLBACK) return "lost";
  if (age > METER_AGE_MS_ASSUME) return "assumed";
  return age > METER_AGE_MS_NO_RAISE ? "aging" : "fresh";
}

/** Everything that is not an EVSE below this circuit, as it is counted now. */
export function otherLoad_mA(site: SiteState, circuit: CircuitState, now_ms: EpochMs): PerPhase<Milliamp> {
  const configured = circuit.circuit.otherLoad_mA_max;
  const zero: PerPhase<Milliamp> = [milliamp(0), milliamp(0), milliamp(0)];
  if (circuit.circuit.meterId === null) return configured ?? sumOfChildren(site, circuit, now_ms);
  const counted = countedOtherLoad_mA(circuit.otherLoad);
  const trust = meterTrust(site, circuit, now_ms);
  if (trust === "fresh" || trust === "aging") return counted;
  return perPhase((phase) => milliamp(Math.max(onPhase(counted, phase), onPhase(configured ?? zero, phase))));
}

/** What is known to flow below a circuit that has neither a meter nor a figure of its own. */
function sumOfChildren(site: SiteState, circuit: CircuitState, now_ms: EpochMs): PerPhase<Milliamp> {
  const children = [...site.circuits.values()].filter((child) => child.circuit.parentId === circuit.circuit.id);
  const loads = children.map((child) => otherLoad_mA(site, child, now_ms));
  return perPhase((phase) => milliamp(loads.reduce((sum, load) => sum + onPhase(load, phase), 0)));
}

/** Fuse less margin. */
export const workingLimit_mA = (circuit: CircuitState): PerPhase<Milliamp> =>
  perPhase((phase) => milliamp(Math.max(0, onPhase(circuit.circuit.fuse_mA, phase) - circuit.circuit.margin_mA)));

export const allocationCircuit = (site: SiteState, circuit: CircuitState, now_ms: EpochMs): AllocationCircuit => ({
  id: circuit.circuit.id,
  parent: circuit.circuit.parentId,
  limit_mA: workingLimit_mA(circuit),
  otherLoad_mA: otherLoad_mA(site, circuit, now_ms),
  limit_W: circuit.circuit.limit_W,
});

/** Stations on the circuit or anywhere below it. */
export const stationsBelow = (site: SiteState, circuitId: string): readonly StationState[] =>
  site.below.get(circuitId) ?? [];

/** The circuit's own and its ancestors' states, nearest first. */
export const circuitPath = (site: SiteState, circuitId: string): readonly CircuitState[] =>
  site.paths.get(circuitId) ?? [];

/** What EVSEs below draw per phase; unknown ones count with what they were granted. */
export const evLoad_mA = (below: readonly StationState[], now_ms: EpochMs): PerPhase<Milliamp> =>
  perPhase((phase) =>
    milliamp(
      below.reduce((sum, state) => sum + (onPhase(drawn_mA(state, now_ms), phase) ?? state.grant.current_mA), 0),
    ),
  );

/** What flows through the circuit: its meter while that can be believed, else its other load and its EVSEs. */
export function circuitTotal_mA(site: SiteState, circuit: CircuitState, now_ms: EpochMs): PerPhase<number> {
  const { id, meterId } = circuit.circuit;
  const meter = meterId === null ? null : (site.meters.get(meterId)?.reading ?? null);
  if (meter !== null && meterTrust(site, circuit, now_ms) !== "lost")
    return perPhase((phase) => onPhase(meter.current_mA, phase) ?? 0);
  const other = otherLoad_mA(site, circuit, now_ms);
  const ev = evLoad_mA(stationsBelow(site, id), now_ms);
  return perPhase((phase) => onPhase(other, phase) + onPhase(ev, phase));
}
