import { expect, test } from "vitest";
import type { SignalSource } from "../../../core/balancing/index.ts";
import { readModbusSignal } from "./modbus-signal.ts";

const REGISTER = {
  kind: "register",
  linkId: "l1",
  unitId: 1,
  address: 0,
  table: "holding",
  type: "uint32",
  scale: 1,
  unit: "A",
  none: null,
} as const;
type Bus = Parameters<typeof readModbusSignal>[0];
const NOTHING = { limit_mA: null, limit_W: null };

/** What a source says whose registers hold these words. */
async function said(words: readonly number[], more: Partial<Extract<SignalSource, { kind: "register" }>> = {}) {
  const bus: Bus = {
    transact: () => Promise.resolve({ ok: true, reply: { kind: "registers", fc: 3, registers: words } }),
  };
  const reply = await readModbusSignal(bus, { ...REGISTER, ...more });
  if (!reply.ok) throw new Error(reply.code);
  return reply.said(NOTHING);
}

test("a register names a limit in amperes or watts, times its scale", async () => {
  expect(await said([0, 16])).toEqual({ limit_mA: 16_000, limit_W: null });
  expect(await said([42], { type: "uint16", unit: "W", scale: 100 })).toEqual({ limit_mA: null, limit_W: 4_200 });
  expect(await said([0, 0])).toEqual({ limit_mA: 0, limit_W: null });
  expect(await said([0xffff, 0xffff], { none: 0xffff_ffff })).toBeNull();
  expect(await said([7])).toBeUndefined();
});

test("a register full of ones is a limit that limits nothing, whatever its scale, and no number that ends the app", async () => {
  const ones = [0xffff, 0xffff];
  for (const scale of [1, 1_000_000]) {
    expect(await said(ones, { scale })).toEqual({ limit_mA: 1_000_000, limit_W: null });
    expect(await said(ones, { scale, unit: "W" })).toEqual({ limit_mA: null, limit_W: 10_000_000 });
  }
});
