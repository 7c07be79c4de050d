import { milliamp, onPhase, PHASES, perPhase } from "../units/index.ts";
import type { Milliamp, PerPhase, Phase } from "../units/index.ts";
import type { Share } from "./share.ts";
import type { AllocationCircuit, AllocationEvse } from "./types.ts";

/** What was taken from a car because its phase would have been too far above the least loaded one. */
export type Capped = {
  readonly circuitId: string;
  readonly phase: Phase;
  readonly before_mA: Milliamp;
  readonly after_mA: Milliamp;
};

/** A car lowered twice needs no third look: every turn lowers somebody by at least one step or ends. */
const TURNS_MAX = 3;

/**
 * Lowers cars that do not load all three phases until no phase of the circuit is more than `unbalance_mA` above the least
 * loaded one (VDE-AR-N 4100: 4.6 kVA, that is 20 A at 230 V), highest current first, below its minimum to nothing. What
 * the building alone puts out of balance cannot be mended here: then cars on its highest phase get nothing.
 * Not part of the safety rules: a load that goes away on another phase breaks any balance.
 */
export function balancePhases(
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
