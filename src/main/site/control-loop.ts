import type { Allocation, AllocationRequest, Command, Sheddable } from "../../core/balancing/index.ts";
import {
  acknowledged,
  allocate,
  clockJumped,
  escalate,
  missed,
  observeDemand,
  observeUsage,
  plan,
  RESEND_MS,
  sent,
  settled,
  shed,
} from "../../core/balancing/index.ts";
import { applyPlan } from "../../core/planning/index.ts";
import type { Plan } from "../../core/planning/index.ts";
import { wiredPhases } from "../../core/site/index.ts";
import type { EpochMs, Milliamp, PerPhase } from "../../core/units/index.ts";
import { milliamp, onPhase, perPhase } from "../../core/units/index.ts";
import type { Clock } from "../devices/ports.ts";
import { allocationRequest, followFinished, minimum_mA, wantsCurrent } from "./allocation-input.ts";
import { activePhases, boxView, followPhases, isDeaf } from "./box-view.ts";
import { allocationCircuit, circuitPath, meterTrust, workingLimit_mA } from "./circuit-view.ts";
import type { SiteState, StationState } from "./state.ts";
import { noGrant } from "./state.ts";

/** One decision a second, and at once when a car plugs in or a limit is exceeded. */
export const CYCLE_MS = 1_000;
/** Real time between two cycles that events ask for: a storm of events is one cycle, not many. */
const HURRY_REAL_MS = 5;
/** Two cycles this far apart mean that the PC slept: boxes have let go of their setpoints meanwhile (they hold 120 s). */
const SLEPT_MS = 60_000;
/** Setting the clock back by less than this disturbs no age that matters. */
const SET_BACK_MS = 2_000;
/** So long may no cycle succeed before everybody is sent to the fallback current. */
const BLIND_MS_MAX = 10_000;
/** Smaller changes of a grant are followed but not recorded. */
const NEWS_MA = 500;

export type CycleReport = {
  readonly at_ms: EpochMs;
  readonly request: AllocationRequest;
  readonly allocation: Allocation;
  readonly commands: readonly Command[];
  readonly took_us: number;
};

export type ControlLoopOptions = {
  readonly site: SiteState;
  readonly clock: Clock;
  /** Monotonic, for measuring the cycle itself. */
  readonly stopwatch_us: () => number;
  /** Called before each decision: time-outs of manual limits, lost sessions and the like. One that throws stops no other. */
  readonly beforeCycle: readonly ((now_ms: EpochMs) => void)[];
  /** Called after its commands were sent, likewise. */
  readonly onCycle: readonly ((report: CycleReport) => void)[];
  /** What was planned ahead; it can only tighten. Left out: nothing is. */
  readonly plan?: () => Plan | null;
  /** Stations whose grant or its reasons changed noticeably in this cycle. */
  readonly onGrants: (changed: readonly StationState[], now_ms: EpochMs) => void;
  /** A cycle threw: our code is wrong. Boxes fall back by themselves if this goes on. */
  readonly onError: (error: unknown) => void;
  readonly onCommandFailed: (state: StationState, code: string, detail: string, now_ms: EpochMs) => void;
};

export type ControlLoop = {
  /** Asks for a cycle now instead of at the next second. */
  hurry(): void;
  stop(): Promise<void>;
};

/** Runs until stopped. Each cycle reads the state once, decides once and sends what the account allows. */
export function startControlLoop(options: ControlLoopOptions): ControlLoop {
  const { clock } = options;
  const abort = new AbortController();
  let wake = new AbortController();
  const stopped = (): boolean => abort.signal.aborted;
  let lastCycle_ms: EpochMs | null = null;
  let blindSince_ms: EpochMs | null = null;
  const once = (now_ms: EpochMs): void => {
    if (lastCycle_ms !== null && hasJumped(lastCycle_ms, now_ms)) forgetAfterJump(options.site);
    const before_ms = lastCycle_ms;
    lastCycle_ms = now_ms;
    try {
      cycle(options, now_ms, before_ms);
      blindSince_ms = null;
    } catch (error) {
      options.onError(error);
      blindSince_ms ??= now_ms;
      if (Math.abs(now_ms - blindSince_ms) >= BLIND_MS_MAX) fallBack(options, now_ms);
    }
  };
  const run = async (): Promise<void> => {
    while (!stopped()) {
      once(clock.now_ms());
      await clock.sleep(CYCLE_MS, AbortSignal.any([wake.signal, abort.signal]));
      if (wake.signal.aborted && !stopped()) {
        wake = new AbortController();
        await new Promise((resolve) => setTimeout(resolve, HURRY_REAL_MS));
      }
    }
  };
  const finished = run();
  return {
    hurry: () => {
      wake.abort();
    },
    stop: async () => {
      abort.abort();
      await finished;
    },
  };
}

