import type { HttpTrouble } from "../../contract/index.ts";
import { withinRating, type Quarantined, type Rating } from "../../core/metering/index.ts";
import type { PerPhase } from "../../core/units/index.ts";
import { slotsOf, type Slot } from "../devices/modbus/block-plan.ts";
import type { MeterReading } from "../devices/ports.ts";
import {
  decodeRegister,
  expressionOf,
  holds,
  ourUnitOf,
  type AnyProfile,
  type CanonicalValue,
  type DeviceProfile,
  type ProfileOf,
} from "../devices/profile/index.ts";
import type { CanonicalReadings, ReadingValue } from "./canonical-readings.ts";
import { exceptionWords, httpTroubleWords, type Asked } from "./failure-words.ts";

/** A value of the document that the device did not give, and why, in words. */
export type NoValue = { readonly what: string; readonly why: string };
export type Doubt = Omit<Quarantined, "at_ms">;
type Get = (what: string) => CanonicalValue;

/** Reports of KEBA boxes from this number on are of single sessions, and not known to every one. */
const SESSION_REPORTS_FROM = 100;

/** Of a device that is asked for registers: every name of its document without a value, in the document's order. */
export function registersWithout(
  profile: DeviceProfile,
  seen: { readonly get: Get; readonly doubts: readonly Doubt[]; readonly asked: readonly Asked[] },
): readonly NoValue[] {
  const slots = slotsOf([...profile.registers, ...(profile.station_registers ?? [])]);
  const whyNot = (what: string): string => {
    const doubt = seen.doubts.find((one) => one.what === what);
    if (doubt !== undefined) return doubtWords(doubt);
    const own = slots.filter((slot) => slot.what === what);
    const slot = own.find(({ register }) => holds(register.when, seen.get)) ?? own[0];
    return slot === undefined ? derivedWords(profile, what, seen.get) : slotWords(profile, slot, seen);
  };
  const names = new Set([...slots.map(({ what }) => what), ...Object.keys(profile.derived ?? {})]);
  return [...names].filter((what) => seen.get(what) === null).map((what) => ({ what, why: whyNot(what) }));
}

function slotWords(
  profile: DeviceProfile,
  slot: Slot,
  { get, asked }: { readonly get: Get; readonly asked: readonly Asked[] },
): string {
  const { register, address, width } = slot;
  if (!holds(register.when, get)) return `not asked: it is there only where ${String(register.when)}`;
  const place = `FC${String(slot.fc)} address ${String(address)}`;
  const covering = asked.filter(
    ({ request }) =>
      (request.fc === slot.fc || request.fc === register.fc_alt) &&
      "count" in request &&
      request.address <= address &&
      address + width <= request.address + request.count,
  );
  const heard = covering.findLast(({ reply }) => reply.ok) ?? covering.at(-1);
  if (heard === undefined) return `not asked (${place})`;
  const { request, reply } = heard;
  if (!reply.ok)
    return reply.code === "exception"
      ? `${exceptionWords(reply.exception)} (${place})`
      : `no answer when it was asked (${place})`;
  const words = reply.reply.kind === "registers" ? reply.reply.registers : [];
  const own = words.slice(address - request.address, address - request.address + width);
  const raw = own.map((word) => word.toString(16).padStart(4, "0")).join(" ");
  const hasNone = own.length > 0 && decodeRegister(profile, register, own) === null;
  return hasNone ? `the device says that it has no value (${place}: ${raw})` : `no value (${place})`;
}

/** Of a device on HTTP: `unanswered` are the requests that were not answered as a device answers. */
export function webWithout(
  profile: ProfileOf<"http">,
  name: string,
  seen: {
    readonly get: Get;
    readonly doubts: readonly Doubt[];
    readonly unanswered: ReadonlyMap<string, HttpTrouble>;
  },
): readonly NoValue[] {
  return without(profile, seen, ({ request, path, valid }, index) => {
    const trouble = seen.unanswered.get(request);
    if (trouble !== undefined) return httpTroubleWords(trouble, name, profile.id);
    const { method = "GET", path: asked = request } = profile.requests[request] ?? {};
    const denied = valid === undefined ? "" : `, or says that it is none (${valid[index] ?? ""})`;
    return `the answer to ${method} ${asked} has no ${path[index] ?? ""}${denied}`;
  });
}

/** Of a KEBA box asked by text commands. */
export function kebaWithout(
  profile: ProfileOf<"keba-udp">,
  seen: { readonly get: Get; readonly doubts: readonly Doubt[] },
): readonly NoValue[] {
  return without(profile, seen, ({ report, keys }, index) =>
    report >= SESSION_REPORTS_FROM
      ? `no answer to report ${String(report)}, or it has no ${keys[index] ?? ""}`
      : `report ${String(report)} has no ${keys[index] ?? ""}`,
  );
}

