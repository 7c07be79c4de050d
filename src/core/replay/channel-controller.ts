import type { PerPhase, Phase } from "../units/index.ts";
import type { Call } from "./channel-line.ts";

/** A bay as a controller knows it from the site file. */
export type ChannelBay = {
  readonly id: string;
  readonly circuit: string;
  readonly phases: readonly Phase[];
  readonly min_mA: number;
  readonly max_mA: number;
  readonly step_mA: number;
  readonly fallback_mA: number;
};

/** What is known of the car that came. */
export type Arrival = {
  readonly at_ms: number;
  readonly needed_Wh: number | null;
  readonly departure_ms: number | null;
  readonly phases: readonly Phase[];
  readonly max_mA: number;
};

export type Order = Call & { readonly bay: number };

/** Who decides, told what a site is told; each second it says what to send. */
export type ChannelController = {
  readonly plugged: (bay: number, arrival: Arrival | null, now_ms: number) => void;
  /** What the box measured: highest phase, and energy of the session. */
  readonly reading: (bay: number, drawn_mA: number, attained_Wh: number, measured_ms: number) => void;
  /** What the main circuit carries. */
  readonly meter: (current_mA: PerPhase<number>, measured_ms: number) => void;
  readonly answered: (bay: number, call: Call, now_ms: number) => void;
  readonly unanswered: (bay: number, call: Call, now_ms: number) => void;
  readonly restarted: (bay: number, now_ms: number) => void;
  /** The main circuit may carry this from now on. */
  readonly limit: (limit_mA: PerPhase<number>, now_ms: number) => void;
  readonly decide: (now_ms: number) => readonly Order[];
  /** What it counted for the building when it last handed current out; `null`: it has not since the limit was changed. */
  readonly counted_mA: () => PerPhase<number> | null;
};
