import { describe, expect, test } from "vitest";
import { milliamp, wattHour } from "../../core/units/index.ts";
import { createVirtualClock } from "../site/clock.ts";
import { BUILDING_mA_max, buildingLoad_mA, createLocalTime } from "./building-load.ts";
import { createArrivals } from "./arrivals.ts";
import { siteOf, demoBays, demoSite } from "./demo-site.ts";
import { createEvse } from "./evse.ts";
import { createVisitPlan, localDay, startOfDay_ms, visitsOfDay, type Visit } from "./visits.ts";
import { World, type SimulatedBox } from "./world.ts";

const START = Date.parse("2026-03-02T08:00:00Z");
const ZONE = "Europe/Berlin";
const CAR = {
  seed: 3,
  soc_permille: 100,
  model: {
    name: "test",
    phases: 3,
    current_mA_max: milliamp(16_000),
    battery_Wh: 60_000,
    target_permille: 1000,
    follow_ms: [2000, 5000],
    resume_ms: 0,
    pausesItself: false,
    overdraw_permille: 0,
  },
} as const;

/** A box that offers what the test says. */
function plainBox(stationId: string, phases: 1 | 2 | 3, offered_mA: number): SimulatedBox {
  const evse = createEvse({ phases, current_mA_max: 32_000, register_Wh: wattHour(1000) });
  return {
    stationId,
    evse,
    tick: () => {
      evse.offer(offered_mA);
    },
    plugIn: (car) => {
      evse.plugIn(car);
    },
    unplug: () => {
      evse.unplug();
    },
  };
}

function worldOf(points: number, offered_mA: number, building: boolean) {
  const { model } = siteOf(points, false);
  const clock = createVirtualClock(START);
  const boxes = model.stations.map((station) => plainBox(station.id, station.phaseCount, offered_mA));
  const world = new World({ clock, seed: 1, site: model, boxes, buildingCircuitId: building ? "main" : null });
  for (const station of model.stations) world.plugIn(station.id, CAR, "CARD");
  return { world, model, boxes };
}

describe("the world", () => {
  test("the main meter shows the cars, through their rotation, and the building, phase by phase", () => {
    const { world, model } = worldOf(12, 10_000, true);
    const local = createLocalTime(ZONE);
    for (let now_ms = START + 250; now_ms <= START + 60_000; now_ms += 250) {
      world.stepTo(now_ms);
      const truth = world.truth();
      const building = buildingLoad_mA(1, now_ms, local(now_ms));
      for (const phase of [0, 1, 2] as const) {
        const cars = truth.stations.reduce((sum, station) => sum + station.current_mA[phase], 0);
        expect(truth.meters[0]?.current_mA[phase]).toBe(cars + building[phase]);
      }
    }
    // One-phase boxes of rotation L1, L2, L3 load that phase only.
    const currents = new Map(world.truth().stations.map((station) => [station.stationId, station.current_mA]));
    for (const station of model.stations.filter((one) => one.rotation === "L2"))
      expect(currents.get(station.id)).toEqual([0, 10_000, 0]);
  });

  test("counts how long and how far a fuse is exceeded", () => {
    const { world } = worldOf(4, 32_000, false);
    world.stepTo(START + 30_000);
    const garage = world.truth().circuits.find((circuit) => circuit.circuitId === "garage-1");
    // Three cars of 16 A and one of one phase with 16 A against 40 A: on L1 there are four.
    expect(garage?.peak_mA).toEqual([64_000, 48_000, 48_000]);
    expect(garage?.longestOver_ms[0]).toBeGreaterThan(24_000);
    expect(garage?.over_As[0]).toBeGreaterThan(24 * 24);
    expect(garage?.over_As[0]).toBeLessThan(24 * 30);
  });

  test("energy on the meter, in the registers and in the cars is the same", () => {
    const { world } = worldOf(6, 16_000, false);
    const before = world.truth().meters[0]?.import_Wh ?? 0;
    world.stepTo(START + 50_000);
    for (let now_ms = START + 100_000; now_ms <= START + 3_600_000; now_ms += 50_000) world.stepTo(now_ms);
    const truth = world.truth();
    const delivered = truth.stations.reduce((sum, station) => sum + station.delivered_Wh, 0);
    const received = truth.stays.reduce((sum, stay) => sum + stay.received_Wh, 0);
    expect(delivered).toBeGreaterThan(40_000);
    expect(Math.abs(received - delivered)).toBeLessThanOrEqual(6);
    expect(Math.abs((truth.meters[0]?.import_Wh ?? 0) - before - delivered)).toBeLessThanOrEqual(7);
  });

  test("goes on from now after a long gap instead of living through it", () => {
    const { world } = worldOf(4, 16_000, false);
    world.stepTo(START + 30 * 86_400_000);
    expect(world.truth().stations.every((station) => station.delivered_Wh === 0)).toBe(true);
  });

  test("the same seed gives the same world", () => {
    const run = () => {
      const { world } = worldOf(12, 13_000, true);
      for (let now_ms = START + 250; now_ms <= START + 120_000; now_ms += 250) world.stepTo(now_ms);
      return world.truth();
    };
    expect(run()).toEqual(run());
  });
});

