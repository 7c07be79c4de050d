import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { optimumOf, replay } from "../../src/core/replay/index.ts";
import type { PolicyName, Scenario, ScenarioSession, Simulation } from "../../src/core/replay/index.ts";
import { car, HOUR, site, TICK } from "../../src/core/replay/scenario.example.ts";
import { PHASES } from "../../src/core/units/index.ts";
import type { Phase } from "../../src/core/units/index.ts";
import { createLpSolver } from "../../src/main/planning/lp-solver.ts";

const solver = createLpSolver();
afterAll(() => solver.close());

async function solve(scenario: Scenario): Promise<Simulation> {
  const { parts, result } = optimumOf(scenario);
  for (const { program, take } of parts) {
    const answer = await solver.solve(program, { deadline_ms: 30_000 });
    if (answer.kind !== "optimal") throw new Error(answer.kind);
    take(answer.values);
  }
  return result();
}

const siteOf = (limit_A: number, sessions: readonly ScenarioSession[], system: "star" | "delta" = "star"): Scenario => {
  const scenario = site(limit_A, 4, { sessions, policy: { name: "optimum", information: "truth" } });
  const circuits = scenario.site.circuits.map((circuit) => ({ ...circuit, system }));
  return { ...scenario, site: { ...scenario.site, circuits } };
};

describe("the offline optimum", () => {
  test("makes room beforehand for a car that will come and needs everything", async () => {
    // The second car has half an hour and could take the whole 32 A of it; the first one can do without.
    const sessions = [
      car(0, { needed_Wh: 32 * 230 * 0.5 }),
      car(1, { arrival_ms: HOUR / 2, needed_Wh: 32 * 230 * 0.5 }),
    ];
    const { energy_percent, violations, sessions: got } = await solve(siteOf(32, sessions));
    expect(energy_percent).toBeCloseTo(100, 4);
    expect(violations.self_caused_s).toBe(0);
    expect(got[1]?.first_current_ms).toBe(HOUR / 2);
    expect(
      replay({ ...siteOf(32, sessions), policy: { name: "max-min", information: "none" } }).energy_percent,
    ).toBeCloseTo(100, 4);
    expect(
      replay({ ...siteOf(20, sessions), policy: { name: "max-min", information: "none" } }).energy_percent,
    ).toBeLessThan((await solve(siteOf(20, sessions))).energy_percent + 1e-3);
  });

  test("uses a delta's line up to the sum of its phasors, less a tenth of a per cent", async () => {
    const sessions = [car(0, { phases: ["L1", "L2"] }), car(1, { phases: ["L3", "L1"] })];
    const { peak_A, violations } = await solve(siteOf(30, sessions, "delta"));
    expect(violations.self_caused_s).toBe(0);
    expect(peak_A["main"]?.[0]).toBeGreaterThan(30 * 0.998);
    expect(peak_A["main"]?.[0]).toBeLessThanOrEqual(30 + 1e-3);
  });

  test("of nothing is nothing", async () => {
    expect(await solve(siteOf(32, []))).toMatchObject({
      demanded_Wh: 0,
      delivered_Wh: 0,
      energy_percent: 100,
      jain: 1,
    });
  });

  test("is never beaten by anybody who decides tick by tick", async () => {
    const anySession = fc
      .record({
        bay: fc.integer({ min: 0, max: 3 }),
        arrival: fc.integer({ min: 0, max: 40 }),
        stay: fc.integer({ min: 1, max: 40 }),
        needed_Wh: fc.integer({ min: 1, max: 20_000 }),
        lines: fc.constantFrom<readonly Phase[]>(["L1"], ["L2"], PHASES),
      })
      .map(({ bay, arrival, stay, needed_Wh, lines }) =>
        car(bay, {
          arrival_ms: arrival * TICK,
          departure_ms: (arrival + stay) * TICK,
          needed_Wh,
          phases: lines,
        }),
      );
    const names: readonly PolicyName[] = ["chargehand", "max-min", "edf", "llf", "fcfs", "rr", "static"];
    await fc.assert(
      fc.asyncProperty(
        fc.array(anySession, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 40 }),
        async (sessions, limit_A) => {
          const best = await solve(siteOf(limit_A, sessions));
          expect(best.violations.self_caused_s).toBe(0);
          for (const name of names) {
            const { delivered_Wh } = replay({ ...siteOf(limit_A, sessions), policy: { name, information: "truth" } });
            expect(delivered_Wh, name).toBeLessThanOrEqual(best.delivered_Wh * (1 + 1e-6) + 0.01);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
