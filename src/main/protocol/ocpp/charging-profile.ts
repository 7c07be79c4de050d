import { milliamp, type Milliamp } from "../../../core/units/index.ts";

// OCPP 1.6, 3.13: stacked charging profiles. The lower stack holds the fallback for ever, the higher one our setpoint
// for a while: when we fall silent the box returns to the fallback by itself.

export type RateUnit = "A" | "W";
export type ProfilePurpose = "TxDefaultProfile" | "ChargePointMaxProfile" | "TxProfile";

/** Nominal voltage between line and neutral by which boxes turn watts into amperes. */
const NOMINAL_V = 230;
/** A setpoint holds this long after it was sent. */
export const SETPOINT_HOLDS_S = 120;

export type RateLimit = { readonly limit: number; readonly confirmed_mA: Milliamp };

/** The limit as it is written into a profile, rounded down to 0.1 A, and the current it stands for. */
export function rateLimit(current_mA: Milliamp, unit: RateUnit, phaseCount: 1 | 2 | 3): RateLimit {
  const tenths = Math.floor(current_mA / 100);
  const confirmed_mA = milliamp(tenths * 100);
  if (unit === "A") return { limit: tenths / 10, confirmed_mA };
  return { limit: Math.floor((tenths * NOMINAL_V * phaseCount) / 10), confirmed_mA };
}

export type ProfileParts = {
  readonly purpose: ProfilePurpose;
  /** 0 means the whole charge point. */
  readonly connectorId: number;
  readonly profileId: number;
  readonly stackLevel: number;
  readonly unit: RateUnit;
  readonly limit: number;
  /** `Relative` counts from the start of charging and knows no end of its own. */
  readonly kind: "Absolute" | "Relative";
  /** ISO 8601, a while before now. */
  readonly startSchedule: string;
  /** How long before now that is. */
  readonly startedAgo_s: number;
  readonly transactionId: number | null;
  /** `forever`: no end. `expires`: ends; a lower stack takes over. `falls-back`: goes over to this limit by itself. */
  readonly then: "forever" | "expires" | { readonly fallsBackTo: number };
};

/** Payload of SetChargingProfile. */
export type SetChargingProfile = {
  readonly connectorId: number;
  readonly csChargingProfiles: {
    readonly chargingProfileId: number;
    readonly transactionId?: number;
    readonly stackLevel: number;
    readonly chargingProfilePurpose: ProfilePurpose;
    readonly chargingProfileKind: "Absolute" | "Relative";
    readonly chargingSchedule: {
      readonly duration?: number;
      readonly startSchedule?: string;
      readonly chargingRateUnit: RateUnit;
      readonly chargingSchedulePeriod: readonly { readonly startPeriod: number; readonly limit: number }[];
    };
  };
};

/** Writes one charging profile. A limit of 0 pauses. */
export function setChargingProfile(parts: ProfileParts): SetChargingProfile {
  const ends_s = parts.startedAgo_s + SETPOINT_HOLDS_S;
  const first = { startPeriod: 0, limit: parts.limit };
  const periods =
    typeof parts.then === "string" ? [first] : [first, { startPeriod: ends_s, limit: parts.then.fallsBackTo }];
  return {
    connectorId: parts.connectorId,
    csChargingProfiles: {
      chargingProfileId: parts.profileId,
      ...(parts.transactionId === null ? {} : { transactionId: parts.transactionId }),
      stackLevel: parts.stackLevel,
      chargingProfilePurpose: parts.purpose,
      chargingProfileKind: parts.kind,
      chargingSchedule: {
        ...(parts.then === "expires" ? { duration: ends_s } : {}),
        ...(parts.kind === "Absolute" ? { startSchedule: parts.startSchedule } : {}),
        chargingRateUnit: parts.unit,
        chargingSchedulePeriod: periods,
      },
    },
  };
}
