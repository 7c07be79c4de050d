import {
  isClean,
  judgePhases,
  matured,
  movedDuring_mA,
  noPhaseEvidence,
  noStepWatch,
  observeStep,
  traced,
  watchOwn,
} from "../../core/phases/index.ts";
import type { CurrentTrace, PhaseEvidence, PhaseFinding, StepWatch } from "../../core/phases/index.ts";
import { pathToRoot } from "../../core/site/index.ts";
import type { EpochMs, PerPhase } from "../../core/units/index.ts";
import type { MeterReading } from "../devices/ports.ts";
import type { PhaseStore, StoredPhaseEvidence } from "../storage/types.ts";
import type { SiteState, StationState } from "./state.ts";
import { isPlugged } from "./state.ts";

// Keeps comparing what bays draw with what the main meter shows, from every session (balancing.md §3.4).

/** A restart loses no more than this of the evidence. */
const SAVE_EVERY_MS = 3_600_000;
/** A reading this much older than its arrival was queued somewhere: it says nothing of now. */
const LATE_MS_MAX = 10_000;

type Bay = {
  watch: StepWatch;
  trace: CurrentTrace;
  evidence: PhaseEvidence;
  since_ms: EpochMs;
  /** What is seen during a test alone; `null`: none runs. */
  test: PhaseEvidence | null;
  /** Steps looked at, whether they told anything or not. */
  looked: number;
  isSaved: boolean;
  /** Session whose car's phases are stored, and how many. */
  told: string;
};

export type PhaseWatch = {
  /** Takes the bay's own currents from its newest reading. */
  stationRead(state: StationState, now_ms: EpochMs): void;
  meterRead(meterId: string, reading: MeterReading, now_ms: EpochMs): void;
  finding(state: StationState): PhaseFinding & { readonly since_ms: EpochMs };
  /** Meter whose steps are compared with the bay's; `null`: there is none, or it cannot tell (delta networks). */
  meterOf(state: StationState): string | null;
  beginTest(stationId: string): void;
  /** Steps looked at so far, and what the test's own steps say. */
  testFinding(state: StationState): { readonly looked: number; readonly finding: PhaseFinding };
  endTest(stationId: string): void;
  /** Forgets all evidence of a bay: it was wired anew, or the owner knows better. */
  forget(stationId: string, now_ms: EpochMs): void;
  /** Once a cycle: marks bays that are certainly wired otherwise, and stores what changed once an hour. */
  follow(now_ms: EpochMs): void;
  save(now_ms: EpochMs): void;
};

/** Goes on with the stored evidence. */
export const createPhaseWatch = (site: SiteState, store: PhaseStore, started_at_ms: EpochMs): PhaseWatch =>
  new StepCounter(site, store, started_at_ms);

class StepCounter implements PhaseWatch {
  readonly #site: SiteState;
  readonly #store: PhaseStore;
  readonly #started_at_ms: EpochMs;
  readonly #stored: ReadonlyMap<string, StoredPhaseEvidence>;
  readonly #bays = new Map<string, Bay>();
  readonly #meters = new Map<string, CurrentTrace>();
  #saved_at_ms: EpochMs;

  constructor(site: SiteState, store: PhaseStore, started_at_ms: EpochMs) {
    this.#site = site;
    this.#store = store;
    this.#started_at_ms = started_at_ms;
    this.#saved_at_ms = started_at_ms;
    this.#stored = new Map(store.evidence().map((one) => [one.stationId, one]));
  }

  stationRead(state: StationState, now_ms: EpochMs): void {
    const own_mA = ownCurrents_mA(state, now_ms);
    if (own_mA === null) return;
    const bay = this.#bayOf(state);
    const sample = { at_ms: now_ms, current_mA: own_mA };
    bay.trace = traced(bay.trace, sample);
    // A step that is over before the next one begins is looked at while its samples are still there.
    this.#evaluate(state);
    bay.watch = watchOwn(bay.watch, sample);
  }

  meterRead(meterId: string, { current_mA: [l1, l2, l3], measured_at_ms }: MeterReading, now_ms: EpochMs): void {
    if (l1 === null || l2 === null || l3 === null || now_ms - measured_at_ms > LATE_MS_MAX) return;
    const sample = { at_ms: now_ms, current_mA: [l1, l2, l3] } as const;
    this.#meters.set(meterId, traced(this.#meters.get(meterId) ?? [], sample));
    for (const stationId of this.#bays.keys()) {
      const state = this.#site.stations.get(stationId);
      if (state !== undefined) this.#evaluate(state);
    }
  }

  finding(state: StationState): PhaseFinding & { readonly since_ms: EpochMs } {
    const { evidence, since_ms } = this.#bayOf(state);
    return { ...judgePhases(evidence, state.station), since_ms };
  }

