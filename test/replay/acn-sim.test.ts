import { describe, expect, test } from "vitest";
import { acnSim, europeanSite, readVisits } from "../../scripts/bench/parts/balancing-data.mjs";
import { replay } from "../../src/core/replay/index.ts";
import { sharedVectors } from "../setup/vectors.ts";

// What others published or measured on real sessions: as long as these rows come out, the replay itself is right, and what
// differs between policies is the policies.

const EVENTS = "acnsim_caltech_2019-03_events.json.gz";
const JPL = "acn_jpl_2019-09-01_2019-12-31.csv.gz";

/** The suite only where these data lie beside the checkout; says loudly when they do not. */
function describeWithData(file: string, name: string, body: () => void): void {
  if (sharedVectors(`data/${file}`) !== null) {
    describe(name, body);
    return;
  }
  process.stderr.write(`SKIPPED: ${name}: shared/data/${file} lies not beside this checkout\n`);
  describe.skip(`${name} (${file} is missing)`, body);
}

describeWithData(EVENTS, "the published month of ACN-Sim at 10 kW", () => {
  test.each([
    ["fcfs", 34.65],
    ["llf", 36.82],
    ["edf", 36.94],
    ["rr", 43.85],
  ] as const)("%s delivers what was published, within 0.1 point", (name, percent) => {
    const made = acnSim({ capacity_kW: 10, policy: { name, information: "truth" } });
    expect(made).not.toBeNull();
    if (made === null) return;
    const { delivered_Wh, violations } = replay(made.scenario, { further: made.further });
    const asked_Wh = made.scenario.sessions.reduce((sum, { needed_Wh }) => sum + needed_Wh, 0);
    expect(made.scenario.sessions).toHaveLength(954);
    expect(Math.abs((100 * delivered_Wh) / asked_Wh - percent)).toBeLessThanOrEqual(0.1);
    expect(violations.self_caused_s).toBe(0);
  });
});

describeWithData(JPL, "October 2019 on a European site at 100 A", () => {
  test.each([
    ["edf", 81.48],
    ["llf", 80.73],
    ["fcfs", 78.07],
    ["max-min", 80.07],
    ["static", 37.6],
  ] as const)("%s delivers what another simulator measured", (name, percent) => {
    const file = readVisits(JPL);
    expect(file).not.toBeNull();
    if (file === null) return;
    const scenario = europeanSite(file, {
      from: "2019-10-01T00:00-07:00",
      to: "2019-11-01T00:00-07:00",
      main_A: 100,
      policy: { name, information: "truth" },
    });
    const { energy_percent, demanded_Wh, sessions, violations } = replay(scenario);
    expect(sessions).toHaveLength(1672);
    expect(demanded_Wh / 1e6).toBeCloseTo(24.2066, 4);
    expect(Math.abs(energy_percent - percent)).toBeLessThanOrEqual(0.05);
    expect(violations.self_caused_s).toBe(0);
  });
});
