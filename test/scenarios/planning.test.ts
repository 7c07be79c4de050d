import { expect, onTestFinished, test } from "vitest";
import type { SitePlanning } from "../../src/core/site/index.ts";
import { epochMs, milliamp, watt, wattHour } from "../../src/core/units/index.ts";
import type { LpAnswer, LpSolver } from "../../src/main/planning/index.ts";
import { createLpSolver } from "../../src/main/planning/index.ts";
import type { PlanningDesk } from "../../src/main/site/planning-desk.ts";
import { startPlanningDesk } from "../../src/main/site/planning-desk.ts";
import { quietLog } from "./site-under-test.ts";
import type { VirtualBox, VirtualSite } from "./virtual-site.ts";
import { virtualSite, VIRTUAL_START_MS } from "./virtual-site.ts";

// The product's planner with its own solver and thread, before the product's own loop, on hours of a virtual clock.

const HOUR_S = 3_600;
const HOUR_MS = HOUR_S * 1_000;
const QUARTER_S = 900;
/** Time of the site that passes between two looks at whether the solver is busy. */
const LOOK_S = 5;
/** Boxes may run this long before the plan takes them back, and the quarter hours of a plan begin when they do. */
const SLACK_WH = 1_200;
const VOLTAGE_V = 230;

type Planned = {
  readonly site: VirtualSite;
  readonly desk: PlanningDesk;
  /** Runs the site; it waits for every plan, so that a slow machine plans as often as a fast one. */
  readonly live: (seconds: number, everySecond?: () => void) => Promise<void>;
  readonly given_Wh: (box: VirtualBox) => number;
};

function planned(
  options: { readonly points: number; readonly fuse_A: number; readonly meter?: boolean },
  planning: SitePlanning,
  solver: LpSolver = createLpSolver(),
): Planned {
  const site = virtualSite({ ...options, planning });
  const busy = new Set<Promise<LpAnswer>>();
  const watched: LpSolver = {
    close: () => solver.close(),
    solve: (program, asked) => {
      const answer = solver.solve(program, asked);
      busy.add(answer);
      void answer.then(() => busy.delete(answer));
      return answer;
    },
  };
  const { state, clock, stores } = site;
  const desk = startPlanningDesk({ site: state, stores, clock, log: quietLog(), dataFolder: null, solver: watched });
  site.beforeCycle.run = () => {
    desk.follow(clock.now_ms());
  };
  site.planned.plan = desk.plan;
  onTestFinished(() => desk.stop());
  const begin_mWh = new Map(site.boxes.map((box) => [box.id, box.register_mWh]));
  return {
    site,
    desk,
    live: async (seconds, everySecond) => {
      for (let left = seconds; left > 0; left -= LOOK_S) {
        await site.run(Math.min(LOOK_S, left), everySecond);
        await Promise.all(busy);
      }
    },
    given_Wh: (box) => (box.register_mWh - (begin_mWh.get(box.id) ?? 0)) / 1_000,
  };
}

/** Somebody said when this car leaves and what it needs. */
function says(site: VirtualSite, id: string, stay: { readonly hours: number; readonly needed_Wh: number }): void {
  const state = site.state.stations.get(id);
  if (state === undefined) throw new Error(`no station ${id}`);
  const departure_ms = epochMs(site.clock.now_ms() + stay.hours * HOUR_MS);
  const needed_Wh = wattHour(stay.needed_Wh);
  state.declared = { departure_ms, needed_Wh };
  state.expected = { departure_ms, needed_Wh, from: "declared" };
}

/** 06:00 UTC is 08:00 in Berlin: dear until 10:00, then cheap. */
const LATER_CHEAP: SitePlanning = {
  prices: {
    otherwise_micro_per_kWh: 320_000,
    hours: [{ from_minute: 10 * 60, until_minute: 18 * 60, price_micro_per_kWh: 200_000 }],
  },
};

const carWithTime = async ({ site, live }: Planned): Promise<VirtualBox> => {
  const box = site.box("P01");
  box.plugged = true;
  await live(20);
  says(site, "P01", { hours: 5, needed_Wh: 6_000 });
  return box;
};

