import { expect, test } from "vitest";
import { virtualSite } from "./virtual-site.ts";

const HOUR_S = 3_600;

test(
  "twelve cars on a fuse for three: in five hours everybody has charged and nobody was switched on and off needlessly",
  { timeout: 120_000 },
  async () => {
    const site = virtualSite({ points: 12, fuse_A: 18 });
    // Already full when it came: it must not keep a place that others wait for.
    site.box("P01").takes_mA = 0;
    for (const box of site.boxes) box.plugged = true;
    const before = new Map(site.boxes.map((box) => [box.id, box.register_mWh]));
    let most_mA = 0;
    await site.run(5 * HOUR_S, () => {
      most_mA = Math.max(
        most_mA,
        site.boxes.reduce((sum, box) => sum + site.drawn_mA(box), 0),
      );
    });
    expect(site.errors).toEqual([]);
    expect(most_mA).toBeLessThanOrEqual(18_000);
    const charged = site.boxes
      .filter((box) => box.takes_mA > 0)
      .map((box) => (box.register_mWh - (before.get(box.id) ?? 0)) / 1e6);
    // 18 A for five hours are 20.7 kWh: 1.9 kWh each, in turns of an hour with 1.4 kWh.
    expect(Math.min(...charged)).toBeGreaterThan(1.2);
    expect(charged.reduce((sum, energy) => sum + energy, 0)).toBeGreaterThan(0.95 * 20.7);
    expect(Math.max(...site.boxes.map((box) => box.pauses))).toBeLessThanOrEqual(3);
  },
);
