import { describe, expect, test } from "vitest";
import { milliamp, perPhase } from "../../src/core/units/index.ts";
import { virtualSite } from "../scenarios/virtual-site.ts";
import type { VirtualSite } from "../scenarios/virtual-site.ts";

// Whatever part of the site fails or is not as it was said to be: the fuse holds, and the others go on. The app that is
// killed, the PC that sleeps and the meter that is pulled are among the scenarios.

const MINUTE_S = 60;
const FUSE_A = 32;
/** Meter, decision, box, car: every second of overload beyond that would be ours. */
const OVER_S_MAX = 15;

const showMeter = (site: VirtualSite): void => {
  const flows = site.load_mA();
  site.emit({
    kind: "meter-reading",
    meterId: "grid",
    reading: {
      measured_at_ms: site.clock.now_ms(),
      current_mA: perPhase((_, index) => milliamp(flows[index])),
      voltage_mV: [null, null, null],
      power_W: null,
      energyImport_Wh: null,
      energyExport_Wh: null,
    },
  });
};

describe.each(["P01", "P02", "P03", "P04"])("the line of %s is pulled", (pulled) => {
  test("it keeps what it had reserved, the others share the rest, and all have theirs when it is back", async () => {
    const site = virtualSite({ points: 4, fuse_A: FUSE_A });
    for (const box of site.boxes) box.plugged = box.id !== "P04" || pulled === "P04";
    await site.run(2 * MINUTE_S);
    const box = site.box(pulled);
    const before_mA = site.drawn_mA(box);
    box.answers = false;
    site.emit({ kind: "offline", stationId: pulled, at_ms: site.clock.now_ms() });
    for (const one of site.boxes) one.plugged = true;
    await site.run(5 * MINUTE_S, () => {
      expect(site.load_mA()[0]).toBeLessThanOrEqual(FUSE_A * 1000);
    });
    expect(site.drawn_mA(box)).toBe(before_mA);
    expect(site.boxes.filter((one) => one !== box).every((one) => site.drawn_mA(one) >= 6_000)).toBe(true);
    box.answers = true;
    site.emit({
      kind: "online",
      stationId: pulled,
      at_ms: site.clock.now_ms(),
      vendor: null,
      model: null,
      serial: null,
      firmware: null,
    });
    await site.run(2 * MINUTE_S, () => {
      expect(site.load_mA()[0]).toBeLessThanOrEqual(FUSE_A * 1000);
    });
    expect(site.boxes.map((one) => site.drawn_mA(one))).toEqual([8_000, 8_000, 8_000, 8_000]);
  });
});

test("a bay that hangs on another line than the site file says: the meter keeps that line's fuse", async () => {
  const site = virtualSite({ points: 3, fuse_A: 20, meter: true, rotations: ["L1", "L2", "L3"] });
  site.box("P01").hangsOn = ["L2"];
  showMeter(site);
  for (const box of site.boxes) box.plugged = true;
  let over_s = 0;
  let longest_s = 0;
  await site.run(15 * MINUTE_S, () => {
    showMeter(site);
    over_s = Math.max(...site.load_mA()) > 20_000 ? over_s + 1 : 0;
    longest_s = Math.max(longest_s, over_s);
  });
  expect(longest_s).toBeLessThanOrEqual(OVER_S_MAX);
  expect(Math.max(...site.load_mA())).toBeLessThanOrEqual(20_000);
  expect(site.drawn_mA(site.box("P03"))).toBe(16_000);
});
