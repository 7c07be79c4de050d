import { judgeSilence } from "../../core/site/index.ts";
import { epochMs, milliamp, millisecond } from "../../core/units/index.ts";
import type { EpochMs, Milliamp } from "../../core/units/index.ts";
import type { Clock } from "../devices/ports.ts";
import { SETPOINT_HOLDS_S } from "../protocol/ocpp/index.ts";
import type { FallbackTest, FallbackTestOutcome } from "../storage/commissioning-types.ts";
import { createWitness, highest_mA, loadedVoltage_mV, type Silence, type Witness } from "./fallback-test-witness.ts";
import type { SiteState, StationState } from "./state.ts";
import { isPlugged } from "./state.ts";

// "Every charger's fall-back tested by cutting its link once" (balancing.md R11). A person pulls the plug of the box's
// network or line, waits, and puts it back; what its register counted meanwhile tells what it did. Nothing is decided
// otherwise meanwhile: the bay is only bounded from above, and the account reserves for a silent box what it always does.

/** Below this no car charges with certainty, and no two currents closer than this are told apart. */
const DRAWS_MA = 3_000;
const LOOK_EVERY_MS = 1_000;
/** For a person to reach the plug, and for us to notice. */
const CUT_MS_MAX = 300_000;
/** So long it stays cut: three times its own time, five minutes at least, ten where nobody knows its time. */
const TIMEOUTS = 3;
const SILENT_MS_MIN = 300_000;
const SILENT_MS_UNKNOWN = 600_000;
const RECONNECT_MS_MAX = 900_000;
/** For the car to take again what it took before, and for the register to be read. */
const RECOVER_MS_MAX = 180_000;
/** A car that pauses for less goes on with the test. */
const IDLE_MS_MAX = 30_000;

export type FallbackRefusal = "not-found" | "busy" | "offline" | "no-car" | "no-register" | "too-little";

/** Stages take their time by the app's clock; `until_ms` is when this one ends by itself. */
export type RunningFallbackTest = {
  readonly stationId: string;
  readonly stage: "cut" | "silent" | "reconnect";
  readonly started_at_ms: EpochMs;
  readonly until_ms: EpochMs;
};

export type FallbackTests = {
  /** Begins the run; it ends by itself. */
  start(stationId: string, author: string): "ok" | FallbackRefusal;
  /** Ends it at once and keeps that it was cancelled; resolves when that is done. */
  cancel(): Promise<void>;
  running(): RunningFallbackTest | null;
};

type Options = {
  readonly site: SiteState;
  readonly clock: Clock;
  readonly keep: (test: FallbackTest) => void;
  readonly hurry: () => void;
  readonly onError: (error: unknown) => void;
};

type Run = {
  readonly options: Options;
  readonly state: StationState;
  readonly witness: Witness;
  /** The session that must still be the same in the end: another car would tell of another. */
  readonly sessionId: string;
  /** When the box falls back after its last contact, by the app's clock; `null`: nobody knows. */
  readonly timeout_ms: number | null;
  readonly signal: AbortSignal;
  readonly enter: (stage: RunningFallbackTest["stage"], until_ms: EpochMs) => void;
};

/** How it ended; `silence` as far as it came to one. */
type Ending = {
  readonly outcome: FallbackTestOutcome;
  readonly kept_mA?: Milliamp | null;
  readonly silence?: Omit<Silence, "back_at_ms"> & { readonly back_at_ms: EpochMs | null };
};