test(
  "a car with time waits for the cheap hours and has what it needs when it leaves; one that nobody knows charges at once",
  { timeout: 120_000 },
  async () => {
    const run = planned({ points: 2, fuse_A: 63 }, LATER_CHEAP);
    const { site, desk, live, given_Wh } = run;
    const patient = await carWithTime(run);
    const unknown = site.box("P02");
    unknown.plugged = true;
    await live(1.9 * HOUR_S);
    expect(given_Wh(patient)).toBeLessThan(SLACK_WH);
    expect(given_Wh(unknown)).toBeGreaterThan(6_000);
    expect(site.state.stations.get("P01")?.grant.because.some(({ kind }) => kind === "price")).toBe(true);
    const waits = desk.state().cars.find(({ stationId }) => stationId === "P01")?.waits;
    expect(waits).toMatchObject({
      kind: "price",
      until_ms: VIRTUAL_START_MS + 2 * HOUR_MS,
      price_micro_per_kWh: 320_000,
      later_micro_per_kWh: 200_000,
      paused: true,
    });
    await live(2.6 * HOUR_S);
    expect(given_Wh(patient)).toBeGreaterThanOrEqual(6_000);
    expect(desk.state()).toMatchObject({ prices: "hours", failures: 0 });
  },
);

test("with a solver that fails every time cars share what there is, as if nothing were planned", async () => {
  const dead: LpSolver = {
    solve: () => Promise.resolve({ kind: "failed", code: "broken", detail: "the thread ended" }),
    close: () => Promise.resolve(),
  };
  const run = planned({ points: 1, fuse_A: 63 }, LATER_CHEAP, dead);
  const box = await carWithTime(run);
  await run.live(HOUR_S);
  expect(run.given_Wh(box)).toBeGreaterThan(3_000);
  expect(run.desk.state()).toMatchObject({ status: "failed", cars: [], circuits: [], made_at_ms: null });
  expect(run.desk.state().failures).toBeGreaterThan(1);
});

test(
  "a solver that dies in the middle of the day: its last plan ends after a quarter hour, and the car charges",
  { timeout: 120_000 },
  async () => {
    const real = createLpSolver();
    let alive = true;
    const mortal: LpSolver = {
      solve: (program, asked) =>
        alive
          ? real.solve(program, asked)
          : Promise.resolve({ kind: "failed", code: "broken", detail: "the thread ended" }),
      close: () => real.close(),
    };
    const run = planned({ points: 1, fuse_A: 63 }, LATER_CHEAP, mortal);
    const box = await carWithTime(run);
    await run.live(HOUR_S);
    expect(run.given_Wh(box)).toBeLessThan(SLACK_WH);
    alive = false;
    await run.live(HOUR_S);
    expect(run.given_Wh(box)).toBeGreaterThan(2_000);
  },
);

/** A main meter that sees cars and building each second; returns the mean of every whole quarter hour. */
function metered({ site }: Planned, building_mA: (second: number) => number) {
  let second = 0;
  let register_mWh = 5_000_000_000;
  let quarter_Ws = 0;
  const means_W: number[] = [];
  const everySecond = (): void => {
    second += 1;
    const drawn_mA = building_mA(second) + site.boxes.reduce((sum, box) => sum + site.drawn_mA(box), 0);
    const power_W = Math.round((drawn_mA * VOLTAGE_V) / 1_000);
    register_mWh += (power_W * 1_000) / 3_600;
    quarter_Ws += power_W;
    if (second % QUARTER_S === 0) {
      means_W.push(quarter_Ws / QUARTER_S);
      quarter_Ws = 0;
    }
    site.emit({
      kind: "meter-reading",
      meterId: "grid",
      reading: {
        measured_at_ms: site.clock.now_ms(),
        current_mA: [milliamp(drawn_mA), milliamp(0), milliamp(0)],
        voltage_mV: [null, null, null],
        power_W: watt(power_W),
        energyImport_Wh: wattHour(Math.floor(register_mWh / 1_000)),
        energyExport_Wh: null,
      },
    });
  };
  return { everySecond, means_W };
}

