import fc from "fast-check";
import { expect, test } from "vitest";
import { milliamp, perPhase, PHASES } from "../../src/core/units/index.ts";
import { wiredPhases } from "../../src/core/site/index.ts";
import { virtualSite } from "../scenarios/virtual-site.ts";
import type { VirtualBox, VirtualSite } from "../scenarios/virtual-site.ts";

// Beside what `test/scenarios/chaos.test.ts` throws at boxes and lines: cars that change their phases or take more than they
// are told, boxes that refuse or ignore, wirings in every order, and limits that come and go.

/**
 * Boxes and cars follow at once and the meter speaks every second, but boxes tell what they draw every 15 s only: one that
 * does not do what it says is known when its six seconds are over, and the next is asked then. Every protective device
 * carries 1.05 of its current for ever (balancing.md §1.5); above that the first answer has to be enough. In some thousand
 * histories the longest of all was 16 s, and that but 1 s above the 1.05.
 */
const OVER_S_MAX = 20;
const FAR_OVER_S_MAX = 8;
const FAR_OVER = 1.05;
const POINTS = 6;
const FUSE_A = 50;
const STEP_S = 15;
const IMPOSED_A = 20;

type Deed = {
  readonly kind:
    | "plug"
    | "unplug"
    | "phases"
    | "overdraws"
    | "ignores"
    | "refuses"
    | "obeys"
    | "imposed"
    | "lifted"
    | "reboot"
    | "cut"
    | "restore"
    | "other"
    | "sleep";
  readonly at: number;
  readonly size: number;
};
const kinds: readonly Deed["kind"][] = [
  "plug",
  "plug",
  "plug",
  "unplug",
  "phases",
  "phases",
  "overdraws",
  "ignores",
  "refuses",
  "obeys",
  "obeys",
  "imposed",
  "lifted",
  "reboot",
  "cut",
  "restore",
  "other",
  "sleep",
];
const deeds = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    at: fc.integer({ min: 0, max: POINTS - 1 }),
    size: fc.integer({ min: 0, max: 2 }),
  }),
  { minLength: 30, maxLength: 60 },
);

class Chaos {
  readonly site: VirtualSite;
  readonly refusing = new Set<VirtualBox>();
  longest_s = 0;
  longestFar_s = 0;
  private readonly over_s: [number, number, number] = [0, 0, 0];
  private readonly farOver_s: [number, number, number] = [0, 0, 0];

  constructor() {
    this.site = virtualSite({
      points: POINTS,
      fuse_A: FUSE_A,
      meter: true,
      rotations: ["L1L2L3", "L2L3L1", "L3L1L2", "L1", "L2L1L3", "L3"],
    });
    for (const box of this.site.boxes) this.mayRefuse(box);
  }

  private mayRefuse(box: VirtualBox): void {
    const state = this.site.state.stations.get(box.id);
    const port = state?.port;
    if (state === undefined || port === undefined || port === null) throw new Error("a box has a port");
    state.port = {
      ...port,
      setLimit: (current_mA) =>
        this.refusing.has(box)
          ? Promise.resolve({ ok: false, code: "rejected", retry: true, detail: "refused" })
          : port.setLimit(current_mA),
    };
  }

