import { expect, test } from "vitest";
import { circuitLive } from "../../test-data.ts";
import { flatCircuits } from "./site-view.ts";

test("children follow their parent, whatever order they came in", () => {
  const rows = flatCircuits([
    circuitLive("b1", { parentId: "b" }),
    circuitLive("a", { parentId: "main" }),
    circuitLive("b", { parentId: "main" }),
    circuitLive("main"),
  ]);
  expect(rows.map(({ circuit, depth }) => `${String(depth)} ${circuit.circuitId}`)).toEqual([
    "0 main",
    "1 a",
    "1 b",
    "2 b1",
  ]);
});

test("a circuit whose parent is unknown still shows", () => {
  expect(flatCircuits([circuitLive("lost", { parentId: "gone" })])).toHaveLength(1);
});
