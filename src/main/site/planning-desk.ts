import type { CarPlan, Plan, PlanInput, PlanSlot } from "../../core/planning/index.ts";
import { PLAN_AGE_MAX_ms, planSlots, RUNS_FROM } from "../../core/planning/index.ts";
import type { SitePlanning } from "../../core/site/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import type { PlannedCar, PlanningState } from "../../contract/index.ts";
import type { Clock } from "../devices/ports.ts";
import type { Log } from "../log.ts";
import type { LpSolver } from "../planning/index.ts";
import { createLpSolver, startPlanner } from "../planning/index.ts";
import type { Stores } from "../storage/types.ts";
import { createPlanInput } from "./plan-input.ts";
import type { QuarterUse } from "./quarter-use.ts";
import { createQuarterUse } from "./quarter-use.ts";
import type { QuarterWatch } from "./quarter-watch.ts";
import { createQuarterWatch, QUARTER_REF } from "./quarter-watch.ts";
import type { PriceTrouble, SitePrices } from "./site-prices.ts";
import { createSitePrices, hasPriceFile } from "./site-prices.ts";
import type { SiteState } from "./state.ts";

const PRICES_ALERT = "prices-unreadable";

export type PlanningDesk = {
  /** The last plan that was made; `applyPlan` looks at its age. `null`: cars share what there is. */
  readonly plan: () => Plan | null;
  /** Before each decision: keeps the quarter hour, and tells the planner of what has changed. */
  readonly follow: (now_ms: EpochMs) => void;
  readonly state: () => PlanningState;
  /** Plans for these prices and limits from now on; a price file is looked for again. */
  readonly replace: (planning: SitePlanning) => void;
  /** Ends the planner and its thread; before the clock is closed. */
  readonly stop: () => Promise<void>;
};

export type PlanningOptions = {
  readonly site: SiteState;
  readonly stores: Pick<Stores, "history" | "alerts">;
  readonly clock: Clock;
  readonly log: Log;
  /** Where a price file may lie; `null`: nowhere. */
  readonly dataFolder: string | null;
  /** For tests of a solver that fails; left out: the product's own. */
  readonly solver?: LpSolver;
};

/** Plans ahead where the site has prices, a price of the peak or a quarter-hour limit; elsewhere it starts nothing. */
export function startPlanningDesk(options: PlanningOptions): PlanningDesk {
  // What the running quarter hour has used stays known when prices or its limit are set otherwise.
  const use = createQuarterUse(options.site);
  let now = startDesk(options, options.site.model.planning ?? {}, use);
  const ending = new Set<Promise<void>>();
  return {
    plan: () => now.plan(),
    follow: (now_ms) => {
      use.follow();
      now.follow(now_ms);
    },
    state: () => now.state(),
    replace: (planning) => {
      const end = now.stop().finally(() => {
        ending.delete(end);
      });
      ending.add(end);
      for (const circuit of options.site.circuits.values())
        circuit.imposed = circuit.imposed.filter(({ ref }) => ref !== QUARTER_REF);
      now = startDesk(options, planning, use);
    },
    stop: async () => {
      await Promise.all([now.stop(), ...ending]);
    },
  };
}

type OneDesk = Omit<PlanningDesk, "replace">;

function startDesk(options: PlanningOptions, planning: SitePlanning, use: QuarterUse): OneDesk {
  const { site, stores, clock, dataFolder } = options;
  const { prices, peak, quarterLimit_W } = planning;
  const gains = prices !== undefined || peak !== undefined || quarterLimit_W !== undefined || hasPriceFile(dataFolder);
  if (gains) return runDesk(options, planning, use);
  followTrouble(stores.alerts, null, clock.now_ms());
  const off: PlanningState = { ...NOTHING, status: "off", currency: site.model.identity.currency };
  return { plan: () => null, follow: () => undefined, state: () => off, stop: () => Promise.resolve() };
}

const NOTHING: Omit<PlanningState, "status" | "currency"> = {
  made_at_ms: null,
  attempted_at_ms: null,
  solve_ms: null,
  failures: 0,
  detail: null,
  prices: "none",
  peak_W: null,
  quarter: null,
  cars: [],
  circuits: [],
};

function runDesk(options: PlanningOptions, planning: SitePlanning, use: QuarterUse): OneDesk {
  const { site, stores, clock, log, dataFolder } = options;
  const { timezone, currency } = site.model.identity;
  const { quarterLimit_W } = planning;
  const quarter = quarterLimit_W === undefined ? null : createQuarterWatch(site, quarterLimit_W, use);
  const prices = createSitePrices({ dataFolder, prices: planning.prices, timezone });
  const read = createPlanInput({
    site,
    planning,
    history: stores.history,
    prices,
    usedInQuarter_Wh: (now_ms) => quarter?.used_Wh(now_ms) ?? use.used_Wh(now_ms),
  });
  const solver = options.solver ?? createLpSolver();
  const planner = startPlanner({ clock, solver, input: safely(options, prices, read) });
  let seen = "";
  let used: { readonly plan: Plan | null; readonly free: Plan | null } = { plan: null, free: null };
  return {
    plan: () => {
      const { plan } = planner.state();
      if (plan !== used.plan) used = { plan, free: plan === null ? null : withoutQuarter(plan) };
      return used.free;
    },
    follow: (now_ms) => {
      quarter?.follow(now_ms);
      const now = situation(site);
      if (now === seen) return;
      seen = now;
      planner.notice();
    },
    state: () => stateOf(planner.state(), { now_ms: clock.now_ms(), currency, prices, quarter }),
    stop: async () => {
      const stopped = planner.stop();
      // What is being solved is answered at once, so that the planner need not wait for its deadline.
      await solver.close();
      await stopped;
      log.debug("the planner has stopped");
    },
  };
}

