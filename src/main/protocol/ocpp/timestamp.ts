import { epochMs, type EpochMs } from "../../../core/units/index.ts";
import { readText } from "./json.ts";

/** How far the station's own time can be trusted. */
export type ClockQuality =
  | "ok"
  /** No zone was given; read as UTC, which OCPP 1.6 demands. */
  | "no-zone"
  /** Before this kind of station existed: its clock was never set. */
  | "unset"
  | "future"
  | "unreadable";

export type StationTime = {
  /** Usable instant: the station's, or the time of receipt where the station's cannot be right. */
  readonly at_ms: EpochMs;
  /** What the station wrote, however wrong; the same message sent twice has the same value. `null`: unreadable. */
  readonly stated_ms: EpochMs | null;
  readonly clock: ClockQuality;
};

const DATE_TIME =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/iu;
const EPOCH_DIGITS = /^\d{1,16}$/u;
const TEXT_CHARS_MAX = 64;
const DAY_MS = 86_400_000;
/** Numbers below are seconds, above milliseconds since 1970. */
const EPOCH_SECONDS_MAX = 100_000_000_000;
const CLOCK_SET_SINCE_MS = Date.UTC(2020, 0, 1);
/** A station's clock may run ahead this far before it counts as wrong. */
const AHEAD_MS_MAX = 5 * 60_000;

/** Reads a station's timestamp; `at_ms` is never later than `received_at_ms`. */
export function readTimestamp(value: unknown, received_at_ms: EpochMs): StationTime {
  const stated = parse(value);
  if (stated === null) return { at_ms: received_at_ms, stated_ms: null, clock: "unreadable" };
  const stated_ms = epochMs(stated.ms);
  if (stated.ms < CLOCK_SET_SINCE_MS) return { at_ms: received_at_ms, stated_ms, clock: "unset" };
  if (stated.ms > received_at_ms + AHEAD_MS_MAX) return { at_ms: received_at_ms, stated_ms, clock: "future" };
  return { at_ms: epochMs(Math.min(stated.ms, received_at_ms)), stated_ms, clock: stated.zoned ? "ok" : "no-zone" };
}

function parse(value: unknown): { readonly ms: number; readonly zoned: boolean } | null {
  const text = readText(value);
  if (text === null || text.length > TEXT_CHARS_MAX) return null;
  if (EPOCH_DIGITS.test(text)) {
    const number = Number(text);
    return { ms: number < EPOCH_SECONDS_MAX ? number * 1000 : number, zoned: true };
  }
  const match = DATE_TIME.exec(text);
  if (match === null) return null;
  const [, y = "", mo = "", d = "", h = "0", mi = "0", s = "0", fraction = "0", zone = ""] = match;
  const [year, month, day] = [Number(y), Number(mo), Number(d)];
  const [hour, minute, second] = [Number(h), Number(mi), Math.min(Number(s), 59)];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59) return null;
  const milliseconds = Math.trunc(Number(`0.${fraction}`) * 1000);
  const ms = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds) - offset_ms(zone);
  return Number.isSafeInteger(ms) ? { ms, zoned: zone !== "" } : null;
}

const daysIn = (year: number, month: number): number =>
  Math.round((Date.UTC(year, month, 1) - Date.UTC(year, month - 1, 1)) / DAY_MS);

function offset_ms(zone: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})?$/u.exec(zone);
  if (match === null) return 0;
  const [, sign, hours = "0", minutes = "0"] = match;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
