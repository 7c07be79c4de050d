import { createProgram } from "../planning/index.ts";
import type { LinearProgram, Term } from "../planning/index.ts";
import { assert } from "../units/index.ts";
import type { PerPhase } from "../units/index.ts";
import { isDone } from "./car.ts";
import type { Car } from "./car.ts";
import { createJudge } from "./judge.ts";
import type { Judge } from "./judge.ts";
import { measure } from "./measures.ts";
import { carsOf } from "./replay.ts";
import type { Scenario, Simulation } from "./scenario.ts";
import { addLoad, buildWires, clearLoad, setOtherLoad, totalOtherLoad } from "./wires.ts";
import type { FurtherRow, Wires } from "./wires.ts";

// What somebody could have delivered who knew every arrival, departure and need beforehand and could set any current. It
// needs no ticks: between two events nothing changes, so one current per car and piece of time is as good as many.

const HOUR_MS = 3_600_000;
/** Sides that stand for the circle of a delta's line current, over a full turn; the loss is below 0.13 %. */
const SIDES = 72;
const NOISE_A = 1e-6;
/** A solver keeps its bounds to a part of them; what is over by less than this is its tolerance. */
const SOLVED_A = 1e-2;

/** A stretch in which the same cars are there and the other load does not change. */
type Piece = {
  readonly from_ms: number;
  readonly to_ms: number;
  readonly cars: readonly Car[];
  readonly capacity: Float64Array;
  readonly otherLoad_A: ReadonlyMap<string, PerPhase<number>>;
};

/** One linear program for each time in which the site was never empty; together they are the whole scenario. */
export type OptimumPart = {
  readonly program: LinearProgram;
  /** Takes the solution: the energy of each variable, in Wh. */
  readonly take: (values: Float64Array) => void;
};

export type Optimum = {
  readonly parts: readonly OptimumPart[];
  /** After every part has taken its solution. */
  readonly result: () => Simulation;
};

/** The offline optimum as linear programs to be solved by whoever has a solver. Batteries count as ideal: it is a bound. */
export function optimumOf(scenario: Scenario, further: readonly FurtherRow[] = []): Optimum {
  const cars = carsOf(scenario, further);
  const wires = buildWires(scenario.site.circuits, further);
  const judge = createJudge(scenario, wires, SOLVED_A);
  return {
    parts: apart(cars.filter((car) => !isDone(car))).map((group) => partOf(scenario, wires, group, judge)),
    result: () => ({ ...measure(cars), violations: judge.violations(), peak_A: judge.peak_A() }),
  };
}

/** Cars in groups between which the site was empty. */
function apart(cars: readonly Car[]): readonly (readonly Car[])[] {
  const groups: Car[][] = [];
  let end_ms = Number.NEGATIVE_INFINITY;
  for (const car of [...cars].sort((a, b) => a.session.arrival_ms - b.session.arrival_ms)) {
    if (car.session.arrival_ms >= end_ms) groups.push([]);
    groups.at(-1)?.push(car);
    end_ms = Math.max(end_ms, car.session.departure_ms);
  }
  return groups;
}

function partOf(scenario: Scenario, wires: Wires, cars: readonly Car[], judge: Judge): OptimumPart {
  const pieces = piecesOf(scenario, wires, cars);
  const program = createProgram("maximise");
  const energies = new Map<Car, Term[]>(cars.map((car) => [car, []]));
  const columns = pieces.map((piece) => {
    const hours = (piece.to_ms - piece.from_ms) / HOUR_MS;
    const terms = new Map<Car, number>();
    for (const car of piece.cars) {
      const column = program.variable({ upper: car.max_A * car.W_per_A * hours, cost: 1 });
      terms.set(car, column);
      energies.get(car)?.push([column, 1]);
    }
    addRows(program, piece, { hours, columns: terms });
    return terms;
  });
  for (const car of cars) program.row(energies.get(car) ?? [], { upper: car.needed_Wh });
  const take = (values: Float64Array): void => {
    pieces.forEach((piece, at) => {
      live(piece, columns[at] ?? new Map<Car, number>(), values, { wires, judge });
    });
  };
  return { program: program.build(), take };
}