/** One test at a time. */
export function createFallbackTests(options: Options): FallbackTests {
  const { site, clock, hurry, onError } = options;
  let running: RunningFallbackTest | null = null;
  let abort = new AbortController();
  let finished: Promise<void> = Promise.resolve();
  const perform = async (run: Run, author: string): Promise<void> => {
    try {
      options.keep(testOf(run, author, await ending(run)));
    } catch (error) {
      onError(error);
    } finally {
      run.state.testBound_mA = null;
      running = null;
      hurry();
    }
  };
  return {
    start: (stationId, author) => {
      const state = site.stations.get(stationId);
      if (state === undefined) return "not-found";
      if (running !== null || state.testBound_mA !== null) return "busy";
      const refused = refusal(site, state);
      const sessionId = state.evse.running?.opened.id ?? null;
      if (refused !== null || sessionId === null) return refused ?? "no-car";
      abort = new AbortController();
      const started_at_ms = clock.now_ms();
      const enter: Run["enter"] = (stage, until_ms) => {
        running = { stationId, stage, started_at_ms, until_ms };
      };
      enter("cut", epochMs(started_at_ms + CUT_MS_MAX));
      const witness = createWitness(state, site.model.identity.nominal_V);
      const timeout_ms = timeoutOf(state, clock);
      // Where it is it stays, or lower, where others need what it has.
      state.testBound_mA = state.ledger.setpoint_mA ?? milliamp(Math.round(highest_mA(state)));
      const run = { options, state, witness, sessionId, timeout_ms, signal: abort.signal, enter };
      finished = perform(run, author);
      return "ok";
    },
    cancel: async () => {
      abort.abort();
      await finished;
    },
    running: () => running,
  };
}

function refusal(site: SiteState, state: StationState): FallbackRefusal | null {
  if (!state.online || state.port === null) return "offline";
  const drawn_mA = highest_mA(state);
  const session = state.evse.running;
  if (!isPlugged(state) || drawn_mA < DRAWS_MA || session === null) return "no-car";
  const isEstimate = state.reading?.notForBilling === "estimate";
  if (session.lastRegister === null || isEstimate || loadedVoltage_mV(state, site.model.identity.nominal_V) === null)
    return "no-register";
  return drawn_mA - state.station.fallback_mA < DRAWS_MA ? "too-little" : null;
}

/** What an OCPP box was told runs by the clock that we tell it the time of; other boxes count real time. */
function timeoutOf({ station, fallback }: StationState, clock: Clock): number | null {
  if (station.connection.kind === "ocpp") return SETPOINT_HOLDS_S * 1_000;
  const real_ms = clock.real_ms(1_000);
  return fallback.timeout_ms === null || real_ms <= 0 ? fallback.timeout_ms : (fallback.timeout_ms * 1_000) / real_ms;
}

/** The three stages, one after the other. */
async function ending(run: Run): Promise<Ending> {
  const { state, witness, options } = run;
  const { clock } = options;
  const cut = await awaitCut(run);
  if (cut !== null) return { outcome: cut };
  const silent_at_ms = state.offlineSince_ms ?? clock.now_ms();
  const heard_at_ms = epochMs(Math.min(state.heard_at_ms ?? silent_at_ms, silent_at_ms));
  const silence = { heard_at_ms, silent_at_ms, back_at_ms: null };
  const before = witness.before_mA(heard_at_ms);
  if (before === null || before.least - state.station.fallback_mA < DRAWS_MA) return { outcome: "not-told", silence };
  const needed_ms = run.timeout_ms === null ? SILENT_MS_UNKNOWN : Math.max(TIMEOUTS * run.timeout_ms, SILENT_MS_MIN);
  const enough_ms = epochMs(silent_at_ms + Math.ceil(needed_ms));
  run.enter("silent", enough_ms);
  const early = await until(run, enough_ms, () => state.online);
  if (early === "cancelled") return { outcome: "cancelled", silence };
  if (early === "ok") return { outcome: "too-short", silence: { ...silence, back_at_ms: backAt(run) } };
  run.enter("reconnect", epochMs(enough_ms + RECONNECT_MS_MAX));
  const back = await until(run, epochMs(enough_ms + RECONNECT_MS_MAX), () => state.online);
  if (back !== "ok") return { outcome: back === "late" ? "not-back" : "cancelled", silence };
  return judged(run, { ...silence, back_at_ms: backAt(run) });
}

