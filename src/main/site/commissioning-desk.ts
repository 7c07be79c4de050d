import type { BayFallback, Commissioning, FallbackTestView } from "../../contract/index.ts";
import { milliamp } from "../../core/units/index.ts";
import type { Clock } from "../devices/ports.ts";
import type { ArmingDecision, FallbackTest } from "../storage/commissioning-types.ts";
import type { Stores } from "../storage/types.ts";
import type { ArmingWatch } from "./arming-watch.ts";
import type { FallbackRefusal, FallbackTests } from "./fallback-test.ts";
import { createFallbackTests } from "./fallback-test.ts";
import type { SiteState, StationState } from "./state.ts";

/** So many decisions are shown; all are kept. */
const DECISIONS_SHOWN = 50;

/** Whether the site may be left to itself, what stands against it, and what can be done about that. */
export type CommissioningDesk = {
  status(): Commissioning;
  /** `false`: there is nothing to decide. */
  decide(decision: "overridden" | "withdrawn", reason: string, author: string): boolean;
  test(stationId: string, author: string): "ok" | FallbackRefusal;
  cancel(): Promise<void>;
  /** A person saw what this box keeps without us; `false`: no such station. */
  witness(stationId: string, kept_mA: number, author: string): boolean;
  /** Ends a running test. */
  close(): Promise<void>;
};

type Options = {
  readonly site: SiteState;
  readonly stores: Pick<Stores, "commissioning">;
  readonly clock: Clock;
  readonly arming: ArmingWatch;
  readonly hurry: () => void;
  readonly onError: (error: unknown) => void;
};

/** The running site's commissioning as the API sees it. */
export function createCommissioningDesk(options: Options): CommissioningDesk {
  const { site, clock, arming, hurry } = options;
  const store = options.stores.commissioning;
  const keep = (test: FallbackTest): void => {
    store.addTest(test);
    const state = site.stations.get(test.stationId);
    // One that told nothing takes nothing back of what an earlier one has told.
    if (state !== undefined) state.fallbackTest = store.lastTests().get(test.stationId) ?? null;
    hurry();
  };
  const tests: FallbackTests = createFallbackTests({ ...options, keep });
  return {
    status: () => statusOf(site, arming, store.decisions(DECISIONS_SHOWN), tests),
    decide: (decision, reason, author) => {
      const done = arming.decide(decision, reason, author, clock.now_ms());
      hurry();
      return done;
    },
    test: (stationId, author) => tests.start(stationId, author),
    cancel: () => tests.cancel(),
    witness: (stationId, kept_mA, author) => {
      const state = site.stations.get(stationId);
      if (state === undefined) return false;
      const { station, serial, firmware } = state;
      const isMore = kept_mA > station.fallback_mA + SEEN_SLACK_MA;
      keep({
        stationId,
        at_ms: clock.now_ms(),
        author,
        outcome: isMore ? "kept-last" : "witnessed",
        before_mA: milliamp(0),
        promised_mA: station.fallback_mA,
        kept_mA: milliamp(kept_mA),
        silent_ms: null,
        serial,
        firmware,
      });
      return true;
    },
    close: () => tests.cancel(),
  };
}

/** Displays round, and cars take a little more or less than they are offered. */
export const SEEN_SLACK_MA = 1_000;

function statusOf(
  site: SiteState,
  arming: ArmingWatch,
  decisions: ReturnType<Stores["commissioning"]["decisions"]>,
  tests: FallbackTests,
): Commissioning {
  const override = arming.override();
  return {
    state: site.arming.state,
    problems: arming.problems().map(({ stationIds, ...problem }) => ({
      ...problem,
      name: site.circuits.get(problem.circuitId)?.circuit.name ?? problem.circuitId,
      stationIds: [...stationIds],
    })),
    fallbacks: [...site.stations.values()].map(bayOf),
    override: override === null ? null : pick(override),
    decisions: decisions.map(({ decision, ...rest }) => ({ ...pick(rest), decision })),
    running: tests.running(),
  };
}

const pick = ({
  at_ms,
  author,
  reason,
}: Pick<ArmingDecision, "at_ms" | "author" | "reason">): NonNullable<Commissioning["override"]> => ({
  at_ms,
  author,
  reason,
});

const bayOf = ({ station, online, fallback, fallbackTest }: StationState): BayFallback => ({
  stationId: station.id,
  name: station.name,
  online,
  promised_mA: station.fallback_mA,
  counted_mA: fallback.unattended_mA,
  provenBy: fallback.provenBy,
  lastTest: fallbackTest === null ? null : testView(fallbackTest),
});

const testView = ({ at_ms, author, outcome, before_mA, kept_mA, silent_ms }: FallbackTest): FallbackTestView => ({
  at_ms,
  author,
  outcome,
  before_mA,
  kept_mA,
  silent_ms,
});
