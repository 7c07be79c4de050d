import { weekHighest_mA } from "../../core/balancing/index.ts";
import { commissioningProblems, judgeArming } from "../../core/site/index.ts";
import type { AcceptedRisk, CommissioningProblem, SiteModel } from "../../core/site/index.ts";
import { milliamp, onPhase } from "../../core/units/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import type { ArmingDecision, CommissioningStore } from "../storage/commissioning-types.ts";
import { isProven } from "./fallback.ts";
import type { SiteState } from "./state.ts";

/** Loads are seen to rise slowly; what a box keeps or the site is made of is looked at in every cycle. */
const LOOK_AGAIN_MS = 60_000;

export type ArmingWatch = {
  /** Judges the site anew and holds bays back where it must. Throws when a lapsed override could not be noted; it has lapsed all the same. */
  follow(now_ms: EpochMs): void;
  /** What does not fit, as last judged. */
  problems(): readonly CommissioningProblem[];
  /** The override in force; `null`: none. */
  override(): ArmingDecision | null;
  /** Stored for good, then in force from the next decision on. `false`: there is nothing to decide. */
  decide(decision: "overridden" | "withdrawn", reason: string, author: string, now_ms: EpochMs): boolean;
};

type Options = {
  readonly site: SiteState;
  readonly store: CommissioningStore;
  readonly model: () => SiteModel;
};

/** The commissioning arithmetic (balancing.md R11), kept up while the site runs. */
export function createArmingWatch({ site, store, model }: Options): ArmingWatch {
  for (const [stationId, test] of store.lastTests()) {
    const state = site.stations.get(stationId);
    if (state !== undefined) state.fallbackTest = test;
  }
  const last = store.decisions(1)[0] ?? null;
  let override = last?.decision === "overridden" ? last : null;
  let problems: readonly CommissioningProblem[] = [];
  let looked: { readonly key: string; readonly model: SiteModel; readonly at_ms: EpochMs } | null = null;
  const look = (now_ms: EpochMs): void => {
    const now = { key: keyOf(site), model: model(), at_ms: now_ms };
    const isSame = looked?.key === now.key && looked.model === now.model;
    if (looked !== null && isSame && Math.abs(now_ms - looked.at_ms) < LOOK_AGAIN_MS) return;
    looked = now;
    problems = problemsOf(site, now.model);
  };
  const judge = (): boolean => {
    const untested = [...site.stations.values()].filter(({ fallback }) => !isProven(fallback)).length;
    site.arming = judgeArming(problems, untested, override?.risks ?? null);
    return site.arming.overrideHolds;
  };
  return {
    follow: (now_ms) => {
      look(now_ms);
      if (judge() || override === null) return;
      const { risks } = override;
      override = null;
      store.addDecision({ at_ms: now_ms, author: "system", decision: "lapsed", reason: "", risks });
    },
    problems: () => problems,
    override: () => override,
    decide: (decision, reason, author, now_ms) => {
      look(now_ms);
      const risks = problems.filter(({ basis }) => basis === "configured").map(riskOf);
      if (decision === "overridden" ? risks.length === 0 : override === null) return false;
      const decided = { at_ms: now_ms, author, decision, reason, risks };
      // First kept, then done: what cannot be stored is not in force either.
      store.addDecision(decided);
      override = decision === "overridden" ? decided : null;
      judge();
      return true;
    },
  };
}

const riskOf = ({ circuitId, phase, sum_mA, limit_mA }: CommissioningProblem): AcceptedRisk => ({
  circuitId,
  phase,
  sum_mA,
  limit_mA,
});

/** What each box keeps, in one word that changes when any of it does. */
const keyOf = (site: SiteState): string =>
  [...site.stations.values()].map(({ fallback }) => fallback.unattended_mA).join(" ");

function problemsOf(site: SiteState, model: SiteModel): readonly CommissioningProblem[] {
  return commissioningProblems(model, {
    keeps_mA: (station) => site.stations.get(station.id)?.fallback.unattended_mA ?? station.fallback_mA,
    seen_mA: (circuit, phase) => {
      const state = site.circuits.get(circuit.id);
      return state === undefined ? milliamp(0) : onPhase(weekHighest_mA(state.week), phase);
    },
  });
}