test(
  "no quarter hour has more than its limit as a mean, though the building jumps and single minutes are above it",
  { timeout: 120_000 },
  async () => {
    const limit_W = 12_000;
    const run = planned({ points: 6, fuse_A: 125, meter: true }, { quarterLimit_W: watt(limit_W) });
    // Four minutes of a heavy load in each quarter hour, at another place in each.
    const { everySecond, means_W } = metered(run, (second) =>
      (second + 130 * Math.floor(second / QUARTER_S)) % QUARTER_S < 240 ? 40_000 : 4_000,
    );
    for (const box of run.site.boxes) box.plugged = true;
    await run.live(8 * QUARTER_S, everySecond);
    expect(means_W).toHaveLength(8);
    for (const mean_W of means_W) expect(mean_W).toBeLessThanOrEqual(limit_W * 1.005);
    // What the minutes before left is used, not lost.
    for (const mean_W of means_W.slice(1)) expect(mean_W).toBeGreaterThan(limit_W * 0.85);
    expect(run.desk.state().quarter).toMatchObject({ limit_W });
  },
);

test(
  "a quarter hour whose prices or limit are set anew in its middle does not forget what it has used",
  { timeout: 120_000 },
  async () => {
    const limit_W = watt(12_000);
    const run = planned({ points: 6, fuse_A: 125, meter: true }, { quarterLimit_W: limit_W });
    // The building alone is above the limit in the first five minutes, and the cars have to make up for it.
    const { everySecond, means_W } = metered(run, (second) => (second % QUARTER_S < 300 ? 80_000 : 4_000));
    for (const box of run.site.boxes) box.plugged = true;
    await run.live(QUARTER_S + 400, everySecond);
    run.desk.replace({ ...LATER_CHEAP, quarterLimit_W: limit_W });
    await run.live(QUARTER_S - 400, everySecond);
    await run.live(400, everySecond);
    // Nobody had it in mind when this quarter hour began.
    run.desk.replace({});
    await run.live(100, everySecond);
    run.desk.replace({ quarterLimit_W: limit_W });
    await run.live(QUARTER_S - 500, everySecond);
    expect(means_W).toHaveLength(3);
    // Nobody saw the begin of the first one.
    for (const mean_W of means_W.slice(1)) expect(mean_W).toBeLessThanOrEqual(limit_W * 1.005);
  },
);

test(
  "where the peak has a price, cars with time stay below the month's peak so far",
  { timeout: 120_000 },
  async () => {
    const run = planned(
      { points: 4, fuse_A: 125, meter: true },
      { peak: { price_micro_per_kW: 12_000_000, floor_W: watt(0) } },
    );
    const monthPeak_W = 9_000;
    const { everySecond, means_W } = metered(run, () => 8_000);
    run.site.stores.history.put(
      Array.from({ length: 3 * 96 }, (_, index) => ({
        slot_ms: epochMs(VIRTUAL_START_MS - (index + 1) * QUARTER_S * 1_000),
        stationId: "",
        ev_Wh: wattHour(0),
        site_Wh: wattHour(460),
        avg_W: index === 40 ? monthPeak_W : 1_840,
        max_W: 9_500,
        seen_ms: QUARTER_S * 1_000,
        plugged_ms: 0,
        charging_ms: 0,
        limited_ms: 0,
      })),
    );
    await run.live(QUARTER_S, everySecond);
    for (const box of run.site.boxes) box.plugged = true;
    await run.live(20, everySecond);
    for (const box of run.site.boxes) says(run.site, box.id, { hours: 5, needed_Wh: 4_000 });
    await run.live(4.5 * HOUR_S - 20, everySecond);
    for (const box of run.site.boxes) expect(run.given_Wh(box)).toBeGreaterThanOrEqual(3_950);
    // Without a plan four cars at 16 A and the building would have made 16.5 kW of it.
    expect(Math.max(...means_W)).toBeLessThanOrEqual(monthPeak_W * 1.02);
    expect(run.desk.state().peak_W).toBeLessThanOrEqual(monthPeak_W);
  },
);