function piecesOf(scenario: Scenario, wires: Wires, cars: readonly Car[]): readonly Piece[] {
  const loads = [...scenario.site.otherLoad].sort((a, b) => a.t_ms - b.t_ms);
  const cuts = new Set<number>();
  let [begin_ms, end_ms] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { session } of cars) {
    cuts.add(session.arrival_ms).add(session.departure_ms);
    begin_ms = Math.min(begin_ms, session.arrival_ms);
    end_ms = Math.max(end_ms, session.departure_ms);
  }
  for (const { t_ms } of loads) if (t_ms > begin_ms && t_ms < end_ms) cuts.add(t_ms);
  const times = [...cuts].sort((a, b) => a - b);
  const now = new Map<string, PerPhase<number>>();
  const arriving = [...cars].sort((a, b) => a.session.arrival_ms - b.session.arrival_ms);
  let there: readonly Car[] = [];
  let [told, arrived] = [0, 0];
  return times.flatMap((from_ms, at): readonly Piece[] => {
    const to_ms = times[at + 1];
    if (to_ms === undefined) return [];
    for (let load = loads[told]; load !== undefined && load.t_ms <= from_ms; load = loads[++told])
      now.set(load.circuit, load.load_A);
    const otherLoad_A = totalOtherLoad(scenario.site, now);
    setOtherLoad(wires, scenario.site, otherLoad_A);
    for (let car = arriving[arrived]; car !== undefined && car.session.arrival_ms <= from_ms; car = arriving[++arrived])
      there = [...there, car];
    there = there.filter(({ session }) => session.departure_ms > from_ms);
    return [{ from_ms, to_ms, cars: there, capacity: Float64Array.from(wires.capacity), otherLoad_A }];
  });
}

type Columns = { readonly hours: number; readonly columns: ReadonlyMap<Car, number> };

/** Rows of the wires as energy: what flows in this piece is at most capacity × time. */
function addRows(program: ReturnType<typeof createProgram>, piece: Piece, { hours, columns }: Columns): void {
  const terms = new Map<
    number,
    {
      readonly column: number;
      readonly re: number;
      readonly im: number;
      readonly W_per_A: number;
      readonly upper_A: number;
    }[]
  >();
  for (const car of piece.cars) {
    const column = columns.get(car);
    if (column === undefined) continue;
    car.uses.row.forEach((row, use) => {
      const one = {
        column,
        re: car.uses.re[use] ?? 0,
        im: car.uses.im[use] ?? 0,
        W_per_A: car.W_per_A,
        upper_A: car.max_A,
      };
      const list = terms.get(row);
      if (list === undefined) terms.set(row, [one]);
      else list.push(one);
    });
  }
  for (const [row, uses] of terms) {
    const capacity = piece.capacity[row] ?? 0;
    const most = uses.reduce((sum, { re, im, upper_A }) => sum + Math.hypot(re, im) * upper_A, 0);
    if (most <= capacity) continue;
    const straight = uses.every(({ im }) => im === 0);
    // Inside the circle: each side touches it at its ends, so the answer keeps the true limit.
    const reach = straight ? capacity : capacity * Math.cos(Math.PI / SIDES);
    for (let side = 0; side < (straight ? 1 : SIDES); side += 1) {
      const angle = (2 * Math.PI * side) / SIDES;
      const [x, y] = [Math.cos(angle), Math.sin(angle)];
      const along = uses.map(({ column, re, im, W_per_A }): Term => [column, (re * x + im * y) / W_per_A]);
      if (along.some(([, factor]) => factor > 0)) program.row(along, { upper: reach * hours });
    }
  }
}

/** Lets the solution happen, and judges it as every other replay. */
function live(
  piece: Piece,
  columns: ReadonlyMap<Car, number>,
  values: Float64Array,
  { wires, judge }: { readonly wires: Wires; readonly judge: Judge },
): void {
  const { from_ms, to_ms } = piece;
  const hours = (to_ms - from_ms) / HOUR_MS;
  assert(hours > 0, "a piece of time has a length");
  clearLoad(wires);
  wires.capacity.set(piece.capacity);
  for (const car of piece.cars) {
    const energy_Wh = Math.max(0, values[columns.get(car) ?? -1] ?? 0);
    const current_A = energy_Wh / (hours * car.W_per_A);
    addLoad(wires, car.uses, current_A);
    const runs = current_A > NOISE_A;
    if (runs && car.drawn_A === 0) car.starts += 1;
    if (runs) car.first_current_ms ??= from_ms;
    car.drawn_A = runs ? current_A : 0;
    car.delivered_Wh = Math.min(car.needed_Wh, car.delivered_Wh + energy_Wh);
  }
  judge.see({ from_ms, to_ms }, [{ duration_ms: to_ms - from_ms, total_A: piece.otherLoad_A }]);
}
