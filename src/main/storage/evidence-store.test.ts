import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import type { BlackBoxRow } from "../../core/balancing/index.ts";
import { epochMs, milliamp, perPhase, watt } from "../../core/units/index.ts";
import type { EvidenceStore, SignalEvent } from "./evidence-types.ts";
import { openDataFolder } from "./open-folder.ts";

function openFolder(): { readonly evidence: EvidenceStore; readonly sql: (text: string) => unknown[] } {
  const path = mkdtempSync(join(tmpdir(), "chargehand-evidence-store-"));
  const folder = openDataFolder(path, { now_ms: () => 0 });
  if (!folder.ok) throw new Error(folder.message);
  const db = new Database(join(path, "chargehand.sqlite"));
  db.pragma("foreign_keys = ON");
  onTestFinished(() => {
    db.close();
    folder.close();
    rmSync(path, { recursive: true, force: true });
  });
  return {
    evidence: folder.stores.evidence,
    sql: (text) => {
      const statement = db.prepare<[]>(text);
      return statement.reader ? statement.all() : [statement.run()];
    },
  };
}

const event = (kind: SignalEvent["kind"], at_ms: number, more: Partial<SignalEvent> = {}): SignalEvent => ({
  signalId: "steuerbox",
  circuitId: "main",
  imposed_at_ms: epochMs(1_000),
  at_ms: epochMs(at_ms),
  kind,
  why: "asked",
  limit_mA: null,
  limit_W: watt(16_800),
  ...more,
});
const row = (at_ms: number, load_mA = 101_000): BlackBoxRow => ({
  at_ms: epochMs(at_ms),
  current_mA: [load_mA, -2_000, 3_000],
  limit_mA: perPhase(() => milliamp(100_000)),
  otherLoad_mA: [5_000, -6_000, 0],
  granted_mA: perPhase(() => milliamp(32_000)),
  action: "shed",
});

test("events of one limit are one record, the newest limit first", () => {
  const { evidence } = openFolder();
  evidence.addSignalEvents([]);
  evidence.addSignalEvents([event("imposed", 1_000), event("sent", 1_400), event("complied", 6_000)]);
  evidence.addSignalEvents([event("released", 9_000, { limit_W: null })]);
  const later = { imposed_at_ms: epochMs(20_000), why: "fail-safe", limit_mA: milliamp(6_000), limit_W: null } as const;
  evidence.addSignalEvents([event("imposed", 20_000, later), event("late", 36_000, later)]);
  evidence.addSignalEvents([event("imposed", 1_000, { signalId: "other" })]);
  expect(evidence.imposed("steuerbox", 10)).toEqual([
    {
      signalId: "steuerbox",
      circuitId: "main",
      ...later,
      sent_at_ms: null,
      complied_at_ms: null,
      late: true,
      released_at_ms: null,
    },
    {
      signalId: "steuerbox",
      circuitId: "main",
      imposed_at_ms: 1_000,
      why: "asked",
      limit_mA: null,
      limit_W: 16_800,
      sent_at_ms: 1_400,
      complied_at_ms: 6_000,
      late: false,
      released_at_ms: 9_000,
    },
  ]);
  expect(evidence.imposed(null, 10)).toHaveLength(3);
  expect(evidence.imposed("steuerbox", 1)).toHaveLength(1);
});

test("an overload comes back second by second; a second that is known already is not written again", () => {
  const { evidence } = openFolder();
  const no = evidence.openOverload("main", epochMs(5_000));
  expect(evidence.overloads(null, 10)).toEqual([
    { no, circuitId: "main", began_at_ms: 5_000, ended_at_ms: null, peak_permille: null },
  ]);
  evidence.addOverloadRows(no, [row(6_000), row(5_000)]);
  evidence.addOverloadRows(no, [row(6_000, 500_000), row(7_000)]);
  expect(evidence.overloadRows(no)).toEqual([row(5_000), row(6_000), row(7_000)]);
  evidence.closeOverload(no, epochMs(7_000), 1_010);
  expect(evidence.overloads("main", 10)).toMatchObject([{ ended_at_ms: 7_000, peak_permille: 1_010 }]);
  expect(evidence.overloads("garage", 10)).toEqual([]);
});

test("what was written is never changed, and an overload that does not exist has no seconds", () => {
  const { evidence, sql } = openFolder();
  evidence.addSignalEvents([event("imposed", 1_000)]);
  const no = evidence.openOverload("main", epochMs(5_000));
  evidence.addOverloadRows(no, [row(5_000)]);
  expect(() => sql("UPDATE signal_event SET at_ms = 2000")).toThrow(/append-only/u);
  expect(() => sql("UPDATE overload_row SET current_l1_mA = 1")).toThrow(/append-only/u);
  expect(() => {
    evidence.addOverloadRows(no + 1, [row(5_000)]);
  }).toThrow(/FOREIGN KEY/u);
  expect(() => {
    evidence.closeOverload(no + 1, epochMs(5_000), 1_010);
  }).toThrow(/FOREIGN KEY/u);
});

test("what is older than the memory is forgotten whole, and of overloads all but the newest 500", () => {
  const { evidence, sql } = openFolder();
  evidence.addSignalEvents([event("imposed", 1_000), event("released", 50_000)]);
  evidence.addSignalEvents([event("imposed", 30_000, { imposed_at_ms: epochMs(30_000) })]);
  const old = evidence.openOverload("main", epochMs(5_000));
  evidence.addOverloadRows(old, [row(5_000)]);
  evidence.closeOverload(old, epochMs(40_000), 1_010);
  const kept = Array.from({ length: 501 }, (_, index) => evidence.openOverload("main", epochMs(30_000 + index)));
  evidence.prune(epochMs(30_000));
  expect(evidence.imposed(null, 10).map(({ imposed_at_ms }) => imposed_at_ms)).toEqual([30_000]);
  expect(sql("SELECT * FROM signal_event")).toHaveLength(1);
  expect(sql("SELECT * FROM overload_row")).toEqual([]);
  expect(sql("SELECT * FROM overload_end")).toEqual([]);
  const left = evidence.overloads(null, 1_000).map(({ no }) => no);
  expect(left).toHaveLength(500);
  expect(left).not.toContain(kept[0]);
});
