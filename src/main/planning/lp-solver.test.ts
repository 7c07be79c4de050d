import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { createProgram, type LinearProgram } from "../../core/planning/index.ts";
import { createLpSolver, type LpSolver } from "./lp-solver.ts";

const folder = mkdtempSync(join(tmpdir(), "chargehand-lp-"));
const solvers: LpSolver[] = [];
const solver = (options: Parameters<typeof createLpSolver>[0] = {}): LpSolver => {
  const made = createLpSolver(options);
  solvers.push(made);
  return made;
};
afterEach(async () => {
  for (const one of solvers.splice(0)) await one.close();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A thread that says it is ready and then does `body` for each request. */
function misbehaving(name: string, body: string): string {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(
    file,
    `import { parentPort } from "node:worker_threads";
     parentPort.on("message", (request) => { ${body} });
     parentPort.postMessage({ kind: "ready" });`,
  );
  return file;
}

/** Chairs bring 30, tables 50; two rows bind at 20 and 10. */
function workshop(): LinearProgram {
  const program = createProgram("maximise");
  const chairs = program.variable({ cost: 30 });
  const tables = program.variable({ cost: 50 });
  const upper = (terms: readonly (readonly [number, number])[], limit: number): number =>
    program.row(terms, { upper: limit });
  upper([[chairs, 1], [tables, 2]], 40); // prettier-ignore
  upper([[chairs, 2], [tables, 1]], 50); // prettier-ignore
  return program.build();
}

describe("HiGHS in its thread", () => {
  test("finds the optimum and what each row is worth", async () => {
    const answer = await solver().solve(workshop(), { deadline_ms: 5000 });
    expect(answer.kind).toBe("optimal");
    if (answer.kind !== "optimal") return;
    expect(answer.objective).toBeCloseTo(1100, 6);
    expect([...answer.values]).toEqual([expect.closeTo(20, 6), expect.closeTo(10, 6)]);
    expect([...answer.rowDuals]).toEqual([expect.closeTo(70 / 3, 6), expect.closeTo(10 / 3, 6)]);
  });

  test("tells a program that cannot hold from one that has no end", async () => {
    const impossible = createProgram("minimise");
    impossible.row([[impossible.variable({ upper: 1 }), 1]], { lower: 2 });
    const endless = createProgram("maximise");
    const [x, y] = [endless.variable({ cost: 1 }), endless.variable({})];
    endless.row([[x, 1], [y, -1]], { upper: 1 }); // prettier-ignore
    const one = solver();
    expect(await one.solve(impossible.build(), { deadline_ms: 5000 })).toEqual({ kind: "infeasible" });
    expect(await one.solve(endless.build(), { deadline_ms: 5000 })).toEqual({ kind: "unbounded" });
  });

  test("a program without variables has an empty optimum", async () => {
    const answer = await solver().solve(createProgram("minimise").build(), { deadline_ms: 5000 });
    expect(answer).toMatchObject({ kind: "optimal", objective: 0 });
  });

  test("refuses arrays that do not fit together and serves the next program", async () => {
    const one = solver();
    const bad = { ...workshop(), termColumn: Int32Array.from([0, 7, 0, 1]) };
    expect(await one.solve(bad, { deadline_ms: 5000 })).toMatchObject({ kind: "failed", code: "broken" });
    expect(await one.solve(workshop(), { deadline_ms: 5000 })).toMatchObject({ kind: "optimal" });
  });

  test("a program too large for its deadline is given up in time", async () => {
    const program = createProgram("minimise");
    const columns: readonly number[] = Array.from({ length: 4000 }, (_, index) =>
      program.variable({ cost: 1 + ((index * 7919) % 97) }),
    );
    for (let row = 0; row < 3000; row += 1) {
      program.row(
        Array.from({ length: 12 }, (_, term) => [columns[(row * 31 + term * term * 97) % 4000] ?? 0, 1 + (term % 5)]),
        { lower: 10 + (row % 13) },
      );
    }
    const one = solver();
    await one.solve(workshop(), { deadline_ms: 5000 });
    const from_ms = performance.now();
    expect(await one.solve(program.build(), { deadline_ms: 5 })).toEqual({ kind: "timed-out" });
    expect(performance.now() - from_ms).toBeLessThan(3000);
  });
});

describe("a thread that misbehaves", () => {
  test("is ended when it hangs, and the next program gets a new one", async () => {
    const hang = misbehaving(
      "hang",
      `if (request.program.sense === "maximise") for (;;);
      parentPort.postMessage({ kind: "infeasible", id: request.id });`,
    );
    const one = solver({ file: hang });
    expect(await one.solve(workshop(), { deadline_ms: 50 })).toEqual({ kind: "timed-out" });
    const other = createProgram("minimise").build();
    expect(await one.solve(other, { deadline_ms: 2000 })).toEqual({ kind: "infeasible" });
  });

  test("fails the program it crashes on, and no other", async () => {
    const crash = misbehaving(
      "crash",
      `if (request.program.sense === "maximise") throw new Error("out of memory");
      parentPort.postMessage({ kind: "infeasible", id: request.id });`,
    );
    const one = solver({ file: crash });
    const answer = await one.solve(workshop(), { deadline_ms: 2000 });
    expect(answer).toEqual({ kind: "failed", code: "broken", detail: "out of memory" });
    const other = createProgram("minimise").build();
    expect(await one.solve(other, { deadline_ms: 2000 })).toEqual({ kind: "infeasible" });
  });

  test.each([
    ["breaks a bound", "Float64Array.of(30, 10)"],
    ["is no number", "Float64Array.of(NaN, 10)"],
    ["has too few values", "Float64Array.of(20)"],
  ])("is not believed when its optimum %s", async (_, values) => {
    const lie = misbehaving(
      "lie",
      `parentPort.postMessage({ kind: "optimal", id: request.id, iterations: 1,
      values: ${values}, rowDuals: new Float64Array(2) });`,
    );
    const answer = await solver({ file: lie }).solve(workshop(), { deadline_ms: 2000 });
    expect(answer).toMatchObject({ kind: "failed", code: "broken" });
  });

  test("that cannot be started is a failure, not an exception", async () => {
    const answer = await solver({ file: join(folder, "missing.mjs") }).solve(workshop(), { deadline_ms: 100 });
    expect(answer).toMatchObject({ kind: "failed", code: "broken" });
  });
});

test("a thread that ends while it has nothing to do is replaced", async () => {
  const suicide = misbehaving(
    "suicide",
    `parentPort.postMessage({ kind: "infeasible", id: request.id });
    setImmediate(() => { throw new Error("later"); });`,
  );
  const one = solver({ file: suicide });
  for (let round = 0; round < 3; round += 1) {
    await expect.poll(() => one.solve(workshop(), { deadline_ms: 2000 })).toEqual({ kind: "infeasible" });
  }
});

describe("programs that wait", () => {
  test("give way to a newer one", async () => {
    const one = solver();
    const solve = (): ReturnType<LpSolver["solve"]> => one.solve(workshop(), { deadline_ms: 5000 });
    const [first, second, third] = await Promise.all([solve(), solve(), solve()]);
    expect(first.kind).toBe("optimal");
    expect(second).toMatchObject({ kind: "failed", code: "replaced" });
    expect(third.kind).toBe("optimal");
  });

  test("are answered when the solver is closed", async () => {
    const forever = misbehaving(
      "forever",
      `if (request.program.sense === "maximise") for (;;);
      parentPort.postMessage({ kind: "infeasible", id: request.id });`,
    );
    const one = solver({ file: forever });
    await one.solve(createProgram("minimise").build(), { deadline_ms: 5000 });
    const [first, second] = [workshop(), workshop()].map((program) => one.solve(program, { deadline_ms: 60_000 }));
    await new Promise((resolve) => setImmediate(resolve));
    await one.close();
    expect(await first).toMatchObject({ kind: "failed", code: "closed" });
    expect(await second).toMatchObject({ kind: "failed", code: "closed" });
    expect(await one.solve(workshop(), { deadline_ms: 100 })).toMatchObject({ kind: "failed", code: "closed" });
  });
});