  meterOf(state: StationState): string | null {
    return meterOf(this.#site, state);
  }

  beginTest(stationId: string): void {
    const state = this.#site.stations.get(stationId);
    if (state !== undefined) this.#bayOf(state).test = noPhaseEvidence(state.station);
  }

  testFinding(state: StationState): { readonly looked: number; readonly finding: PhaseFinding } {
    const { looked, test } = this.#bayOf(state);
    return { looked, finding: judgePhases(test ?? noPhaseEvidence(state.station), state.station) };
  }

  endTest(stationId: string): void {
    const bay = this.#bays.get(stationId);
    if (bay !== undefined) bay.test = null;
  }

  forget(stationId: string, now_ms: EpochMs): void {
    const state = this.#site.stations.get(stationId);
    if (state === undefined) return;
    const bay = this.#bayOf(state);
    bay.evidence = noPhaseEvidence(state.station);
    bay.watch = noStepWatch;
    bay.since_ms = now_ms;
    bay.isSaved = false;
    state.phaseMapDoubted = null;
    this.save(now_ms);
  }

  follow(now_ms: EpochMs): void {
    for (const state of this.#site.stations.values()) {
      const bay = this.#bayOf(state);
      doubt(state, judgePhases(bay.evidence, state.station), this.#store, now_ms);
      noteCarPhases(state, bay, this.#store, now_ms);
    }
    if (now_ms - this.#saved_at_ms >= SAVE_EVERY_MS || now_ms < this.#saved_at_ms) this.save(now_ms);
  }

  save(now_ms: EpochMs): void {
    this.#saved_at_ms = now_ms;
    for (const [stationId, bay] of this.#bays) {
      if (bay.isSaved) continue;
      this.#store.saveEvidence({ stationId, ...bay.evidence, since_ms: bay.since_ms }, now_ms);
      bay.isSaved = true;
    }
  }

  #bayOf(state: StationState): Bay {
    const { station } = state;
    const known = this.#bays.get(station.id);
    if (known !== undefined) return known;
    const fresh = noPhaseEvidence(station);
    const before = this.#stored.get(station.id);
    // The bay may have had another number of phases when it was stored.
    const usable = before?.scores.length === fresh.scores.length ? before : undefined;
    const bay: Bay = {
      watch: noStepWatch,
      trace: [],
      evidence: usable === undefined ? fresh : { scores: usable.scores, steps: usable.steps },
      since_ms: usable?.since_ms ?? this.#started_at_ms,
      test: null,
      looked: 0,
      isSaved: true,
      told: "",
    };
    this.#bays.set(station.id, bay);
    return bay;
  }

  /** Looks at the bay's pending step, if the meter has shown what it was. */
  #evaluate(state: StationState): void {
    const bay = this.#bayOf(state);
    if (bay.watch.pending === null) return;
    const meterId = meterOf(this.#site, state);
    const found = matured(bay.watch, meterId === null ? [] : (this.#meters.get(meterId) ?? []));
    if (meterId !== null && found.kind === "wait") return;
    bay.watch = { ...bay.watch, pending: null };
    bay.looked += 1;
    if (found.kind !== "step" || !isClean(found.step, this.#othersMoved_mA(state, found.step))) return;
    bay.evidence = observeStep(bay.evidence, state.station, found.step);
    if (bay.test !== null) bay.test = observeStep(bay.test, state.station, found.step);
    bay.isSaved = false;
  }

  #othersMoved_mA(state: StationState, step: Parameters<typeof movedDuring_mA>[1]): number {
    let sum_mA = 0;
    for (const [stationId, { trace }] of this.#bays)
      if (stationId !== state.station.id) sum_mA += movedDuring_mA(trace, step);
    return sum_mA;
  }
}

/** Once doubted a map stays doubted until the owner answers or the evidence comes to agree with it. */
function doubt(state: StationState, finding: PhaseFinding, store: PhaseStore, now_ms: EpochMs): void {
  if (finding.state === "agrees") state.phaseMapDoubted = null;
  if (finding.state !== "disagrees") return;
  if (state.phaseMapDoubted === null && store.lastFinding(state.station.id)?.outcome !== "disagrees")
    store.addFinding({
      stationId: state.station.id,
      at_ms: now_ms,
      author: "chargehand",
      method: "operation",
      configured: state.station.rotation,
      found: finding.found,
      confidence_permille: finding.confidence_permille,
      steps: finding.steps,
      outcome: "disagrees",
    });
  state.phaseMapDoubted = finding;
}

/** On how many phases the car of the running session charges, once it has shown it. */
function noteCarPhases(state: StationState, bay: Bay, store: PhaseStore, now_ms: EpochMs): void {
  const sessionId = state.evse.running?.opened.id;
  const phases = state.habits.phases?.length ?? 0;
  if (sessionId === undefined || phases === 0) return;
  const told = `${sessionId} ${String(phases)}`;
  if (bay.told === told) return;
  store.saveCarPhases({ sessionId, stationId: state.station.id, at_ms: now_ms, phases });
  bay.told = told;
}

/** The bay's own currents in its own order, phases it does not have as 0; `null`: not known or not of now. */
function ownCurrents_mA(state: StationState, now_ms: EpochMs): PerPhase<number> | null {
  const { reading, station } = state;
  if (reading === null || Math.abs(now_ms - reading.measured_at_ms) > LATE_MS_MAX) return null;
  if (!isPlugged(state)) return [0, 0, 0];
  const [a, b, c] = reading.current_mA;
  if (a === null || (b === null && station.phaseCount > 1) || (c === null && station.phaseCount > 2)) return null;
  return [a, b ?? 0, c ?? 0];
}

/** The meter nearest to the grid above the bay. Between the lines of a delta a step shows on two of them: not told apart. */
function meterOf(site: SiteState, { station }: StationState): string | null {
  const circuits = new Map(site.model.circuits.map((circuit) => [circuit.id, circuit]));
  const path = pathToRoot(circuits, station.circuitId);
  if (path.some(({ system }) => system === "delta")) return null;
  return path.findLast(({ meterId }) => meterId !== null)?.meterId ?? null;
}
