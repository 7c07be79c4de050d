import { describe, expect, test } from "vitest";
import { replayWithChannel } from "../../src/core/replay/channel.ts";
import type { Channel, Scenario } from "../../src/core/replay/scenario.ts";

const HOUR_MS = 3_600_000;
const REAL: Channel = { loss: 0.05, latency_ms: [100, 3_000], ev_ms: [500, 5_000] };
const BAD: Channel = { loss: 0.2, latency_ms: [100, 8_000], ev_ms: [500, 5_000] };
const ALL = ["L1", "L2", "L3"] as const;

/** Eight cars on a fuse for six of them at their minimum; the building steps up and down. */
function scenario(channel: Channel, seed: number, more: Partial<Scenario> = {}): Scenario {
  const ids = ["a", "b", "c", "d", "e", "f", "g", "h"];
  return {
    site: {
      voltage_V: 230,
      circuits: [
        { id: "main", parent: null, limit_A: [50, 50, 50], limit_W: null, system: "star" },
        { id: "left", parent: "main", limit_A: [25, 25, 25], limit_W: null, system: "star" },
      ],
      evses: ids.map((id, index) => ({ id, circuit: index < 4 ? "left" : "main", phases: ALL, max_A: 32 })),
      otherLoad: [0, 11, 17, 31, 44, 58].map((minute, index) => {
        const load_A = index % 2 === 0 ? 8 : 20;
        return { t_ms: minute * 60_000, circuit: "main", load_A: [load_A, load_A, load_A] as const };
      }),
    },
    sessions: ids.map((evse, index) => ({
      evse,
      arrival_ms: index * 97_000,
      departure_ms: HOUR_MS,
      needed_Wh: 30_000,
      phases: ALL,
      max_A: 16,
      battery: { kind: "ideal" },
      declared: null,
      driver: null,
    })),
    history: null,
    tick_ms: 1_000,
    min_A: 6,
    step_A: 1,
    policy: { name: "chargehand", information: "none" },
    channel,
    seed,
    ...more,
  };
}

test("P12: the same scenario and seed give the same answer, another seed another one", () => {
  const once = replayWithChannel(scenario(REAL, 7), { faults: { duplicate: 0.1, reorder: 0.1, reboots_per_h: 2 } });
  const again = replayWithChannel(scenario(REAL, 7), { faults: { duplicate: 0.1, reorder: 0.1, reboots_per_h: 2 } });
  const other = replayWithChannel(scenario(REAL, 8), { faults: { duplicate: 0.1, reorder: 0.1, reboots_per_h: 2 } });
  expect(again).toEqual(once);
  expect(other.delivered_Wh).not.toBe(once.delivered_Wh);
});

describe("no overload is self-caused", () => {
  test.each([
    ["lossy and late", REAL, {}],
    ["very lossy and very late", BAD, {}],
    ["messages that come twice", REAL, { duplicate: 0.2 }],
    ["messages that overtake each other", REAL, { reorder: 0.2 }],
    ["boxes that restart", REAL, { reboots_per_h: 6 }],
  ] as const)("%s", (_name, channel, faults) => {
    for (let seed = 1; seed <= 2; seed += 1) {
      const { violations, exposure, energy_percent } = replayWithChannel(scenario(channel, seed), { faults });
      expect({ seed, self_caused_s: violations.self_caused_s }).toEqual({ seed, self_caused_s: 0 });
      expect(exposure.self_caused_As).toBe(0);
      // It must not be safe by doing nothing.
      expect(energy_percent).toBeGreaterThan(5);
    }
  });
});

test("with a building that stands still nothing is ever overloaded", () => {
  const still = scenario(REAL, 3);
  const site = { ...still.site, otherLoad: still.site.otherLoad.slice(0, 1) };
  const { exposure, peak_A } = replayWithChannel({ ...still, site });
  expect(exposure.total_As).toBe(0);
  expect(peak_A["main"]?.[0]).toBeGreaterThan(40);
  expect(peak_A["left"]?.[0]).toBeLessThanOrEqual(25.001);
});

test("who sends everything at once and forgets it overloads the same site by himself: the judge sees it", () => {
  const reckless = replayWithChannel(scenario(REAL, 1), {
    controller: ({ bays }) => {
      let sent = false;
      const none = (): void => undefined;
      return {
        plugged: none,
        reading: none,
        meter: none,
        answered: none,
        unanswered: none,
        restarted: none,
        limit: none,
        counted_mA: () => [20_000, 20_000, 20_000],
        decide: () => {
          if (sent) return [];
          sent = true;
          return bays.map((_bay, bay) => ({ bay, current_mA: 16_000, commandNumber: 1 }));
        },
      };
    },
  });
  expect(reckless.violations.self_caused_s).toBeGreaterThan(60);
  expect(reckless.exposure.longest_s).toBeGreaterThan(60);
});

test("P11: nobody is switched on and off more than once an hour while the building leaves room for the minima", () => {
  for (let seed = 1; seed <= 2; seed += 1) {
    const calm = scenario(REAL, seed);
    const site = {
      ...calm.site,
      otherLoad: [{ t_ms: 0, circuit: "main", load_A: [8, 8, 8] as const }],
    };
    const { sessions } = replayWithChannel({ ...calm, site });
    for (const { starts } of sessions) expect(starts).toBeLessThanOrEqual(2);
  }
});

test("a lowered limit is kept after the cars have had their time", () => {
  const limits = [{ t_ms: HOUR_MS / 2, limit_A: [30, 30, 30] as const }];
  const still = scenario({ ...REAL, loss: 0 }, 5);
  const site = { ...still.site, otherLoad: still.site.otherLoad.slice(0, 1) };
  const { exposure } = replayWithChannel({ ...still, site }, { limits });
  expect(exposure.complied_s).toHaveLength(1);
  expect(exposure.complied_s[0]).toBeGreaterThan(0);
  expect(exposure.complied_s[0]).toBeLessThanOrEqual(12);
});
