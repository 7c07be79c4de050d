// @ts-check
// The best that anybody who knows the whole month could do: one linear program of quarter hours, without minimum or steps.
import { createProgram } from "../../../src/core/planning/index.ts";
import { PHASES } from "../../../src/core/units/index.ts";
import { powerOf, VOLTAGE_V } from "./planning-sessions.mjs";

const SLOT_ms = 900_000;
const DEADLINE_ms = 600_000;

/**
 * Highest revenue less energy and demand charge. A quarter hour in which a car is there in part counts by that part, so it
 * is never below the true optimum.
 * @param {{ site: import("./planning-loop.mjs").Site, sessions: readonly import("./planning-sessions.mjs").Session[],
 *   tariff: import("./planning-loop.mjs").Tariff, revenue_micro_per_kWh: number,
 *   solver: import("../../../src/main/planning/lp-solver.ts").LpSolver }} setup
 */
export async function bestOfMonth({ site, sessions, tariff, revenue_micro_per_kWh, solver }) {
  const program = createProgram("maximise");
  const peak = program.variable({ cost: -tariff.peak_micro_per_kW / 1e6, lower: tariff.floor_W / 1000 });
  /** @type {Map<number, { column: number, session: import("./planning-sessions.mjs").Session }[]>} */
  const bySlot = new Map();
  for (const session of sessions) {
    const own = [];
    for (let at = Math.floor(session.arrival_ms / SLOT_ms) * SLOT_ms; at < session.departure_ms; at += SLOT_ms) {
      const part = (Math.min(session.departure_ms, at + SLOT_ms) - Math.max(session.arrival_ms, at)) / SLOT_ms;
      const cost = ((revenue_micro_per_kWh - tariff.price(at)) / 1e6) * 0.25;
      const column = program.variable({ upper: (powerOf(session.phases.length, session.max_mA) / 1000) * part, cost });
      own.push(/** @type {const} */ ([column, 0.25]));
      bySlot.set(at, [...(bySlot.get(at) ?? []), { column, session }]);
    }
    program.row(own, { upper: session.needed_Wh / 1000 });
  }
  const isBelow = (/** @type {string} */ circuit, /** @type {number} */ station) =>
    circuit === site.circuits[0]?.id || site.circuitOf(station) === circuit;
  for (const cars of bySlot.values()) {
    program.row([...cars.map(({ column }) => /** @type {const} */ ([column, 1])), [peak, -1]], { upper: 0 });
    for (const circuit of site.circuits) {
      PHASES.forEach((phase, index) => {
        const terms = cars.flatMap(({ column, session }) =>
          session.phases.includes(phase) && isBelow(circuit.id, session.station)
            ? [/** @type {const} */ ([column, 1000 / (session.phases.length * VOLTAGE_V)])]
            : [],
        );
        if (terms.length > 0) program.row(terms, { upper: (circuit.limit_mA[index] ?? 0) / 1000 });
      });
    }
  }
  const answer = await solver.solve(program.build(), { deadline_ms: DEADLINE_ms });
  if (answer.kind !== "optimal") throw new Error(`no optimum of the month: ${JSON.stringify(answer)}`);
  return { profit: answer.objective, peak_W: (answer.values[peak] ?? 0) * 1000 };
}