/** One decision: settle the account, allocate, record what changed, send decreases and then what fits of the increases. */
function cycle(options: ControlLoopOptions, now_ms: EpochMs, lastCycle_ms: EpochMs | null): void {
  const { site } = options;
  const started_us = options.stopwatch_us();
  for (const step of options.beforeCycle)
    unharmed(options, () => {
      step(now_ms);
    });
  for (const state of site.stations.values()) {
    state.ledger = settled(state.ledger, boxView(state, now_ms), now_ms);
    followFinished(site, state, now_ms);
    followPhases(state, now_ms);
    insist(options, state, now_ms);
  }
  const unplanned = allocationRequest(site, now_ms);
  const request = applyPlan(unplanned, options.plan?.() ?? null, now_ms);
  const allocation = allocate(request);
  // What waits for a better hour is wanted all the same.
  followUsage(site, unplanned, allocation, now_ms - (lastCycle_ms ?? now_ms));
  const changed = applyGrants(site, allocation, now_ms);
  // What cars draw above their setpoints is in the account already, box by box.
  const circuits = [...site.circuits.values()].map((circuit) => allocationCircuit(site, circuit, now_ms));
  const voltage_V = site.model.identity.nominal_V;
  const asked = shed(circuits, participants(site, now_ms), {
    now_ms,
    voltage_V,
    over_mA: (circuitId) => measuredOver_mA(site, circuitId, now_ms),
    overSince_ms: (circuitId) => site.circuits.get(circuitId)?.overSince_ms ?? null,
    pauseAll: (circuitId) => mustPauseAll(site, circuitId, now_ms),
  });
  const commands = plan(circuits, asked, {
    now_ms,
    shared: request.circuits,
    voltage_V,
    raisesAllowed: (circuitId) =>
      circuitPath(site, circuitId).every((circuit) => meterTrust(site, circuit, now_ms) === "fresh"),
  });
  const took_us = options.stopwatch_us() - started_us;
  for (const command of commands) send(options, command, now_ms);
  unharmed(options, () => {
    if (changed.length > 0) options.onGrants(changed, now_ms);
  });
  const report = { at_ms: now_ms, request, allocation, commands, took_us };
  for (const step of options.onCycle)
    unharmed(options, () => {
      step(report);
    });
}

/** Cycles are a second apart; a longer break says nothing of what was used meanwhile. */
function followUsage(site: SiteState, request: AllocationRequest, allocation: Allocation, since_ms: number): void {
  const passed_ms = since_ms > 0 && since_ms <= SLEPT_MS ? since_ms : 0;
  const root = request.circuits.find(({ parent }) => parent === null);
  const use = allocation.circuits.find(({ id }) => id === root?.id);
  if (use === undefined) return;
  site.usage = observeDemand(observeUsage(site.usage, use, passed_ms), request, passed_ms);
}

/** What is only recorded must not keep a limit from being sent: a full disk is no reason to let a fuse burn. */
function unharmed(options: ControlLoopOptions, record: () => void): void {
  try {
    record();
  } catch (error) {
    options.onError(error);
  }
}

const hasJumped = (last_ms: EpochMs, now_ms: EpochMs): boolean =>
  now_ms - last_ms > SLEPT_MS || last_ms - now_ms > SET_BACK_MS;

/** Every age is wrong now: setpoints are unknown until confirmed anew, and meters until they speak. */
function forgetAfterJump(site: SiteState): void {
  for (const state of site.stations.values())
    state.ledger = clockJumped(state.ledger, { max_mA: state.station.current_mA_max });
  for (const meter of site.meters.values()) meter.reading = null;
}

/** We cannot decide, but boxes would go on renewing their last setpoints for ever: they get what the site surely carries. */
function fallBack(options: ControlLoopOptions, now_ms: EpochMs): void {
  for (const { station, ledger, online, port } of options.site.stations.values()) {
    if (!online || port === null) continue;
    const { setpoint_mA, acknowledged_at_ms, sent_at_ms } = ledger;
    const unanswered = acknowledged_at_ms === null && (sent_at_ms === null || now_ms - sent_at_ms >= RESEND_MS);
    if (setpoint_mA !== null && setpoint_mA <= station.fallback_mA && !unanswered) continue;
    const current_mA = milliamp(Math.min(setpoint_mA ?? station.fallback_mA, station.fallback_mA));
    send(options, { evse: station.id, current_mA, kind: "decrease" }, now_ms);
  }
}

/** Returns the stations whose grant or its reasons are worth recording. */
function applyGrants(site: SiteState, allocation: Allocation, now_ms: EpochMs): readonly StationState[] {
  const grants = new Map(allocation.grants.map((grant) => [grant.evse, grant]));
  const places = new Map(allocation.queue.map((entry) => [entry.evse, entry.place]));
  const changed: StationState[] = [];
  for (const state of site.stations.values()) {
    const grant = grants.get(state.station.id);
    const had = state.grant.current_mA > 0;
    state.grant =
      grant === undefined
        ? noGrant
        : { current_mA: grant.current_mA, because: grant.because, queuePlace: places.get(state.station.id) ?? null };
    followHold(state, now_ms);
    if (state.grant.current_mA > 0) state.withheldSince_ms = null;
    else if (had) state.withheldSince_ms = now_ms;
    if (!isNews(state.recordedGrant, state.grant)) continue;
    state.recordedGrant = state.grant;
    changed.push(state);
  }
  return changed;
}