const backAt = ({ state, options }: Run): EpochMs => state.onlineSince_ms ?? options.clock.now_ms();

/** `null`: it was cut off. */
async function awaitCut(run: Run): Promise<FallbackTestOutcome | null> {
  const { state, witness, options } = run;
  const until_ms = epochMs(options.clock.now_ms() + CUT_MS_MAX);
  let idleSince_ms: EpochMs | null = null;
  const end = await until(run, until_ms, (now_ms) => {
    if (!state.online) return true;
    witness.before(now_ms);
    idleSince_ms = highest_mA(state) >= DRAWS_MA ? null : (idleSince_ms ?? now_ms);
    return !isSameStay(run) || (idleSince_ms !== null && now_ms - idleSince_ms >= IDLE_MS_MAX);
  });
  if (end === "cancelled") return "cancelled";
  if (end === "late") return "not-cut";
  return state.online ? "car-stopped" : null;
}

/** Looks until the car has shown what it wants, and judges. */
async function judged(run: Run, silence: Silence): Promise<Ending> {
  const { state, witness, timeout_ms } = run;
  const until_ms = epochMs(silence.back_at_ms + RECOVER_MS_MAX);
  run.enter("reconnect", until_ms);
  const end = await until(run, until_ms, (now_ms) => {
    if (state.online) witness.afterwards(now_ms, silence);
    return !isSameStay(run) || witness.isComplete(silence);
  });
  if (end === "cancelled") return { outcome: "cancelled", silence };
  if (!isSameStay(run)) return { outcome: "car-stopped", silence };
  const evidence = hasRestarted(state, silence) ? null : witness.evidence(silence, timeout_ms);
  const { outcome, kept_mA } =
    evidence === null ? { outcome: "not-told" as const, kept_mA: null } : judgeSilence(evidence);
  const hasStopped = outcome === "not-told" && highest_mA(state) < DRAWS_MA;
  return { outcome: hasStopped ? "car-stopped" : outcome, kept_mA, silence };
}

/**
 * One that was switched off charged nothing meanwhile, and may look as if it had fallen back. Boxes that are polled have no
 * word for it: theirs is told by a setpoint that is gone, which it also is when they fell back.
 */
const hasRestarted = ({ station, bootedAt_ms }: StationState, { heard_at_ms }: Silence): boolean =>
  station.connection.kind === "ocpp" && bootedAt_ms !== null && bootedAt_ms > heard_at_ms;

const isSameStay = ({ state, sessionId }: Run): boolean =>
  isPlugged(state) && state.evse.running?.opened.id === sessionId;

async function until(
  { options: { clock }, signal }: Run,
  until_ms: EpochMs,
  holds: (now_ms: EpochMs) => boolean,
): Promise<"ok" | "late" | "cancelled"> {
  for (;;) {
    if (signal.aborted) return "cancelled";
    const now_ms = clock.now_ms();
    if (holds(now_ms)) return "ok";
    if (now_ms >= until_ms) return "late";
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}

function testOf({ state, options: { clock }, witness }: Run, author: string, ended: Ending): FallbackTest {
  const { outcome, kept_mA = null, silence } = ended;
  const now_ms = clock.now_ms();
  const before = witness.before_mA(silence?.heard_at_ms ?? now_ms);
  const silent_ms = silence === undefined ? null : (silence.back_at_ms ?? now_ms) - silence.heard_at_ms;
  return {
    stationId: state.station.id,
    at_ms: now_ms,
    author,
    outcome,
    before_mA: milliamp(Math.max(0, Math.round(before?.most ?? highest_mA(state)))),
    promised_mA: state.station.fallback_mA,
    kept_mA,
    silent_ms: silent_ms === null ? null : millisecond(Math.max(0, Math.round(clock.real_ms(silent_ms)))),
    serial: state.serial,
    firmware: state.firmware,
  };
}
