import { onPhase, phaseIndex, PHASES } from "../units/index.ts";
import type { PerPhase } from "../units/index.ts";
import type { Car } from "./car.ts";

import type { Scenario, Simulation } from "./scenario.ts";
import { addLoad, buildWires, clearLoad, loadOf } from "./wires.ts";
import type { Wires } from "./wires.ts";

/** By now everybody had his time to make room for what rose. */
const EVERYBODY_MS = 20_000;
const NOISE_A = 0.001;
const NO_LOAD: PerPhase<number> = [0, 0, 0];

/** Overloads in ampere-seconds over all lines. */
export type Exposure = {
  readonly total_As: number;
  /** Of it while the building took no more than was counted for it when current was last handed out. */
  readonly self_caused_As: number;
  readonly self_caused_s: number;
  /** Of it more than 20 s after the building's last rise: everybody had his time to make room. */
  readonly late_As: number;
  /** Longest time that some line was overloaded without a pause. */
  readonly longest_s: number;
  readonly hours: number;
  /** From each lowered limit until nothing was above it. */
  readonly complied_s: readonly number[];
};

export type ChannelJudge = {
  readonly begin: (load_A: ReadonlyMap<string, PerPhase<number>>, now_ms: number) => void;
  readonly add: (car: Car | null, current_A: number) => void;
  /** `counted_mA`: what the controller counted for the building when it last handed current out. */
  readonly end: (now_ms: number, counted_mA: PerPhase<number> | null) => void;
  /** What the main circuit carries in this second. */
  readonly main_mA: () => PerPhase<number>;
  readonly limit: (limit_A: PerPhase<number>, now_ms: number) => void;
  /** Something rose that nobody ordered. */
  readonly excuse: (now_ms: number) => void;
  readonly exposure: () => Exposure;
  readonly peak_A: () => Simulation["peak_A"];
};

/** Sums what flows each second on the replay's own wires, and holds it against every line's limit. */
export function createChannelJudge({ site }: Scenario): ChannelJudge {
  const state = newState(site);
  return {
    begin: (load_A, now_ms) => {
      clearLoad(state.wires);
      state.loads = load_A;
      for (let row = 0; row < state.before.length; row += 1) {
        const other = other_A(state, row);
        if (other > (state.before[row] ?? 0) + NOISE_A) state.rose_ms = now_ms;
        state.before[row] = other;
      }
    },
    add: (car, current_A) => {
      if (car !== null && current_A > 0) addLoad(state.wires, car.uses, current_A);
    },
    end: (now_ms, counted_mA) => {
      endSecond(state, now_ms, counted_mA);
    },
    main_mA: () => {
      const flows = (line: number): number => flows_A(state, state.mainRow + line) * 1000;
      return [flows(0), flows(1), flows(2)];
    },
    limit: (limit_A, now_ms) => {
      PHASES.forEach((phase, line) => {
        const row = state.mainRow + line;
        if (onPhase(limit_A, phase) < (state.limit[row] ?? 0)) state.lowered_ms = now_ms;
        state.limit[row] = onPhase(limit_A, phase);
      });
      state.rose_ms = now_ms;
    },
    excuse: (now_ms) => {
      state.rose_ms = now_ms;
      state.excused_ms = now_ms;
    },
    exposure: () => ({ ...state.sums, hours: state.seconds / 3_600, complied_s: state.complied_s }),
    peak_A: () => Object.fromEntries(state.peaks),
  };
}

type Peak = [number, number, number];

type State = {
  readonly wires: Wires;
  readonly limit: Float64Array;
  /** The other load of the second before. */
  readonly before: Float64Array;
  readonly mainRow: number;
  readonly peaks: Map<string, Peak>;
  readonly sums: {
    total_As: number;
    self_caused_As: number;
    self_caused_s: number;
    late_As: number;
    longest_s: number;
  };
  readonly complied_s: number[];
  loads: ReadonlyMap<string, PerPhase<number>>;
  seconds: number;
  over_s: number;
  rose_ms: number;
  excused_ms: number;
  lowered_ms: number | null;
};

function newState(site: Scenario["site"]): State {
  const wires = buildWires(site.circuits, []);
  const mainId = site.circuits.find(({ parent }) => parent === null)?.id;
  return {
    wires,
    limit: Float64Array.from(wires.rows, (row) => row.limit),
    before: new Float64Array(wires.rows.length),
    mainRow: Math.max(
      0,
      wires.rows.findIndex((row) => row.circuit === mainId),
    ),
    peaks: new Map(site.circuits.map(({ id }): [string, Peak] => [id, [0, 0, 0]])),
    sums: { total_As: 0, self_caused_As: 0, self_caused_s: 0, late_As: 0, longest_s: 0 },
    complied_s: [],
    loads: new Map(),
    seconds: 0,
    over_s: 0,
    rose_ms: Number.NEGATIVE_INFINITY,
    excused_ms: Number.NEGATIVE_INFINITY,
    lowered_ms: null,
  };
}

function other_A({ wires, loads }: State, row: number): number {
  const { circuit = "", phase = null } = wires.rows[row] ?? {};
  return phase === null ? 0 : onPhase(loads.get(circuit) ?? NO_LOAD, phase);
}

const flows_A = (state: State, row: number): number => loadOf(state.wires, row) + other_A(state, row);

function endSecond(state: State, now_ms: number, counted_mA: PerPhase<number> | null): void {
  const { sums, wires, peaks, limit } = state;
  let over_A = 0;
  let own_A = 0;
  wires.rows.forEach(({ circuit, phase }, row) => {
    if (phase === null) return;
    const flows = flows_A(state, row);
    const line = phaseIndex(phase);
    const peak = peaks.get(circuit);
    if (peak !== undefined) peak[line] = Math.max(peak[line], flows);
    const over = flows - (limit[row] ?? 0);
    if (over <= NOISE_A) return;
    over_A += over;
    // Circuits without a meter have a fixed other load: whatever is too much there was ordered.
    const isMain = row >= state.mainRow && row < state.mainRow + PHASES.length;
    const counted_A = counted_mA === null ? 0 : onPhase(counted_mA, phase) / 1000;
    if (!isMain || (counted_mA !== null && other_A(state, row) <= counted_A + NOISE_A))
      // What the building alone is too much for a line was nobody's order.
      own_A += Math.min(over, loadOf(wires, row));
  });
  state.seconds += 1;
  sums.total_As += over_A;
  state.over_s = over_A > 0 ? state.over_s + 1 : 0;
  sums.longest_s = Math.max(sums.longest_s, state.over_s);
  if (now_ms - state.rose_ms > EVERYBODY_MS) sums.late_As += over_A;
  if (own_A > 0 && now_ms - state.excused_ms > EVERYBODY_MS) {
    sums.self_caused_s += 1;
    sums.self_caused_As += own_A;
  }
  if (over_A > 0 || state.lowered_ms === null) return;
  state.complied_s.push((now_ms - state.lowered_ms) / 1000);
  state.lowered_ms = null;
}
