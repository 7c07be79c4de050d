import { describe, expect, test } from "vitest";
import {
  canStepForward,
  dayOf,
  parsePeriod,
  type PeriodChoice,
  periodRange,
  periodText,
  stepPeriod,
} from "./period.ts";

const ZONE = "Europe/Berlin";
const TODAY = "2026-11-22";
const choice = (patch: Partial<PeriodChoice>): PeriodChoice => ({
  period: "month",
  at: null,
  from: null,
  to: null,
  ...patch,
});
const days = (patch: Partial<PeriodChoice>): string => {
  const range = periodRange(choice(patch), TODAY, ZONE);
  return range === null ? "all" : `${range.first.toString()}..${range.end.toString()}`;
};

describe("a period", () => {
  test.each([
    [{ period: "today" }, "2026-11-22..2026-11-23"],
    [{ period: "week" }, "2026-11-16..2026-11-23"],
    [{ period: "month" }, "2026-11-01..2026-12-01"],
    [{ period: "quarter" }, "2026-10-01..2027-01-01"],
    [{ period: "year" }, "2026-01-01..2027-01-01"],
    [{ period: "custom", from: "2026-03-05", to: "2026-03-01" }, "2026-03-01..2026-03-06"],
    [{ period: "all" }, "all"],
  ] as const)("%j is whole local days", (patch, expected) => {
    expect(days(patch)).toBe(expected);
  });

  test("has 25 hours on the day the clock goes back", () => {
    const range = periodRange(choice({ period: "today", at: "2026-10-25" }), TODAY, ZONE);
    expect(range).not.toBeNull();
    expect((range!.to_ms - range!.from_ms) / 3_600_000).toBe(25);
  });

  test("is never longer than ten years, whatever an address says", () => {
    expect(days({ period: "custom", from: "0001-01-01", to: "2026-01-01" })).toBe("2015-12-25..2026-01-02");
  });
});

describe("going to another period", () => {
  test("back and forth ends where it began, with no day left in the address", () => {
    for (const period of ["today", "week", "month", "quarter", "year"] as const) {
      const back = stepPeriod(choice({ period }), -1, TODAY);
      expect(canStepForward(back, TODAY), period).toBe(true);
      expect(stepPeriod(back, 1, TODAY), period).toEqual(choice({ period }));
    }
  });

  test("does not lead into a future that has not begun", () => {
    expect(canStepForward(choice({ period: "month" }), TODAY)).toBe(false);
    expect(canStepForward(choice({ period: "custom", from: "2026-11-01", to: TODAY }), TODAY)).toBe(false);
    expect(canStepForward(choice({ period: "all" }), TODAY)).toBe(false);
  });

  test("moves two dates by their own length", () => {
    const moved = stepPeriod(choice({ period: "custom", from: "2026-03-01", to: "2026-03-10" }), -1, TODAY);
    expect(moved).toMatchObject({ from: "2026-02-19", to: "2026-02-28" });
  });

  test("from the last day of March leads to February", () => {
    expect(days(stepPeriod(choice({ period: "month", at: "2026-03-31" }), -1, TODAY))).toBe("2026-02-01..2026-03-01");
  });
});

test("what stands in an address is not trusted", () => {
  expect(dayOf("2026-02-30")).toBeNull();
  expect(dayOf("yesterday")).toBeNull();
  expect(parsePeriod({ period: "century", at: "x", from: 7, to: ["2026-01-01"] }, "month")).toEqual(choice({}));
});

test("a period has a name in the reader's language", () => {
  const named = (patch: Partial<PeriodChoice>, locale: string): string => {
    const one = choice(patch);
    const range = periodRange(one, TODAY, ZONE);
    return range === null ? "" : periodText(one, range, locale);
  };
  expect(named({ period: "month" }, "de")).toBe("November 2026");
  expect(named({ period: "quarter" }, "en")).toBe("Q4 2026");
  expect(named({ period: "year" }, "en")).toBe("2026");
  expect(named({ period: "week" }, "en")).toMatch(/16.*22.*2026/u);
});
