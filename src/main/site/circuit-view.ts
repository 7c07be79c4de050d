import { countedOtherLoad_mA, policyOf, weekHighest_mA } from "../../core/balancing/index.ts";
import type { AllocationCircuit } from "../../core/balancing/index.ts";
import type { Circuit } from "../../core/site/index.ts";
import { elapsed_ms, milliamp, onPhase, perPhase, watt } from "../../core/units/index.ts";
import type { EpochMs, Milliamp, PerPhase, Watt } from "../../core/units/index.ts";
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
  const week = weekHighest_mA(circuit.week);
  return perPhase((phase) =>
    milliamp(Math.max(onPhase(counted, phase), onPhase(configured ?? zero, phase), onPhase(week, phase))),
  );
}

/** What is kept for the building when current is shared: its load and, while its meter is heard, room for it to rise. */
export function reservedForOthers_mA(site: SiteState, circuit: CircuitState, now_ms: EpochMs): PerPhase<Milliamp> {
  const load = otherLoad_mA(site, circuit, now_ms);
  const reserved = circuit.headroom.reserved_mA;
  const trust = meterTrust(site, circuit, now_ms);
  const heard = circuit.circuit.meterId !== null && (trust === "fresh" || trust === "aging");
  if (!heard || reserved === null) return load;
  return perPhase((phase) => milliamp(Math.max(onPhase(load, phase), onPhase(reserved, phase))));
}

/** What is known to flow below a circuit that has neither a meter nor a figure of its own. */
function sumOfChildren(site: SiteState, circuit: CircuitState, now_ms: EpochMs): PerPhase<Milliamp> {
  const children = [...site.circuits.values()].filter((child) => child.circuit.parentId === circuit.circuit.id);
  const loads = children.map((child) => otherLoad_mA(site, child, now_ms));
  return perPhase((phase) => milliamp(loads.reduce((sum, load) => sum + onPhase(load, phase), 0)));
}

/** Fuse less margin, or what is imposed where that is lower. */
export const workingLimit_mA = (state: CircuitState): PerPhase<Milliamp> =>
  perPhase((phase) =>
    milliamp(
      state.imposed.reduce(
        (limit, { limit_mA }) => (limit_mA === null ? limit : Math.min(limit, onPhase(limit_mA, phase))),
        Math.max(0, onPhase(state.circuit.fuse_mA, phase) - state.circuit.margin_mA),
      ),
    ),
  );

/** Power of currents on the lines that add up to `sum_mA`, in W: three equal ones, I each, of a delta system carry √3·U·I. */
export const powerOfLines_W = ({ system }: Pick<Circuit, "system">, sum_mA: number, nominal_V: number): number =>
  (sum_mA * nominal_V) / (system === "delta" ? 1000 * Math.sqrt(3) : 1000);

/** Main fuse on its weakest phase, and the power it stands for. */
export function mainLimit(site: SiteState): { fuse_mA: number; limit_W: number } {
  const root = [...site.circuits.values()].find((state) => state.circuit.parentId === null);
  if (root === undefined) return { fuse_mA: 0, limit_W: 0 };
  const { fuse_mA } = root.circuit;
  const sum_mA = fuse_mA.reduce((sum: number, fuse) => sum + fuse, 0);
  return {
    fuse_mA: Math.min(...fuse_mA),
    limit_W: Math.round(powerOfLines_W(root.circuit, sum_mA, site.model.identity.nominal_V)),
  };
}

/** The circuit's power limit, its own or the lowest imposed one. */
export function workingLimit_W({ circuit, imposed }: CircuitState): Watt | null {
  const limits = [circuit.limit_W, ...imposed.map(({ limit_W }) => limit_W)].filter((limit) => limit !== null);
  return limits.length === 0 ? null : watt(Math.min(...limits));
}

/** The circuit as current is shared and accounted on it. */
export function allocationCircuit(site: SiteState, state: CircuitState, now_ms: EpochMs): AllocationCircuit {
  const { circuit } = state;
  const { system, unbalance_mA } = circuit;
  const sharing = site.sharing.circuits.get(circuit.id);
  return {
    id: circuit.id,
    parent: circuit.parentId,
    limit_mA: workingLimit_mA(state),
    otherLoad_mA: reservedForOthers_mA(site, state, now_ms),
    limit_W: workingLimit_W(state),
    limitedBy: imposedBy(state),
    powerLimitedBy: powerImposedBy(state),
    ...(system === undefined ? {} : { system }),
    ...(unbalance_mA === undefined ? {} : { unbalance_mA }),
    ...(sharing === undefined ? {} : { policy: policyOf(sharing) }),
  };
}

/** The imposed limit that lowers the circuit's current most; `null`: none lowers it. */
function imposedBy(state: CircuitState): NonNullable<AllocationCircuit["limitedBy"]> | null {
  const own_mA = Math.min(...workingLimit_mA({ ...state, imposed: [] }));
  const lowest = state.imposed
    .flatMap(({ limit_mA, kind, ref }) => (limit_mA === null ? [] : [{ least_mA: Math.min(...limit_mA), kind, ref }]))
    .filter(({ least_mA }) => least_mA < own_mA)
    .sort((a, b) => a.least_mA - b.least_mA)[0];
  return lowest === undefined ? null : { kind: lowest.kind, ref: lowest.ref };
}

/** The imposed limit of power that is the lowest of all; `null`: the circuit's own is. */
function powerImposedBy(state: CircuitState): NonNullable<AllocationCircuit["powerLimitedBy"]> | null {
  const lowest_W = workingLimit_W(state);
  if (lowest_W === null || (state.circuit.limit_W !== null && state.circuit.limit_W <= lowest_W)) return null;
  const lowest = state.imposed.find(({ limit_W }) => limit_W === lowest_W);
  return lowest === undefined ? null : { kind: lowest.kind, ref: lowest.ref };
}

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
