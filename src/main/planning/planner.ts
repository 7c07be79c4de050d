import { type Plan, type PlanInput, planProgram, readPlan } from "../../core/planning/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import type { Clock } from "../devices/ports.ts";
import type { LpAnswer, LpSolver } from "./lp-solver.ts";

// The slow layer: every five minutes, and soon after something happened, a new plan for the next day and a half. Nothing
// waits for it: while there is no plan, or only an old one, the fast allocator's own sharing stands.

/** Of the site's clock. */
const PERIOD_ms = 5 * 60_000;
/** Ten cars that plug in together make one plan. */
const DEBOUNCE_ms = 2_000;
/** Real time that the solver has. */
const DEADLINE_ms = 2_000;

/** `idle`: there is nothing to plan; `good`: the last attempt gave a plan; the others: it did not, and why. */
export type PlannerStatus = "starting" | "idle" | "good" | "timed-out" | "failed";

export type PlannerState = {
  /** The last good plan; whoever uses it looks at its age (`applyPlan` does). */
  readonly plan: Plan | null;
  readonly status: PlannerStatus;
  /** Of the last attempt; `null` before the first one. */
  readonly attempted_at_ms: EpochMs | null;
  readonly solve_ms: number | null;
  /** Attempts in a row that gave no plan. */
  readonly failures: number;
  /** For the log and the expert row. */
  readonly detail: string | null;
};

export type Planner = {
  /** A car came or left, a limit or a price changed: many such soon after one another make one plan. */
  readonly notice: () => void;
  readonly state: () => PlannerState;
  /** Ends after the attempt that is under way, and before the clock is closed; the solver is the caller's to close. */
  readonly stop: () => Promise<void>;
};

export type PlannerOptions = {
  readonly clock: Clock;
  readonly solver: Pick<LpSolver, "solve">;
  /** What the site knows now; `null`: nothing to plan (no car, no price, no limit known ahead). */
  readonly input: (now_ms: EpochMs) => PlanInput | null;
  /** Told after each attempt, for the live view and the log. */
  readonly onState?: (state: PlannerState) => void;
};

/** Begins planning at once. Never throws because of the solver; an `input` that throws is broken code and ends the loop. */
export function startPlanner({ clock, solver, input, onState }: PlannerOptions): Planner {
  let state: PlannerState = {
    plan: null,
    status: "starting",
    attempted_at_ms: null,
    solve_ms: null,
    failures: 0,
    detail: null,
  };
  const stopping = new AbortController();
  /** Events since the attempt that is under way, or since the last one began. */
  let wake = new AbortController();

  const attempt = async (): Promise<void> => {
    const now_ms = clock.now_ms();
    const known = input(now_ms);
    state = known === null ? idle(state, now_ms) : await planned(state, known, solver);
    onState?.(state);
  };
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      wake = new AbortController();
      await attempt();
      await clock.sleep(PERIOD_ms, AbortSignal.any([wake.signal, stopping.signal]));
      if (wake.signal.aborted) await clock.sleep(DEBOUNCE_ms, stopping.signal);
    }
  };
  const ended = loop();
  return {
    notice: () => {
      wake.abort();
    },
    state: () => state,
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

const idle = (before: PlannerState, now_ms: EpochMs): PlannerState => ({
  ...before,
  plan: null,
  status: "idle",
  attempted_at_ms: now_ms,
  solve_ms: null,
  failures: 0,
  detail: null,
});

/** Solves once. The last good plan stays when this one fails: it is better than none until it is too old. */
async function planned(before: PlannerState, input: PlanInput, solver: Pick<LpSolver, "solve">): Promise<PlannerState> {
  const built = planProgram(input);
  const answer = await solver.solve(built.program, { deadline_ms: DEADLINE_ms });
  const attempted_at_ms = input.now_ms;
  if (answer.kind === "optimal") {
    const plan = readPlan(input, built, answer.values);
    return { plan, status: "good", attempted_at_ms, solve_ms: answer.took_ms, failures: 0, detail: null };
  }
  const status = answer.kind === "timed-out" ? "timed-out" : "failed";
  const failures = before.failures + 1;
  return { plan: before.plan, status, attempted_at_ms, solve_ms: null, failures, detail: detailOf(answer) };
}

/** A plan always has a solution (missed energy has a price), so "infeasible" tells of a broken program. */
function detailOf(answer: Exclude<LpAnswer, { kind: "optimal" }>): string {
  switch (answer.kind) {
    case "timed-out":
      return `no plan within ${DEADLINE_ms} ms`;
    case "infeasible":
    case "unbounded":
      return `the program is ${answer.kind}`;
    case "failed":
      return `${answer.code}: ${answer.detail}`;
  }
}
