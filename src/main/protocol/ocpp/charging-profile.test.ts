import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { milliamp } from "../../../core/units/index.ts";
import { rateLimit, setChargingProfile } from "./index.ts";

const STAMP = "2026-06-01T11:59:50Z";

describe("a limit on the wire", () => {
  test("is rounded down to a tenth of an ampere and never stands for more than was asked", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 80_000 }),
        fc.constantFrom("A" as const, "W" as const),
        fc.constantFrom(1 as const, 2 as const, 3 as const),
        (current, unit, phases) => {
          const { limit, confirmed_mA } = rateLimit(milliamp(current), unit, phases);
          expect(confirmed_mA).toBeLessThanOrEqual(current);
          expect(current - confirmed_mA).toBeLessThan(100);
          const stands_mA = unit === "A" ? Math.round(limit * 1000) : (limit * 1000) / (230 * phases);
          expect(stands_mA).toBeLessThanOrEqual(confirmed_mA + 1e-6);
          expect(unit === "W" ? Number.isInteger(limit) : limit.toString().length <= 4).toBe(true);
        },
      ),
    );
  });

  test("names the transaction only in a profile of the transaction", () => {
    const parts = {
      purpose: "TxProfile",
      connectorId: 1,
      profileId: 2,
      stackLevel: 1,
      unit: "A",
      limit: 6,
      kind: "Absolute",
      startSchedule: STAMP,
      startedAgo_s: 60,
      then: "forever",
    } as const;
    expect(setChargingProfile({ ...parts, transactionId: 9 }).csChargingProfiles.transactionId).toBe(9);
    expect(setChargingProfile({ ...parts, transactionId: null }).csChargingProfiles).not.toHaveProperty(
      "transactionId",
    );
  });
});
