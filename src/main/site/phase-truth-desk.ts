import { shifted } from "../../core/phases/index.ts";
import { unknownHabits } from "../../core/balancing/index.ts";
import type { Rotation, SiteModel, Station } from "../../core/site/index.ts";
import type { BayPhases, PhaseList, RotationAdviceView } from "../../contract/index.ts";
import { rotationSchema, TEST_OUTCOMES } from "../../contract/index.ts";
import type { Phase } from "../../core/units/index.ts";
import type { Clock } from "../devices/ports.ts";
import { askAdvice } from "../phases/ask-advice.ts";
import type { Log } from "../log.ts";
import type { Stores } from "../storage/types.ts";
import type { ControlLoop } from "./control-loop.ts";
import { pastScenario } from "./phase-scenario.ts";
import type { PhaseTests, TestRefusal } from "./phase-test.ts";
import { createPhaseTests } from "./phase-test.ts";
import type { PhaseWatch } from "./phase-watch.ts";
import type { SiteState, StationState } from "./state.ts";

/** What is known of the phases of all bays, and what can be done about it. */
export type PhaseTruthDesk = {
  list(): PhaseList;
  test(stationId: string, author: string): "ok" | TestRefusal;
  cancel(): Promise<void>;
  /** `null`: no such bay, or it cannot be wired that way. */
  accept(stationId: string, rotation: Rotation, author: string): BayPhases | null;
  /** `null`: it could not be worked out. */
  advice(): Promise<RotationAdviceView | null>;
  /** Ends a running test and stores what is known. */
  close(): Promise<void>;
};

type Options = {
  readonly site: SiteState;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly watch: PhaseWatch;
  readonly model: () => SiteModel;
  /** Stores a new version of the site. */
  readonly keep: (change: (model: SiteModel) => SiteModel) => void;
  readonly loop: Pick<ControlLoop, "hurry">;
  readonly log: Log;
};

/** The running site's phases as the API sees them. */
export function createPhaseTruthDesk(options: Options): PhaseTruthDesk {
  const { site, stores, clock, watch, keep, log } = options;
  const hurry = (): void => {
    options.loop.hurry();
  };
  const onError = (error: unknown): void => {
    log.error({ err: error }, "a test of phases failed");
  };
  const tests = createPhaseTests({ site, clock, watch, store: stores.phases, hurry, onError });
  let advising: Promise<RotationAdviceView | null> | null = null;
  return {
    list: () => listOf(site, stores, watch, tests),
    test: (stationId, author) => tests.start(stationId, author),
    cancel: () => tests.cancel(),
    accept: (stationId, rotation, author) => {
      const state = site.stations.get(stationId);
      if (state === undefined || !fits(state.station, rotation)) return null;
      const { station } = state;
      const { confidence_permille, steps } = watch.finding(state);
      stores.phases.addFinding({
        stationId,
        at_ms: clock.now_ms(),
        author,
        method: "accepted",
        configured: station.rotation,
        found: rotation,
        confidence_permille,
        steps,
        outcome: rotation === station.rotation ? "kept" : "changed",
      });
      if (rotation !== station.rotation) {
        keep((model) => rewired(model, stationId, rotation));
        state.station = { ...station, rotation };
        // What the car has shown was told in the words of the old map.
        state.habits = unknownHabits;
      }
      watch.forget(stationId, clock.now_ms());
      hurry();
      return bayOf(state, stores, watch);
    },
    advice: () => {
      advising ??= advise(options).finally(() => {
        advising = null;
      });
      return advising;
    },
    close: async () => {
      await tests.cancel();
      watch.save(clock.now_ms());
    },
  };
}

/** One phase for a bay on one phase, the order of all three for others. */
const fits = (station: Station, rotation: Rotation): boolean => (rotation.length === 2) === (station.phaseCount === 1);

const rewired = (model: SiteModel, stationId: string, rotation: Rotation): SiteModel => ({
  ...model,
  stations: model.stations.map((station) => (station.id === stationId ? { ...station, rotation } : station)),
});

const listOf = (site: SiteState, stores: Stores, watch: PhaseWatch, tests: PhaseTests): PhaseList => {
  const running = tests.running();
  return {
    bays: [...site.stations.values()].map((state) => bayOf(state, stores, watch)),
    running: running === null ? null : { ...running },
  };
};

function bayOf(state: StationState, { phases }: Stores, watch: PhaseWatch): BayPhases {
  const { station } = state;
  const { found, open, confidence_permille, steps, since_ms, state: known } = watch.finding(state);
  return {
    stationId: station.id,
    name: station.name,
    configured: station.rotation,
    state: known,
    found,
    open: [...open],
    confidence_permille,
    steps,
    since_ms,
    countsOnAll: state.phaseMapDoubted !== null,
    testable: watch.meterOf(state) !== null,
    lastTest: lastTest(phases.lastFinding(station.id)),
  };
}

function lastTest(record: ReturnType<Stores["phases"]["lastFinding"]>): BayPhases["lastTest"] {
  if (record?.method !== "test") return null;
  const outcome = TEST_OUTCOMES.find((one) => one === record.outcome);
  const found = rotationSchema.safeParse(record.found);
  if (outcome === undefined || !found.success) return null;
  return { at_ms: record.at_ms, author: record.author, outcome, found: found.data };
}

async function advise({ stores, clock, model, log }: Options): Promise<RotationAdviceView | null> {
  const now_ms = clock.now_ms();
  const site = model();
  const { scenario, known, from_ms } = pastScenario(site, stores, now_ms);
  const nothing = { from_ms, to_ms: now_ms, sessions: scenario.sessions.length, known };
  if (scenario.sessions.length === 0)
    return { ...nothing, demanded_Wh: 0, now_Wh: 0, then_Wh: 0, gain_bp: 0, moves: [] };
  const reply = await askAdvice(scenario);
  if (reply.kind === "failed") {
    log.error({ detail: reply.detail }, "the advice to rotate bays was not worked out");
    return null;
  }
  const { demanded_Wh, now_Wh, then_Wh, gain_permille, moves } = reply.advice;
  const stations = new Map(site.stations.map((station) => [station.id, station]));
  return {
    ...nothing,
    demanded_Wh,
    now_Wh,
    then_Wh,
    gain_bp: gain_permille * 10,
    moves: moves.flatMap(({ evse, shift, ...energy }) => {
      const station = stations.get(evse);
      const proposed = station === undefined ? null : turned(station.rotation, shift);
      if (station === undefined || proposed === null) return [];
      return [{ stationId: evse, name: station.name, configured: station.rotation, proposed, ...energy }];
    }),
  };
}

/** The rotation with each wire moved on so many phases. */
function turned(rotation: Rotation, shift: 1 | 2): Rotation | null {
  const order = (["L1", "L2", "L3"] as const satisfies readonly Phase[])
    .map((phase) => ({ phase, at: rotation.indexOf(phase) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)
    .map(({ phase }) => shifted(phase, shift));
  return rotationSchema.safeParse(order.join("")).data ?? null;
}
