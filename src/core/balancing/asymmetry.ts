import { milliamp, onPhase, PHASES, perPhase } from "../units/index.ts";
import type { Milliamp, PerPhase, Phase } from "../units/index.ts";
import type { Share } from "./share.ts";
import type { AllocationCircuit, AllocationEvse, AllocationRequest } from "./types.ts";

/** What was taken from a car because its phase would have been too far above the least loaded one. */
export type Capped = {
  readonly circuitId: string;
  readonly phase: Phase;
  readonly before_mA: Milliamp;
  readonly after_mA: Milliamp;
};

/** Every turn lowers somebody by at least one step or ends; lowering a car on two phases can put the other one out. */
const TURNS_MAX = 100;

/** Lowers these cars until every circuit with a limit for it is in balance; what all the others have is left to them. */
export function keepBalance(
  request: Pick<AllocationRequest, "circuits" | "evses">,
  these: readonly Share[],
  currents: Map<Share, Milliamp>,
): ReadonlyMap<Share, Capped> {
  const all = new Map<Share, Capped>();
  const limited = request.circuits
    .filter((circuit) => (circuit.unbalance_mA ?? null) !== null)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  if (limited.length === 0) return all;
  const circuits = new Map(request.circuits.map((circuit) => [circuit.id, circuit]));
  const loading = new Map(limited.map((circuit) => [circuit, loadOn(request.evses, circuits, circuit, these)]));
  // What mends one circuit can put another one out, above or below it.
  for (let turn = 0, lowered = true; lowered && turn < TURNS_MAX; turn += 1) {
    lowered = false;
    for (const [circuit, { below, reserved, isBelow }] of loading) {
      const own = new Set(below);
      const others = [...currents].flatMap(([share, current_mA]) =>
        isBelow(share.evse) && !own.has(share) ? [{ evse: share.evse, current_mA }] : [],
      );
      for (const [share, cap] of balancePhases(circuit, below, [...reserved, ...others], currents)) {
        all.set(share, { ...cap, before_mA: all.get(share)?.before_mA ?? cap.before_mA });
        lowered = limited.length > 1;
      }
    }
  }
  return all;
}

/** What loads a circuit: those of `these` below it, and what is reserved below it. */
function loadOn(
  evses: readonly AllocationEvse[],
  circuits: ReadonlyMap<string, AllocationCircuit>,
  circuit: AllocationCircuit,
  these: readonly Share[],
) {
  const isBelow = (evse: AllocationEvse): boolean => pathOf(circuits, evse.circuit).includes(circuit);
  return {
    isBelow,
    below: these.filter(({ evse }) => isBelow(evse)),
    reserved: evses.flatMap((evse) =>
      evse.reserved && isBelow(evse) ? [{ evse, current_mA: evse.reserved.current_mA }] : [],
    ),
  };
}

/** The circuit and those above it, nearest first. */
export function pathOf(circuits: ReadonlyMap<string, AllocationCircuit>, id: string): readonly AllocationCircuit[] {
  const path: AllocationCircuit[] = [];
  let next = circuits.get(id);
  while (next !== undefined && path.length <= circuits.size) {
    path.push(next);
    next = next.parent === null ? undefined : circuits.get(next.parent);
  }
  return path;
}

/**
 * Lowers cars that do not load all three phases until no phase of the circuit is more than `unbalance_mA` above the least
 * loaded one (VDE-AR-N 4100: 4.6 kVA, that is 20 A at 230 V), highest current first, below its minimum to nothing. What
 * the building alone puts out of balance cannot be mended here: then cars on its highest phase get nothing.
 * Not part of the safety rules: a load that goes away on another phase breaks any balance.
 */
function balancePhases(
  circuit: AllocationCircuit,
  below: readonly Share[],
  fixed: readonly { readonly evse: AllocationEvse; readonly current_mA: Milliamp }[],
  currents: Map<Share, Milliamp>,
): ReadonlyMap<Share, Capped> {
  const limit_mA = circuit.unbalance_mA ?? null;
  const capped = new Map<Share, Capped>();
  if (limit_mA === null) return capped;
  for (let turn = 0; turn < TURNS_MAX; turn += 1) {
    const load = loads(circuit, below, fixed, currents);
    const least = Math.min(...load);
    let lowered = false;
    for (const phase of PHASES) {
      let excess = onPhase(load, phase) - least - limit_mA;
      while (excess > 0) {
        const highest = lowerable(below, currents, phase);
        if (highest === undefined) break;
        const before = currents.get(highest) ?? milliamp(0);
        const after = lowerBy(highest, before, excess);
        currents.set(highest, after);
        excess -= before - after;
        lowered = true;
        const first = capped.get(highest)?.before_mA ?? before;
        capped.set(highest, { circuitId: circuit.id, phase, before_mA: first, after_mA: after });
      }
    }
    if (!lowered) break;
  }
  return capped;
}

function loads(
  circuit: AllocationCircuit,
  below: readonly Share[],
  fixed: readonly { readonly evse: AllocationEvse; readonly current_mA: Milliamp }[],
  currents: ReadonlyMap<Share, Milliamp>,
): PerPhase<number> {
  return perPhase((phase) => {
    let sum: number = onPhase(circuit.otherLoad_mA, phase);
    for (const share of below) if (share.evse.phases.includes(phase)) sum += currents.get(share) ?? 0;
    for (const { evse, current_mA } of fixed) if (evse.phases.includes(phase)) sum += current_mA;
    return sum;
  });
}

/** Of the cars on this phase that do not load all three, the one with the highest current; ties by id. */
function lowerable(below: readonly Share[], currents: ReadonlyMap<Share, Milliamp>, phase: Phase): Share | undefined {
  let found: Share | undefined;
  for (const share of below) {
    const { phases, id } = share.evse;
    const current = currents.get(share) ?? 0;
    if (current <= 0 || phases.length >= PHASES.length || !phases.includes(phase)) continue;
    const best = found === undefined ? -1 : (currents.get(found) ?? 0);
    if (current > best || (current === best && id > (found?.evse.id ?? ""))) found = share;
  }
  return found;
}

/** One step lower (all that is asked for where the box knows no steps); less than the minimum is nothing. */
function lowerBy(share: Share, before: Milliamp, excess: number): Milliamp {
  const { min_mA, step_mA } = share.evse;
  const after = before - (step_mA > 0 ? step_mA : Math.ceil(excess));
  return milliamp(after < min_mA || after <= 0 ? 0 : after);
}
