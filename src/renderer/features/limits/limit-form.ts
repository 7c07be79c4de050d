import type { LimitSetting, LimitSettings, LimitWindow, Pricing } from "../../../contract/index.ts";
import { WEEKDAYS, type Weekday } from "../../../core/balancing/signal-source.ts";

// What is typed, and what goes to the engine. What cannot be read as a number or a time is told here; everything else
// the engine judges.

export type Typed = number | string;
export type WindowForm = { readonly days: readonly Weekday[]; readonly from: string; readonly to: string };
export const SOURCES = ["window", "http", "digital-input", "register"] as const;
export type SourceKind = (typeof SOURCES)[number];
/** A wire that the site does not have yet. */
export const NEW_WIRE = "";

export type LimitForm = {
  readonly kind: SourceKind;
  readonly name: string;
  readonly circuitId: string;
  readonly rule: LimitSetting["rule"];
  readonly counts: LimitSetting["counts"];
  readonly limit_kW: Typed;
  readonly limit_A: Typed;
  readonly failSafe_kW: Typed;
  readonly failSafe_A: Typed;
  readonly minimum_min: Typed;
  readonly windows: readonly WindowForm[];
  readonly newToken: boolean;
  readonly linkId: string;
  readonly host: string;
  readonly port: Typed;
  readonly framing: "modbus-tcp" | "rtu-over-tcp";
  readonly unitId: Typed;
  readonly address: Typed;
  readonly bits: "discrete" | "coil";
  readonly activeLow: boolean;
  readonly words: "holding" | "input";
  readonly type: "uint16" | "uint32";
  readonly unit: "A" | "W";
  readonly scale: Typed;
  readonly none: Typed;
};

const WORKDAYS: readonly Weekday[] = ["mon", "tue", "wed", "thu", "fri"];
export const NEW_WINDOW: WindowForm = { days: WORKDAYS, from: "17:00", to: "20:00" };

const EMPTY: LimitForm = {
  kind: "window",
  name: "",
  circuitId: "",
  rule: "limit",
  counts: "all",
  limit_kW: "",
  limit_A: "",
  failSafe_kW: "",
  failSafe_A: "",
  minimum_min: 0,
  windows: [NEW_WINDOW],
  newToken: false,
  linkId: NEW_WIRE,
  host: "",
  port: 502,
  framing: "modbus-tcp",
  unitId: 1,
  address: 0,
  bits: "discrete",
  activeLow: false,
  words: "holding",
  type: "uint16",
  unit: "W",
  scale: 1,
  none: "",
};

/** A new limit on the main fuse. */
export const newLimitForm = ({ circuits }: LimitSettings): LimitForm => ({
  ...EMPTY,
  circuitId: circuits.find(({ parentId }) => parentId === null)?.circuitId ?? "",
});

/** The form as this limit fills it. */
export function limitForm(setting: LimitSetting): LimitForm {
  const { name, circuitId, rule, counts, limit, failSafe, minimum_ms, source } = setting;
  const same = limit.limit_mA === failSafe.limit_mA && limit.limit_W === failSafe.limit_W;
  const namesItself = source.kind === "http" || source.kind === "register";
  const shown = same && !namesItself ? { limit_mA: null, limit_W: null } : failSafe;
  const base = {
    ...EMPTY,
    kind: source.kind,
    name,
    circuitId,
    rule,
    counts,
    limit_kW: thousandth(limit.limit_W),
    limit_A: thousandth(limit.limit_mA),
    failSafe_kW: thousandth(shown.limit_W),
    failSafe_A: thousandth(shown.limit_mA),
    minimum_min: minimum_ms / 60_000,
  };
  switch (source.kind) {
    case "window":
      return { ...base, windows: source.windows.map(windowForm) };
    case "http":
      return base;
    case "digital-input": {
      const { unitId, address, activeLow } = source;
      return { ...base, ...wireForm(source.wire), unitId, address, activeLow, bits: source.table };
    }
    case "register": {
      const { unitId, address, type, unit, scale, none } = source;
      const read = { unitId, address, type, unit, scale, none: none ?? "", words: source.table };
      return { ...base, ...wireForm(source.wire), ...read };
    }
  }
}

