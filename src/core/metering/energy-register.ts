import type { Quarantined } from "./quarantine.ts";

/** A register may run this much faster than the device's largest power before it is doubted. */
const POWER_MARGIN = 1.2;
/** Readings that must agree before a register that fell back or jumped is believed. */
const AGREEING_READS = 3;
/** Registers of 0.1 kWh steps move at once by this much. */
const STEP_Wh = 100;

type Doubt = Pick<Quarantined, "code" | "bound">;

/** An energy register as far as it is believed; plain data, one per register. */
export type EnergyRegister = {
  readonly accepted_Wh: number | null;
  readonly accepted_at_ms: number;
  /** What is doubted, and how often it has been seen in a row. */
  readonly doubted_Wh: number | null;
  readonly doubted_at_ms: number;
  readonly because: Doubt | null;
  readonly seen: number;
};

export const NO_ENERGY: EnergyRegister = {
  accepted_Wh: null,
  accepted_at_ms: 0,
  doubted_Wh: null,
  doubted_at_ms: 0,
  because: null,
  seen: 0,
};

/**
 * Lets a register value through when it is no smaller than the last and no larger than `power_W_max` allows since then.
 * Anything else (zero after a restart, a step back, a jump) is held until three reads in a row agree.
 */
export function nextEnergy(
  register: EnergyRegister,
  reading: {
    readonly value_Wh: number | null;
    readonly at_ms: number;
    readonly power_W_max: number;
    /** Sessions are billed by it: a 0 at first sight, before the box has read its own meter, would be their start. */
    readonly isBilled: boolean;
  },
): EnergyRegister {
  const { value_Wh, at_ms, power_W_max, isBilled } = reading;
  if (value_Wh === null) return register;
  const most_Wh = (from_Wh: number, from_ms: number): number =>
    Math.floor(from_Wh + STEP_Wh + (power_W_max * POWER_MARGIN * Math.max(0, at_ms - from_ms)) / 3_600_000);
  const { accepted_Wh, doubted_Wh, doubted_at_ms } = register;
  const accepted: EnergyRegister = { ...NO_ENERGY, accepted_Wh: value_Wh, accepted_at_ms: at_ms };
  const because = doubtOf(
    value_Wh,
    accepted_Wh,
    accepted_Wh === null ? Infinity : most_Wh(accepted_Wh, register.accepted_at_ms),
  );
  if (because === null || (accepted_Wh === null && !isBilled)) return accepted;
  const agrees = doubted_Wh !== null && value_Wh >= doubted_Wh && value_Wh <= most_Wh(doubted_Wh, doubted_at_ms);
  const seen = agrees ? register.seen + 1 : 1;
  return seen >= AGREEING_READS ? accepted : { ...register, doubted_Wh: value_Wh, doubted_at_ms: at_ms, because, seen };
}

function doubtOf(value_Wh: number, accepted_Wh: number | null, most_Wh: number): Doubt | null {
  if (value_Wh === 0 && accepted_Wh !== 0) return { code: "zero", bound: accepted_Wh };
  if (accepted_Wh !== null && value_Wh < accepted_Wh) return { code: "steps-back", bound: accepted_Wh };
  return value_Wh > most_Wh ? { code: "too-fast", bound: most_Wh } : null;
}

/** The register's value while nothing speaks against it, else `null`: a doubted register is never billed. */
export const energyOf = ({ accepted_Wh, doubted_Wh }: EnergyRegister): number | null =>
  doubted_Wh === null ? accepted_Wh : null;

/** What is held back of this register and why, or `null`. */
export function heldEnergy(what: string, { doubted_Wh, doubted_at_ms, because }: EnergyRegister): Quarantined | null {
  if (doubted_Wh === null || because === null) return null;
  return { what, ...because, value: doubted_Wh, at_ms: doubted_at_ms };
}
