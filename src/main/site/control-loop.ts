import type { Allocation, Command, Participant } from "../../core/balancing/index.ts";
import { acknowledged, allocate, isStubborn, missed, plan, sent, settled } from "../../core/balancing/index.ts";
import type { Policy } from "../../core/balancing/index.ts";
import { wiredPhases } from "../../core/site/index.ts";
import type { EpochMs, Milliamp } from "../../core/units/index.ts";
import { milliamp } from "../../core/units/index.ts";
import type { Clock } from "../devices/ports.ts";
import { allocationRequest, wantsCurrent } from "./allocation-input.ts";
import { boxView } from "./box-view.ts";
import { circuitPath, meterTrust } from "./circuit-view.ts";
import type { SiteState, StationState } from "./state.ts";
import { noGrant } from "./state.ts";

/** One decision a second, and at once when a car plugs in or a limit is exceeded. */
export const CYCLE_MS = 1_000;
/** Real time between two cycles that events ask for: a storm of events is one cycle, not many. */
const HURRY_REAL_MS = 5;

export type CycleReport = {
  readonly at_ms: EpochMs;
  readonly allocation: Allocation;
  readonly commands: readonly Command[];
  readonly took_us: number;
};

export type ControlLoopOptions = {
  readonly site: SiteState;
  readonly clock: Clock;
  readonly policy: () => Policy;
  /** Monotonic, for measuring the cycle itself. */
  readonly stopwatch_us: () => number;
  /** Called before each decision: time-outs of manual limits, lost sessions and the like. */
  readonly beforeCycle: (now_ms: EpochMs) => void;
  readonly onCycle: (report: CycleReport) => void;
  /** Stations whose grant or its reasons changed in this cycle. */
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
  const run = async (): Promise<void> => {
    while (!stopped()) {
      try {
        cycle(options, clock.now_ms());
      } catch (error) {
        options.onError(error);
      }
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
function cycle(options: ControlLoopOptions, now_ms: EpochMs): void {
  const { site } = options;
  const started_us = options.stopwatch_us();
  options.beforeCycle(now_ms);
  for (const state of site.stations.values()) state.ledger = settled(state.ledger, boxView(state, now_ms), now_ms);
  const request = allocationRequest(site, now_ms, options.policy());
  const allocation = allocate(request);
  applyGrants(options, allocation, now_ms);
  const commands = plan(request.circuits, participants(site, now_ms), {
    now_ms,
    voltage_V: site.model.identity.nominal_V,
    raisesAllowed: (circuitId) =>
      circuitPath(site, circuitId).every((circuit) => meterTrust(site, circuit, now_ms) === "fresh"),
  });
  const took_us = options.stopwatch_us() - started_us;
  for (const command of commands) send(options, command, now_ms);
  options.onCycle({ at_ms: now_ms, allocation, commands, took_us });
}

function applyGrants(options: ControlLoopOptions, allocation: Allocation, now_ms: EpochMs): void {
  const grants = new Map(allocation.grants.map((grant) => [grant.evse, grant]));
  const places = new Map(allocation.queue.map((entry) => [entry.evse, entry.place]));
  const changed: StationState[] = [];
  for (const state of options.site.stations.values()) {
    const grant = grants.get(state.station.id);
    const before = state.grant;
    state.grant =
      grant === undefined
        ? noGrant
        : { current_mA: grant.current_mA, because: grant.because, queuePlace: places.get(state.station.id) ?? null };
    if (before.current_mA !== state.grant.current_mA || whyOf(before.because) !== whyOf(state.grant.because))
      changed.push(state);
  }
  if (changed.length > 0) options.onGrants(changed, now_ms);
}

/** Which limits led to a grant, without their numbers: those change every second and tell nothing new. */
const whyOf = (because: StationState["grant"]["because"]): string =>
  because.map((rung) => `${rung.kind}:${rung.ref}:${rung.phase ?? ""}`).join(" ");

function participants(site: SiteState, now_ms: EpochMs): readonly Participant[] {
  return [...site.stations.values()].map((state) => ({
    id: state.station.id,
    circuit: state.station.circuitId,
    phases: wiredPhases(state.station),
    min_mA: state.station.current_mA_min,
    step_mA: state.station.step_mA,
    entry: state.ledger,
    box: boxView(state, now_ms),
    // A stubborn box keeps getting the value that would be safe, in case it listens one day.
    target_mA: isStubborn(state.ledger)
      ? state.station.fallback_mA
      : wantsCurrent(state)
        ? state.grant.current_mA
        : milliamp(0),
    commandable: state.online && state.port !== null,
  }));
}

/** Books the command, sends it, and books what came back. Never throws: a failing box is an answer, not an accident. */
function send(options: ControlLoopOptions, command: Command, now_ms: EpochMs): void {
  const state = options.site.stations.get(command.evse);
  if (state?.port === undefined || state.port === null) return;
  const { port } = state;
  state.ledger = sent(state.ledger, command.current_mA, now_ms);
  state.commands += 1;
  void port.setLimit(command.current_mA).then(
    (reply) => {
      answered(options, state, command.current_mA, reply.ok ? null : reply);
    },
    (error: unknown) => {
      answered(options, state, command.current_mA, { code: "internal", detail: String(error) });
    },
  );
}

function answered(
  options: ControlLoopOptions,
  state: StationState,
  current_mA: Milliamp,
  failure: { code: string; detail: string } | null,
): void {
  const now_ms = options.clock.now_ms();
  if (failure === null) {
    state.ledger = acknowledged(state.ledger, current_mA, now_ms);
    return;
  }
  state.failures += 1;
  state.lastFailure = `${failure.code}: ${failure.detail}`;
  if (state.ledger.setpoint_mA === current_mA) state.ledger = missed(state.ledger);
  options.onCommandFailed(state, failure.code, failure.detail, now_ms);
}