const thousandth = (value: number | null): Typed => (value === null ? "" : value / 1000);

type Wire = Extract<LimitSetting["source"], { kind: "register" }>["wire"];

const wireForm = (wire: Wire): Pick<LimitForm, "linkId"> => ("linkId" in wire ? { linkId: wire.linkId } : EMPTY);

export const windowForm = ({ days, from_min, to_min }: LimitWindow): WindowForm => ({
  days,
  from: timeText(from_min),
  to: timeText(to_min),
});

/** "17:00" of minutes since midnight. */
export const timeText = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

/** Minutes since midnight of "17:00", "17.00", "1700" or "17"; `null`: no time of day. 24:00 is the end of the day. */
export function minuteOf(text: string): number | null {
  const found = /^(\d{1,2})(?:[:.h]?(\d{2}))?$/u.exec(text.trim());
  if (found === null) return null;
  const minute = Number(found[1]) * 60 + Number(found[2] ?? 0);
  return Number(found[2] ?? 0) < 60 && minute <= 1_440 ? minute : null;
}

export type FormMistake = { readonly field: string; readonly code: "bad-time" };

/** What cannot be read of these windows. */
export const windowMistakes = (prefix: string, windows: readonly WindowForm[]): readonly FormMistake[] =>
  windows.flatMap(({ from, to }, index) =>
    (
      [
        ["from", from],
        ["to", to],
      ] as const
    ).flatMap(([field, text]): FormMistake[] =>
      minuteOf(text) === null ? [{ field: `${prefix}.${String(index)}.${field}`, code: "bad-time" }] : [],
    ),
  );

/** The windows as the engine takes them; times that cannot be read are told by `windowMistakes` and stand as 0. */
export const windowInput = ({ days, from, to }: WindowForm): LimitWindow => ({
  days: WEEKDAYS.filter((day) => days.includes(day)),
  from_min: minuteOf(from) ?? 0,
  to_min: minuteOf(to) ?? 0,
});

/** Thousandths as whole numbers; `null`: nothing is typed. */
export const milli = (typed: Typed): number | null =>
  typed === "" || !Number.isFinite(Number(typed)) ? null : Math.round(Number(typed) * 1000);

/** What is typed as a whole number; nothing typed is out of every range, and told as that. */
const whole = (typed: Typed): number => (typed === "" ? -1 : Math.round(Number(typed)));

/** The limit as the engine takes it. */
export function settingOf(form: LimitForm, before: LimitSetting | null): LimitSetting {
  const limit = { limit_mA: milli(form.limit_A), limit_W: milli(form.limit_kW) };
  const silent = { limit_mA: milli(form.failSafe_A), limit_W: milli(form.failSafe_kW) };
  const namesItself = form.kind === "http" || form.kind === "register";
  // What the form does not ask for stays as it is.
  const kept = before?.source.kind === form.kind ? before : null;
  return {
    name: form.name,
    circuitId: form.circuitId,
    rule: form.kind === "window" ? (kept?.rule ?? "limit") : form.rule,
    counts: form.counts,
    // A register or a caller names its limit; what is set is what holds without it.
    limit: namesItself ? silent : limit,
    failSafe: form.kind === "window" ? { limit_mA: null, limit_W: null } : silent,
    debounce_ms: kept?.debounce_ms ?? (form.kind === "digital-input" ? CONTACT_STANDS_ms : 0),
    minimum_ms: form.kind === "window" ? (kept?.minimum_ms ?? 0) : minimumOf(form),
    source: sourceOf(form),
  };
}

