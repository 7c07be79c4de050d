import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { epochMs, milliamp, millisecond } from "../../core/units/index.ts";
import type { ArmingDecision, FallbackTest } from "./commissioning-types.ts";
import { folderWithBay } from "./folder-with-bay.example.ts";

const decision: ArmingDecision = {
  at_ms: epochMs(1_000),
  author: "owner",
  decision: "overridden",
  reason: "a bigger fuse comes on Friday",
  risks: [{ circuitId: "main", phase: "L2", sum_mA: milliamp(78_000), limit_mA: milliamp(63_000) }],
};
const fell: FallbackTest = {
  stationId: "P01",
  at_ms: epochMs(2_000),
  author: "technician",
  outcome: "fell-back",
  before_mA: milliamp(16_000),
  promised_mA: milliamp(6_000),
  kept_mA: milliamp(5_900),
  silent_ms: millisecond(360_000),
  serial: "A1",
  firmware: null,
};

test("decisions come back newest first, with what was accepted", () => {
  const {
    stores: { commissioning: store },
  } = folderWithBay();
  expect(store.decisions(10)).toEqual([]);
  const withdrawn: ArmingDecision = {
    ...decision,
    at_ms: epochMs(2_000),
    decision: "withdrawn",
    reason: "",
    risks: [],
  };
  store.addDecision(decision);
  store.addDecision(withdrawn);
  expect(store.decisions(10)).toEqual([withdrawn, decision]);
  expect(store.decisions(1)).toEqual([withdrawn]);
});

test("the last test that told something stands until one tells something else", () => {
  const {
    stores: { commissioning: store },
  } = folderWithBay();
  expect(store.lastTests().size).toBe(0);
  const cut: FallbackTest = { ...fell, outcome: "not-cut", kept_mA: null, silent_ms: null };
  store.addTest(cut);
  expect(store.lastTests().get("P01")).toEqual(cut);
  store.addTest(fell);
  store.addTest({ ...cut, outcome: "cancelled" });
  expect(store.lastTests().get("P01")).toEqual(fell);
  store.addTest({ ...fell, outcome: "kept-last" });
  expect(store.lastTests().get("P01")?.outcome).toBe("kept-last");
});

test("what was decided and found cannot be changed or taken away", () => {
  const {
    stores: { commissioning: store },
    file,
  } = folderWithBay();
  store.addDecision(decision);
  store.addTest(fell);
  const db = new Database(file);
  for (const sql of [
    "UPDATE arming_decision SET reason = ''",
    "DELETE FROM arming_decision",
    "UPDATE fallback_test SET outcome = 'kept-last'",
    "DELETE FROM fallback_test",
  ])
    expect(() => db.prepare(sql).run()).toThrow(/append-only/u);
  db.close();
});
