import { expect, test } from "vitest";
import {
  failureOf,
  firstLimit_mA,
  isUnmeantPause,
  leastLimit_mA,
  offeredCommands,
  possibleCommands,
} from "./commands.ts";

test("a device's refusal keeps its reason, its words and whether asking again helps", () => {
  expect(failureOf("DEVICE_FAILED", { code: "rejected", retry: true, detail: "Rejected" })).toEqual({
    reason: "rejected",
    retry: true,
    detail: "Rejected",
  });
});

test("a failure in a shape nobody knows is unknown and keeps its code, and never looks like success", () => {
  expect(failureOf("DEVICE_FAILED", { code: "gone fishing" }).reason).toBe("unknown");
  expect(failureOf("INTERNAL_SERVER_ERROR", null)).toEqual({
    reason: "unknown",
    retry: false,
    detail: "INTERNAL_SERVER_ERROR",
  });
  expect(failureOf("CONNECTION_LOST", undefined)).toEqual({ reason: "CONNECTION_LOST", retry: true, detail: "" });
});

test("a silent charger takes no command, only the limit that the balancer keeps by itself", () => {
  expect(possibleCommands({ online: false, session: null })).toEqual({
    start: "offline",
    stop: "offline",
    unlock: "offline",
    reset: "offline",
    limit: null,
    phases: "offline",
    wake: "offline",
  });
});

test("phases and waking are offered only where the charger has them, and not before that is known", () => {
  const always = ["start", "unlock", "reset", "limit"];
  expect(offeredCommands({ session: null }, undefined)).toEqual(always);
  expect(offeredCommands({ session: null }, { switchPhases: true, wakeUp: false })).toEqual([...always, "phases"]);
  expect(offeredCommands({ session: {} }, { switchPhases: false, wakeUp: true })).toContain("wake");
});

test("start needs a free bay and stop a running session", () => {
  expect(possibleCommands({ online: true, session: null })).toMatchObject({ start: null, stop: "nothing-runs" });
  expect(possibleCommands({ online: true, session: {} })).toMatchObject({ start: "runs-already", stop: null });
});

test("a limit by hand begins at half of the maximum, and where half would be a pause at the least that charges", () => {
  const inWatts = { min_mA: 6_087, max_mA: 13_000 };
  expect(firstLimit_mA({ min_mA: 6_000, max_mA: 32_000 })).toBe(16_000);
  expect(leastLimit_mA(inWatts)).toBe(6_100);
  expect(firstLimit_mA(inWatts)).toBe(6_100);
  expect(firstLimit_mA({ min_mA: 7_000, max_mA: 6_000 })).toBe(6_000);
});

test("6 A at a box whose least is 6.09 A is said to be a pause; who types 0 knows that it is one", () => {
  const inWatts = { min_mA: 6_087, max_mA: 16_000 };
  expect([0, 100, 6_000, 6_100].map((limit_mA) => isUnmeantPause(limit_mA, inWatts))).toEqual([
    false,
    true,
    true,
    false,
  ]);
});
