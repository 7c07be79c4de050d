import { expect, test } from "vitest";
import { epochMs } from "../../core/units/index.ts";
import type { ArmingDecision } from "../storage/commissioning-types.ts";
import { createArmingWatch } from "./arming-watch.ts";
import { fallbackOf, promised } from "./fallback.ts";
import { newSiteState } from "./state.ts";
import type { StationState } from "./state.ts";
import { twoBaysOn } from "./two-bays.example.ts";

const MINUTE_MS = 60_000;
const READ = { kind: "known", timeout_ms: 60_000 } as const;

/** Two bays that promise 16 A each on a fuse of 20 A, and a store in memory that may be full. */
function twoBays() {
  const model = twoBaysOn({ fuse_A: 20, max_A: 32, fallback_A: 16 });
  const decisions: ArmingDecision[] = [];
  const disk = { full: false };
  let now = 0;
  const started = () => {
    const site = newSiteState(model, epochMs(0));
    const arming = createArmingWatch({
      site,
      model: () => model,
      store: {
        addDecision: (decision) => {
          if (disk.full) throw new Error("database or disk is full");
          decisions.unshift(decision);
        },
        decisions: (limit) => decisions.slice(0, limit),
        addTest: () => undefined,
        lastTests: () => new Map(),
      },
    });
    const bay = (id: string): StationState => {
      const state = site.stations.get(id);
      if (state === undefined) throw new Error(`no bay ${id}`);
      return state;
    };
    return {
      arming,
      site,
      /** What these boxes show; `null`: not asked. */
      shows: (current_mA: number | null): void => {
        for (const { id } of model.stations) {
          const state = bay(id);
          state.fallback =
            current_mA === null ? promised(state.station) : fallbackOf(state.station, { ...READ, current_mA }, 1);
        }
      },
      state: (): string => site.arming.state,
      after: (passed_ms: number): void => {
        now += passed_ms;
        arming.follow(epochMs(now));
      },
      takeOn: (): boolean => arming.decide("overridden", "the fuse is changed on Friday", "owner", epochMs(now)),
    };
  };
  return { decisions, disk, started, kinds: () => decisions.map(({ decision }) => decision) };
}

test("what a person took on still holds when the app starts anew and the boxes have not shown yet what they keep", () => {
  const { started, kinds } = twoBays();
  const first = started();
  first.shows(13_000);
  first.after(0);
  expect(first.state()).toBe("blocked");
  expect(first.takeOn()).toBe(true);
  const second = started();
  for (let minute = 0; minute < 60; minute += 1) second.after(MINUTE_MS);
  expect(second.state()).toBe("overridden");
  second.shows(13_000);
  second.after(1_000);
  // A box that restarted has shown nothing either.
  second.shows(null);
  second.after(10 * MINUTE_MS);
  expect(second.state()).toBe("overridden");
  expect(kinds()).toEqual(["overridden"]);
});

test("a value that stands for a moment only holds bays back for that moment, and takes nobody's word away", () => {
  const { started, kinds } = twoBays();
  const site = started();
  site.after(0);
  expect(site.takeOn()).toBe(true);
  site.shows(32_000);
  site.after(1_000);
  expect(site.state()).toBe("blocked");
  expect(site.arming.override()).toBeNull();
  site.after(30_000);
  site.shows(16_000);
  site.after(1_000);
  expect(site.state()).toBe("overridden");
  expect(site.arming.override()?.reason).toBe("the fuse is changed on Friday");
  expect(kinds()).toEqual(["overridden"]);
  // What stays worse ends it for good, also when it was better once in between.
  site.shows(32_000);
  site.after(1_000);
  site.after(MINUTE_MS);
  expect(kinds()).toEqual(["lapsed", "overridden"]);
  site.shows(16_000);
  site.after(1_000);
  expect(site.state()).toBe("blocked");
});

test("an override that lapsed while the disk was full has lapsed, and is on record once it can be written", () => {
  const { started, disk, kinds } = twoBays();
  const site = started();
  site.after(0);
  expect(site.takeOn()).toBe(true);
  site.shows(32_000);
  site.after(1_000);
  disk.full = true;
  expect(() => {
    site.after(2 * MINUTE_MS);
  }).toThrow("full");
  site.shows(16_000);
  expect(() => {
    site.after(1_000);
  }).toThrow("full");
  expect(site.state()).toBe("blocked");
  expect(() => site.takeOn()).toThrow("full");
  disk.full = false;
  site.after(1_000);
  site.after(1_000);
  expect(kinds()).toEqual(["lapsed", "overridden"]);
  const again = started();
  again.after(0);
  expect(again.state()).toBe("blocked");
  expect(again.takeOn()).toBe(true);
  expect(kinds()).toEqual(["overridden", "lapsed", "overridden"]);
});
