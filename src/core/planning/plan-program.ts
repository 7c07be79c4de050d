import { onPhase, PHASES } from "../units/index.ts";
import { createProgram, type LinearProgram, type ProgramBuilder, type Term } from "./linear-program.ts";
import type { PlanCar, PlanCircuit, PlanInput } from "./plan-types.ts";
import { joinFarSlots } from "./blocks.ts";
import { partBefore, slotHours } from "./slots.ts";

// The plan as a linear program (balancing.md §3.6). Variables: kW of each car in each quarter hour. One objective whose
// terms lie at least a hundredfold apart, so that none can buy the next higher one: energy not delivered, then money
// (peak and energy are both money), then delivering early.

/** The scale of money in the objective: what the dearest kWh costs. Far above the solver's tolerance of 1e-7. */
const MONEY = 100;
/** A kWh not delivered, in dearest kWhs; at least ten times what buying the peak for it in one quarter hour costs. */
const UNMET_WEIGHT = 100;
const UNMET_PEAK_WEIGHT = 10;
/** The second half of a car's need costs this much more, so that two cars rather miss half each. */
const UNMET_SECOND = 2;
/** In dearest kWhs: a kWh delivered at the far end of the plan instead of now. */
const LATE_WEIGHT = 1e-4;
/** Balancing.md §3.6: three quarters of last month's peak will be needed again, so they cost nothing. */
const PEAK_HINT = 0.75;
/** A car of which nobody knows when it leaves is counted as if it stayed this long. */
const UNKNOWN_STAY_ms = 8 * 3_600_000;
const PER_MICRO = 1e-6;
const SQRT3 = Math.sqrt(3);

/** Watts of one ampere of setpoint, on a network of `system`. */
export function wattsPerAmp(car: Pick<PlanCar, "phases">, system: PlanCircuit["system"], voltage_V: number): number {
  const loads = system === "delta" ? (car.phases.length >= 3 ? 3 : 1) : car.phases.length;
  return loads * voltage_V;
}

/** kW of a slot: `part` of a variable. Slots that are planned together share one. */
export type Share = { readonly column: number; readonly part: number };

export type PlanProgram = {
  readonly program: LinearProgram;
  /** Per car and slot of the input: where its mean kW stand; `null` where the car is not there. */
  readonly power: readonly (readonly (Share | null)[])[];
  /** Per car: numbers of the two parts of the energy it will miss. */
  readonly unmet: readonly (readonly [number, number])[];
  /** Number of the variable "kW above what is free", and the peak that is free. */
  readonly peak: { readonly column: number; readonly free_kW: number } | null;
};

/**
 * When a car should be done: before it leaves by `finishEarly_ms`, as far as it has time to spare. One that should have
 * left long ago is due now.
 */
export function dueTime_ms(input: PlanInput, car: PlanCar): number {
  const departure_ms = car.departure_ms ?? input.now_ms + UNKNOWN_STAY_ms;
  const max_W = (car.max_mA * wattsPerAmp(car, systemOf(input, car), input.voltage_V)) / 1000;
  const busy_ms = max_W <= 0 ? 0 : (Math.max(0, car.remaining_Wh) / max_W) * 3_600_000;
  return Math.max(departure_ms - input.finishEarly_ms, Math.min(departure_ms, input.now_ms + busy_ms));
}

/**
 * kW of the peak that cost nothing more: the month's so far (the running quarter hour counts with what it already has),
 * three quarters of the last one's, or the tariff's floor.
 */
export function freePeak_kW({ peak, usedInQuarter_Wh }: PlanInput): number {
  if (peak === null) return 0;
  const month_W = Math.max(peak.monthPeak_W ?? 0, 4 * (usedInQuarter_Wh ?? 0));
  return Math.max(month_W, PEAK_HINT * (peak.lastMonthPeak_W ?? 0), peak.floor_W) / 1000;
}

