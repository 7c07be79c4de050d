import { currencyExponent } from "../../../core/units/money.ts";

export const UNKNOWN = "—";

export type FormatSettings = {
  /** BCP 47 tag of the viewer's language. */
  readonly locale: string;
  /** IANA zone of the site: it decides every date and time on the page. */
  readonly timezone: string;
  /** ISO 4217 code. */
  readonly currency: string;
};

type Quantity = number | null | undefined;

/** Turns whole-number quantities into text. Unknown is always "—", never 0. */
export type Format = {
  readonly settings: FormatSettings;
  readonly count: (value: Quantity) => string;
  /** Watt-hours as kWh with unit; 1 decimal, 2 in billing. */
  readonly energy: (energy_Wh: Quantity, decimals?: number) => string;
  readonly energyValue: (energy_Wh: Quantity, decimals?: number) => string;
  /** Milliamperes as whole amperes with unit; 1 decimal where the exact value matters. */
  readonly current: (current_mA: Quantity, decimals?: number) => string;
  /** Whole amperes as they are, everything else with one decimal: for setpoints, which are what they are. */
  readonly exactCurrent: (current_mA: Quantity) => string;
  readonly currentValue: (current_mA: Quantity, decimals?: number) => string;
  readonly power: (power_W: Quantity, decimals?: number) => string;
  /** With the decimals it needs, at most three: for limits, which are what they are. */
  readonly exactPower: (power_W: Quantity) => string;
  readonly powerValue: (power_W: Quantity, decimals?: number) => string;
  readonly voltage: (voltage_mV: Quantity) => string;
  readonly money: (amount_minor: Quantity, currency?: string) => string;
  /** A decimal text such as "0.4998" in a currency, with all the decimals it needs but at least the currency's own. */
  readonly price: (decimal: string | null | undefined, currency?: string) => string;
  readonly percent: (rate_bp: Quantity) => string;
  /** Hours and minutes: "1:17", above a day "2 d 3:05". */
  readonly duration: (duration_ms: Quantity) => string;
  /** Rough age in the largest fitting unit: "43 sec", "5 min", "2 hr". */
  readonly age: (duration_ms: Quantity) => string;
  readonly time: (at_ms: Quantity) => string;
  readonly timeSeconds: (at_ms: Quantity) => string;
  readonly date: (at_ms: Quantity) => string;
  readonly dateTime: (at_ms: Quantity) => string;
  /** "November 2026" for "2026-11". */
  readonly month: (month: string | null | undefined) => string;
  /** Short name of the site's zone where the viewer sits in another one; empty when both agree. */
  readonly zoneHint: (viewerTimezone: string) => string;
};

const MINUTE_ms = 60_000;
const HOUR_ms = 60 * MINUTE_ms;
const DAY_ms = 24 * HOUR_ms;

const known = (value: Quantity): value is number => typeof value === "number" && Number.isFinite(value);

/** Half up of the shown decimals, with no "-0". */
function decimalsOf(locale: string): (value: number, decimals: number) => string {
  const cache = new Map<number, Intl.NumberFormat>();
  return (value, decimals) => {
    let format = cache.get(decimals);
    if (format === undefined) {
      format = new Intl.NumberFormat(locale, {
        minimumFractionDigits: decimals,
        maximumFractionDigits: decimals,
        signDisplay: "negative",
      });
      cache.set(decimals, format);
    }
    return format.format(value);
  };
}

function durationText(duration_ms: number): string {
  const minutes = Math.floor(Math.max(0, duration_ms) / MINUTE_ms);
  const clock = (total: number): string => `${String(Math.floor(total / 60))}:${String(total % 60).padStart(2, "0")}`;
  const days = Math.floor(minutes / (24 * 60));
  return days > 0 ? `${String(days)} d ${clock(minutes % (24 * 60))}` : clock(minutes);
}

function ageText(locale: string, duration_ms: number): string {
  const age_ms = Math.max(0, duration_ms);
  const [value, unit] =
    age_ms < 2 * MINUTE_ms
      ? [age_ms / 1000, "second"]
      : age_ms < 2 * HOUR_ms
        ? [age_ms / MINUTE_ms, "minute"]
        : age_ms < 2 * DAY_ms
          ? [age_ms / HOUR_ms, "hour"]
          : [age_ms / DAY_ms, "day"];
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 0 }).format(
    Math.floor(value),
  );
}

