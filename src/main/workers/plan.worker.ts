import { parentPort } from "node:worker_threads";
import loadHighs, { type Highs } from "highs";
import { assert } from "../../core/units/index.ts";
import type { LpReply, LpRequest } from "../planning/lp-messages.ts";

// Solves one linear program per message with HiGHS (WebAssembly). It blocks this thread while it works: whoever asks ends
// the thread when the answer does not come.

const port = parentPort;
assert(port !== null, "this file runs in a worker thread");

const highs = await loadHighs();

function solve(solver: Highs, { id, program, limit_s }: LpRequest): LpReply {
  const { modelStatus, objectiveSense } = solver.constants;
  const [columns, rows] = [program.columnCost.length, program.rowLower.length];
  if (columns === 0) {
    const holds = program.rowLower.every((lower) => lower <= 0) && program.rowUpper.every((upper) => upper >= 0);
    const empty = { values: new Float64Array(), rowDuals: new Float64Array(rows), iterations: 0 };
    return holds ? { kind: "optimal", id, ...empty } : { kind: "infeasible", id };
  }
  const { rowStart: starts, termColumn: indices, termFactor: values } = program;
  return solver.withModel(
    {
      numCols: columns,
      numRows: rows,
      sense: program.sense === "minimise" ? objectiveSense.minimize : objectiveSense.maximize,
      colCost: program.columnCost,
      colLower: program.columnLower,
      colUpper: program.columnUpper,
      rowLower: program.rowLower,
      rowUpper: program.rowUpper,
      matrix: { format: "csr", numRows: rows, numCols: columns, starts, indices, values },
    },
    (model): LpReply => {
      model.options.set({ output_flag: false, time_limit: limit_s });
      model.run();
      // Presolve alone cannot always tell the two apart.
      if (model.getModelStatus() === modelStatus.unboundedOrInfeasible) {
        model.options.set({ presolve: "off" });
        model.run();
      }
      const status = model.getModelStatus();
      switch (status) {
        case modelStatus.optimal: {
          const { colValue, rowDual } = model.getSolution();
          const iterations = Number(model.info.get("simplex_iteration_count"));
          return { kind: "optimal", id, values: colValue, rowDuals: rowDual, iterations };
        }
        case modelStatus.infeasible:
          return { kind: "infeasible", id };
        case modelStatus.unbounded:
        case modelStatus.unboundedOrInfeasible:
          return { kind: "unbounded", id };
        case modelStatus.timeLimit:
          return { kind: "timed-out", id };
        default:
          return { kind: "failed", id, detail: `HiGHS ended with model status ${status}` };
      }
    },
  );
}

function answer(request: LpRequest): LpReply {
  try {
    return solve(highs, request);
  } catch (error) {
    return { kind: "failed", id: request.id, detail: error instanceof Error ? error.message : String(error) };
  }
}

port.on("message", (request: LpRequest) => {
  port.postMessage(answer(request));
});
port.postMessage({ kind: "ready" } satisfies LpReply);
