import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { OcppFacts } from "../../contract/index.ts";
import { epochMs } from "../../core/units/index.ts";
import { openDataFolder } from "./index.ts";
import type { OcppStore } from "./ocpp-types.ts";

const FACTS: OcppFacts = {
  at_ms: 1_000,
  version: "1.6",
  vendor: "Test",
  model: "Box",
  serial: null,
  firmware: "1.0",
  vendorRow: null,
  unit: "W",
  stackLevelMax: 8,
  canSwitchPhases: null,
  plugAndChargeToken: null,
  purposes: { accepted: ["TxDefaultProfile"], refused: ["ChargePointMaxProfile"] },
  replace: "clear",
  follows: { state: "obeys", by: "Current.Offered", offered_mA: null, at_ms: 900 },
  fallback: { promised_mA: 6_000, current_mA: 6_000, timeout_ms: 120_000 },
  refusedSteps: ["WebSocketPingInterval: Rejected"],
  configuration: { NumberOfConnectors: "1" },
};
const password = (byte: number) => ({ salt: Buffer.alloc(16, byte), hash: Buffer.alloc(32, byte) });

function newStore(): OcppStore {
  const path = mkdtempSync(join(tmpdir(), "chargehand-ocpp-"));
  const folder = openDataFolder(path, { now_ms: () => 0 });
  onTestFinished(() => {
    if (folder.ok) folder.close();
    rmSync(path, { recursive: true, force: true });
  });
  if (!folder.ok) throw new Error(folder.message);
  return folder.stores.ocpp;
}

test("what was found out about an EVSE is read back, and the newest takes the place of what was known", () => {
  const store = newStore();
  expect(store.facts("CP-1", 1)).toBeNull();
  store.saveFacts("CP-1", 1, FACTS);
  store.saveFacts("CP-1", 2, { ...FACTS, unit: "A" });
  store.saveFacts("CP-1", 1, { ...FACTS, at_ms: 2_000, firmware: "1.1" });
  expect(store.facts("CP-1", 1)).toEqual({ ...FACTS, at_ms: 2_000, firmware: "1.1" });
  expect(store.facts("CP-1", 2)?.unit).toBe("A");
});

test("a new password told to the box goes beside the old one until the box has come with it", () => {
  const store = newStore();
  const at_ms = epochMs(5);
  const known = (): number[] => store.passwords("CP-1").map(({ salt }) => salt[0] ?? 0);
  expect(known()).toEqual([]);
  store.setPassword("CP-1", password(1), { keepBefore: true, at_ms });
  store.setPassword("CP-2", password(9), { keepBefore: false, at_ms });
  store.setPassword("CP-1", password(2), { keepBefore: true, at_ms });
  expect(known()).toEqual([2, 1]);
  store.setPassword("CP-1", password(3), { keepBefore: true, at_ms });
  expect(known()).toEqual([3, 2, 1]);
  for (const no of [4, 5, 6]) store.setPassword("CP-1", password(no), { keepBefore: true, at_ms });
  expect(known()).toEqual([6, 5, 4, 1]);
  store.confirmPassword("CP-1");
  expect(known()).toEqual([6]);
  store.setPassword("CP-1", password(7), { keepBefore: false, at_ms });
  expect(known()).toEqual([7]);
  store.setPassword("CP-1", null, { keepBefore: false, at_ms });
  expect(known()).toEqual([]);
  expect(store.passwords("CP-2")).toHaveLength(1);
});

describe("how a station comes", () => {
  const at = (at_ms: number) => ({ at_ms: epochMs(at_ms), encrypted: true, withPassword: false });

  test("is kept with what is demanded of it", () => {
    const ocpp = newStore();
    expect(ocpp.security("CP-1")).toEqual({ requiresTls: false, came: null });
    ocpp.setRequiresTls("CP-1", true);
    expect(ocpp.anyEncrypted()).toBe(false);
    ocpp.noteArrival("CP-1", at(5));
    expect(ocpp.anyEncrypted()).toBe(true);
    expect(ocpp.security("CP-1")).toEqual({ requiresTls: true, came: at(5) });
    ocpp.noteArrival("CP-1", { ...at(6), encrypted: false });
    ocpp.setRequiresTls("CP-1", false);
    expect(ocpp.security("CP-1")).toEqual({ requiresTls: false, came: { ...at(6), encrypted: false } });
  });

  test("is forgotten of the longest gone when strangers come by the hundreds; a demand is not", () => {
    const ocpp = newStore();
    ocpp.setRequiresTls("OURS", true);
    for (let no = 0; no < 520; no += 1) ocpp.noteArrival(`S${String(no)}`, at(no));
    expect([ocpp.security("S0").came, ocpp.security("S519").came?.at_ms]).toEqual([null, 519]);
    expect(ocpp.security("OURS").requiresTls).toBe(true);
  });
});
