import { onPhase } from "../units/index.ts";
import type { PerPhase } from "../units/index.ts";
import type { Piece } from "./other-load.ts";
import type { Scenario, Simulation } from "./scenario.ts";
import { loadOf } from "./wires.ts";
import type { Wires } from "./wires.ts";

/** Overloads below this are rounding noise, in A (or W), where nobody says otherwise. */
const NOISE = 1e-6;
const NO_LOAD: PerPhase<number> = [0, 0, 0];

/** Watches every line and remembers overloads and peaks. */
export type Judge = {
  /** Takes the cars' load that lies on the wires for this tick, whose capacity is what the decision knew. */
  readonly see: (tick: { readonly from_ms: number; readonly to_ms: number }, pieces: readonly Piece[]) => void;
  readonly violations: () => Simulation["violations"];
  readonly peak_A: () => Simulation["peak_A"];
};

/**
 * An overload is self-caused while cars take more of a line than the decision knew to be left for them. Ampere-seconds are
 * summed over all lines, with overloads by the other load alone.
 */
export function createJudge({ site }: Scenario, wires: Wires, noise = NOISE): Judge {
  const peaks = new Map<string, [number, number, number]>(site.circuits.map(({ id }) => [id, [0, 0, 0]]));
  let selfCaused_ms = 0;
  let total_As = 0;
  const seeLine = (row: number, pieces: readonly Piece[]): boolean => {
    const { circuit, phase, limit } = wires.rows[row] ?? { circuit: "", phase: null, limit: Number.POSITIVE_INFINITY };
    const cars = loadOf(wires, row);
    if (phase !== null) {
      const line = phase === "L1" ? 0 : phase === "L2" ? 1 : 2;
      const peak = peaks.get(circuit) ?? [0, 0, 0];
      for (const { duration_ms, total_A } of pieces) {
        const load_A = cars + onPhase(total_A.get(circuit) ?? NO_LOAD, phase);
        peak[line] = Math.max(peak[line], load_A);
        if (load_A > limit + noise) total_As += ((load_A - limit) * duration_ms) / 1000;
      }
    }
    return cars > (wires.capacity[row] ?? 0) + noise;
  };
  return {
    see: ({ from_ms, to_ms }, pieces) => {
      let over = false;
      for (let row = 0; row < wires.rows.length; row += 1) over = seeLine(row, pieces) || over;
      if (over) selfCaused_ms += to_ms - from_ms;
    },
    violations: () => ({ self_caused_s: selfCaused_ms / 1000, total_As }),
    peak_A: () => Object.fromEntries(peaks),
  };
}
