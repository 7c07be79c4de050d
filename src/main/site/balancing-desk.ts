import type { BalancingSettings, CarDifference, SharingView, WhatIf } from "../../contract/index.ts";
import { DEFAULT_SHARING, policyOf, whatIf } from "../../core/balancing/index.ts";
import type { AllocationRequest, Change, Sharing } from "../../core/balancing/index.ts";
import type { Rotation, SiteModel, Station } from "../../core/site/index.ts";
import { wiredPhases } from "../../core/site/index.ts";
import { milliamp, millisecond, perPhase } from "../../core/units/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import { allocationRequest } from "./allocation-input.ts";
import { activePhases } from "./box-view.ts";
import { workingLimit_mA } from "./circuit-view.ts";
import { DEFAULT_PROTECTION } from "./meter-intake.ts";
import type { CircuitState, SiteState, StationState } from "./state.ts";

/** How cars share: what is set, what another setting would change now, and setting it. */
export type BalancingDesk = {
  settings(): BalancingSettings;
  /** What each car has and would have under this rule; `null`: no such circuit. */
  preview(circuitId: string | null, sharing: SharingView | null): CarDifference[] | null;
  /** What each car has and would have if one thing were otherwise; `null`: no such station, circuit or rotation. */
  whatIf(question: WhatIf): CarDifference[] | null;
  /** Stores a new version of the site and shares by it from the next decision on; `false`: no such circuit. */
  setSharing(circuitId: string | null, sharing: SharingView | null): boolean;
};

type Context = {
  readonly site: SiteState;
  readonly now_ms: () => EpochMs;
  /** The request of the last decision; `null` before the first one. */
  readonly lastRequest: () => AllocationRequest | null;
  /** Keeps the changed site; throws when it cannot be stored. */
  readonly store: (change: (model: SiteModel) => SiteModel) => void;
  readonly hurry: () => void;
};

/** The owner's view of how this site shares. */
export function balancingDesk(context: Context): BalancingDesk {
  const { site, now_ms, lastRequest, store, hurry } = context;
  const ask = (change: Change): CarDifference[] => {
    const request = lastRequest() ?? allocationRequest(site, now_ms());
    return whatIf(request, change).map(({ evse, ...rest }) => ({ stationId: evse, ...rest }));
  };
  const knows = (circuitId: string | null): boolean => circuitId === null || site.circuits.has(circuitId);
  return {
    settings: () => settingsOf(site),
    preview: (circuitId, view) => (knows(circuitId) ? ask(ruleChange(circuitId, exact(view))) : null),
    whatIf: (question) => {
      const change = changeOf(site, question);
      return change === null ? null : ask(change);
    },
    setSharing: (circuitId, view) => {
      if (!knows(circuitId)) return false;
      const sharing = exact(view);
      // First kept, then done: what cannot be stored is not in force either.
      store((model) => withSharing(model, circuitId, sharing));
      if (circuitId === null) site.sharing.site = sharing ?? DEFAULT_SHARING;
      else if (sharing === null) site.sharing.circuits.delete(circuitId);
      else site.sharing.circuits.set(circuitId, sharing);
      hurry();
      return true;
    },
  };
}

const exact = (view: SharingView | null): Sharing | null =>
  view === null ? null : { rule: view.rule, hold_ms: millisecond(view.hold_ms) };

const ruleChange = (circuitId: string | null, sharing: Sharing | null): Change => ({
  kind: "policy",
  circuit: circuitId,
  policy: sharing === null ? (circuitId === null ? policyOf(DEFAULT_SHARING) : null) : policyOf(sharing),
});

function settingsOf(site: SiteState): BalancingSettings {
  return {
    site: site.sharing.site,
    circuits: [...site.circuits.values()].map(({ circuit }) => ({
      circuitId: circuit.id,
      name: circuit.name,
      parentId: circuit.parentId,
      sharing: site.sharing.circuits.get(circuit.id) ?? null,
      protection: circuit.protection ?? DEFAULT_PROTECTION,
      system: circuit.system ?? "star",
      unbalance_mA: circuit.unbalance_mA ?? null,
    })),
  };
}

function withSharing(model: SiteModel, circuitId: string | null, sharing: Sharing | null): SiteModel {
  if (circuitId === null) {
    const { sharing: _, ...others } = model;
    return sharing === null ? others : { ...others, sharing };
  }
  return {
    ...model,
    circuits: model.circuits.map((circuit) => {
      if (circuit.id !== circuitId) return circuit;
      const { sharing: _, ...others } = circuit;
      return sharing === null ? others : { ...others, sharing };
    }),
  };
}

/** The question as a change of the allocator's request; `null`: it is about something that is not there. */
function changeOf(site: SiteState, question: WhatIf): Change | null {
  switch (question.kind) {
    case "fuse":
    case "no-margin": {
      const state = site.circuits.get(question.circuitId);
      return state === undefined ? null : limitChange(state, question);
    }
    case "rule":
      return question.circuitId === null || site.circuits.has(question.circuitId)
        ? ruleChange(question.circuitId, exact(question.sharing))
        : null;
    case "first":
      return site.stations.has(question.stationId) ? { kind: "first", evse: question.stationId } : null;
    case "rotation": {
      const state = site.stations.get(question.stationId);
      return state === undefined ? null : rotationChange(state, question.rotation);
    }
  }
}

/** What is imposed from outside holds with a larger fuse too. */
function limitChange(state: CircuitState, question: Extract<WhatIf, { kind: "fuse" | "no-margin" }>): Change {
  const { circuit } = state;
  const more_mA = question.kind === "fuse" ? question.more_mA : 0;
  const otherwise = {
    ...circuit,
    fuse_mA: perPhase((_, index) => milliamp(circuit.fuse_mA[index] + more_mA)),
    margin_mA: question.kind === "fuse" ? circuit.margin_mA : milliamp(0),
  };
  return { kind: "limit", circuit: circuit.id, limit_mA: workingLimit_mA({ ...state, circuit: otherwise }) };
}

/** The car goes on using the same conductors of its box; `null`: this box cannot be wired so. */
function rotationChange(state: StationState, rotation: Rotation): Change | null {
  const { station } = state;
  if ((station.phaseCount === 1) !== (rotation.length === 2)) return null;
  const turned: Station = { ...station, rotation };
  const before = wiredPhases(station);
  const after = wiredPhases(turned);
  const phases = activePhases(state).flatMap((phase) => after[before.indexOf(phase)] ?? []);
  return { kind: "phases", evse: station.id, phases };
}
