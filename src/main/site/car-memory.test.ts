import { describe, expect, test } from "vitest";
import { nothingShown } from "../../core/balancing/index.ts";
import type { ShownByCar } from "../../core/balancing/index.ts";
import { sessionId } from "../../core/session/index.ts";
import { epochMs, milliamp } from "../../core/units/index.ts";
import { OWNER_TOKEN } from "./access.ts";
import { createCarMemory } from "./car-memory.ts";
import { newSiteState } from "./state.ts";
import type { StationState } from "./state.ts";
import { twoBaysOn } from "./two-bays.example.ts";

const NEEDS_10: ShownByCar = { needs_mA: milliamp(10_000), began_mA: milliamp(10_000), pause: null };
const SLEPT: ShownByCar = { ...nothingShown, pause: "slept" };

/** Two bays, and a store in memory that may be full. */
function bays() {
  const site = newSiteState(twoBaysOn({ fuse_A: 32, max_A: 16, fallback_A: 6 }), epochMs(0));
  const kept = new Map<string, readonly ShownByCar[]>();
  const disk = { full: false };
  const memory = createCarMemory(site, {
    visits: (idToken) => kept.get(idToken) ?? [],
    save: (idToken, visits) => {
      if (disk.full) throw new Error("database or disk is full");
      if (visits.length === 0) kept.delete(idToken);
      else kept.set(idToken, visits);
    },
  });
  const bay = (id: string): StationState => {
    const state = site.stations.get(id);
    if (state === undefined) throw new Error(`no bay ${id}`);
    return state;
  };
  let now = 0;
  const follow = (passed_ms = 1_000): void => {
    now += passed_ms;
    memory.follow(epochMs(now));
  };
  return {
    kept,
    disk,
    bay,
    follow,
    arrives: (id: string, idToken: string | null): StationState => {
      const state = bay(id);
      const started_at_ms = epochMs(now + 500);
      state.pluggedAt_ms ??= started_at_ms;
      state.evse = {
        ...state.evse,
        running: {
          opened: {
            id: sessionId(id, 1, started_at_ms, null),
            stationId: id,
            evseId: 1,
            transactionId: null,
            idToken,
            started_at_ms,
            received_at_ms: started_at_ms,
            start_Wh: null,
          },
          lastRegister: null,
          activity: null,
        },
      };
      follow();
      return state;
    },
    shows: (state: StationState, shown: ShownByCar): void => {
      state.habits = { ...state.habits, shown, neverPause: shown.pause === "slept" };
      follow();
    },
    leaves: (state: StationState): void => {
      state.pluggedAt_ms = null;
      state.evse = { ...state.evse, running: null };
      state.habits = newSiteState({ ...site.model }, epochMs(0)).stations.get(state.station.id)?.habits ?? state.habits;
      follow();
    },
  };
}

describe("a minimum that is only remembered", () => {
  const SMALL_FUSE = [
    { kind: "min_current", ref: "main", phase: "L1", before_mA: milliamp(16_000), after_mA: milliamp(0) },
  ] as const;
  const comesBack = (site: ReturnType<typeof bays>): StationState => {
    site.kept.set("ANNA", [NEEDS_10, NEEDS_10]);
    const state = site.arrives("P01", "ANNA");
    expect(state.habits.min_mA).toBe(10_000);
    return state;
  };

  test("is given up when a car had nothing for an hour because of it: it can only show otherwise when it is tried", () => {
    const site = bays();
    const state = comesBack(site);
    state.grant = { current_mA: milliamp(0), because: SMALL_FUSE, queuePlace: 1 };
    site.follow();
    site.follow(3_599_000);
    expect(state.habits.min_mA).toBe(10_000);
    site.follow(1_000);
    expect(state.habits.min_mA).toBeNull();
  });

  test("stands while the car has current, waits for a better hour, or has shown it itself", () => {
    const site = bays();
    const state = comesBack(site);
    state.grant = { current_mA: milliamp(10_000), because: [], queuePlace: null };
    site.follow(7_200_000);
    expect(state.habits.min_mA).toBe(10_000);
    const later = [{ kind: "price", ref: "site", before_mA: milliamp(16_000), after_mA: milliamp(0) }] as const;
    state.grant = { current_mA: milliamp(0), because: later, queuePlace: null };
    site.follow(7_200_000);
    expect(state.habits.min_mA).toBe(10_000);
    site.shows(state, NEEDS_10);
    state.grant = { current_mA: milliamp(0), because: SMALL_FUSE, queuePlace: 1 };
    site.follow(7_200_000);
    expect(state.habits.min_mA).toBe(10_000);
  });
});

