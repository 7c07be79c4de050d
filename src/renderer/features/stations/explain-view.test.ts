import { expect, test } from "vitest";
import { circuitLive, stationLive } from "../../test-data.ts";
import { phaseRows } from "./charger-view.ts";
import { proofFor } from "./explain-view.ts";

const circuits = [
  circuitLive("main"),
  circuitLive("b", {
    parentId: "main",
    fuse_mA: [63_000, 63_000, 63_000],
    limit_mA: [60_000, 60_000, 60_000],
    other_mA: [0, 38_000, 0],
    kept_mA: [0, 1_500, 0],
  }),
];
const because = [{ kind: "circuit_phase", ref: "b", phase: "L2", before_mA: 16_000, after_mA: 7_300 }] as const;
const limited = stationLive("P07", { circuitId: "b", granted_mA: 7_000, because: [...because] });

test("the proof starts at the fuse and ends with what is left, and the self is marked", () => {
  const proof = proofFor(limited, circuits, [
    limited,
    stationLive("P02", { circuitId: "b", granted_mA: 7_000 }),
    stationLive("P03", { circuitId: "b", countedPhases: ["L1"], granted_mA: 16_000 }),
    stationLive("P04", { circuitId: "main", granted_mA: 16_000 }),
    stationLive("P05", { circuitId: "b", granted_mA: 0 }),
  ]);
  expect(proof?.forCars_mA).toBe(20_500);
  expect(proof?.kept_mA).toBe(1_500);
  expect(proof?.sharers.map(({ stationId }) => stationId).sort()).toEqual(["P02", "P07"]);
  expect(proof?.shared_mA).toBe(14_000);
  expect(proof?.left_mA).toBe(6_500);
  expect(proof?.sharers.find(({ self }) => self)?.stationId).toBe("P07");
  const { fuse_mA = 0, margin_mA = 0, other_mA = 0, kept_mA = 0 } = proof ?? {};
  expect(fuse_mA - margin_mA - other_mA - kept_mA).toBe(proof?.forCars_mA);
});

test("an equal share of a circuit's phase is proven the same way", () => {
  const shared = stationLive("P07", {
    circuitId: "b",
    because: [{ kind: "policy_share", ref: "b", phase: "L2", before_mA: 16_000, after_mA: 7_300 }],
  });
  expect(proofFor(shared, circuits, [shared])?.forCars_mA).toBe(20_500);
});

test("there is no proof where no circuit decides or the circuit is unknown", () => {
  expect(proofFor(stationLive("P01"), circuits, [])).toBeNull();
  expect(proofFor(limited, [circuitLive("main")], [])).toBeNull();
});

test("power per phase is unknown when voltage or current is, and phases not wired are left out", () => {
  expect(phaseRows({ phases: ["L2", "L3"], drawn_mA: [0, 16_000, null] }, [230_000, 230_000, 230_000])).toEqual([
    { phase: "L2", voltage_mV: 230_000, drawn_mA: 16_000, power_W: 3_680 },
    { phase: "L3", voltage_mV: 230_000, drawn_mA: null, power_W: null },
  ]);
});
