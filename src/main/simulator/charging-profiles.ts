import { z } from "zod";

// OCPP 1.6 part 2, 3.13 and 5.16: how limits over time combine in a charging station.

/** Largest stack level and number of profiles this station keeps; it says so in its configuration. */
export const STACK_LEVEL_max = 8;
export const PROFILES_MAX = 24;
export const PERIODS_MAX = 48;

const instant = z
  .string()
  .max(40)
  .transform((text, context) => {
    const at_ms = Date.parse(text);
    if (Number.isNaN(at_ms)) context.addIssue({ code: "custom", message: "not an instant" });
    return at_ms;
  });

export const chargingProfileSchema = z.object({
  chargingProfileId: z.int(),
  transactionId: z.int().optional(),
  stackLevel: z.int().min(0),
  chargingProfilePurpose: z.enum(["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]),
  chargingProfileKind: z.enum(["Absolute", "Recurring", "Relative"]),
  recurrencyKind: z.enum(["Daily", "Weekly"]).optional(),
  validFrom: instant.optional(),
  validTo: instant.optional(),
  chargingSchedule: z.object({
    duration: z.int().min(0).optional(),
    startSchedule: instant.optional(),
    chargingRateUnit: z.enum(["A", "W"]),
    chargingSchedulePeriod: z
      .array(
        z.object({
          startPeriod: z.int().min(0),
          limit: z.number().min(0),
          numberPhases: z.int().min(1).max(3).optional(),
        }),
      )
      .min(1)
      .max(PERIODS_MAX),
    minChargingRate: z.number().optional(),
  }),
});
export type ChargingProfile = z.infer<typeof chargingProfileSchema>;
export type InstalledProfile = { readonly connectorId: number; readonly profile: ChargingProfile };

/** What is going on at the connector: profiles are read against it. */
export type ProfileContext = {
  readonly connectorId: number;
  readonly transaction: { readonly id: number | null; readonly started_at_ms: number } | null;
  readonly phases: 1 | 2 | 3;
  readonly voltage_V: number;
};

/** The profiles after the request, or why it is refused. Same id, or same purpose and level on the connector, is replaced. */
export function installProfile(
  installed: readonly InstalledProfile[],
  connectorId: number,
  profile: ChargingProfile,
  context: ProfileContext,
):
  | { readonly ok: true; readonly installed: readonly InstalledProfile[] }
  | { readonly ok: false; readonly why: string } {
  const purpose = profile.chargingProfilePurpose;
  if (profile.stackLevel > STACK_LEVEL_max) return { ok: false, why: "stack level too high" };
  if (purpose === "ChargePointMaxProfile" && connectorId !== 0)
    return { ok: false, why: "the station's maximum belongs to connector 0" };
  if (purpose === "TxProfile" && connectorId === 0)
    return { ok: false, why: "a transaction's profile needs a connector" };
  if (purpose === "TxProfile" && context.transaction === null) return { ok: false, why: "no transaction" };
  if (
    purpose === "TxProfile" &&
    profile.transactionId !== undefined &&
    profile.transactionId !== context.transaction?.id
  ) {
    return { ok: false, why: "another transaction" };
  }
  if (purpose === "ChargePointMaxProfile" && profile.chargingProfileKind === "Relative")
    return { ok: false, why: "the station's maximum cannot be relative" };
  if (profile.chargingProfileKind === "Recurring" && profile.chargingSchedule.startSchedule === undefined)
    return { ok: false, why: "recurring without start" };
  const others = installed.filter(
    (one) =>
      one.profile.chargingProfileId !== profile.chargingProfileId &&
      !(
        one.connectorId === connectorId &&
        one.profile.chargingProfilePurpose === purpose &&
        one.profile.stackLevel === profile.stackLevel
      ),
  );
  if (others.length >= PROFILES_MAX) return { ok: false, why: "no room" };
  return { ok: true, installed: [...others, { connectorId, profile }] };
}

/** What ClearChargingProfile asks for; all given fields must match, an id alone is enough. */
export type ClearFilter = {
  readonly id?: number | undefined;
  readonly connectorId?: number | undefined;
  readonly chargingProfilePurpose?: string | undefined;
  readonly stackLevel?: number | undefined;
};

/** Profiles that stay when `filter` is cleared. */
export function clearProfiles(
  installed: readonly InstalledProfile[],
  filter: ClearFilter,
): readonly InstalledProfile[] {
  const matches = ({ connectorId, profile }: InstalledProfile): boolean =>
    filter.id !== undefined
      ? profile.chargingProfileId === filter.id
      : (filter.connectorId === undefined || filter.connectorId === connectorId) &&
        (filter.chargingProfilePurpose === undefined ||
          filter.chargingProfilePurpose === profile.chargingProfilePurpose) &&
        (filter.stackLevel === undefined || filter.stackLevel === profile.stackLevel);
  return installed.filter((one) => !matches(one));
}

const DAY_ms = 86_400_000;

/** Milliseconds into the schedule at `at_ms`, or `null` when it is not in force then. */
function elapsedInSchedule_ms(profile: ChargingProfile, at_ms: number, context: ProfileContext): number | null {
  if (profile.validFrom !== undefined && at_ms < profile.validFrom) return null;
  if (profile.validTo !== undefined && at_ms >= profile.validTo) return null;
  const schedule = profile.chargingSchedule;
  // Without startSchedule the schedule is relative to the start of charging (5.16, startSchedule).
  const start_ms = profile.chargingProfileKind === "Relative" ? undefined : schedule.startSchedule;
  const from_ms = start_ms ?? context.transaction?.started_at_ms ?? null;
  // A schedule that never ends and knows no start is in force at once: it holds its first period until charging starts.
  if (from_ms === null) return schedule.duration === undefined ? 0 : null;
  if (at_ms < from_ms) return null;
  const since_ms = at_ms - from_ms;
  const elapsed_ms =
    profile.chargingProfileKind === "Recurring"
      ? since_ms % (profile.recurrencyKind === "Weekly" ? 7 * DAY_ms : DAY_ms)
      : since_ms;
  if (schedule.duration !== undefined && elapsed_ms >= schedule.duration * 1000) return null;
  return elapsed_ms;
}

function periodLimit_mA(profile: ChargingProfile, elapsed_ms: number, context: ProfileContext): number | null {
  const schedule = profile.chargingSchedule;
  let limit_mA: number | null = null;
  let from_s = -1;
  for (const period of schedule.chargingSchedulePeriod) {
    if (period.startPeriod * 1000 > elapsed_ms || period.startPeriod <= from_s) continue;
    from_s = period.startPeriod;
    const phases = Math.min(period.numberPhases ?? 3, context.phases);
    const current_A = schedule.chargingRateUnit === "A" ? period.limit : period.limit / (context.voltage_V * phases);
    limit_mA = Math.floor(current_A * 1000 + 1e-6);
  }
  return limit_mA;
}

/** Limit of the highest valid stack level among `candidates`; the connector's own profile goes before connector 0's. */
function leading_mA(candidates: readonly InstalledProfile[], at_ms: number, context: ProfileContext): number | null {
  let best: { level: number; own: boolean; limit_mA: number } | null = null;
  for (const { connectorId, profile } of candidates) {
    if (connectorId !== 0 && connectorId !== context.connectorId) continue;
    const elapsed_ms = elapsedInSchedule_ms(profile, at_ms, context);
    if (elapsed_ms === null) continue;
    const limit_mA = periodLimit_mA(profile, elapsed_ms, context);
    if (limit_mA === null) continue;
    const own = connectorId !== 0;
    if (best === null || profile.stackLevel > best.level || (profile.stackLevel === best.level && own && !best.own)) {
      best = { level: profile.stackLevel, own, limit_mA };
    }
  }
  return best === null ? null : best.limit_mA;
}

/**
 * What the profiles allow per phase at `at_ms`; `null` when none is in force. Per purpose the highest valid stack level
 * leads; a transaction's profile replaces the default one; the station's maximum caps both.
 */
export function compositeLimit_mA(
  installed: readonly InstalledProfile[],
  at_ms: number,
  context: ProfileContext,
): number | null {
  const of = (purpose: ChargingProfile["chargingProfilePurpose"]): number | null =>
    leading_mA(
      installed.filter((one) => one.profile.chargingProfilePurpose === purpose),
      at_ms,
      context,
    );
  const tx_mA = (context.transaction === null ? null : of("TxProfile")) ?? of("TxDefaultProfile");
  const station_mA = of("ChargePointMaxProfile");
  if (tx_mA === null) return station_mA;
  return station_mA === null ? tx_mA : Math.min(tx_mA, station_mA);
}
