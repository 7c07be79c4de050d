import { describe, expect, test } from "vitest";
import {
  chargingProfileSchema,
  clearProfiles,
  compositeLimit_mA,
  installProfile,
  PROFILES_MAX,
  type InstalledProfile,
  type ProfileContext,
} from "./charging-profiles.ts";

const START = Date.parse("2026-03-02T08:00:00Z");
const idle: ProfileContext = { connectorId: 1, transaction: null, phases: 3, voltage_V: 230 };
const charging: ProfileContext = { ...idle, transaction: { id: 7, started_at_ms: START } };

const profile = (change: {
  id: number;
  level: number;
  purpose: "ChargePointMaxProfile" | "TxDefaultProfile" | "TxProfile";
  limit: number;
  kind?: "Absolute" | "Relative" | "Recurring";
  unit?: "A" | "W";
  duration?: number;
  start?: string;
  transactionId?: number;
  numberPhases?: number;
}) =>
  chargingProfileSchema.parse({
    chargingProfileId: change.id,
    ...(change.transactionId === undefined ? {} : { transactionId: change.transactionId }),
    stackLevel: change.level,
    chargingProfilePurpose: change.purpose,
    chargingProfileKind: change.kind ?? "Absolute",
    ...(change.kind === "Recurring" ? { recurrencyKind: "Daily" } : {}),
    chargingSchedule: {
      ...(change.duration === undefined ? {} : { duration: change.duration }),
      ...(change.start === undefined ? {} : { startSchedule: change.start }),
      chargingRateUnit: change.unit ?? "A",
      chargingSchedulePeriod: [
        {
          startPeriod: 0,
          limit: change.limit,
          ...(change.numberPhases === undefined ? {} : { numberPhases: change.numberPhases }),
        },
      ],
    },
  });

function install(...profiles: readonly [number, ReturnType<typeof profile>][]): readonly InstalledProfile[] {
  return profiles.reduce<readonly InstalledProfile[]>((installed, [connectorId, one]) => {
    const reply = installProfile(installed, connectorId, one, charging);
    if (!reply.ok) throw new Error(reply.why);
    return reply.installed;
  }, []);
}

describe("the composite of charging profiles", () => {
  test("is open when nothing is installed", () => {
    expect(compositeLimit_mA([], START, charging)).toBeNull();
  });

  test("takes the highest stack level, and the lower one again when its duration is over", () => {
    const installed = install(
      [1, profile({ id: 1, level: 0, purpose: "TxDefaultProfile", limit: 6 })],
      [
        1,
        profile({
          id: 2,
          level: 1,
          purpose: "TxDefaultProfile",
          limit: 14.5,
          duration: 120,
          start: "2026-03-02T08:00:00Z",
        }),
      ],
    );
    expect(compositeLimit_mA(installed, START, charging)).toBe(14_500);
    expect(compositeLimit_mA(installed, START + 119_999, charging)).toBe(14_500);
    expect(compositeLimit_mA(installed, START + 120_000, charging)).toBe(6000);
    expect(compositeLimit_mA(installed, START - 1, charging)).toBeNull();
  });

  test("is the lowest across purposes, and a transaction's profile replaces the default one", () => {
    const installed = install(
      [1, profile({ id: 1, level: 0, purpose: "TxDefaultProfile", limit: 8 })],
      [1, profile({ id: 2, level: 0, purpose: "TxProfile", limit: 20, transactionId: 7 })],
      [0, profile({ id: 3, level: 0, purpose: "ChargePointMaxProfile", limit: 16, start: "2026-01-01T00:00:00Z" })],
    );
    expect(compositeLimit_mA(installed, START, charging)).toBe(16_000);
    expect(
      compositeLimit_mA(
        installed.filter((one) => one.connectorId === 1),
        START,
        charging,
      ),
    ).toBe(20_000);
    expect(compositeLimit_mA(installed, START, idle)).toBe(8000);
  });

  test("reads watts over the phases the station has", () => {
    const watts = install([0, profile({ id: 1, level: 0, purpose: "TxDefaultProfile", limit: 11_040, unit: "W" })]);
    expect(compositeLimit_mA(watts, START, charging)).toBe(16_000);
    expect(compositeLimit_mA(watts, START, { ...charging, phases: 1 })).toBe(48_000);
    const onePhase = install([
      0,
      profile({ id: 1, level: 0, purpose: "TxDefaultProfile", limit: 2300, unit: "W", numberPhases: 1 }),
    ]);
    expect(compositeLimit_mA(onePhase, START, charging)).toBe(10_000);
  });

  test("counts a schedule without a start from the start of charging", () => {
    const installed = install([
      1,
      profile({ id: 1, level: 2, purpose: "TxProfile", limit: 10, duration: 60, kind: "Relative" }),
    ]);
    expect(compositeLimit_mA(installed, START + 59_000, charging)).toBe(10_000);
    expect(compositeLimit_mA(installed, START + 60_000, charging)).toBeNull();
  });

  test("repeats a daily schedule", () => {
    const installed = install([
      0,
      profile({
        id: 1,
        level: 0,
        purpose: "TxDefaultProfile",
        kind: "Recurring",
        limit: 9,
        duration: 3600,
        start: "2026-03-01T08:00:00Z",
      }),
    ]);
    expect(compositeLimit_mA(installed, START + 3_599_000, charging)).toBe(9000);
    expect(compositeLimit_mA(installed, START + 3_600_000, charging)).toBeNull();
    expect(compositeLimit_mA(installed, START + 86_400_000, charging)).toBe(9000);
  });

  test("prefers the connector's own profile to the one of connector 0 at the same level", () => {
    const installed = install(
      [1, profile({ id: 1, level: 0, purpose: "TxDefaultProfile", limit: 12 })],
      [0, profile({ id: 2, level: 0, purpose: "TxDefaultProfile", limit: 6 })],
    );
    expect(compositeLimit_mA(installed, START, charging)).toBe(12_000);
  });
});