/** Builds the program of a plan. Always feasible: what cannot be delivered is missed, at a price. */
export function planProgram(fine: PlanInput): PlanProgram {
  const { input, blockOf } = joinFarSlots(fine);
  const builder = createProgram("minimise");
  const money = moneyOf(input);
  const power = input.cars.map((car) => powerOf(builder, input, car, money));
  const unmet = input.cars.map((car, index) => needOf(builder, input, car, power[index] ?? [], money));
  const totals = input.slots.map((_, slot) =>
    totalOf(
      builder,
      termsOf(power, slot, () => 1),
    ),
  );
  circuitRows(builder, input, power);
  const peak = peakRows(builder, input, totals, money);
  for (const limit of input.limits) limitRows(builder, input, power, limit);
  surplusRows(builder, input, totals, money);
  const shares = fine.cars.map((car, index) => sharesOf(fine, input, car, { columns: power[index] ?? [], blockOf }));
  return { program: builder.build(), power: shares, unmet, peak };
}

/** Spreads each block's power over its slots; a car that leaves within a block has its energy before that. */
function sharesOf(
  fine: PlanInput,
  { slots: blocks }: PlanInput,
  car: PlanCar,
  { columns, blockOf }: { readonly columns: readonly number[]; readonly blockOf: readonly number[] },
): readonly (Share | null)[] {
  const until_ms = dueTime_ms(fine, car);
  return fine.slots.map((slot, index) => {
    const at = blockOf[index] ?? -1;
    const [block, column] = [blocks[at], columns[at] ?? -1];
    if (block === undefined || column < 0) return null;
    const there = partBefore(block, until_ms);
    // Due already: it is planned as if it stayed.
    const part = until_ms <= fine.now_ms ? 1 : partBefore(slot, until_ms) / there;
    return part === 0 ? null : { column, part };
  });
}

type Money = {
  /** From currency to the objective. */
  readonly perCurrency: number;
  readonly unmet: number;
  readonly peak: number;
  readonly priceOf: (slot: number) => number;
};

function moneyOf({ import_micro_per_kWh: prices, export_micro_per_kWh, peak }: PlanInput): Money {
  const highest = Math.max(0, export_micro_per_kWh, ...(prices ?? []).map(Math.abs));
  const perCurrency = highest === 0 ? MONEY : MONEY / (highest * PER_MICRO);
  const peakPrice =
    peak === null ? 0 : ((peak.price_micro_per_kW * PER_MICRO) / Math.max(1, peak.days_left)) * perCurrency;
  // A kWh in a quarter hour raises the peak by 4 kW at most.
  const unmet = Math.max(UNMET_WEIGHT * MONEY, UNMET_PEAK_WEIGHT * 4 * peakPrice);
  return {
    perCurrency,
    unmet,
    peak: peakPrice,
    priceOf: (slot) => (prices?.[slot] ?? 0) * PER_MICRO * perCurrency,
  };
}

function powerOf(builder: ProgramBuilder, input: PlanInput, car: PlanCar, money: Money): readonly number[] {
  const until_ms = dueTime_ms(input, car);
  const max_kW = (car.max_mA * wattsPerAmp(car, systemOf(input, car), input.voltage_V)) / 1e6;
  return input.slots.map((slot, index) => {
    const part = until_ms <= input.now_ms ? 1 : partBefore(slot, until_ms);
    if (part === 0 || car.remaining_Wh <= 0) return -1;
    const late = (LATE_WEIGHT * MONEY * index) / input.slots.length;
    return builder.variable({ upper: max_kW * part, cost: (money.priceOf(index) + late) * slotHours(slot) });
  });
}