  second(): void {
    const { site } = this;
    const load = site.load_mA();
    site.emit({
      kind: "meter-reading",
      meterId: "grid",
      reading: {
        measured_at_ms: site.clock.now_ms(),
        current_mA: perPhase((_, index) => milliamp(load[index])),
        voltage_mV: [null, null, null],
        power_W: null,
        energyImport_Wh: null,
        energyExport_Wh: null,
      },
    });
    PHASES.forEach((phase, index) => {
      // What nobody can tell anything is not ours to keep within the fuse.
      const deaf = site.boxes.filter((box) => !box.answers || !box.obeys || this.refusing.has(box));
      const held = deaf.reduce((sum, box) => {
        const state = site.state.stations.get(box.id);
        const lines = state === undefined ? [] : wiredPhases(state.station).slice(0, box.carPhases);
        return lines.includes(phase) ? sum + site.drawn_mA(box) : sum;
      }, this.other_mA);
      const isOver = (load[index] ?? 0) > FUSE_A * 1000 && held <= FUSE_A * 1000;
      this.over_s[index] = isOver ? (this.over_s[index] ?? 0) + 1 : 0;
      this.longest_s = Math.max(this.longest_s, this.over_s[index] ?? 0);
      const isFarOver = isOver && (load[index] ?? 0) > FUSE_A * 1000 * FAR_OVER;
      this.farOver_s[index] = isFarOver ? (this.farOver_s[index] ?? 0) + 1 : 0;
      this.longestFar_s = Math.max(this.longestFar_s, this.farOver_s[index] ?? 0);
    });
  }

  private other_mA = 0;

  do({ kind, at, size }: Deed): void {
    const { site } = this;
    const box = site.boxes[at];
    if (box === undefined) throw new Error("a deed has a box");
    const at_ms = site.clock.now_ms();
    switch (kind) {
      case "plug":
        box.plugged = true;
        return;
      case "unplug":
        box.plugged = false;
        box.over_permille = 0;
        return;
      case "phases":
        box.carPhases = size === 0 ? 1 : size === 1 ? 2 : 3;
        return;
      case "overdraws":
        box.over_permille = size * 40;
        return;
      case "ignores":
        if (site.boxes.every(({ obeys }) => obeys)) box.obeys = false;
        return;
      case "refuses":
        if (this.refusing.size === 0) this.refusing.add(box);
        return;
      case "obeys":
        for (const one of site.boxes) one.obeys = true;
        this.refusing.clear();
        return;
      case "imposed":
      case "lifted":
        this.impose(kind === "imposed" ? milliamp(IMPOSED_A * 1000) : null);
        return;
      case "reboot":
        if (!box.answers) return;
        box.offered_mA = 6_000;
        site.emit({ kind: "booted", stationId: box.id, at_ms });
        return;
      case "cut":
        if (!box.answers) return;
        box.answers = false;
        site.emit({ kind: "offline", stationId: box.id, at_ms });
        return;
      case "restore": {
        if (box.answers) return;
        box.answers = true;
        const who = { vendor: null, model: null, serial: null, firmware: null };
        site.emit({ kind: "online", stationId: box.id, at_ms, ...who });
        return;
      }
      case "other":
        this.other_mA = size * 5_000;
        site.otherLoad(this.other_mA);
        return;
      case "sleep":
        site.jump(600_000);
        for (const one of site.boxes) one.offered_mA = 6_000;
    }
  }

  private impose(limit_mA: ReturnType<typeof milliamp> | null): void {
    const main = this.site.state.circuits.get("main");
    if (main === undefined) throw new Error("a site has a main circuit");
    main.imposed =
      limit_mA === null
        ? []
        : [{ limit_mA: [limit_mA, limit_mA, limit_mA], limit_W: null, kind: "grid_signal", ref: "operator" }];
  }
}

test(
  "whatever cars draw and on which phases, the fuse is over for no longer than it takes to react",
  { timeout: 300_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(deeds, async (what) => {
        const chaos = new Chaos();
        for (const box of chaos.site.boxes) box.plugged = true;
        await chaos.site.run(STEP_S, () => {
          chaos.second();
        });
        for (const deed of what) {
          chaos.do(deed);
          await chaos.site.run(STEP_S, () => {
            chaos.second();
          });
        }
        expect(chaos.longest_s).toBeLessThanOrEqual(OVER_S_MAX);
        expect(chaos.longestFar_s).toBeLessThanOrEqual(FAR_OVER_S_MAX);
        expect(chaos.site.errors).toEqual([]);
        await chaos.site.stop();
      }),
      { numRuns: 15 },
    );
  },
);
