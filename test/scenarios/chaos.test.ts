import fc from "fast-check";
import { expect, test } from "vitest";
import { virtualSite } from "./virtual-site.ts";
import type { VirtualBox, VirtualSite } from "./virtual-site.ts";

/** Boxes and cars follow at once here, so what is left is our own cycle, the report of a box and its silence. */
const OVER_S_MAX = 15;
const POINTS = 6;
const FUSE_A = 40;
/** A box keeps its setpoint this long without us, and then its fallback: longer than any of ours promises to. */
const HOLDS_S = 600;
const NOTICED_S = 30;
const STEP_S = 20;

type Deed = {
  readonly kind: "plug" | "unplug" | "cut" | "restore" | "reboot" | "flap" | "other" | "sleep" | "disk";
  readonly at: number;
};
const deeds = fc.array(
  fc.record({
    kind: fc.constantFrom<Deed["kind"]>(
      "plug",
      "plug",
      "plug",
      "unplug",
      "cut",
      "restore",
      "reboot",
      "flap",
      "other",
      "sleep",
      "disk",
    ),
    at: fc.integer({ min: 0, max: POINTS - 1 }),
  }),
  { minLength: 40, maxLength: 80 },
);

test(
  "whatever boxes, lines, disk and clock do, the fuse is over for no longer than it takes to react",
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(deeds, async (what) => {
        const site = virtualSite({ points: POINTS, fuse_A: FUSE_A });
        for (const box of site.boxes) box.plugged = true;
        await site.run(STEP_S);
        const silent_s = new Map<VirtualBox, number>();
        let other_mA = 0;
        let over_s = 0;
        let longest_s = 0;
        const second = (): void => {
          for (const [box, since_s] of silent_s) {
            silent_s.set(box, since_s + 1);
            if (since_s === NOTICED_S) offline(site, box);
            if (since_s === HOLDS_S) box.offered_mA = 6_000;
          }
          const total = site.boxes.reduce((sum, box) => sum + site.drawn_mA(box), other_mA);
          over_s = total > FUSE_A * 1000 ? over_s + 1 : 0;
          longest_s = Math.max(longest_s, over_s);
        };
        for (const { kind, at } of what) {
          const box = site.boxes[at];
          if (box === undefined) throw new Error("a deed has a box");
          if (kind === "plug") box.plugged = true;
          else if (kind === "unplug") box.plugged = false;
          else if (kind === "cut" && box.answers) {
            box.answers = false;
            silent_s.set(box, 0);
          } else if (kind === "restore" && !box.answers) {
            box.answers = true;
            silent_s.delete(box);
            offline(site, box);
            online(site, box);
          } else if (kind === "flap" && !box.answers) {
            // It dials in and is gone again before it has answered anything.
            offline(site, box);
            online(site, box);
            offline(site, box);
          } else if (kind === "reboot" && box.answers) {
            box.offered_mA = 6_000;
            site.emit({ kind: "booted", stationId: box.id, at_ms: site.clock.now_ms() });
          } else if (kind === "other") {
            other_mA = other_mA === 0 ? 4_000 : 0;
            site.otherLoad(other_mA);
          } else if (kind === "sleep") {
            site.jump(600_000);
            for (const one of site.boxes) one.offered_mA = 6_000;
          }
          site.disk.full = kind === "disk";
          await site.run(STEP_S, second);
        }
        expect(longest_s).toBeLessThanOrEqual(OVER_S_MAX);
        site.disk.full = false;
        await site.stop();
      }),
      { numRuns: 60, endOnFailure: true },
    );
  },
);

function offline(site: VirtualSite, box: VirtualBox): void {
  site.emit({ kind: "offline", stationId: box.id, at_ms: site.clock.now_ms() });
}

function online(site: VirtualSite, box: VirtualBox): void {
  const at_ms = site.clock.now_ms();
  site.emit({ kind: "online", stationId: box.id, at_ms, vendor: null, model: null, serial: null, firmware: null });
}