/** Delivered and missed are what remains. The second half of a need is dearer to miss, so two cars miss half each. */
function needOf(
  builder: ProgramBuilder,
  input: PlanInput,
  car: PlanCar,
  power: readonly number[],
  money: Money,
): readonly [number, number] {
  const remaining_kWh = Math.max(0, car.remaining_Wh) / 1000;
  const half = { upper: remaining_kWh / 2 };
  const first = builder.variable({ ...half, cost: money.unmet });
  const second = builder.variable({ ...half, cost: UNMET_SECOND * money.unmet });
  const delivered = power.flatMap((column, slot): Term[] => {
    const at = input.slots[slot];
    return column < 0 || at === undefined ? [] : [[column, slotHours(at)]];
  });
  builder.row([...delivered, [first, 1], [second, 1]], { lower: remaining_kWh, upper: remaining_kWh });
  return [first, second];
}

const systemOf = (input: PlanInput, car: PlanCar): PlanCircuit["system"] =>
  input.circuits.find((circuit) => circuit.id === car.circuit)?.system;

function termsOf(
  power: readonly (readonly number[])[],
  slot: number,
  factorOf: (car: number) => number,
): readonly Term[] {
  return power.flatMap((columns, car): Term[] => {
    const column = columns[slot] ?? -1;
    const factor = factorOf(car);
    return column < 0 || factor === 0 ? [] : [[column, factor]];
  });
}

/** What all cars take together, as one variable: the rows that use it stay short. */
function totalOf(builder: ProgramBuilder, terms: readonly Term[]): readonly Term[] {
  if (terms.length <= 1) return terms;
  const total = builder.variable({});
  builder.row([...terms, [total, -1]], { lower: 0, upper: 0 });
  return [[total, 1]];
}

/** Whether the car hangs below the circuit, or on it. */
function isBelow(input: PlanInput, car: PlanCar, circuitId: string): boolean {
  let at: string | null = car.circuit;
  for (let depth = 0; at !== null && depth <= input.circuits.length; depth += 1) {
    if (at === circuitId) return true;
    const here: string = at;
    at = input.circuits.find((circuit) => circuit.id === here)?.parent ?? null;
  }
  return false;
}

/** Line amperes of one kW: in delta a three-phase car loads each line with √3 of its current (scalar sums are safe). */
function lineAmps(input: PlanInput, car: PlanCar, circuit: PlanCircuit, line: number): number {
  const perAmp = 1000 / wattsPerAmp(car, circuit.system, input.voltage_V);
  const phases = car.phases.map((phase) => PHASES.indexOf(phase));
  if (circuit.system !== "delta") return phases.includes(line) ? perAmp : 0;
  if (phases.length >= 3) return SQRT3 * perAmp;
  const lines = phases.length === 1 ? [phases[0] ?? 0, ((phases[0] ?? 0) + 1) % 3] : phases;
  return lines.includes(line) ? perAmp : 0;
}

/** A row that the cars there cannot exceed is left out: most of them, at night. */
function bound(builder: ProgramBuilder, terms: readonly Term[], most: number, upper: number): void {
  if (terms.length > 0 && most > upper) builder.row(terms, { upper: Math.max(0, upper) });
}

function circuitRows(builder: ProgramBuilder, input: PlanInput, power: readonly (readonly number[])[]): void {
  for (const circuit of input.circuits) {
    const below = input.cars.map((car) => isBelow(input, car, circuit.id));
    const perLine = PHASES.map((phase, line) => {
      const factors = input.cars.map((car, index) => (below[index] === true ? lineAmps(input, car, circuit, line) : 0));
      const most = input.cars.map((car) => (car.max_mA / 1e6) * wattsPerAmp(car, circuit.system, input.voltage_V));
      return { phase, factors, most };
    });
    input.slots.forEach((_, slot) => {
      const other = circuit.otherLoad_mA?.[slot];
      for (const { phase, factors, most } of perLine) {
        const left_A = (onPhase(circuit.limit_mA, phase) - (other === undefined ? 0 : onPhase(other, phase))) / 1000;
        const terms = termsOf(power, slot, (car) => factors[car] ?? 0);
        const sum = input.cars.reduce((all, _car, car) => {
          return (power[car]?.[slot] ?? -1) < 0 ? all : all + (factors[car] ?? 0) * (most[car] ?? 0);
        }, 0);
        bound(builder, terms, sum, left_A);
      }
      if (circuit.limit_W === null) return;
      const other_kW = (sumOf(other) * input.voltage_V) / 1e6;
      const terms = termsOf(power, slot, (car) => (below[car] === true ? 1 : 0));
      bound(builder, terms, Infinity, circuit.limit_W / 1000 - other_kW);
    });
  }
}

