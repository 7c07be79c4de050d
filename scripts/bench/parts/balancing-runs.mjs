// @ts-check
// Runs scenarios of the benchmark and makes rows of them: each figure with what it is compared to.
import { optimumOf, replay } from "../../../src/core/replay/index.ts";
import { createLpSolver } from "../../../src/main/planning/lp-solver.ts";
import { acnSim, europeanSite } from "./balancing-data.mjs";

/** @typedef {import("../../bench.mjs").Row} Row */
/** @typedef {import("../../../src/core/replay/index.ts").Scenario} Scenario */
/** @typedef {import("../../../src/core/replay/index.ts").Simulation} Simulation */
/** @typedef {import("../../../src/core/replay/index.ts").PolicyName} PolicyName */
/** @typedef {import("../../../src/core/replay/index.ts").Information} Information */
/** @typedef {import("./balancing-data.mjs").VisitFile} VisitFile */

const DEADLINE_ms = 120_000;

/** @typedef {{ name: string, file: VisitFile, from: string, to: string, rotated?: boolean, min_A?: number, step_A?: number, battery?: NonNullable<Parameters<typeof europeanSite>[1]["battery"]> }} Site */
/**
 * What a figure is compared to: another's measurement of the same, and the least share of the optimum that is asked for.
 * @typedef {{ energy?: number, jain?: number, share?: number }} Reference
 */

/** @param {Site} site @param {number} main_A @param {Scenario["policy"]} policy */
const scenarioOf = ({ file, ...site }, main_A, policy) => europeanSite(file, { ...site, main_A, policy });

/** @type {Map<string, number>} */
const optima = new Map();

/** The optimum's energy in per cent: solved once for each site, wiring and limit. @param {Site} site @param {number} main_A */
export async function optimum(site, main_A) {
  const key = [site.file.hash, site.from, site.rotated ?? true, main_A].join(" ");
  const known = optima.get(key);
  if (known !== undefined) return known;
  // The optimum counts batteries as ideal, and knows neither minimum nor steps.
  const { energy_percent } = await solve(scenarioOf(site, main_A, { name: "optimum", information: "truth" }));
  optima.set(key, energy_percent);
  return energy_percent;
}

/** @param {Scenario} scenario @returns {Promise<Simulation>} */
async function solve(scenario) {
  const solver = createLpSolver();
  try {
    const { parts, result } = optimumOf(scenario);
    for (const { program, take } of parts) {
      const answer = await solver.solve(program, { deadline_ms: DEADLINE_ms });
      if (answer.kind !== "optimal") throw new Error(`the optimum was not found: ${answer.kind}`);
      take(answer.values);
    }
    return result();
  } finally {
    await solver.close();
  }
}

/**
 * One policy at one limit. The row's value is the share of the optimum; the rest stands in its name.
 * @param {Site} site @param {number} main_A @param {PolicyName} name @param {Information} information
 * @param {Reference} [reference] @returns {Promise<{ rows: Row[], simulation: Simulation }>}
 */
export async function measured(site, main_A, name, information, reference = {}) {
  const best = await optimum(site, main_A);
  const simulation = replay(scenarioOf(site, main_A, { name, information }));
  const { energy_percent, jain, worst5, starts_per_session, violations } = simulation;
  const self_s = name === "uncontrolled" ? 0 : violations.self_caused_s;
  if (self_s > 0) throw new Error(`${site.name} ${name} overloads a line for ${String(self_s)} s by itself`);
  const compared = reference.energy === undefined ? "" : `, reference ${told(reference)}`;
  const about = `${energy_percent.toFixed(2)} % of the energy${compared}, optimum ${best.toFixed(2)}`;
  const fair = `Jain ${jain.toFixed(3)}, worst ${worst5.toFixed(2)}, ${starts_per_session.toFixed(1)} starts`;
  /** @type {Row} */
  const row = {
    figure: `${site.name} ${String(main_A)} A, ${name}, ${information}: ${about}; ${fair}`.padEnd(150),
    value: (100 * energy_percent) / best,
    unit: "% of opt",
    limit: reference.share ?? null,
    atLeast: true,
  };
  return { rows: [row], simulation };
}

/** @param {Reference} reference */
const told = ({ energy, jain }) => `${String(energy)}${jain === undefined ? "" : `/${String(jain)}`}`;

/**
 * B1: energy in per cent of what was asked for, as the paper's notebook counts.
 * @param {number} capacity_kW @param {PolicyName} name @param {number} [secondary] part of the star side that may be used
 */
export function acnEnergy(capacity_kW, name, secondary = 1) {
  const made = acnSim({ capacity_kW, policy: { name, information: "truth" }, secondary });
  if (made === null) return null;
  const { scenario, further, hash } = made;
  const asked_Wh = scenario.sessions.reduce((sum, { needed_Wh }) => sum + needed_Wh, 0);
  const { delivered_Wh, violations } = replay(scenario, { further });
  return { percent: (100 * delivered_Wh) / asked_Wh, overloaded_s: violations.self_caused_s, hash };
}