/** A car that is paused gives its hold up, and has a whole new one when it is let in again, whatever its box calls it. */
function followHold(state: StationState, now_ms: EpochMs): void {
  if (state.grant.current_mA === 0) state.chargingSince_ms = null;
  else if (state.status === "Charging") state.chargingSince_ms ??= now_ms;
}

/** A grant follows the building every second; kept is when a car starts, stops, has another reason or a noticeable change. */
const isNews = (before: StationState["grant"], now: StationState["grant"]): boolean =>
  (before.current_mA === 0) !== (now.current_mA === 0) ||
  Math.abs(before.current_mA - now.current_mA) >= NEWS_MA ||
  whyOf(before.because) !== whyOf(now.because);

/** Which limits led to a grant, without their numbers: those change every second and tell nothing new. */
const whyOf = (because: StationState["grant"]["because"]): string =>
  because.map((rung) => `${rung.kind}:${rung.ref}:${rung.phase ?? ""}`).join(" ");

/** A decrease that is not proven: the box is told to pause, then its session is ended; the alarm is raised elsewhere. */
function insist(options: ControlLoopOptions, state: StationState, now_ms: EpochMs): void {
  const { state: escalation, effects } = escalate(state.escalation, state.ledger, boxView(state, now_ms), now_ms);
  state.escalation = escalation;
  if (!effects.includes("stop") || state.port === null) return;
  state.port.stop().then(
    (reply) => {
      if (!reply.ok) options.onCommandFailed(state, reply.code, reply.detail, now_ms);
    },
    (error: unknown) => {
      options.onCommandFailed(state, "internal", String(error), now_ms);
    },
  );
}

/** What the circuit's meter shows above its limit; `null` when nothing is, or nobody knows. */
function measuredOver_mA(site: SiteState, circuitId: string, now_ms: EpochMs): PerPhase<number> | null {
  const state = site.circuits.get(circuitId);
  const meterId = state?.circuit.meterId ?? null;
  const reading = meterId === null ? null : (site.meters.get(meterId)?.reading ?? null);
  if (state === undefined || reading === null || meterTrust(site, state, now_ms) !== "fresh") return null;
  const limit_mA = workingLimit_mA(state);
  const over = perPhase((phase) => (onPhase(reading.current_mA, phase) ?? 0) - onPhase(limit_mA, phase));
  return over.some((above) => above > 0) ? over : null;
}

/** Its protection is about to open. What an old sample asked for is not repeated once the meter is silent: cars fall back. */
function mustPauseAll(site: SiteState, circuitId: string, now_ms: EpochMs): boolean {
  const state = site.circuits.get(circuitId);
  return state?.budget.action === "pause-all" && meterTrust(site, state, now_ms) === "fresh";
}

function participants(site: SiteState, now_ms: EpochMs): readonly Sheddable[] {
  return [...site.stations.values()].map((state) => ({
    id: state.station.id,
    circuit: state.station.circuitId,
    phases: activePhases(state),
    wired: wiredPhases(state.station),
    min_mA: minimum_mA(state),
    step_mA: state.station.step_mA,
    entry: state.ledger,
    box: boxView(state, now_ms),
    target_mA: target_mA(state),
    booked_mA: state.grant.current_mA,
    // Whoever began last is paused first.
    rank: state.chargingSince_ms ?? now_ms,
    commandable: state.online && state.port !== null,
  }));
}

/** A stubborn box keeps getting the value that would be safe, in case it listens one day. */
function target_mA(state: StationState): Milliamp {
  if (state.escalation.stage !== "none" && state.escalation.stage !== "alarm") return milliamp(0);
  if (isDeaf(state)) return state.station.fallback_mA;
  return wantsCurrent(state) ? state.grant.current_mA : milliamp(0);
}

/** Books the command, sends it, and books what came back. Never throws: a failing box is an answer, not an accident. */
function send(options: ControlLoopOptions, command: Command, now_ms: EpochMs): void {
  const state = options.site.stations.get(command.evse);
  if (state?.port === undefined || state.port === null) return;
  const { port } = state;
  state.ledger = sent(state.ledger, command.current_mA, now_ms);
  state.commands += 1;
  const told = { current_mA: command.current_mA, number: state.ledger.commandNumber };
  void port.setLimit(command.current_mA).then(
    (reply) => {
      answered(options, state, told, reply.ok ? null : reply);
    },
    (error: unknown) => {
      answered(options, state, told, { code: "internal", detail: String(error) });
    },
  );
}

function answered(
  options: ControlLoopOptions,
  state: StationState,
  told: { readonly current_mA: Milliamp; readonly number: number },
  failure: { code: string; detail: string } | null,
): void {
  const now_ms = options.clock.now_ms();
  if (failure === null) {
    state.ledger = acknowledged(state.ledger, told.current_mA, now_ms, told.number);
    return;
  }
  state.failures += 1;
  state.lastFailure = `${failure.code}: ${failure.detail}`;
  state.ledger = missed(state.ledger, told.number);
  options.onCommandFailed(state, failure.code, failure.detail, now_ms);
}
