import { type EpochMs, assert, currencyExponent, formatMinor } from "../../core/units/index.ts";

// Figures on paper: exact decimal text first, then the language's separators. Nothing passes through a float.

export type Language = "en" | "de";

const LOCALE: Readonly<Record<Language, string>> = { en: "en-GB", de: "de-DE" };

/** U+2009 and U+202F differ between ICU versions; one plain no-break space keeps the bytes the same. */
const oneSpace = (text: string): string => text.replaceAll(/[\u2009\u202F]/gu, "\u00A0");

const isNumeric = (text: string): text is `${number}` => /^-?\d+(?:\.\d+)?$/u.test(text);

function decimal(text: string, locale: string, options: Intl.NumberFormatOptions): string {
  assert(isNumeric(text), "a figure on a document is a plain decimal");
  return oneSpace(new Intl.NumberFormat(locale, options).format(text));
}

export type DocumentFormat = {
  /** "12,34 €" */
  readonly money: (amount_minor: number) => string;
  /** "12,34": in columns whose head names the currency. */
  readonly amount: (amount_minor: number) => string;
  /** A price with all its decimals, at least those of the currency: "0,42", "0,4275". */
  readonly price: (text: string) => string;
  /** Watt-hours as kilowatt-hours with three decimals. */
  readonly kWh: (energy_Wh: number) => string;
  /** 1900 is "19 %". */
  readonly rate: (vat_bp: number) => string;
  readonly count: (value: number) => string;
  readonly date: (at_ms: EpochMs) => string;
  /** Without the year, where the row says it already. */
  readonly shortDate: (at_ms: EpochMs) => string;
  /** A calendar day, the same in every zone. */
  readonly day: (day: Temporal.PlainDate) => string;
  readonly time: (at_ms: EpochMs) => string;
  /** "2026-03" is "March 2026". */
  readonly month: (month: string) => string;
};

/** Formats of one document: its language, its currency and the zone of its site. */
export function documentFormat(language: Language, currency: string, timezone: string): DocumentFormat {
  const locale = LOCALE[language];
  const places = currencyExponent(currency);
  const minor = (amount_minor: number): string => formatMinor(BigInt(amount_minor), currency);
  const fixed = { minimumFractionDigits: places, maximumFractionDigits: places };
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: timezone });
  const shortDate = new Intl.DateTimeFormat(locale, {
    day: "2-digit",
    month: language === "de" ? "2-digit" : "short",
    timeZone: timezone,
  });
  const calendarDay = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
  const time = new Intl.DateTimeFormat(locale, {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: timezone,
  });
  const month = new Intl.DateTimeFormat(locale, { month: "long", year: "numeric", timeZone: "UTC" });
  return {
    money: (amount_minor) => decimal(minor(amount_minor), locale, { style: "currency", currency, ...fixed }),
    amount: (amount_minor) => decimal(minor(amount_minor), locale, fixed),
    price: (text) => decimal(text, locale, { minimumFractionDigits: places, maximumFractionDigits: 12 }),
    kWh: (energy_Wh) => decimal(thousandths(energy_Wh), locale, { minimumFractionDigits: 3, maximumFractionDigits: 3 }),
    rate: (vat_bp) => `${decimal(hundredths(vat_bp), locale, { maximumFractionDigits: 2 })}\u00A0%`,
    count: (value) => decimal(String(value), locale, {}),
    date: (at_ms) => oneSpace(date.format(at_ms)),
    shortDate: (at_ms) => oneSpace(shortDate.format(at_ms)),
    day: (day) => oneSpace(calendarDay.format(noon(day))),
    time: (at_ms) => oneSpace(time.format(at_ms)),
    month: (text) => oneSpace(month.format(noon(Temporal.PlainYearMonth.from(text).toPlainDate({ day: 15 })))),
  };
}

const noon = (day: Temporal.PlainDate): number =>
  day.toZonedDateTime({ timeZone: "UTC", plainTime: "12:00" }).epochMilliseconds;

/** Watt-hours as kilowatt-hours in decimal text, exact. */
export const thousandths = (energy_Wh: number): string => scaled(energy_Wh, 3);
const hundredths = (vat_bp: number): string => scaled(vat_bp, 2);

function scaled(value: number, places: number): string {
  assert(Number.isSafeInteger(value), "a stored quantity is whole");
  const digits = String(Math.abs(value)).padStart(places + 1, "0");
  return `${value < 0 ? "-" : ""}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** "DE12345678901234567890" in groups of four, as it is read aloud. */
export const groupedIban = (iban: string): string =>
  iban
    .replaceAll(/\s+/gu, "")
    .toUpperCase()
    .replaceAll(/(.{4})(?=.)/gu, "$1\u00A0");
