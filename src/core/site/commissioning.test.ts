import { expect, test } from "vitest";
import { milliamp, type Milliamp, type PerPhase } from "../units/index.ts";
import { commissioningProblems } from "./commissioning.ts";
import type { Circuit, Rotation, Station } from "./tree.ts";

const all = (current_mA: number): PerPhase<Milliamp> => [
  milliamp(current_mA),
  milliamp(current_mA),
  milliamp(current_mA),
];
const circuit = (
  id: string,
  parentId: string | null,
  fuse_A: number,
  other_A: number | null = null,
  margin_A = 0,
): Circuit => ({
  id,
  name: id,
  parentId,
  fuse_mA: all(fuse_A * 1000),
  margin_mA: milliamp(margin_A * 1000),
  meterId: null,
  limit_W: null,
  otherLoad_mA_max: other_A === null ? null : all(other_A * 1000),
});
const station = (
  id: string,
  circuitId: string,
  phaseCount: 1 | 2 | 3,
  rotation: Rotation,
  fallback_A: number,
): Station => ({
  id,
  name: id,
  circuitId,
  phaseCount,
  rotation,
  current_mA_min: milliamp(6000),
  current_mA_max: milliamp(32_000),
  step_mA: milliamp(100),
  fallback_mA: milliamp(fallback_A * 1000),
  priority: 1,
  connection: { kind: "ocpp", identity: id, connectorId: 1 },
});

test("safe currents that just fill the fuse less its margin are fine", () => {
  const stations = [station("a", "main", 3, "L1L2L3", 6), station("b", "main", 3, "L2L3L1", 6)];
  expect(commissioningProblems({ circuits: [circuit("main", null, 14, null, 2)], stations })).toEqual([]);
});

test("one milliampere more is told for each phase of each circuit above", () => {
  const circuits = [circuit("main", null, 20, 8), circuit("garage", "main", 16)];
  const stations = [station("a", "garage", 1, "L2", 6), station("b", "garage", 1, "L2", 7)];
  expect(commissioningProblems({ circuits, stations })).toEqual([
    {
      circuitId: "main",
      phase: "L2",
      sum_mA: 21_000,
      limit_mA: 20_000,
      otherLoad_mA: 8_000,
      stationIds: ["a", "b"],
      basis: "configured",
    },
  ]);
});

test("rotation decides which phases of the site a box loads", () => {
  const stations = [station("a", "main", 1, "L3L1L2", 16), station("b", "main", 2, "L2L3L1", 6)];
  const problems = commissioningProblems({ circuits: [circuit("main", null, 16)], stations });
  expect(problems).toMatchObject([{ circuitId: "main", phase: "L3", sum_mA: 22_000, limit_mA: 16_000 }]);
});

test("a circuit that names no other load takes over that of the circuits below it", () => {
  const circuits = [circuit("main", null, 20), circuit("a", "main", 63, 12), circuit("b", "main", 63, 10)];
  expect(commissioningProblems({ circuits, stations: [] }).map(({ circuitId, sum_mA }) => [circuitId, sum_mA])).toEqual(
    [
      ["main", 22_000],
      ["main", 22_000],
      ["main", 22_000],
    ],
  );
});

test("what a box really keeps counts, and one that keeps nothing is not named", () => {
  const stations = [station("a", "main", 1, "L1", 6), station("b", "main", 1, "L1", 6)];
  const keeps_mA = ({ id }: Station): Milliamp => milliamp(id === "a" ? 32_000 : 0);
  const problems = commissioningProblems({ circuits: [circuit("main", null, 16)], stations }, { keeps_mA });
  expect(problems).toMatchObject([{ phase: "L1", sum_mA: 32_000, stationIds: ["a"] }]);
});

test("a meter that has shown more than the site file names is told apart, and less changes nothing", () => {
  const model = {
    circuits: [circuit("main", null, 20, 8)],
    stations: [station("a", "main", 3, "L1L2L3", 10)],
  };
  expect(commissioningProblems(model, { seen_mA: () => milliamp(7_000) })).toEqual([]);
  expect(commissioningProblems(model, { seen_mA: (_, phase) => milliamp(phase === "L2" ? 11_000 : 0) })).toMatchObject([
    { phase: "L2", sum_mA: 21_000, otherLoad_mA: 11_000, basis: "seen" },
  ]);
});
