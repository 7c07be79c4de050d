import { expect, test } from "vitest";
import { circuitLive, stationLive } from "../../test-data.ts";
import { circuitTree, equalFuse_mA } from "./circuit-view.ts";

const blamed = stationLive("P01", {
  circuitId: "a",
  state: "limited",
  because: [
    { kind: "evse_max", ref: "P01", before_mA: 16_000, after_mA: 16_000 },
    { kind: "circuit_phase", ref: "main", phase: "L3", before_mA: 16_000, after_mA: 9_000 },
  ],
});

test("a tree counts the chargers of everything below and marks the phase that holds cars down", () => {
  const [root] = circuitTree(
    [circuitLive("main"), circuitLive("a", { parentId: "main" }), circuitLive("b", { parentId: "main" })],
    [blamed, stationLive("P02", { circuitId: "b" })],
  );
  expect(root?.stationCount).toBe(2);
  expect(root?.children.map(({ stationCount }) => stationCount)).toEqual([1, 1]);
  expect(root?.phases.map(({ binding }) => binding)).toEqual([false, false, true]);
});

test("the parts of a bar never add up to more than the bar, even with everything reserved", () => {
  const [root] = circuitTree(
    [
      circuitLive("main", {
        other_mA: [60_000, 0, 0],
        ev_mA: [8_000, 0, 0],
        reserved_mA: [90_000, 0, 0],
        total_mA: [68_000, 0, 0],
        over_mA: [5_000, 0, 0],
      }),
    ],
    [],
  );
  const [l1] = root?.phases ?? [];
  expect((l1?.other_permille ?? 0) + (l1?.ev_permille ?? 0) + (l1?.reserved_permille ?? 0)).toBeLessThanOrEqual(1000);
  expect(l1?.fuse_permille).toBeLessThan((l1?.other_permille ?? 0) + (l1?.ev_permille ?? 0));
});

test("a building that feeds in carries a part of the cars, and the bar shows what the fuse carries", () => {
  const [root] = circuitTree(
    [circuitLive("main", { other_mA: [-10_000, 0, 0], ev_mA: [16_000, 0, 0], total_mA: [6_000, 0, 0] })],
    [],
  );
  const [l1, l2] = root?.phases ?? [];
  expect(l1?.exports).toBe(true);
  expect(l1?.other_permille).toBe(0);
  expect(l1?.ev_permille).toBe(Math.round((6 / (63 * 1.08)) * 1000));
  expect(l2?.exports).toBe(false);
});

test("circuits that are each other's parents do not hang the page", () => {
  const trees = circuitTree(
    [circuitLive("a", { parentId: "b" }), circuitLive("b", { parentId: "a" }), circuitLive("main")],
    [],
  );
  expect(trees.map(({ circuit }) => circuit.circuitId)).toEqual(["main"]);
});

test("different fuses on the phases have no one number", () => {
  expect(equalFuse_mA(circuitLive("main"))).toBe(63_000);
  expect(equalFuse_mA(circuitLive("main", { fuse_mA: [63_000, 35_000, 63_000] }))).toBeNull();
});
