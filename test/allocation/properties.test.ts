import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocate, requiredCurrent_mA } from "../../src/core/balancing/index.ts";
import type { AllocationCircuit, AllocationEvse, AllocationRequest } from "../../src/core/balancing/index.ts";
import { epochMs, milliamp, onPhase, perPhase, PHASES, wattHour } from "../../src/core/units/index.ts";
import type { Phase } from "../../src/core/units/index.ts";
import { anyCars, anyRequest, anyTree, car, circuit, FAIR, HOUR_MS, NEED, NOW_MS, request } from "./requests.ts";

const RUNS = 2000;

const isBelow = (circuits: readonly AllocationCircuit[], evse: AllocationEvse, id: string): boolean => {
  const parents = new Map(circuits.map((one) => [one.id, one.parent]));
  for (let next: string | null | undefined = evse.circuit; next; next = parents.get(next)) if (next === id) return true;
  return false;
};

/** Current of one line, computed the long way round: real and imaginary parts of every load on it. */
function lineCurrent_mA(
  system: "star" | "delta",
  phase: Phase,
  loads: readonly { readonly phases: readonly Phase[]; readonly current_mA: number }[],
): number {
  if (system === "star")
    return loads.filter(({ phases }) => phases.includes(phase)).reduce((sum, { current_mA }) => sum + current_mA, 0);
  // Loads between two lines: unity power factor, so each current lies along its voltage, 120 degrees apart.
  const pairs = [
    { from: "L1", to: "L2", angle: 30 },
    { from: "L2", to: "L3", angle: -90 },
    { from: "L3", to: "L1", angle: 150 },
  ] as const;
  let [re, im] = [0, 0];
  for (const { phases, current_mA } of loads)
    for (const { from, to, angle } of pairs) {
      if (!phases.includes(from) || !phases.includes(to)) continue;
      const sign = phase === from ? 1 : phase === to ? -1 : 0;
      re += sign * current_mA * Math.cos((angle * Math.PI) / 180);
      im += sign * current_mA * Math.sin((angle * Math.PI) / 180);
    }
  return Math.hypot(re, im);
}

const loadsBelow = (asked: AllocationRequest, currents: ReadonlyMap<string, number>, id: string) =>
  asked.evses
    .filter((evse) => isBelow(asked.circuits, evse, id))
    .map((evse) => ({ phases: evse.phases, current_mA: currents.get(evse.id) ?? 0 }));

/** Rows that carry more than they have with these currents. */
function broken(asked: AllocationRequest, currents: ReadonlyMap<string, number>): readonly string[] {
  return asked.circuits.flatMap((one) => {
    const loads = loadsBelow(asked, currents, one.id);
    const lines = PHASES.flatMap((phase) => {
      const has = Math.max(0, onPhase(one.limit_mA, phase) - onPhase(one.otherLoad_mA, phase));
      return lineCurrent_mA(one.system ?? "star", phase, loads) > has + 0.01 ? [`${one.id} ${phase}`] : [];
    });
    const limit_W = one.limit_W ?? null;
    if (limit_W === null) return lines;
    const pairs = (phases: readonly Phase[]): number => (phases.length === 2 ? 1 : phases.length);
    const volts = one.system === "delta" ? 230 / Math.sqrt(3) : 230;
    const other = PHASES.reduce((sum, phase) => sum + onPhase(one.otherLoad_mA, phase) * volts, 0);
    const used = loads.reduce(
      (sum, { phases, current_mA }) =>
        sum + current_mA * 230 * (one.system === "delta" ? pairs(phases) : phases.length),
      0,
    );
    return used > Math.max(0, limit_W * 1000 - other) + 1 ? [...lines, `${one.id} W`] : lines;
  });
}

const granted = (asked: AllocationRequest): ReadonlyMap<string, number> =>
  new Map(allocate(asked).grants.map(({ evse, current_mA }) => [evse, current_mA]));

const reservedAlone = (asked: AllocationRequest): ReadonlyMap<string, number> =>
  new Map(asked.evses.map((evse) => [evse.id, evse.reserved?.current_mA ?? 0]));

