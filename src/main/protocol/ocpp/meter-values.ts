import {
  milliamp,
  millivolt,
  watt,
  wattHour,
  type EpochMs,
  type Milliamp,
  type Millivolt,
  type PerPhase,
  type Watt,
  type WattHour,
} from "../../../core/units/index.ts";
import { field, isObject, readDecimal, readList, readText } from "./json.ts";
import { readTimestamp, type ClockQuality } from "./timestamp.ts";

/** One instant of a MeterValues or transactionData list. What was not measured is `null`. */
export type MeterSample = {
  readonly at_ms: EpochMs;
  readonly clock: ClockQuality;
  readonly context: string | null;
  readonly register_Wh: WattHour | null;
  readonly power_W: Watt | null;
  readonly current_mA: PerPhase<Milliamp | null>;
  /** A current that names no phase; which one it is depends on the box. */
  readonly unphased_mA: Milliamp | null;
  readonly voltage_mV: PerPhase<Millivolt | null>;
  readonly offered_mA: Milliamp | null;
  readonly offered_W: Watt | null;
};

const SAMPLES_MAX = 1000;
const VALUES_MAX = 200;

type Phase = "total" | "L1" | "L2" | "L3" | "N" | "L1-L2" | "L2-L3" | "L3-L1";
/** Values of one measurand by phase; `undefined`: not sent, `null`: sent but blank or unreadable. */
type ByPhase = Partial<Record<Phase, { readonly value: number | null; readonly rank: number }>>;

const PHASE_NAMES: ReadonlyMap<string, Phase> = new Map([
  ["L1", "L1"],
  ["L2", "L2"],
  ["L3", "L3"],
  ["L1-N", "L1"],
  ["L2-N", "L2"],
  ["L3-N", "L3"],
  ["N", "N"],
  ["L1-L2", "L1-L2"],
  ["L2-L3", "L2-L3"],
  ["L3-L1", "L3-L1"],
]);

/** Factor to Wh, W, A or V. A missing unit is the first of its kind (OCPP 1.6, 7.45: default Wh). */
const UNIT_FACTOR: ReadonlyMap<string, { readonly of: string; readonly factor: number }> = new Map([
  ["wh", { of: "Energy", factor: 1 }],
  ["kwh", { of: "Energy", factor: 1000 }],
  ["mwh", { of: "Energy", factor: 1e6 }],
  ["w", { of: "Power", factor: 1 }],
  ["kw", { of: "Power", factor: 1000 }],
  ["a", { of: "Current", factor: 1 }],
  ["amp", { of: "Current", factor: 1 }],
  ["amps", { of: "Current", factor: 1 }],
  ["ampere", { of: "Current", factor: 1 }],
  ["amperes", { of: "Current", factor: 1 }],
  ["ma", { of: "Current", factor: 0.001 }],
  ["v", { of: "Voltage", factor: 1 }],
  ["volt", { of: "Voltage", factor: 1 }],
  ["volts", { of: "Voltage", factor: 1 }],
  ["kv", { of: "Voltage", factor: 1000 }],
  ["mv", { of: "Voltage", factor: 0.001 }],
]);

/** The same measurand at several places: what the car gets counts before what the box takes. */
const LOCATION_RANK: ReadonlyMap<string, number> = new Map([
  ["Outlet", 0],
  ["Cable", 1],
  ["Inlet", 2],
  ["Body", 3],
  ["EV", 4],
]);

/** A register in whole Wh, rounded down: no watt-hour is billed that the meter has not shown in full. */
export function registerFrom(value_Wh: number | null): WattHour | null {
  if (value_Wh === null || value_Wh < 0) return null;
  const whole = Math.floor(value_Wh + 1e-6);
  return Number.isSafeInteger(whole) ? wattHour(whole) : null;
}

/** Decodes a list of meter values in the order sent; entries that are no objects are left out. Never throws. */
export function decodeMeterValues(list: unknown, received_at_ms: EpochMs): readonly MeterSample[] {
  return (readList(list) ?? [])
    .slice(0, SAMPLES_MAX)
    .filter(isObject)
    .map((entry) => decodeEntry(entry, received_at_ms));
}

