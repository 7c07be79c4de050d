import { assert } from "../units/index.ts";

// A linear program as the solver takes it: numbers in arrays, rows packed one after the other. No names: what a variable
// means is known by who asked for its number. CPLEX's text form took twice the time.

/** Optimise `columnCost · x` with `columnLower ≤ x ≤ columnUpper` and `rowLower ≤ A x ≤ rowUpper`; ±Infinity: no bound. */
export type LinearProgram = {
  readonly sense: "minimise" | "maximise";
  readonly columnCost: Float64Array;
  readonly columnLower: Float64Array;
  readonly columnUpper: Float64Array;
  readonly rowLower: Float64Array;
  readonly rowUpper: Float64Array;
  /** Row r's entries of `termColumn` and `termFactor` lie from `rowStart[r]` to before `rowStart[r + 1]`. */
  readonly rowStart: Int32Array;
  readonly termColumn: Int32Array;
  readonly termFactor: Float64Array;
};

/** Number of the variable and its factor. */
export type Term = readonly [column: number, factor: number];
export type Range = { readonly lower?: number; readonly upper?: number };

export type ProgramBuilder = {
  /** Number of the new variable; without `lower` it is 0 or more, without `upper` it has no upper bound. */
  readonly variable: (options: Range & { readonly cost?: number }) => number;
  /** Number of the new row. Terms of the same variable are added up; without `lower` or `upper` that side is free. */
  readonly row: (terms: readonly Term[], range: Range) => number;
  /** A snapshot: the builder may go on. */
  readonly build: () => LinearProgram;
};

const isBound = (value: number): boolean => !Number.isNaN(value);

/** Collects variables and rows in the order they are told, so the same calls give the same program. */
export function createProgram(sense: LinearProgram["sense"]): ProgramBuilder {
  const [cost, columnLower, columnUpper]: [number[], number[], number[]] = [[], [], []];
  const [rowLower, rowUpper, rowStart]: [number[], number[], number[]] = [[], [], [0]];
  const [termColumn, termFactor]: [number[], number[]] = [[], []];

  const variable: ProgramBuilder["variable"] = ({ lower = 0, upper = Infinity, cost: value = 0 }) => {
    assert(isBound(lower) && isBound(upper) && Number.isFinite(value), "bounds and cost of a variable are numbers");
    columnLower.push(lower);
    columnUpper.push(upper);
    return cost.push(value) - 1;
  };
  const row: ProgramBuilder["row"] = (terms, { lower = -Infinity, upper = Infinity }) => {
    assert(isBound(lower) && isBound(upper), "bounds of a row are numbers");
    const factors = new Map<number, number>();
    for (const [column, factor] of terms) {
      assert(column >= 0 && column < cost.length && Number.isFinite(factor), "a term names a variable and a number");
      factors.set(column, (factors.get(column) ?? 0) + factor);
    }
    for (const [column, factor] of factors) {
      if (factor === 0) continue;
      termColumn.push(column);
      termFactor.push(factor);
    }
    rowStart.push(termColumn.length);
    rowLower.push(lower);
    return rowUpper.push(upper) - 1;
  };
  const build = (): LinearProgram => ({
    sense,
    columnCost: Float64Array.from(cost),
    columnLower: Float64Array.from(columnLower),
    columnUpper: Float64Array.from(columnUpper),
    rowLower: Float64Array.from(rowLower),
    rowUpper: Float64Array.from(rowUpper),
    rowStart: Int32Array.from(rowStart),
    termColumn: Int32Array.from(termColumn),
    termFactor: Float64Array.from(termFactor),
  });
  return { variable, row, build };
}

/** By how much `value` lies outside its bounds, as a part of the bound's size (at least 1). */
function outside(value: number, lower: number, upper: number): number {
  const excess = Math.max(lower - value, value - upper);
  if (!(excess > 0)) return Number.isNaN(value) ? Infinity : 0;
  return excess / Math.max(1, Math.abs(value < lower ? lower : upper));
}

/**
 * The worst breach of any bound by `values`, relative to that bound (bounds below 1 count as 1); 0: all hold. Infinity when
 * the number of values is wrong or one of them is no number. It is how an answer is believed: the solver is not ours.
 */
export function worstBreach(program: LinearProgram, values: Float64Array): number {
  const { columnLower, columnUpper, rowLower, rowUpper, rowStart, termColumn, termFactor } = program;
  if (values.length !== columnLower.length) return Infinity;
  let worst = 0;
  for (const [column, value] of values.entries()) {
    worst = Math.max(worst, outside(value, columnLower[column] ?? 0, columnUpper[column] ?? 0));
  }
  for (const [row, lower] of rowLower.entries()) {
    let activity = 0;
    for (let at = rowStart[row] ?? 0; at < (rowStart[row + 1] ?? 0); at += 1) {
      activity += (termFactor[at] ?? 0) * (values[termColumn[at] ?? 0] ?? Number.NaN);
    }
    worst = Math.max(worst, outside(activity, lower, rowUpper[row] ?? 0));
  }
  return worst;
}

/** What `values` cost (or bring, when maximised). */
export function objectiveOf(program: LinearProgram, values: Float64Array): number {
  let sum = 0;
  for (const [column, cost] of program.columnCost.entries()) sum += cost * (values[column] ?? 0);
  return sum;
}
