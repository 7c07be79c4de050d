import type { PhaseFinding } from "../../core/phases/index.ts";
import { milliamp } from "../../core/units/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import type { Clock } from "../devices/ports.ts";
import type { PhaseStore } from "../storage/types.ts";
import { circuitPath, meterTrust } from "./circuit-view.ts";
import type { PhaseWatch } from "./phase-watch.ts";
import type { SiteState, StationState } from "./state.ts";
import { isPlugged } from "./state.ts";

// The commissioning run (balancing.md §3.4): one bay goes up and down a few times, the main meter tells on which phases. The
// bay is only bounded from above, like by an owner's limit: whether a step may happen is decided as always.

const ROUNDS_MIN = 3;
const ROUNDS_MAX = 6;
const STEP_MA = 4_000;
const DRAWS_MA = 3_000;
/** A car may take this much less than offered, or more. */
const NEAR_MA = 1_200;
const LOOK_EVERY_MS = 1_000;
/** A raise waits for other cars to make room, and for its turn. */
const FOLLOW_MS_MAX = 60_000;
/** A step is looked at when box and meter have shown where it ended; boxes that report every 10 s take longest. */
const LOOKED_AT_MS_MAX = 45_000;

export type TestOutcome =
  "found" | "not-told" | "no-room" | "car-stopped" | "not-followed" | "meter-silent" | "cancelled";
export type TestRefusal = "not-found" | "busy" | "offline" | "no-car" | "no-meter" | "meter-silent" | "no-range";

export type RunningTest = {
  readonly stationId: string;
  readonly started_at_ms: EpochMs;
  readonly round: number;
  readonly rounds: number;
};

export type PhaseTests = {
  /** Begins the run; it ends by itself within minutes. */
  start(stationId: string, author: string): "ok" | TestRefusal;
  /** Ends it at once; the bay has its whole share again. */
  cancel(): Promise<void>;
  running(): RunningTest | null;
};

type Options = {
  readonly site: SiteState;
  readonly clock: Clock;
  readonly watch: PhaseWatch;
  readonly store: PhaseStore;
  readonly hurry: () => void;
  readonly onError: (error: unknown) => void;
};

type Run = { readonly state: StationState; readonly author: string; readonly low_mA: number; readonly high_mA: number };

/** One test at a time for the whole site: two bays stepping together could not be told apart. */
export function createPhaseTests(options: Options): PhaseTests {
  const { site, clock, watch, hurry, onError } = options;
  let running: RunningTest | null = null;
  let abort = new AbortController();
  let finished: Promise<void> = Promise.resolve();
  const perform = async (run: Run, started_at_ms: EpochMs): Promise<void> => {
    const { state } = run;
    try {
      const outcome = await rounds(options, run, abort.signal, (round) => {
        running = { stationId: state.station.id, started_at_ms, round, rounds: ROUNDS_MIN };
      });
      record(options, run, outcome);
    } catch (error) {
      onError(error);
    } finally {
      state.testBound_mA = null;
      watch.endTest(state.station.id);
      running = null;
      hurry();
    }
  };
  return {
    start: (stationId, author) => {
      const state = site.stations.get(stationId);
      if (state === undefined) return "not-found";
      // It may be under the test of what it does without us.
      if (running !== null || state.testBound_mA !== null) return "busy";
      const refused = refusal(options, state);
      if (refused !== null) return refused;
      const range = rangeOf(state);
      if (range === null) return "no-range";
      abort = new AbortController();
      const started_at_ms = clock.now_ms();
      running = { stationId, started_at_ms, round: 1, rounds: ROUNDS_MIN };
      watch.beginTest(stationId);
      finished = perform({ state, author, ...range }, started_at_ms);
      return "ok";
    },
    cancel: async () => {
      abort.abort();
      await finished;
    },
    running: () => running,
  };
}

function refusal({ site, clock, watch }: Options, state: StationState): TestRefusal | null {
  if (watch.meterOf(state) === null) return "no-meter";
  if (!state.online) return "offline";
  if (!hasMeter(site, state, clock.now_ms())) return "meter-silent";
  return isPlugged(state) && drawnNow_mA(state) >= DRAWS_MA ? null : "no-car";
}