function clockFormats({ locale, timezone }: FormatSettings) {
  // English dates with the month as a word: 3/4 means two different days to English readers.
  const isEnglish = locale === "en";
  const make = (options: Intl.DateTimeFormatOptions): ((at_ms: Quantity) => string) => {
    const format = new Intl.DateTimeFormat(isEnglish ? "en-GB" : locale, { timeZone: timezone, ...options });
    return (at_ms) => (known(at_ms) ? format.format(at_ms) : UNKNOWN);
  };
  const clock: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const day: Intl.DateTimeFormatOptions = isEnglish
    ? { year: "numeric", month: "short", day: "numeric" }
    : { year: "numeric", month: "2-digit", day: "2-digit" };
  return {
    time: make(clock),
    timeSeconds: make({ ...clock, second: "2-digit" }),
    date: make(day),
    dateTime: make({ ...day, ...clock }),
  };
}

function monthText(locale: string, month: string | null | undefined): string {
  const match = /^(\d{4})-(\d{2})$/u.exec(month ?? "");
  if (match === null) return UNKNOWN;
  const at_ms = Date.UTC(Number(match[1]), Number(match[2]) - 1, 15);
  return new Intl.DateTimeFormat(locale, { month: "long", year: "numeric", timeZone: "UTC" }).format(at_ms);
}

function zoneHint({ locale, timezone }: FormatSettings, viewerTimezone: string): string {
  if (viewerTimezone === timezone) return "";
  const parts = new Intl.DateTimeFormat(locale, { timeZone: timezone, timeZoneName: "short" }).formatToParts();
  return parts.find((part) => part.type === "timeZoneName")?.value ?? timezone;
}

/** All formatting of one page. Make it once per language, zone and currency: the Intl objects inside are not cheap. */
export function createFormat(settings: FormatSettings): Format {
  const { locale, currency: siteCurrency } = settings;
  const decimals = decimalsOf(locale);
  const scaled =
    (divisor: number, usual: number) =>
    (value: Quantity, places = usual): string =>
      known(value) ? decimals(value / divisor, places) : UNKNOWN;
  // A no-break space keeps the number and its unit on one line.
  const withUnit =
    (text: (value: Quantity, places?: number) => string, unit: string) =>
    (value: Quantity, places?: number): string =>
      known(value) ? `${text(value, places)}\u00a0${unit}` : UNKNOWN;
  const energyValue = scaled(1000, 1);
  const currentValue = scaled(1000, 0);
  const powerValue = scaled(1000, 1);
  const current = withUnit(currentValue, "A");
  const power = withUnit(powerValue, "kW");
  const inCurrency = (value: number, currency: string, places_max: number): string =>
    new Intl.NumberFormat(locale, {
      style: "currency",
      currency,
      minimumFractionDigits: currencyExponent(currency),
      maximumFractionDigits: Math.max(places_max, currencyExponent(currency)),
    }).format(value);
  return {
    settings,
    count: scaled(1, 0),
    energy: withUnit(energyValue, "kWh"),
    energyValue,
    current,
    exactCurrent: (current_mA) => current(current_mA, known(current_mA) && current_mA % 1000 !== 0 ? 1 : 0),
    currentValue,
    power,
    exactPower: (power_W) =>
      power(power_W, [0, 1, 2].find((places) => ((power_W ?? 0) * 10 ** places) % 1000 === 0) ?? 3),
    powerValue,
    voltage: withUnit(scaled(1000, 0), "V"),
    money: (amount_minor, currency = siteCurrency) =>
      known(amount_minor)
        ? inCurrency(amount_minor / 10 ** currencyExponent(currency), currency, currencyExponent(currency))
        : UNKNOWN,
    price: (decimal, currency = siteCurrency) =>
      decimal === null || decimal === undefined || !/^-?\d+(?:\.\d+)?$/u.test(decimal)
        ? UNKNOWN
        : inCurrency(Number(decimal), currency, 6),
    percent: (rate_bp) =>
      known(rate_bp)
        ? new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 2 }).format(rate_bp / 10_000)
        : UNKNOWN,
    duration: (duration_ms) => (known(duration_ms) ? durationText(duration_ms) : UNKNOWN),
    age: (duration_ms) => (known(duration_ms) ? ageText(locale, duration_ms) : UNKNOWN),
    ...clockFormats(settings),
    month: (month) => monthText(locale, month),
    zoneHint: (viewerTimezone) => zoneHint(settings, viewerTimezone),
  };
}