function decodeEntry(entry: Readonly<Record<string, unknown>>, received_at_ms: EpochMs): MeterSample {
  const time = readTimestamp(field(entry, "timestamp"), received_at_ms);
  const measured = new Map<string, ByPhase>();
  let context: string | null = null;
  for (const sample of (readList(field(entry, "sampledValue")) ?? []).slice(0, VALUES_MAX)) {
    if (!isObject(sample)) continue;
    context ??= readText(field(sample, "context"));
    // Signed values are a text of their own and no number.
    if (readText(field(sample, "format")) === "SignedData") continue;
    collect(measured, sample);
  }
  const of = (measurand: string): ByPhase => measured.get(measurand) ?? {};
  const currents = of("Current.Import");
  return {
    at_ms: time.at_ms,
    clock: time.clock,
    context,
    register_Wh: registerFrom(totalOf(of("Energy.Active.Import.Register"))),
    power_W: powerFrom(totalOf(of("Power.Active.Import")), totalOf(of("Power.Active.Export"))),
    current_mA: [milli(currents.L1, milliamp), milli(currents.L2, milliamp), milli(currents.L3, milliamp)],
    unphased_mA: milli(currents.total, milliamp),
    voltage_mV: voltagesFrom(of("Voltage")),
    offered_W: powerFrom(totalOf(of("Power.Offered")), null),
    offered_mA: milli(of("Current.Offered").total ?? of("Current.Offered").L1, milliamp),
  };
}

function collect(measured: Map<string, ByPhase>, sample: Readonly<Record<string, unknown>>): void {
  const measurand = readText(field(sample, "measurand")) ?? "Energy.Active.Import.Register";
  const phaseText = readText(field(sample, "phase"));
  const phase = phaseText === null ? "total" : PHASE_NAMES.get(phaseText.toUpperCase());
  if (phase === undefined) return;
  const rank = LOCATION_RANK.get(readText(field(sample, "location")) ?? "Outlet") ?? 5;
  const byPhase = measured.get(measurand) ?? {};
  measured.set(measurand, byPhase);
  const known = byPhase[phase];
  if (known !== undefined && known.value !== null && known.rank <= rank) return;
  byPhase[phase] = { value: scaled(measurand, sample), rank };
}

/** The value in Wh, W, A or V; `null` when it is blank, or its unit belongs to something else. */
function scaled(measurand: string, sample: Readonly<Record<string, unknown>>): number | null {
  const value = readDecimal(field(sample, "value"));
  const unit = readText(field(sample, "unit"));
  if (value === null || unit === null) return value;
  const known = UNIT_FACTOR.get(unit.toLowerCase());
  // "Wh" is the schema's default and some firmwares write it on everything.
  if (known === undefined || (known.of !== measurand.split(".")[0] && unit !== "Wh")) return null;
  return value * known.factor;
}

/** The value without a phase, or the sum of the phases when each one that was sent can be read. */
function totalOf(values: ByPhase): number | null {
  if (values.total !== undefined && values.total.value !== null) return values.total.value;
  const phases = [values.L1, values.L2, values.L3].filter((one) => one !== undefined).map((one) => one.value);
  return phases.length === 0
    ? null
    : phases.reduce((sum, value) => (sum === null || value === null ? null : sum + value), 0);
}

function powerFrom(import_W: number | null, export_W: number | null): Watt | null {
  if (import_W === null && export_W === null) return null;
  const power = Math.round((import_W ?? 0) - (export_W ?? 0));
  return Number.isSafeInteger(power) ? watt(power) : null;
}

function milli<T>(one: ByPhase["total"], unit: (value: number) => T): T | null {
  const value = one?.value ?? null;
  const thousandths = value === null ? Number.NaN : Math.round(value * 1000);
  return Number.isSafeInteger(thousandths) ? unit(thousandths) : null;
}

/** Voltage to neutral. Some boxes name only "N" or no phase (all alike), some only line to line (÷ √3). */
function voltagesFrom(values: ByPhase): PerPhase<Millivolt | null> {
  const all = milli(values.total ?? values.N, millivolt);
  const phase = (own: ByPhase["total"], line: ByPhase["total"]): Millivolt | null =>
    milli(own, millivolt) ?? fromLine(line) ?? all;
  return [phase(values.L1, values["L1-L2"]), phase(values.L2, values["L2-L3"]), phase(values.L3, values["L3-L1"])];
}

const fromLine = (line: ByPhase["total"]): Millivolt | null =>
  line === undefined || line.value === null ? null : milli({ ...line, value: line.value / Math.sqrt(3) }, millivolt);
