import { expect, test } from "vitest";
import { withNames } from "./alert-inputs.ts";

const nameOf = (id: string): string => (id === "main" ? "Main fuse" : id === "b1" ? "Bay 1" : id);

test("circuits and chargers of an alert go by their names, everything else stays", () => {
  expect(withNames({ circuit: "main", station: "b1", age_ms: 30_000, phase: "L1" }, nameOf)).toEqual({
    circuit: "Main fuse",
    station: "Bay 1",
    age_ms: 30_000,
    phase: "L1",
  });
});

test("what has no circuit gets none", () => {
  expect(withNames({ losses: 3 }, nameOf)).toEqual({ losses: 3 });
});
