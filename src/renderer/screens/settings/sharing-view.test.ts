import { expect, test } from "vitest";
import type { BalancingSettings } from "../../../contract/index.ts";
import { carsOf, formFor, INHERIT, isHoldPossible, isSame, ruleInput, WHOLE_SITE } from "./sharing-view.ts";

const circuit = {
  circuitId: "a",
  name: "A",
  parentId: null,
  protection: "gg",
  system: "star",
  unbalance_mA: null,
} as const;
const settings: BalancingSettings = {
  site: { rule: "need", hold_ms: 3_600_000 },
  circuits: [
    { ...circuit, sharing: null },
    { ...circuit, circuitId: "b", sharing: { rule: "first-come", hold_ms: 1_800_000 } },
  ],
};

test("the form begins with what is in force", () => {
  expect(formFor(WHOLE_SITE, settings)).toEqual({ scope: WHOLE_SITE, choice: "need", hold_min: 60 });
  expect(formFor("a", settings)).toEqual({ scope: "a", choice: INHERIT, hold_min: 60 });
  expect(formFor("b", settings)).toEqual({ scope: "b", choice: "first-come", hold_min: 30 });
});

test("a form becomes a rule of the site or a circuit, or takes the circuit's own back", () => {
  expect(ruleInput({ scope: WHOLE_SITE, choice: "equal", hold_min: 15 })).toEqual({
    circuitId: null,
    sharing: { rule: "equal", hold_ms: 900_000 },
  });
  expect(ruleInput({ scope: "b", choice: INHERIT, hold_min: 30 })).toEqual({ circuitId: "b", sharing: null });
});

test("a hold is 15 minutes to a day", () => {
  const possible = (hold_min: number | string): boolean =>
    isHoldPossible({ scope: WHOLE_SITE, choice: "need", hold_min });
  expect([15, 60, 1440].every(possible)).toBe(true);
  expect([14, 1441, 20.5, "", "60"].some(possible)).toBe(false);
  expect(isHoldPossible({ scope: "b", choice: INHERIT, hold_min: "" })).toBe(true);
});

test("a preview leaves out who has nothing and waits for nothing", () => {
  const car = { stationId: "P01", before_mA: 0, after_mA: 0, placeBefore: null, placeAfter: null };
  const waits = { ...car, stationId: "P02", placeAfter: 1 };
  expect(carsOf([car, waits])).toEqual([waits]);
  expect(isSame(car)).toBe(true);
  expect(isSame(waits)).toBe(false);
});
