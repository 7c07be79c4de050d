import { describe, expect, test } from "vitest";
import { circuitLive, stationLive } from "../../test-data.ts";
import {
  chosenStations,
  circuitsWithin,
  countsByState,
  densityFor,
  groupedByCircuit,
  parseLiveSearch,
} from "./live-view.ts";

const circuits = [
  circuitLive("main"),
  circuitLive("a", { parentId: "main" }),
  circuitLive("a1", { parentId: "a" }),
  circuitLive("b", { parentId: "main" }),
];
const stations = [
  stationLive("P10", { circuitId: "b", state: "free" }),
  stationLive("P2", { circuitId: "a1", state: "limited" }),
  stationLive("P1", { circuitId: "a", state: "fault" }),
];
const ids = (raw: Record<string, unknown>): readonly string[] =>
  chosenStations(stations, circuits, parseLiveSearch(raw)).map(({ stationId }) => stationId);

describe("which chargers are shown", () => {
  test("all of them in the order of the circuits, names counted as numbers", () => {
    expect(ids({})).toEqual(["P1", "P2", "P10"]);
    expect(ids({ sort: "name" })).toEqual(["P1", "P2", "P10"]);
    expect(ids({ sort: "attention" })).toEqual(["P1", "P2", "P10"]);
  });

  test("by state, by circuit with everything below it, and by name or card", () => {
    expect(ids({ state: "free" })).toEqual(["P10"]);
    expect(ids({ circuit: "a" })).toEqual(["P1", "P2"]);
    expect(ids({ text: "p1" })).toEqual(["P1", "P10"]);
  });

  test("nonsense in the address shows all, not nothing", () => {
    expect(ids({ state: "flying", sort: 7, circuit: {}, text: null })).toHaveLength(3);
  });
});

test("a circuit contains what lies below it, even when the parent is listed last", () => {
  expect([...circuitsWithin([...circuits].reverse(), "a")].sort()).toEqual(["a", "a1"]);
});

test("density follows the number of chargers, and a person's choice wins", () => {
  expect([1, 12, 13, 40, 41, 100].map((count) => densityFor("auto", count))).toEqual([
    "cards",
    "cards",
    "compact",
    "compact",
    "rows",
    "rows",
  ]);
  expect(densityFor("cards", 100)).toBe("cards");
});

test("counts name every state, also those nobody is in", () => {
  expect(countsByState(stations)).toMatchObject({ all: 3, free: 1, limited: 1, fault: 1, charging: 0, offline: 0 });
});

test("groups keep the order of the circuits and leave out empty ones", () => {
  expect(groupedByCircuit(stations, circuits).map(({ circuitId }) => circuitId)).toEqual(["a", "a1", "b"]);
});