function without<R extends { readonly what: readonly string[] }>(
  profile: Pick<AnyProfile, "derived"> & { readonly readings: readonly R[] },
  { get, doubts }: { readonly get: Get; readonly doubts: readonly Doubt[] },
  why: (reading: R, index: number) => string,
): readonly NoValue[] {
  const shown = new Map<string, string>();
  for (const reading of profile.readings)
    for (const [index, what] of reading.what.entries()) if (!shown.has(what)) shown.set(what, why(reading, index));
  for (const what of Object.keys(profile.derived ?? {}))
    if (!shown.has(what)) shown.set(what, derivedWords(profile, what, get));
  for (const doubt of doubts) shown.set(doubt.what, doubtWords(doubt));
  return [...shown].filter(([what]) => get(what) === null).map(([what, words]) => ({ what, why: words }));
}

/** Of a meter that speaks by itself, or is explored: nothing names where each of its values lies. */
export function meterWithout(reading: MeterReading): readonly NoValue[] {
  const { power_W, energyImport_Wh, energyExport_Wh, quarantined = [] } = reading;
  const phases = (name: string, values: PerPhase<number | null>): (readonly [string, number | null])[] =>
    values.map((value, i) => [`${name}_l${String(i + 1)}`, value] as const);
  const all = [
    ["power", power_W] as const,
    ...phases("current", reading.current_mA),
    ...phases("voltage", reading.voltage_mV),
    ["energy_import", energyImport_Wh] as const,
    ["energy_export", energyExport_Wh] as const,
  ];
  return all.flatMap(([what, value]) => {
    if (value !== null) return [];
    const doubt = quarantined.find((one) => one.what === what);
    return [{ what, why: doubt === undefined ? "not in what the meter says" : doubtWords(doubt) }];
  });
}

function derivedWords({ derived }: Pick<AnyProfile, "derived">, what: string, get: Get): string {
  const source = derived?.[what] ?? "";
  const unknown = [...(expressionOf(source)?.names ?? [])].filter((name) => get(name) === null);
  return `follows from ${source}, and there is no ${unknown.join(", ")}`;
}

/** What speaks against a value, in our unit. */
function doubtWords({ what, code, value, bound }: Doubt): string {
  const shown = (number: number | null): string =>
    [String(number), ourUnitOf(what)].filter((part) => part !== null).join(" ");
  switch (code) {
    case "out-of-range":
      return `${shown(value)} cannot be: the limit is ${shown(bound)}`;
    case "above-rating":
      return `${shown(value)} is more than the device can carry: the limit is ${shown(bound)}`;
    case "steps-back":
      return `${shown(value)} is less than it has shown before`;
    case "too-fast":
      return `${shown(value)} is more than the largest power allows since the last reading`;
    case "zero":
      return "0 is not believed until it was read three times";
    case "no-number":
      return "what the device shows is no number";
    case "unknown-unit":
      return `${String(value)} has no unit that is known`;
  }
}

/** Readings without currents and power that are beyond the rating, and what was taken out, as a running site does it. */
export function ratedReadings(
  readings: CanonicalReadings,
  rating: Rating,
): { readonly readings: CanonicalReadings; readonly doubts: readonly Doubt[] } {
  const { current_mA, power_W } = readings;
  const phases: readonly CanonicalValue[] = typeof current_mA === "object" && current_mA !== null ? current_mA : [];
  const phase = (index: number): number | null => numberOf(phases[index]);
  const shown = { current_mA: [phase(0), phase(1), phase(2)] as const, power_W: numberOf(power_W) };
  const { measured, quarantined } = withinRating(shown, rating, 0);
  if (quarantined.length === 0) return { readings, doubts: [] };
  const changed = {
    ...(current_mA === undefined ? {} : { current_mA: measured.current_mA }),
    ...(power_W === undefined ? {} : { power_W: measured.power_W }),
  };
  return { readings: { ...readings, ...changed }, doubts: quarantined };
}

const numberOf = (value: ReadingValue | undefined): number | null => (typeof value === "number" ? value : null);

/** All reasons, those of the rating last; each value once. */
export const withDoubts = (missing: readonly NoValue[], doubts: readonly Doubt[]): readonly NoValue[] => [
  ...missing.filter(({ what }) => !doubts.some((doubt) => doubt.what === what)),
  ...doubts.map((doubt) => ({ what: doubt.what, why: doubtWords(doubt) })),
];
