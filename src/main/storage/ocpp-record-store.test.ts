import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { epochMs } from "../../core/units/index.ts";
import { openDataFolder } from "./index.ts";
import type { OcppAsked, OcppRecordStore } from "./ocpp-record-types.ts";

const asked = (at_ms: number, about: OcppAsked["about"] = {}): OcppAsked => ({
  stationId: "P01",
  at_ms: epochMs(at_ms),
  asked: "configure",
  about,
  outcome: "ok",
  words: "Accepted",
});
const report = (at_ms: number, status: string | null, name = "FirmwareStatusNotification") => ({
  at_ms,
  name,
  status,
  about: null,
});

function newStore(): OcppRecordStore {
  const path = mkdtempSync(join(tmpdir(), "chargehand-ocpp-record-"));
  const folder = openDataFolder(path, { now_ms: () => 0 });
  onTestFinished(() => {
    if (folder.ok) folder.close();
    rmSync(path, { recursive: true, force: true });
  });
  if (!folder.ok) throw new Error(folder.message);
  return folder.stores.ocppRecord;
}

test("what was asked of a box is kept newest first, of each box its own", () => {
  const store = newStore();
  store.addRequest("CP-1", asked(1, { key: "A", value: "1", until_ms: 5, none: null }));
  store.addRequest("CP-2", asked(2));
  store.addRequest("CP-1", { ...asked(3), outcome: "not-supported", words: "NotImplemented" });
  expect(store.requests("CP-1")).toEqual([
    { ...asked(3), outcome: "not-supported", words: "NotImplemented" },
    asked(1, { key: "A", value: "1", until_ms: 5, none: null }),
  ]);
  expect(store.requests("CP-3")).toEqual([]);
});

test("of a box that is asked and tells without end the newest are kept", () => {
  const store = newStore();
  for (let at_ms = 0; at_ms < 520; at_ms += 1) store.addRequest("CP-1", asked(at_ms));
  expect(store.requests("CP-1").map((one) => one.at_ms)).toEqual(
    Array.from({ length: 500 }, (_, index) => 519 - index),
  );
  for (let n = 0; n < 320; n += 1) store.addReport("CP-1", report(n, `word ${String(n)}`));
  expect(store.reports("CP-1")).toHaveLength(300);
  expect(store.reports("CP-1")[0]).toEqual(report(319, "word 319"));
});

test("a box that repeats itself within a minute is written down once, but each of its boots counts", () => {
  const store = newStore();
  store.addReport("CP-1", report(0, "Downloading"));
  store.addReport("CP-1", report(59_999, "Downloading"));
  store.addReport("CP-1", report(60_000, "Downloading"));
  store.addReport("CP-1", report(60_001, "Installed"));
  store.addReport("CP-1", report(60_002, "1.0", "BootNotification"));
  store.addReport("CP-1", report(60_003, "1.0", "BootNotification"));
  expect(store.reports("CP-1").map((one) => one.at_ms)).toEqual([60_003, 60_002, 60_001, 60_000, 0]);
});
