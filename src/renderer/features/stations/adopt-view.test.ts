import { describe, expect, test } from "vitest";
import { adoptInput, adoptMistakes, keepsLastLimit, nextStationId, type AdoptForm } from "./adopt-view.ts";

const good: AdoptForm = {
  id: "P07",
  name: "Bay 7",
  circuitId: "garage-a",
  phases: 3,
  rotation: "L1L2L3",
  max_A: 16,
  fallback_A: 6,
};

describe("a form to adopt a charger", () => {
  test("that is complete has no mistakes and is sent in milliamperes", () => {
    expect(adoptMistakes(good, ["P01"])).toEqual({});
    expect(adoptInput("CP-7", { ...good, name: "  Bay 7 " })).toMatchObject({
      identity: "CP-7",
      name: "Bay 7",
      max_mA: 16_000,
      fallback_mA: 6_000,
    });
  });

  test("names every field that is missing or impossible", () => {
    expect(adoptMistakes({ ...good, id: "", name: " ", circuitId: "", max_A: "", fallback_A: "" }, [])).toEqual({
      id: "required",
      name: "required",
      circuitId: "required",
      max_A: "current",
      fallback_A: "fallback",
    });
    expect(adoptMistakes({ ...good, id: "bay 7" }, [])).toEqual({ id: "id" });
    expect(adoptMistakes(good, ["P07"])).toEqual({ id: "taken" });
    expect(adoptMistakes({ ...good, max_A: 5 }, [])).toEqual({ max_A: "current" });
    expect(adoptMistakes({ ...good, fallback_A: 20 }, [])).toEqual({ fallback_A: "fallback" });
  });
});

test("the proposed id is the first free one", () => {
  expect(nextStationId([])).toBe("P01");
  expect(nextStationId(["P01", "P03"])).toBe("P02");
  expect(nextStationId(["P01", "P02"])).toBe("P03");
});

test("a charger that cannot be told a safe current keeps its last limit, so its maximum is proposed and said why", () => {
  expect(keepsLastLimit({ max_mA: 32_000, fallback_mA: 32_000 })).toBe(true);
  expect(keepsLastLimit({ max_mA: 32_000, fallback_mA: 6_000 })).toBe(false);
  expect(keepsLastLimit(null)).toBe(false);
});
