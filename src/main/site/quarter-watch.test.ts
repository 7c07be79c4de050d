import { expect, test } from "vitest";
import { slotOf } from "../../core/history/index.ts";
import { epochMs, milliamp, watt, wattHour } from "../../core/units/index.ts";
import { allocationCircuit } from "./circuit-view.ts";
import { applyMeter } from "./meter-intake.ts";
import { createQuarterUse } from "./quarter-use.ts";
import { createQuarterWatch } from "./quarter-watch.ts";
import { newSiteState } from "./state.ts";
import { twoBaysOn } from "./two-bays.example.ts";

const START_MS = slotOf(epochMs(Date.UTC(2026, 5, 10, 6)));
const LINE_A = 30;
const LIMIT_W = watt(20_000);

/**
 * What all cars may have by power after five minutes in which only the building took something: 30 A on each line, which
 * are `building_W`.
 */
function leftForCars_W(system: "star" | "delta", building_W: number): number {
  const model = twoBaysOn({ fuse_A: 100, max_A: 32, fallback_A: 6 });
  const circuits = model.circuits.map((circuit) => ({ ...circuit, system, meterId: "grid" }));
  const meters = [{ id: "grid", name: "Grid", profileId: "p", linkId: "l", unitId: 9 }];
  const site = newSiteState({ ...model, circuits, meters }, START_MS);
  const main = site.circuits.get("main");
  if (main === undefined) throw new Error("a site has a main circuit");
  const use = createQuarterUse(site);
  const watch = createQuarterWatch(site, LIMIT_W, use);
  const current_mA = milliamp(LINE_A * 1_000);
  for (let second = 0; second <= 300; second += 1) {
    const now_ms = epochMs(START_MS + second * 1_000);
    applyMeter(site, "grid", {
      measured_at_ms: now_ms,
      current_mA: [current_mA, current_mA, current_mA],
      voltage_mV: [null, null, null],
      power_W: watt(building_W),
      energyImport_Wh: wattHour(5_000_000 + Math.floor((building_W * second) / 3_600)),
      energyExport_Wh: null,
    });
    use.follow();
    watch.follow(now_ms);
  }
  const { limit_W, otherLoad_mA } = allocationCircuit(site, main, epochMs(START_MS + 300_000));
  const other_A = otherLoad_mA.reduce((sum: number, load) => sum + load, 0) / 1_000;
  return (limit_W ?? Infinity) - (other_A / (3 * LINE_A)) * building_W;
}

test.each([
  { system: "star", building_W: 20_700 },
  // √3 × 230 V × 30 A
  { system: "delta", building_W: 11_951 },
] as const)("cars of a $system system have what the building leaves of the quarter hour", ({ system, building_W }) => {
  const mean_W = (LIMIT_W * 900 - building_W * 300) / 600;
  const left_W = leftForCars_W(system, building_W);
  expect(left_W).toBeLessThanOrEqual(Math.max(0, mean_W - building_W) + 5);
  // It moves in fiftieths of the limit.
  expect(left_W).toBeGreaterThan(mean_W - building_W - LIMIT_W / 50);
});