describe("what a car has shown", () => {
  test("is kept when it leaves, and known when the same card comes back, at any bay", () => {
    const site = bays();
    const first = site.arrives("P01", "ANNA");
    site.shows(first, SLEPT);
    expect(site.kept.size).toBe(0);
    site.leaves(first);
    expect(site.kept.get("ANNA")).toEqual([SLEPT]);
    expect(site.arrives("P02", "ANNA").habits.neverPause).toBe(true);
    expect(site.arrives("P01", "BEN").habits.neverPause).toBe(false);
  });

  test("is still this visit's when its session is over and the car stays plugged", () => {
    const site = bays();
    const state = site.arrives("P01", "ANNA");
    state.evse = { ...state.evse, running: null };
    site.shows(state, SLEPT);
    site.leaves(state);
    expect(site.kept.get("ANNA")).toEqual([SLEPT]);
  });

  test("is not kept of a car without a card, nor of one that showed nothing out of the ordinary", () => {
    const site = bays();
    const [nobody, anna] = [site.arrives("P01", null), site.arrives("P02", "ANNA")];
    site.shows(nobody, SLEPT);
    site.shows(anna, { needs_mA: null, began_mA: milliamp(6_000), pause: "resumed" });
    site.leaves(nobody);
    site.leaves(anna);
    expect(site.kept.size).toBe(0);
  });

  test("is forgotten after ten visits that told nothing", () => {
    const site = bays();
    site.kept.set("ANNA", [SLEPT]);
    for (let visit = 0; visit < 9; visit += 1) site.leaves(site.arrives("P01", "ANNA"));
    expect(site.kept.get("ANNA")).toHaveLength(10);
    site.leaves(site.arrives("P01", "ANNA"));
    expect(site.kept.size).toBe(0);
  });

  test("says nothing of a card that charges at two bays at once: it is no single car's", () => {
    const site = bays();
    const first = site.arrives("P01", "HOUSE");
    site.shows(first, SLEPT);
    const second = site.arrives("P02", "HOUSE");
    site.leaves(first);
    site.leaves(second);
    expect(site.kept.size).toBe(0);
  });

  test("goes when another card begins at the same plug, and the visit of the one before is kept", () => {
    const site = bays();
    const state = site.arrives("P01", "ANNA");
    site.shows(state, SLEPT);
    site.arrives("P01", "BEN");
    expect(state.habits).toMatchObject({ neverPause: false, shown: nothingShown });
    expect(site.kept.get("ANNA")).toEqual([SLEPT]);
    site.leaves(state);
    expect(site.kept.has("BEN")).toBe(false);
  });

  test("says nothing of a session that was begun from this app, by whomever it was: that is no card", () => {
    const site = bays();
    const state = site.arrives("P01", OWNER_TOKEN);
    site.shows(state, SLEPT);
    site.leaves(state);
    expect(site.kept.size).toBe(0);
    site.kept.set(OWNER_TOKEN, [SLEPT]);
    expect(site.arrives("P02", OWNER_TOKEN).habits.neverPause).toBe(false);
  });

  test("is stored later when the disk was full, and everybody else is followed meanwhile", () => {
    const site = bays();
    site.kept.set("BEN", [SLEPT]);
    const state = site.arrives("P01", "ANNA");
    site.shows(state, SLEPT);
    site.disk.full = true;
    expect(() => {
      site.leaves(state);
    }).toThrow("full");
    expect(() => site.arrives("P02", "BEN")).toThrow("full");
    expect(site.bay("P02").habits.neverPause).toBe(true);
    site.disk.full = false;
    site.follow();
    expect(site.kept.get("ANNA")).toEqual([SLEPT]);
  });
});