/** The running quarter hour is kept second by second; what the plan knew of it some minutes ago is less exact. */
const withoutQuarter = (plan: Plan): Plan => ({
  ...plan,
  circuits: plan.circuits.map(({ circuit, caps }) => ({
    circuit,
    caps: caps.map((cap) => (cap?.because.ref === QUARTER_REF ? null : cap)),
  })),
});

/** A plan is a gain, not a need: what fails here costs the site its plan and nothing else. */
function safely(
  { stores, log }: PlanningOptions,
  prices: SitePrices,
  read: (now_ms: EpochMs) => PlanInput | null,
): (now_ms: EpochMs) => PlanInput | null {
  return (now_ms) => {
    try {
      followTrouble(stores.alerts, prices.of(planSlots(now_ms)).trouble, now_ms);
      return read(now_ms);
    } catch (error) {
      log.error({ err: error }, "nothing could be planned; cars share what there is");
      return null;
    }
  };
}

/** One open alert for the price file at most, and none when it is right again or gone. */
function followTrouble(alerts: Stores["alerts"], trouble: PriceTrouble | null, now_ms: EpochMs): void {
  const open = alerts.open().filter(({ code }) => code === PRICES_ALERT);
  for (const { code, ref } of open) if (ref !== trouble?.file) alerts.end(code, ref, now_ms);
  if (trouble === null || open.some(({ ref }) => ref === trouble.file)) return;
  const inputs = { line: trouble.line, error: trouble.code };
  alerts.raise({ code: PRICES_ALERT, severity: "degraded", ref: trouble.file, inputs }, now_ms);
}

/** Everything whose change asks for a new plan at once: cars, what is known of them, and limits from outside. */
function situation(site: SiteState): string {
  const cars = [...site.stations.values()].map(
    ({ station, pluggedAt_ms, evse, finishedAt_ms, expected, manualLimit }) =>
      [
        station.id,
        pluggedAt_ms,
        evse.running === null,
        finishedAt_ms === null,
        expected?.departure_ms,
        expected?.needed_Wh,
        manualLimit?.limit_mA,
      ].join(":"),
  );
  const limits = [...site.circuits.values()].flatMap(({ circuit, imposed }) =>
    imposed
      .filter(({ ref }) => ref !== QUARTER_REF)
      .map(({ kind, ref, limit_W, limit_mA }) => [circuit.id, kind, ref, limit_W, limit_mA?.join()].join(":")),
  );
  return [...cars, ...limits].join(" ");
}

function stateOf(
  { plan, status, attempted_at_ms, solve_ms, failures, detail }: ReturnType<ReturnType<typeof startPlanner>["state"]>,
  now: {
    readonly now_ms: EpochMs;
    readonly currency: string;
    readonly prices: SitePrices;
    readonly quarter: QuarterWatch | null;
  },
): PlanningState {
  const { now_ms } = now;
  const inForce = plan !== null && Math.abs(now_ms - plan.made_at_ms) <= PLAN_AGE_MAX_ms ? plan : null;
  const slot = inForce?.slots.findIndex(({ start_ms, end_ms }) => start_ms <= now_ms && now_ms < end_ms) ?? -1;
  return {
    status,
    currency: now.currency,
    made_at_ms: inForce?.made_at_ms ?? null,
    attempted_at_ms,
    solve_ms: solve_ms === null ? null : Math.round(solve_ms),
    failures,
    detail,
    prices: now.prices.of(planSlots(now_ms, 1)).from,
    peak_W: inForce?.peak_W ?? null,
    quarter: now.quarter?.view(now_ms) ?? null,
    cars: inForce === null || slot < 0 ? [] : inForce.cars.map((car) => carView(car, inForce.slots, slot)),
    circuits:
      inForce?.circuits.flatMap(({ circuit, caps }) => {
        const cap = caps[slot] ?? null;
        return cap === null ? [] : [{ circuitId: circuit, limit_W: cap.limit_W, kind: cap.because.kind }];
      }) ?? [],
  };
}

/** What a car waits for: the first slot that is planned to give it more, and what a kWh costs now and then. */
function carView(
  { evse, binding, slots, unmet_Wh, min_mA }: CarPlan,
  times: readonly PlanSlot[],
  slot: number,
): PlannedCar {
  const now = slots[slot];
  const because = binding ? (now?.because ?? null) : null;
  if (now === undefined || because === null) return { stationId: evse, waits: null, unmet_Wh };
  const later = slots.findIndex(
    ({ current_mA }, index) => index > slot && current_mA > now.current_mA && current_mA >= RUNS_FROM * min_mA,
  );
  return {
    stationId: evse,
    waits: {
      kind: because.kind,
      until_ms: times[later]?.start_ms ?? null,
      price_micro_per_kWh: because.price_micro_per_kWh ?? null,
      later_micro_per_kWh: because.later_micro_per_kWh ?? null,
      paused: now.current_mA < RUNS_FROM * min_mA,
    },
    unmet_Wh,
  };
}
