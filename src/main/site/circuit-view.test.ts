import { expect, test } from "vitest";
import { epochMs } from "../../core/units/index.ts";
import { mainLimit } from "./circuit-view.ts";
import { newSiteState } from "./state.ts";
import { twoBaysOn } from "./two-bays.example.ts";

test.each([
  { system: "star", limit_W: 69_000 },
  // √3 × 230 V × 100 A
  { system: "delta", limit_W: 39_837 },
] as const)("a main fuse of 100 A in a $system system stands for $limit_W W", ({ system, limit_W }) => {
  const model = twoBaysOn({ fuse_A: 100, max_A: 32, fallback_A: 6 });
  const circuits = model.circuits.map((circuit) => ({ ...circuit, system }));
  expect(mainLimit(newSiteState({ ...model, circuits }, epochMs(0)))).toEqual({ fuse_mA: 100_000, limit_W });
});
