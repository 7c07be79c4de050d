import { describe, expect, test } from "vitest";
import { createProgram, objectiveOf, worstBreach } from "./linear-program.ts";

/** 1 ≤ x ≤ 10, y ≥ 0, 2x + y ≤ 100; costs 3x - y. */
function example() {
  const program = createProgram("minimise");
  const x = program.variable({ lower: 1, upper: 10, cost: 3 });
  const y = program.variable({ cost: -1 });
  program.row([[x, 1], [y, 1], [x, 1]], { upper: 100 }); // prettier-ignore
  return { builder: program, program: program.build() };
}

describe("building", () => {
  test("adds up terms of the same variable, since the solver takes each only once in a row", () => {
    const { program } = example();
    expect([...program.termColumn]).toEqual([0, 1]);
    expect([...program.termFactor]).toEqual([2, 1]);
    expect([...program.rowStart]).toEqual([0, 2]);
  });

  test("leaves out terms that cancel", () => {
    const builder = createProgram("minimise");
    const x = builder.variable({});
    builder.row([[x, 1], [x, -1]], { lower: -1 }); // prettier-ignore
    expect([...builder.build().rowStart]).toEqual([0, 0]);
  });

  test("the same calls give the same program, and a program stays as it was when the builder goes on", () => {
    const { builder, program } = example();
    builder.variable({ upper: 5 });
    expect(program).toEqual(example().program);
    expect(builder.build().columnUpper).toHaveLength(3);
  });

  test("refuses what is no number or names no variable", () => {
    const builder = createProgram("maximise");
    expect(() => builder.variable({ cost: Number.NaN })).toThrow(/numbers/u);
    expect(() => builder.variable({ upper: Number.NaN })).toThrow(/numbers/u);
    expect(() => builder.row([[0, 1]], {})).toThrow(/names a variable/u);
    builder.variable({});
    expect(() => builder.row([[0, Infinity]], {})).toThrow(/number/u);
    expect(() => builder.row([[0, 1]], { upper: Number.NaN })).toThrow(/numbers/u);
  });
});

describe("believing a solution", () => {
  const { program } = example();
  test.each([
    ["all bounds hold", [10, 80], 0],
    ["a variable is above its bound", [11, 0], 0.1],
    ["a variable is below its bound", [0.5, 0], 0.5],
    ["a row is above its bound", [10, 90], 0.1],
    ["a value is missing", [10], Infinity],
    ["a value is no number", [10, Number.NaN], Infinity],
  ])("%s", (_, values, breach) => {
    expect(worstBreach(program, Float64Array.from(values))).toBeCloseTo(breach, 9);
  });

  test("costs are summed over all variables", () => {
    expect(objectiveOf(program, Float64Array.of(10, 80))).toBe(-50);
  });
});