describe("whatever is asked", () => {
  test("no line and no power limit is handed more than it has, computed by vectors", () => {
    fc.assert(
      fc.property(anyRequest, (asked) => {
        // What silent boxes reserve is not ours to lower: rows that these alone fill stay as they are.
        const given = new Set(broken(asked, reservedAlone(asked)));
        expect(broken(asked, granted(asked)).filter((row) => !given.has(row))).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  test("a grant is nothing or on the box's grid between its bounds, and its ladder is a chain that ends at it", () => {
    fc.assert(
      fc.property(anyRequest, (asked) => {
        const result = allocate(asked);
        result.grants.forEach((grant, index) => {
          const evse = asked.evses[index];
          if (evse === undefined) throw new Error("grants are in the order of the request");
          expect(grant.evse).toBe(evse.id);
          if (!evse.reserved && grant.current_mA > 0) {
            expect(grant.current_mA).toBeGreaterThanOrEqual(evse.min_mA);
            expect(grant.current_mA).toBeLessThanOrEqual(evse.max_mA);
            if (evse.step_mA > 0) expect((grant.current_mA - evse.min_mA) % evse.step_mA).toBe(0);
          }
          grant.because.forEach((rung, at) => {
            const above = grant.because[at - 1];
            if (above !== undefined) expect(rung.before_mA).toBe(above.after_mA);
          });
          expect(grant.because.at(-1)?.after_mA).toBe(grant.current_mA);
        });
        const waiting = result.grants.filter((grant, index) => {
          const evse = asked.evses[index];
          return grant.current_mA === 0 && !evse?.reserved && evse?.finished !== true;
        });
        expect(new Set(result.queue.map(({ evse }) => evse))).toEqual(new Set(waiting.map(({ evse }) => evse)));
        expect(result.queue.map(({ place }) => place)).toEqual(result.queue.map((_, index) => index + 1));
      }),
      { numRuns: RUNS },
    );
  });

  test("what the circuits say they handed out is the sum of the grants", () => {
    fc.assert(
      fc.property(anyRequest, (asked) => {
        const result = allocate(asked);
        const currents = new Map(result.grants.map(({ evse, current_mA }) => [evse, current_mA]));
        for (const use of result.circuits) {
          const one = asked.circuits.find(({ id }) => id === use.id);
          const loads = loadsBelow(asked, currents, use.id);
          for (const phase of PHASES) {
            const sum = lineCurrent_mA(one?.system ?? "star", phase, loads);
            expect(Math.abs(onPhase(use.granted_mA, phase) - sum)).toBeLessThanOrEqual(1);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test("the order in which chargers and circuits are listed changes nothing, in the queue neither", () => {
    fc.assert(
      fc.property(anyRequest, fc.integer({ min: 0, max: 20_000 }), (asked, unbalance_mA) => {
        const circuits = asked.circuits.map((one) =>
          one.system === "delta" ? one : { ...one, unbalance_mA: milliamp(unbalance_mA) },
        );
        const listed = { ...asked, circuits };
        const turned = { ...asked, circuits: circuits.toReversed(), evses: asked.evses.toReversed() };
        const backwards = granted(turned);
        for (const [id, current_mA] of granted(listed)) expect(backwards.get(id)).toBe(current_mA);
        expect(allocate(turned).queue).toEqual(allocate(listed).queue);
      }),
      { numRuns: 500 },
    );
  });
});

const sites = (options: { readonly min_mA?: number; readonly step_mA?: number }) =>
  anyTree({ limit_A: 125, other_A: 60 }).chain((tree) =>
    anyCars(tree.length, { max: 16, ...options }).map((cars) => ({ tree, cars })),
  );

describe("sharing", () => {
  test("raising a limit never lowers the smallest share", () => {
    const raised = fc.record({
      at: fc.nat(),
      phase: fc.constantFrom(...PHASES),
      by_A: fc.integer({ min: 0, max: 60 }),
    });
    fc.assert(
      fc.property(sites({ min_mA: 0, step_mA: 0 }), raised, ({ tree, cars }, { at, phase, by_A }) => {
        const target = tree[at % tree.length];
        const more = tree.map((one) =>
          one !== target
            ? one
            : {
                ...one,
                limit_mA: perPhase((each) =>
                  milliamp(onPhase(one.limit_mA, each) + (each === phase ? by_A * 1000 : 0)),
                ),
              },
        );
        const smallest = (circuits: readonly AllocationCircuit[]): number => {
          const now = granted(request(circuits, cars));
          return Math.min(...cars.map((one) => (now.get(one.id) ?? 0) / one.weight));
        };
        expect(smallest(more)).toBeGreaterThanOrEqual(smallest(tree) - 1);
      }),
      { numRuns: RUNS },
    );
  });

  test("where all needs fit together, everybody has what it needs", () => {
    fc.assert(
      fc.property(sites({}), ({ tree, cars }) => {
        const asked = request(tree, cars, NEED);
        const needs = new Map(
          cars.map((one) => {
            const need = Math.min(requiredCurrent_mA(asked, one) ?? 0, one.max_mA);
            return [one.id, Math.ceil(Math.max(need, one.min_mA))];
          }),
        );
        fc.pre(broken(asked, needs).length === 0);
        const now = granted(asked);
        for (const one of cars) {
          expect(now.get(one.id) ?? 0).toBeGreaterThanOrEqual((needs.get(one.id) ?? 0) - one.step_mA - 1);
        }
      }),
      { numRuns: RUNS },
    );
  });

  test("where they do not, all who share a full row have the same part of their need", () => {
    const crowd = fc.array(fc.integer({ min: 8000, max: 60_000 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(crowd, fc.integer({ min: 10_000, max: 30_000 }), (needed, limit_mA) => {
        const cars = needed.map((needed_Wh, index) =>
          car(`P${String(index)}`, ["L1"], {
            min_mA: milliamp(0),
            step_mA: milliamp(0),
            needed_Wh: wattHour(needed_Wh),
            departure_ms: epochMs(NOW_MS + 8 * HOUR_MS),
          }),
        );
        const asked = request([circuit("main", null, limit_mA / 1000)], cars, NEED);
        const needs = cars.map((one) => Math.min(requiredCurrent_mA(asked, one) ?? 0, one.max_mA));
        fc.pre(needs.reduce((sum, need) => sum + need, 0) > limit_mA);
        const now = granted(asked);
        const parts = cars.map((one, index) => (now.get(one.id) ?? 0) / (needs[index] ?? 1));
        expect(Math.max(...parts) - Math.min(...parts)).toBeLessThan(0.001);
      }),
      { numRuns: RUNS },
    );
  });

  test("finished cars take nothing from anybody: without them all others have the same", () => {
    fc.assert(
      fc.property(anyRequest, (drawn) => {
        // A circuit's own policy shares out all that its cars got, and balance caps single-phase cars by their neighbours.
        const circuits = drawn.circuits.map(({ policy: _, unbalance_mA: __, ...one }) => one);
        const asked = { ...drawn, circuits };
        const wanting = asked.evses.filter((evse) => evse.finished !== true);
        const alone = new Map(allocate({ ...asked, evses: wanting }).grants.map((one) => [one.evse, one.current_mA]));
        for (const { evse, current_mA } of allocate(asked).grants)
          if (alone.has(evse)) expect(current_mA).toBe(alone.get(evse));
      }),
      { numRuns: RUNS },
    );
  });

  test("after rounding nobody could have one step more", () => {
    const orders = fc.constantFrom("fair" as const, "priority" as const, "departure" as const);
    fc.assert(
      fc.property(sites({}), fc.constantFrom(FAIR, NEED), orders, ({ tree, cars }, policy, order) => {
        const asked = request(tree, cars, { ...policy, order });
        const now = granted(asked);
        for (const one of cars) {
          const current_mA = now.get(one.id) ?? 0;
          const next = current_mA === 0 ? one.min_mA : current_mA + one.step_mA;
          if (next > one.max_mA) continue;
          expect(broken(asked, new Map([...now, [one.id, next]]))).not.toEqual([]);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