const sumOf = (values: readonly number[] | undefined): number => (values ?? []).reduce((sum, value) => sum + value, 0);

/** Mean power of a quarter hour stays below the peak that is free plus what is bought; and below a contracted one. */
function peakRows(
  builder: ProgramBuilder,
  input: PlanInput,
  totals: readonly (readonly Term[])[],
  money: Money,
): PlanProgram["peak"] {
  const { peak: price, quarter, slots, otherNet_W } = input;
  const column = price === null ? -1 : builder.variable({ cost: money.peak });
  const free_kW = freePeak_kW(input);
  slots.forEach((slot, index) => {
    const terms = totals[index] ?? [];
    if (terms.length === 0) return;
    const hours = slotHours(slot);
    const used_kWh = index === 0 && input.usedInQuarter_Wh !== null ? input.usedInQuarter_Wh / 1000 : null;
    // Of a quarter hour whose beginning nobody saw the rest has its part of the limit.
    const counted_h = index > 0 || used_kWh === null ? hours : 1 / 4;
    const other_kWh = ((otherNet_W[index] ?? 0) / 1000) * hours + (used_kWh ?? 0);
    const energy = terms.map(([at, factor]): Term => [at, factor * hours]);
    if (column >= 0) {
      // What others take above the free peak is bought by them, not by the cars: the row must stay feasible.
      builder.row([...energy, [column, -counted_h]], { upper: Math.max(0, free_kW * counted_h - other_kWh) });
    }
    if (quarter !== null) builder.row(energy, { upper: Math.max(0, (quarter.limit_W / 1000) * counted_h - other_kWh) });
  });
  return column < 0 ? null : { column, free_kW };
}

function limitRows(
  builder: ProgramBuilder,
  input: PlanInput,
  power: readonly (readonly number[])[],
  limit: PlanInput["limits"][number],
): void {
  const circuit = input.circuits.find((one) => one.id === limit.circuit);
  const below = input.cars.map((car) => isBelow(input, car, limit.circuit));
  input.slots.forEach((slot, index) => {
    if (slot.end_ms <= limit.from_ms || slot.start_ms >= limit.until_ms) return;
    const other_kW = (sumOf(circuit?.otherLoad_mA?.[index]) * input.voltage_V) / 1e6;
    const terms = termsOf(power, index, (car) => (below[car] === true ? 1 : 0));
    bound(builder, terms, Infinity, limit.limit_W / 1000 - other_kW);
  });
}

/** What the roof gives is bought back at the price of export: a refund for each kWh that a car takes of it. */
function surplusRows(
  builder: ProgramBuilder,
  input: PlanInput,
  totals: readonly (readonly Term[])[],
  money: Money,
): void {
  const export_ = input.export_micro_per_kWh * PER_MICRO * money.perCurrency;
  input.slots.forEach((slot, index) => {
    const surplus_kW = (input.otherNet_W[index] ?? 0) / -1000;
    const refund = money.priceOf(index) - export_;
    const terms = totals[index] ?? [];
    if (surplus_kW <= 0 || refund <= 0 || terms.length === 0) return;
    const own = builder.variable({ upper: surplus_kW, cost: -refund * slotHours(slot) });
    builder.row([[own, 1], ...terms.map(([at, factor]): Term => [at, -factor])], { upper: 0 });
  });
}
