import type { BlackBoxEffect, BlackBoxRow, BlackBoxState } from "../../core/balancing/index.ts";
import { emptyBlackBox, observeBlackBox } from "../../core/balancing/index.ts";
import { perPhase } from "../../core/units/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import type { EvidenceStore } from "../storage/evidence-types.ts";
import { activePhases } from "./box-view.ts";
import { circuitTotal_mA, otherLoad_mA, stationsBelow } from "./circuit-view.ts";
import type { CircuitState, SiteState } from "./state.ts";

/** Decisions that events hurry come faster; noted is one each second. */
const ROW_EVERY_MS = 900;

type Box = { state: BlackBoxState; no: number | null; noted_at_ms: EpochMs | null };

/** Notes each second of every circuit after the decision; what lies around an overload of its protection is stored. */
export function createBlackBoxRecorder(
  site: SiteState,
  evidence: EvidenceStore,
): { readonly observe: (now_ms: EpochMs) => void } {
  const boxes = new Map<string, Box>();
  return {
    observe: (now_ms) => {
      for (const circuit of site.circuits.values()) {
        const { id } = circuit.circuit;
        const box = boxes.get(id) ?? { state: emptyBlackBox, no: null, noted_at_ms: null };
        boxes.set(id, box);
        if (box.noted_at_ms !== null && now_ms >= box.noted_at_ms && now_ms - box.noted_at_ms < ROW_EVERY_MS) continue;
        box.noted_at_ms = now_ms;
        // First noted, then written: a full disk must not make the memory grow.
        const { state, effects } = observeBlackBox(box.state, rowOf(site, circuit, now_ms));
        box.state = state;
        for (const effect of effects) write(evidence, id, box, effect);
      }
    },
  };
}

function write(evidence: EvidenceStore, circuitId: string, box: Box, effect: BlackBoxEffect): void {
  switch (effect.do) {
    case "open":
      box.no = null;
      box.no = evidence.openOverload(circuitId, effect.began_at_ms);
      evidence.addOverloadRows(box.no, effect.rows);
      return;
    case "append":
      if (box.no !== null) evidence.addOverloadRows(box.no, effect.rows);
      return;
    case "close":
      if (box.no !== null) evidence.closeOverload(box.no, effect.ended_at_ms, effect.peak_permille);
      box.no = null;
      return;
  }
}

function rowOf(site: SiteState, state: CircuitState, now_ms: EpochMs): BlackBoxRow {
  const below = stationsBelow(site, state.circuit.id);
  return {
    at_ms: now_ms,
    current_mA: circuitTotal_mA(site, state, now_ms),
    limit_mA: state.circuit.fuse_mA,
    otherLoad_mA: otherLoad_mA(site, state, now_ms),
    granted_mA: perPhase((phase) =>
      below.reduce((sum, one) => sum + (activePhases(one).includes(phase) ? one.grant.current_mA : 0), 0),
    ),
    action: state.budget.action,
  };
}