describe("the building", () => {
  test("never takes more than its declared worst case, and less at night and on Sundays", () => {
    const local = createLocalTime(ZONE);
    const mean = (day: string, hour: number): number => {
      const from = Date.parse(`${day}T${String(hour).padStart(2, "0")}:00:00Z`);
      let sum = 0;
      for (let at_ms = from; at_ms < from + 3_600_000; at_ms += 5000) {
        const load = buildingLoad_mA(7, at_ms, local(at_ms));
        expect(Math.max(...load)).toBeLessThanOrEqual(BUILDING_mA_max);
        sum += load[0];
      }
      return sum / 720;
    };
    const noon = mean("2026-03-04", 11);
    expect(mean("2026-03-04", 2)).toBeLessThan(noon / 2);
    expect(mean("2026-03-08", 11)).toBeLessThan(noon * 0.75);
  });
});

describe("visits", () => {
  const bays = demoBays(demoSite().model);

  test("follow from seed, bay and day, and never overlap at a bay", () => {
    const first = localDay(START, ZONE) - 60;
    for (const bay of bays) {
      let free_ms = 0;
      let count = 0;
      for (let day = first; day < first + 120; day += 1) {
        const visits = visitsOfDay(bay, day, startOfDay_ms(day, ZONE), 42);
        expect(visitsOfDay(bay, day, startOfDay_ms(day, ZONE), 42)).toEqual(visits);
        for (const visit of visits) {
          expect(visit.arrive_ms).toBeGreaterThan(free_ms);
          expect(visit.depart_ms).toBeGreaterThan(visit.arrive_ms);
          expect(visit.car.soc_permille).toBeGreaterThanOrEqual(0);
          free_ms = visit.depart_ms;
          count += 1;
        }
      }
      expect(count).toBeGreaterThan(60);
    }
    expect(visitsOfDay(bays[0] ?? never(), first, startOfDay_ms(first, ZONE), 1)).not.toEqual(
      visitsOfDay(bays[0] ?? never(), first, startOfDay_ms(first, ZONE), 2),
    );
  });

  test("a plan answers with who stands there now or comes next", () => {
    const bay = bays[1] ?? never();
    const plan = createVisitPlan(bay, ZONE, 42);
    let at_ms = START;
    for (let i = 0; i < 50; i += 1) {
      const visit = plan.next(at_ms);
      expect(visit?.depart_ms).toBeGreaterThan(at_ms);
      at_ms = visit?.depart_ms ?? never();
    }
  });

  test("everybody who arrives leaves again, and a bay holds one car at a time", () => {
    const arrivals = createArrivals({ bays, seed: 5, timezone: ZONE, start_ms: START, opening_permille: 700 });
    const parked = new Map<string, Visit>();
    let came = 0;
    let opened = 0;
    for (let now_ms = START; now_ms < START + 3 * 86_400_000; now_ms += 5000) {
      arrivals.step(now_ms, {
        plugIn: (visit) => {
          expect(parked.has(visit.stationId)).toBe(false);
          parked.set(visit.stationId, visit);
          came += 1;
          if (now_ms <= START + 30_000) opened += 1;
        },
        unplug: (stationId) => {
          expect(parked.delete(stationId)).toBe(true);
        },
      });
    }
    expect(opened).toBeGreaterThanOrEqual(6);
    expect(came).toBeGreaterThan(40);
    expect(came).toBeLessThan(200);
  });
});

function never(): never {
  throw new Error("the demo has bays");
}
