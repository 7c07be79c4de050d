import { expect, test } from "vitest";
import { liveUpdate, stationLive } from "../../test-data.ts";
import { applyUpdate, NO_LIVE_STATE } from "./live-state.ts";

test("a full update replaces everything, so a removed station disappears", () => {
  const first = applyUpdate(NO_LIVE_STATE, liveUpdate({ stations: [stationLive("P01"), stationLive("P02")] }), 1);
  const second = applyUpdate(first, liveUpdate({ stations: [stationLive("P02")] }), 2);
  expect(second.stationIds).toEqual(["P02"]);
  expect(Object.keys(second.stations)).toEqual(["P02"]);
});

test("a partial update changes only the stations it names and keeps the others the same objects", () => {
  const first = applyUpdate(NO_LIVE_STATE, liveUpdate({ stations: [stationLive("P01"), stationLive("P02")] }), 1);
  const second = applyUpdate(
    first,
    liveUpdate({ full: false, circuits: [], stations: [stationLive("P02", { granted_mA: 7000 })] }),
    2,
  );
  expect(second.stations["P01"]).toBe(first.stations["P01"]);
  expect(second.stations["P02"]?.granted_mA).toBe(7000);
  expect(second.stationIds).toBe(first.stationIds);
  expect(second.circuits).toBe(first.circuits);
  expect(second.received_at_ms).toBe(2);
});

test("a station that a partial update names for the first time is added at the end", () => {
  const first = applyUpdate(NO_LIVE_STATE, liveUpdate({ stations: [stationLive("P01")] }), 1);
  const second = applyUpdate(first, liveUpdate({ full: false, stations: [stationLive("P09")] }), 2);
  expect(second.stationIds).toEqual(["P01", "P09"]);
});
