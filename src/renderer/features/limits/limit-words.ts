import type { TFunction } from "i18next";
import type {
  LimitMistake,
  LimitNote,
  LimitSetting,
  LimitSettings,
  LimitWindow,
  Pricing,
} from "../../../contract/index.ts";
import { WEEKDAYS, type Weekday } from "../../../core/balancing/signal-source.ts";
import type { Format } from "../../lib/format/format.ts";
import { type FormMistake, timeText } from "./limit-form.ts";

type Words = { readonly t: TFunction<"limits">; readonly format: Format };

/** A Monday, so that a weekday can be named in any language. */
const MONDAY_ms = Date.UTC(2026, 0, 5, 12);
const DAY_ms = 86_400_000;

/** Short names from Monday. */
export function weekdayNames(locale: string): readonly string[] {
  const format = new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: "UTC" });
  return WEEKDAYS.map((_, index) => format.format(MONDAY_ms + index * DAY_ms));
}

/** "Mon–Fri", "Mon, Wed"; every day of the week is said so. */
export function daysText({ t, format }: Words, days: readonly Weekday[]): string {
  if (days.length === WEEKDAYS.length) return t("sentence.everyDay");
  const names = weekdayNames(format.settings.locale);
  const chosen = WEEKDAYS.map((day) => days.includes(day));
  const runs: string[] = [];
  for (let from = 0; from < chosen.length; from += 1) {
    if (chosen[from] !== true) continue;
    let to = from;
    while (chosen[to + 1] === true) to += 1;
    const [first = "", last = ""] = [names[from], names[to]];
    runs.push(to - from >= 2 ? `${first}–${last}` : names.slice(from, to + 1).join(", "));
    from = to;
  }
  return runs.join(", ");
}

/** "Mon–Fri 17:00–20:00". */
export function windowText(words: Words, { days, from_min, to_min }: LimitWindow): string {
  const isWhole = from_min % 1_440 === to_min % 1_440;
  if (isWhole && days.length === WEEKDAYS.length) return words.t("sentence.always");
  const hours = isWhole && from_min === 0 ? words.t("sentence.allDay") : `${timeText(from_min)}–${timeText(to_min)}`;
  return `${daysText(words, days)} ${hours}`;
}

/** "at most 22 kW"; `null`: nothing is set yet. */
function amount({ t, format }: Words, { limit_mA, limit_W }: LimitSetting["limit"]): string | null {
  const current = limit_mA === null ? null : t("sentence.perPhase", { value: format.exactCurrent(limit_mA) });
  const power = limit_W === null ? null : format.exactPower(limit_W);
  if (limit_mA === 0 || limit_W === 0) return t("sentence.nothing");
  if (current !== null && power !== null) return t("sentence.both", { current, power });
  const value = power ?? current;
  return value === null ? null : t("sentence.atMost", { value });
}

function who({ t }: Words, { circuitId, counts }: LimitSetting, { circuits }: LimitSettings): string {
  const circuit = circuits.find((one) => one.circuitId === circuitId);
  const isMain = circuit?.parentId === null;
  const name = circuit?.name ?? circuitId;
  if (counts === "cars") return isMain ? t("sentence.cars") : t("sentence.carsOf", { name });
  return isMain ? t("sentence.site") : t("sentence.circuit", { name });
}

/** What a limit does, in one or two sentences; `null`: too little is set to say it. */
export function limitSentence(words: Words, setting: LimitSetting, settings: LimitSettings): string | null {
  const { t, format } = words;
  const { source, limit, failSafe } = setting;
  const named = source.kind === "http" || source.kind === "register";
  const most = amount(words, limit);
  if (most === null) return null;
  const subject = who(words, setting, settings);
  const nothing = failSafe.limit_mA === null && failSafe.limit_W === null;
  const silent = t("sentence.silent", {
    minutes: format.age(settings.silentAfter_ms),
    most: (nothing ? null : amount(words, failSafe)) ?? most,
  });
  if (source.kind === "window") {
    if (source.windows.length === 0 || source.windows.some(({ days }) => days.length === 0)) return null;
    const when = source.windows.map((window) => windowText(words, window)).join("; ");
    return t("sentence.window", { when, who: subject, most });
  }
  if (source.kind === "http") return `${t("sentence.http", { who: subject })} ${silent}`;
  if ("host" in source.wire && source.wire.host.trim() === "") return null;
  const place = placeOf(source.wire, settings);
  const at = { who: subject, most, place, unit: source.unitId, address: source.address };
  if (named) return `${t("sentence.register", at)} ${silent}`;
  return `${source.activeLow ? t("sentence.contactOff", at) : t("sentence.contactOn", at)} ${silent}`;
}

type Wire = Extract<LimitSetting["source"], { kind: "register" }>["wire"];

const placeOf = (wire: Wire, { links }: LimitSettings): string =>
  "host" in wire
    ? `${wire.host}:${String(wire.port)}`
    : (links.find(({ linkId }) => linkId === wire.linkId)?.place ?? wire.linkId);

/** What the prices do, a sentence each; empty: nothing is planned. */
export function pricingSentences(
  words: Words,
  { prices, feedIn_micro_per_kWh, peak, quarterLimit_W }: Pricing,
): string[] {
  const { t, format } = words;
  const price = (value_micro: number): string => format.price(String(value_micro / 1_000_000));
  const hours = (prices?.hours ?? []).map((one) =>
    t("pricing.hoursText", { when: windowText(words, one), price: price(one.price_micro_per_kWh) }),
  );
  const otherwise = prices === null ? null : price(prices.otherwise_micro_per_kWh);
  return [
    ...(otherwise === null
      ? []
      : hours.length === 0
        ? [t("pricing.flat", { price: otherwise })]
        : [t("pricing.varies", { hours: hours.join("; "), price: otherwise })]),
    ...(feedIn_micro_per_kWh === null ? [] : [t("pricing.feedInText", { price: price(feedIn_micro_per_kWh) })]),
    ...(peak === null ? [] : [t("pricing.peakText", { price: price(peak.price_micro_per_kW) })]),
    ...(quarterLimit_W === null ? [] : [t("pricing.quarterText", { value: format.exactPower(quarterLimit_W) })]),
  ];
}

export type AnyMistake = LimitMistake | FormMistake | { readonly field: string; readonly code: "missing" };

const minutes = (duration_ms: number | null): number | null => (duration_ms === null ? null : duration_ms / 60_000);

/** What is wrong with a value and what to do, with the numbers that would do. */
export function mistakeText({ t, format }: Words, mistake: AnyMistake): string {
  const inputs = "inputs" in mistake ? mistake.inputs : {};
  const number = (key: string): number | null => (typeof inputs[key] === "number" ? inputs[key] : null);
  const most =
    number("most_mA") === null ? format.exactPower(number("most_W")) : format.exactCurrent(number("most_mA"));
  // A form asks for minutes.
  const range = mistake.field === "minimum_ms" ? { from: minutes(number("from")), to: minutes(number("to")) } : {};
  return t(`mistake.${mistake.code}`, { ...inputs, ...range, most, least: format.exactPower(number("least_W")) });
}

/** What is good to know of a change. */
export function noteText({ t, format }: Words, { code, inputs }: LimitNote): string {
  const number = (key: string): number | null => (typeof inputs[key] === "number" ? inputs[key] : null);
  const value =
    number("limit_mA") === null ? format.exactPower(number("limit_W")) : format.exactCurrent(number("limit_mA"));
  return t(`note.${code}`, { ...inputs, value });
}
