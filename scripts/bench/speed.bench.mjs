// @ts-check
// B14: what one decision of a site costs, from settling the account to the commands, for sites of three sizes.
import { quantile } from "./parts/figures.mjs";
import { decisions_ms } from "./parts/guard-speed.mjs";

const SIZES = /** @type {const} */ ([
  { chargers: 10, ms_max: 1, rounds: 3_000 },
  { chargers: 100, ms_max: 2, rounds: 1_500 },
  { chargers: 1_000, ms_max: 5, rounds: 600 },
]);

export const bench = {
  name: "speed",
  partOf: "balancing",
  run: async () => {
    /** @type {import("../bench.mjs").Row[]} */
    const rows = [];
    for (const { chargers, ms_max, rounds } of SIZES) {
      const took_ms = decisions_ms(chargers, rounds);
      const figure = `allocator + guard, ${String(chargers)} chargers, ${String(took_ms.length)} decisions`;
      rows.push(
        { figure: `${figure}, p50`, value: quantile(took_ms, 0.5), unit: "ms", limit: null },
        { figure: `${figure}, p99`, value: quantile(took_ms, 0.99), unit: "ms", limit: ms_max },
      );
    }
    await Promise.resolve();
    return rows;
  },
};
