import { weekHighest_mA } from "../../core/balancing/index.ts";
import { commissioningProblems, judgeArming } from "../../core/site/index.ts";
import type { AcceptedRisk, CommissioningProblem, SiteModel, Station } from "../../core/site/index.ts";
import { milliamp, onPhase } from "../../core/units/index.ts";
import type { EpochMs, Milliamp } from "../../core/units/index.ts";
import type { ArmingDecision, CommissioningStore } from "../storage/commissioning-types.ts";
import { isProven } from "./fallback.ts";
import type { SiteState } from "./state.ts";

/** Loads are seen to rise slowly; what a box keeps or the site is made of is looked at in every cycle. */
const LOOK_AGAIN_MS = 60_000;
/** So long must a site be worse than what a person took on before that has lapsed: a box may show a wrong value once. */
const LAPSES_AFTER_MS = 60_000;

export type ArmingWatch = {
  /**
   * Judges the site anew and holds bays back where it must. Throws while a lapsed override cannot be noted; it has lapsed
   * all the same, and the next call tries again.
   */
  follow(now_ms: EpochMs): void;
  /** What does not fit, as last judged. */
  problems(): readonly CommissioningProblem[];
  /** The override in force; `null`: none, or the site is worse just now than what was taken on. */
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
  let worseSince_ms: EpochMs | null = null;
  const unnoted: ArmingDecision[] = [];
  const note = (): void => {
    for (let lapse = unnoted[0]; lapse !== undefined; lapse = unnoted[0]) {
      store.addDecision(lapse);
      unnoted.shift();
    }
  };
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
  const lapse = (now_ms: EpochMs): void => {
    if (judge() || override === null) worseSince_ms = null;
    else if (worseSince_ms === null || now_ms < worseSince_ms) worseSince_ms = now_ms;
    else if (now_ms - worseSince_ms >= LAPSES_AFTER_MS) {
      unnoted.push({ at_ms: now_ms, author: "system", decision: "lapsed", reason: "", risks: override.risks });
      override = null;
      worseSince_ms = null;
    }
  };
  return {
    follow: (now_ms) => {
      look(now_ms);
      lapse(now_ms);
      note();
    },
    problems: () => problems,
    override: () => (site.arming.overrideHolds ? override : null),
    decide: (decision, reason, author, now_ms) => {
      look(now_ms);
      const blocks = problems.some(({ basis }) => basis === "configured");
      if (decision === "overridden" ? !blocks : override === null) return false;
      note();
      const decided = { at_ms: now_ms, author, decision, reason, risks: risksOf(site, model()) };
      // First kept, then done: what cannot be stored is not in force either.
      store.addDecision(decided);
      override = decision === "overridden" ? decided : null;
      judge();
      return true;
    },
  };
}

/**
 * What a person takes on: the sums by what each box shows or was promised to keep, whichever is more. After a restart of
 * the app or of a box nothing is shown for a while, and the promise counts.
 */
function risksOf(site: SiteState, model: SiteModel): readonly AcceptedRisk[] {
  const keeps_mA = (station: Station): Milliamp =>
    milliamp(Math.max(station.fallback_mA, site.stations.get(station.id)?.fallback.unattended_mA ?? 0));
  return commissioningProblems(model, { keeps_mA }).map(({ circuitId, phase, sum_mA, limit_mA }) => ({
    circuitId,
    phase,
    sum_mA,
    limit_mA,
  }));
}

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