/** Whole seconds, which is what a site can be told; nothing typed is out of every range. */
const minimumOf = ({ minimum_min }: LimitForm): number =>
  minimum_min === "" ? -1 : Math.round(Number(minimum_min) * 60) * 1_000;

/** A contact bounces. */
const CONTACT_STANDS_ms = 1_000;

function sourceOf(form: LimitForm): LimitSetting["source"] {
  const { kind, host, framing, linkId, activeLow, type, unit, none } = form;
  const wire: Wire = linkId === NEW_WIRE ? { host, port: whole(form.port), kind: framing } : { linkId };
  const place = { wire, unitId: whole(form.unitId), address: whole(form.address) };
  switch (kind) {
    case "window":
      return { kind, windows: form.windows.map(windowInput) };
    case "http":
      return { kind, newToken: form.newToken };
    case "digital-input":
      return { kind, ...place, table: form.bits, activeLow };
    case "register": {
      const scale = form.scale === "" ? 0 : Number(form.scale);
      return { kind, ...place, table: form.words, type, unit, scale, none: none === "" ? null : whole(none) };
    }
  }
}

/** What cannot be read of this form. */
export const limitFormMistakes = (form: LimitForm): readonly FormMistake[] =>
  form.kind === "window" ? windowMistakes("windows", form.windows) : [];

export type HoursForm = WindowForm & { readonly price: Typed };
export type PricingForm = {
  readonly otherwise: Typed;
  readonly hours: readonly HoursForm[];
  readonly feedIn: Typed;
  readonly peak: Typed;
  readonly floor_kW: Typed;
  readonly quarter_kW: Typed;
};

const MICRO = 1_000_000;
const priceForm = (price_micro: number | null | undefined): Typed =>
  price_micro === null || price_micro === undefined ? "" : price_micro / MICRO;
const micro = (typed: Typed): number | null =>
  typed === "" || !Number.isFinite(Number(typed)) ? null : Math.round(Number(typed) * MICRO);

export const pricingForm = ({ prices, feedIn_micro_per_kWh, peak, quarterLimit_W }: Pricing): PricingForm => ({
  otherwise: priceForm(prices?.otherwise_micro_per_kWh),
  hours: (prices?.hours ?? []).map((hours) => ({
    ...windowForm(hours),
    price: priceForm(hours.price_micro_per_kWh),
  })),
  feedIn: priceForm(feedIn_micro_per_kWh),
  peak: priceForm(peak?.price_micro_per_kW),
  floor_kW: peak === null || peak.floor_W === 0 ? "" : peak.floor_W / 1000,
  quarter_kW: thousandth(quarterLimit_W),
});

/** The prices as the engine takes them. */
export function pricingOf(form: PricingForm): Pricing {
  const otherwise = micro(form.otherwise);
  const peak = micro(form.peak);
  return {
    prices:
      otherwise === null
        ? null
        : {
            otherwise_micro_per_kWh: otherwise,
            hours: form.hours.map((hours) => ({
              ...windowInput(hours),
              price_micro_per_kWh: micro(hours.price) ?? -1,
            })),
          },
    feedIn_micro_per_kWh: micro(form.feedIn),
    peak: peak === null ? null : { price_micro_per_kW: peak, floor_W: milli(form.floor_kW) ?? 0 },
    quarterLimit_W: milli(form.quarter_kW),
  };
}

/** What says something only beside another value, or cannot be read. */
export const pricingFormMistakes = (
  form: PricingForm,
): readonly (FormMistake | { field: string; code: "missing" })[] => [
  ...windowMistakes("hours", form.hours),
  ...(form.hours.length > 0 && form.otherwise === "" ? [{ field: "otherwise", code: "missing" as const }] : []),
  ...(form.floor_kW !== "" && form.peak === "" ? [{ field: "peak", code: "missing" as const }] : []),
  ...form.hours.flatMap(({ price }, index) =>
    price === "" ? [{ field: `hours.${String(index)}.price`, code: "missing" as const }] : [],
  ),
];
