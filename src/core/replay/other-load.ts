import type { PerPhase } from "../units/index.ts";
import type { Scenario } from "./scenario.ts";
import { totalOtherLoad } from "./wires.ts";

type Loads = ReadonlyMap<string, PerPhase<number>>;
/** A piece of time with the same other load. */
export type Piece = { readonly duration_ms: number; readonly total_A: Loads };

export type OtherLoadSeries = {
  /** Infinite when there is none. */
  readonly first_ms: number;
  /** What each circuit carries at this time; asked with times that only grow. `changed`: since it was asked before. */
  readonly at: (at_ms: number) => { readonly total_A: Loads; readonly changed: boolean };
  /** The pieces of a time that begins where `at` was asked last. */
  readonly within: (from_ms: number, to_ms: number) => readonly Piece[];
  /** The next change at or after this time; infinite when there is none. */
  readonly nextChange_ms: (at_ms: number) => number;
};

/** The scenario's other load as time goes on. */
export function createOtherLoad({ site }: Scenario): OtherLoadSeries {
  const entries = [...site.otherLoad].sort((a, b) => a.t_ms - b.t_ms);
  const current = new Map<string, PerPhase<number>>();
  let next = 0;
  let total_A = totalOtherLoad(site, current);
  let told = false;
  const advance = (at_ms: number): boolean => {
    const before = next;
    for (let entry = entries[next]; entry !== undefined && entry.t_ms <= at_ms; entry = entries[++next])
      current.set(entry.circuit, entry.load_A);
    if (next !== before) total_A = totalOtherLoad(site, current);
    return next !== before;
  };
  const at: OtherLoadSeries["at"] = (at_ms) => {
    const changed = advance(at_ms) || !told;
    told = true;
    return { total_A, changed };
  };
  const within: OtherLoadSeries["within"] = (from_ms, to_ms) => {
    const pieces: Piece[] = [];
    let begin_ms = from_ms;
    for (let entry = entries[next]; entry !== undefined && entry.t_ms < to_ms; entry = entries[next]) {
      pieces.push({ duration_ms: entry.t_ms - begin_ms, total_A });
      begin_ms = entry.t_ms;
      advance(begin_ms);
      // What came within the tick is seen by the next decision.
      told = false;
    }
    pieces.push({ duration_ms: to_ms - begin_ms, total_A });
    return pieces;
  };
  return {
    first_ms: entries[0]?.t_ms ?? Number.POSITIVE_INFINITY,
    at,
    within,
    nextChange_ms: (at_ms) => Math.max(at_ms, entries[next]?.t_ms ?? Number.POSITIVE_INFINITY),
  };
}
