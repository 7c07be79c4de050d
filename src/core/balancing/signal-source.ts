import type { Milliamp, Watt } from "../units/index.ts";

// Limits that come from outside the site: the grid operator's, a contract's, a clock's. They can only lower.

export const SIGNAL_RULES = ["dim-14a", "g100", "limit"] as const;
/** § 14a EnWG (DE): what cars draw is dimmed; G100 (UK): what the site draws is bounded; `limit`: any other. */
export type SignalRule = (typeof SIGNAL_RULES)[number];

/** § 14a EnWG, BK6-22-300: no controllable consumer is dimmed below this by the grid operator. */
export const DIM_14A_W_MIN = 4_200;

/** A limit per phase or of power; both: whichever is lower at the moment. */
export type SignalLimit = { readonly limit_mA: Milliamp | null; readonly limit_W: Watt | null };

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Wall clock of the site's zone, minutes since midnight. `to_min` at or before `from_min`: it ends on the next day. */
export type WeeklyWindow = {
  readonly days: readonly Weekday[];
  readonly from_min: number;
  readonly to_min: number;
};

type OnModbus = { readonly linkId: string; readonly unitId: number; readonly address: number };

export type SignalSource =
  /** A contact behind a Modbus module. `activeLow`: the limit is in force while the input reads 0. */
  | (OnModbus & { readonly kind: "digital-input"; readonly table: "coil" | "discrete"; readonly activeLow: boolean })
  /** A number that is the limit. `none`: this raw value means that there is none. */
  | (OnModbus & {
      readonly kind: "register";
      readonly table: "holding" | "input";
      readonly type: "uint16" | "uint32";
      /** Raw value times this is the limit in `unit`. */
      readonly scale: number;
      readonly unit: "A" | "W";
      readonly none: number | null;
    })
  /** Somebody calls our API. `tokenHash`: SHA-256 of what they must present, in hex; `null`: nobody may call yet. */
  | { readonly kind: "http"; readonly tokenHash: string | null }
  | { readonly kind: "window"; readonly windows: readonly WeeklyWindow[] };

export type SiteSignal = {
  readonly id: string;
  readonly name: string;
  readonly circuitId: string;
  readonly rule: SignalRule;
  /** `cars`: bounds what chargers below the circuit draw; `all`: everything that flows through it. */
  readonly counts: "cars" | "all";
  /** In force while the contact or window says so; a register or a caller names its own. */
  readonly limit: SignalLimit;
  /** Holds while the source is silent, and before it has ever spoken. */
  readonly failSafe: SignalLimit;
  /** A change must stand this long before it counts. */
  readonly debounce_ms: number;
  /** Once in force a limit stands at least this long. */
  readonly minimum_ms: number;
  readonly source: SignalSource;
};