describe("installing and clearing profiles", () => {
  test("replaces the profile of the same id and of the same purpose and level", () => {
    const first = install([1, profile({ id: 1, level: 0, purpose: "TxDefaultProfile", limit: 6 })]);
    const sameLevel = installProfile(
      first,
      1,
      profile({ id: 2, level: 0, purpose: "TxDefaultProfile", limit: 7 }),
      charging,
    );
    expect(sameLevel.ok && sameLevel.installed.map((one) => one.profile.chargingProfileId)).toEqual([2]);
    const sameId = installProfile(
      first,
      1,
      profile({ id: 1, level: 3, purpose: "TxDefaultProfile", limit: 7 }),
      charging,
    );
    expect(sameId.ok && sameId.installed.length).toBe(1);
  });

  test("refuses what the standard forbids", () => {
    const tx = profile({ id: 1, level: 0, purpose: "TxProfile", limit: 6 });
    expect(installProfile([], 1, tx, idle).ok).toBe(false);
    expect(installProfile([], 0, tx, charging).ok).toBe(false);
    expect(
      installProfile([], 1, profile({ id: 1, level: 0, purpose: "TxProfile", limit: 6, transactionId: 8 }), charging)
        .ok,
    ).toBe(false);
    expect(
      installProfile([], 1, profile({ id: 1, level: 0, purpose: "ChargePointMaxProfile", limit: 6 }), charging).ok,
    ).toBe(false);
    expect(
      installProfile([], 1, profile({ id: 1, level: 9, purpose: "TxDefaultProfile", limit: 6 }), charging).ok,
    ).toBe(false);
  });

  test("keeps no more profiles than it says", () => {
    let installed: readonly InstalledProfile[] = [];
    let refused = 0;
    for (let id = 0; id < 40; id += 1) {
      const reply = installProfile(
        installed,
        1 + Math.floor(id / 8),
        profile({ id, level: id % 8, purpose: "TxDefaultProfile", limit: 6 }),
        charging,
      );
      if (reply.ok) installed = reply.installed;
      else refused += 1;
    }
    expect([installed.length, refused]).toEqual([PROFILES_MAX, 40 - PROFILES_MAX]);
  });

  test("clears by id, or by everything else that is given", () => {
    const installed = install(
      [1, profile({ id: 1, level: 0, purpose: "TxDefaultProfile", limit: 6 })],
      [1, profile({ id: 2, level: 1, purpose: "TxDefaultProfile", limit: 9 })],
      [1, profile({ id: 3, level: 1, purpose: "TxProfile", limit: 9 })],
    );
    const left = (filter: Parameters<typeof clearProfiles>[1]) =>
      clearProfiles(installed, filter).map((one) => one.profile.chargingProfileId);
    expect(left({ id: 2 })).toEqual([1, 3]);
    expect(left({ stackLevel: 1 })).toEqual([1]);
    expect(left({ connectorId: 1, chargingProfilePurpose: "TxDefaultProfile" })).toEqual([3]);
    expect(left({ connectorId: 2 })).toEqual([1, 2, 3]);
    expect(left({})).toEqual([]);
  });
});
