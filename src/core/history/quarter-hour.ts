import { type EpochMs, epochMs, type WattHour } from "../units/index.ts";

/** Length of a slot; every zone's offset in use today is a multiple of it, so local hours are whole slots. */
export const SLOT_ms = 900_000;

/** One quarter hour of the site or of one station. Written every minute with what is known, replaced until it is over. */
export type QuarterHour = {
  readonly slot_ms: EpochMs;
  /** "" is the whole site, otherwise a station id. */
  readonly stationId: string;
  /** Of the station from its register; of the site the sum of its stations. */
  readonly ev_Wh: WattHour | null;
  /** Site import from the main meter; `null` on stations. */
  readonly site_Wh: WattHour | null;
  /** Mean and highest one-second value: site import for the site, own power for a station. */
  readonly avg_W: number | null;
  readonly max_W: number | null;
  /** How much of the slot we saw, and of that plugged in, charging, held back by a limit (of the site: bays × time). */
  readonly seen_ms: number;
  readonly plugged_ms: number;
  readonly charging_ms: number;
  readonly limited_ms: number;
  /** Register up to which `ev_Wh` is booked; lets a restart go on without losing or doubling a watt-hour. */
  readonly register_Wh?: WattHour | null;
};

/** Start of the slot that an instant lies in. */
export const slotOf = (at_ms: number): EpochMs => epochMs(Math.floor(at_ms / SLOT_ms) * SLOT_ms);
