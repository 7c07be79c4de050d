// @ts-check
// How much the advice to rotate bays brings on real sessions of a site whose single-phase cars all hang on L1. Data lie
// beside the checkout.
import { adviseRotation } from "../../src/core/phases/index.ts";
import { europeanSite, readVisits } from "./parts/balancing-data.mjs";

/** @typedef {import("../bench.mjs").Row} Row */

const JPL = "acn_jpl_2019-09-01_2019-12-31.csv.gz";
const MONTH = { from: "2019-10-01T00:00-07:00", to: "2019-11-01T00:00-07:00" };
const GAIN_PERCENT_min = 35;
const SECONDS_max = 60;

/** @type {import("../bench.mjs").Bench} */
export const bench = {
  name: "phases",
  partOf: "balancing",
  run: () => {
    const file = readVisits(JPL);
    if (file === null) {
      process.stdout.write(`  skipped: B4: there is no ../shared/data with ${JPL}\n`);
      return Promise.resolve([]);
    }
    process.stdout.write(`  B4: data ${file.hash}, no chance in it\n`);
    /** @param {number} main_A @param {Partial<ReturnType<typeof options>>} more */
    const unrotated = (main_A, more = {}) => europeanSite(file, { ...options(main_A), rotated: false, ...more });
    const truth = /** @type {const} */ ({ name: "chargehand", information: "truth" });
    const equal = /** @type {const} */ ({ name: "max-min", information: "none" });
    return Promise.resolve([
      // The finding was made with equal shares. The site's own allocator gets more from bays on one phase, so less is left to gain.
      ...advised("B4 80 A, equal shares", unrotated(80, { policy: equal, min_A: 0, step_A: 0 }), GAIN_PERCENT_min),
      ...advised("B4 80 A, 6 A minimum, none", unrotated(80), null),
      ...advised("B4 80 A, 6 A minimum, truth", unrotated(80, { policy: truth }), null),
      ...advised("B4 160 A, 6 A minimum, none", unrotated(160), null),
      ...advised("B3a 80 A (rotated already), none", europeanSite(file, options(80)), null),
    ]);
  },
};

/** @param {number} main_A */
const options = (main_A) => ({
  ...MONTH,
  main_A,
  min_A: 6,
  step_A: 1,
  policy: /** @type {import("../../src/core/replay/index.ts").Scenario["policy"]} */ ({
    name: "chargehand",
    information: "none",
  }),
});

/**
 * @param {string} name @param {import("../../src/core/replay/index.ts").Scenario} scenario
 * @param {number | null} limit @returns {Row[]}
 */
function advised(name, scenario, limit) {
  const began = performance.now();
  const advice = adviseRotation(scenario, { isOver: () => performance.now() - began > SECONDS_max * 500 });
  const took_s = (performance.now() - began) / 1000;
  /** @param {number} energy_Wh */
  const percent = (energy_Wh) => ((100 * energy_Wh) / advice.demanded_Wh).toFixed(2);
  const curve = advice.curve
    .map(({ moves, delivered_Wh }) => `${String(moves)}: ${percent(delivered_Wh)} %`)
    .join(", ");
  const of = `${String(advice.moves.length)} of ${String(scenario.site.evses.length)} bays`;
  return [
    {
      figure: `${name}: rotate ${of}, ${percent(advice.now_Wh)} % -> ${percent(advice.then_Wh)} % of the energy (${curve}); gain`,
      value: advice.gain_permille / 10,
      unit: "%",
      limit,
      atLeast: true,
    },
    { figure: `${name}: time of the advice`, value: took_s, unit: "s", limit: SECONDS_max },
  ];
}