/** 6 and 10 A, or higher for a car that does not charge with 6; `null`: bay or car have no room for a step. */
function rangeOf({ station, habits, vehicle }: StationState): Pick<Run, "low_mA" | "high_mA"> | null {
  const low_mA = Math.max(station.current_mA_min, habits.min_mA ?? 0);
  const high_mA = Math.min(low_mA + STEP_MA, station.current_mA_max, vehicle.bound_mA ?? Number.POSITIVE_INFINITY);
  return high_mA - low_mA >= DRAWS_MA ? { low_mA, high_mA } : null;
}

const hasMeter = (site: SiteState, state: StationState, now_ms: EpochMs): boolean =>
  circuitPath(site, state.station.circuitId).every((circuit) => {
    const trust = meterTrust(site, circuit, now_ms);
    return trust === "fresh" || trust === "aging";
  });

const drawnNow_mA = (state: StationState): number =>
  Math.max(0, ...(state.reading?.current_mA ?? []).map((current) => current ?? 0));

/** Down and up, until the steps tell enough. */
async function rounds(
  options: Options,
  run: Run,
  signal: AbortSignal,
  onRound: (round: number) => void,
): Promise<TestOutcome> {
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    onRound(round);
    for (const bound_mA of [run.low_mA, run.high_mA]) {
      const trouble = await stepTo(options, run, bound_mA, signal);
      if (trouble !== null) return trouble;
    }
    const { finding } = options.watch.testFinding(run.state);
    if (round >= ROUNDS_MIN && isTold(finding)) return "found";
  }
  return "not-told";
}

/** Whether the steps have singled out what this car can show: one phase of the bay, or all of them. */
const isTold = ({ state, open, steps, confidence_permille }: PhaseFinding): boolean =>
  steps >= 2 * ROUNDS_MIN && (state !== "unknown" || confidence_permille * open.length >= 980);

async function stepTo(options: Options, run: Run, bound_mA: number, signal: AbortSignal): Promise<TestOutcome | null> {
  const { state, low_mA } = run;
  const { watch, hurry } = options;
  const { looked } = watch.testFinding(state);
  const before_mA = drawnNow_mA(state);
  state.testBound_mA = milliamp(bound_mA);
  hurry();
  const rises = bound_mA > low_mA;
  const moved = await until(options, run, signal, FOLLOW_MS_MAX, () => {
    const drawn_mA = drawnNow_mA(state);
    return rises ? drawn_mA >= bound_mA - NEAR_MA : drawn_mA <= bound_mA + NEAR_MA;
  });
  if (moved === "late") return rises && isHeldBack(state, bound_mA) ? "no-room" : "not-followed";
  if (moved !== "ok") return moved;
  // A car that was there already made no step.
  if (Math.abs(drawnNow_mA(state) - before_mA) < NEAR_MA) return null;
  const seen = await until(options, run, signal, LOOKED_AT_MS_MAX, () => watch.testFinding(state).looked > looked);
  return seen === "ok" || seen === "late" ? null : seen;
}

const isHeldBack = (state: StationState, bound_mA: number): boolean => state.grant.current_mA < bound_mA - NEAR_MA;

async function until(
  options: Options,
  { state }: Run,
  signal: AbortSignal,
  within_ms: number,
  holds: () => boolean,
): Promise<"ok" | "late" | "cancelled" | "car-stopped" | "meter-silent"> {
  const { clock, site } = options;
  const began_ms = clock.now_ms();
  let idleSince_ms: EpochMs | null = null;
  while (clock.now_ms() - began_ms <= within_ms) {
    const now_ms = clock.now_ms();
    if (signal.aborted) return "cancelled";
    if (!hasMeter(site, state, now_ms)) return "meter-silent";
    if (!state.online || !isPlugged(state)) return "car-stopped";
    const draws = drawnNow_mA(state) >= DRAWS_MA;
    idleSince_ms = draws ? null : (idleSince_ms ?? now_ms);
    if (idleSince_ms !== null && now_ms - idleSince_ms >= FOLLOW_MS_MAX / 2) return "car-stopped";
    if (draws && holds()) return "ok";
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
  return "late";
}

function record({ watch, store, clock }: Options, { state, author }: Run, outcome: TestOutcome): void {
  const { finding } = watch.testFinding(state);
  const told = outcome === "found" && finding.state === "disagrees" ? "disagrees" : outcome;
  store.addFinding({
    stationId: state.station.id,
    at_ms: clock.now_ms(),
    author,
    method: "test",
    configured: state.station.rotation,
    found: finding.found,
    confidence_permille: finding.confidence_permille,
    steps: finding.steps,
    outcome: told,
  });
  watch.save(clock.now_ms());
}
