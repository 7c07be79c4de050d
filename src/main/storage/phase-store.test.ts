import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { epochMs } from "../../core/units/index.ts";
import { folderWithBay } from "./folder-with-bay.example.ts";
import type { PhaseRecord } from "./types.ts";

const record: PhaseRecord = {
  stationId: "P01",
  at_ms: epochMs(1_000),
  author: "technician",
  method: "test",
  configured: "L1L2L3",
  found: "L2L3L1",
  confidence_permille: 995,
  steps: 6,
  outcome: "disagrees",
};

test("evidence is replaced, and comes back as it was", () => {
  const {
    stores: { phases },
  } = folderWithBay();
  expect(phases.evidence()).toEqual([]);
  const first = { stationId: "P01", scores: [0, -1.25, -16, -3], steps: 2, since_ms: epochMs(5) };
  phases.saveEvidence(first, epochMs(10));
  phases.saveEvidence({ ...first, steps: 3 }, epochMs(20));
  expect(phases.evidence()).toEqual([{ ...first, steps: 3 }]);
});

test("what was found is kept for good, the newest first asked for", () => {
  const {
    stores: { phases },
    file,
  } = folderWithBay();
  expect(phases.lastFinding("P01")).toBeNull();
  phases.addFinding(record);
  phases.addFinding({ ...record, at_ms: epochMs(2_000), method: "accepted", outcome: "changed" });
  expect(phases.lastFinding("P01")).toMatchObject({ at_ms: 2_000, method: "accepted" });
  const db = new Database(file);
  expect(() => db.exec("DELETE FROM phase_finding")).toThrow(/append-only/u);
  expect(() => db.exec("UPDATE phase_finding SET steps = 9")).toThrow(/append-only/u);
  db.close();
  expect(() => {
    phases.addFinding({ ...record, stationId: "nowhere" });
  }).toThrow(/FOREIGN KEY/u);
});

test("on how many phases a car charged is known by its session, the last word counts", () => {
  const {
    stores: { phases },
  } = folderWithBay();
  const car = { sessionId: "s1", stationId: "P01", at_ms: epochMs(100), phases: 3 };
  phases.saveCarPhases(car);
  phases.saveCarPhases({ ...car, phases: 1 });
  expect(phases.carPhases(epochMs(50))).toEqual(new Map([["s1", 1]]));
  expect(phases.carPhases(epochMs(101)).size).toBe(0);
});
