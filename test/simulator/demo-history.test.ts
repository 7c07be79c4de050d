import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { imbalances } from "../../src/core/billing/index.ts";
import { price } from "../../src/core/tariff/index.ts";
import { epochMs, millisecond, wattHour } from "../../src/core/units/index.ts";
import { demoSite } from "../../src/main/simulator/demo-site.ts";
import { fillDemoHistory } from "../../src/main/simulator/index.ts";
import { openDataFolder } from "../../src/main/storage/index.ts";
import type { OpenedFolder } from "../../src/main/storage/types.ts";

const NOW = epochMs(Date.parse("2026-11-22T13:07:00Z"));
const ALL = { from_ms: null, to_ms: null, stationIds: [], customerId: null, state: "all", text: "" } as const;
/** Of this process alone: a machine that does other things as well makes nothing slower here. */
const FILL_CPU_ms_max = 20_000;

const path = mkdtempSync(join(tmpdir(), "chargehand-demo-"));
function filled(seed: number): { folder: OpenedFolder; took_ms: number } {
  const folder = openDataFolder(path, { now_ms: () => NOW });
  if (!folder.ok) throw new Error(folder.message);
  const site = demoSite();
  folder.stores.site.save(site, NOW, "test");
  const from = process.cpuUsage();
  fillDemoHistory({ stores: folder.stores, transaction: folder.transaction, site, now_ms: NOW, seed });
  const { user, system } = process.cpuUsage(from);
  return { folder, took_ms: (user + system) / 1000 };
}

let folder: OpenedFolder;
let took_ms: number;
beforeAll(() => {
  ({ folder, took_ms } = filled(1));
});
afterAll(() => {
  folder.close();
  rmSync(path, { recursive: true, force: true });
});

const sessions = () => [...folder.stores.sessions.iterate({ ...ALL, stationIds: [] })];
const slots = () => [...folder.stores.history.iterate({ from_ms: null, to_ms: null })];

describe("the demo's year", () => {
  test("is written in time and is a year of a busy small site", () => {
    expect(took_ms).toBeLessThan(FILL_CPU_ms_max);
    const all = sessions();
    expect(all.length).toBeGreaterThan(3000);
    expect(all.length).toBeLessThan(10_000);
    expect(folder.stores.customers.list().length).toBe(8);
    expect(new Set(slots().map((slot) => slot.slot_ms)).size).toBeGreaterThan(365 * 96 - 8);
  });

  test("quarter hours of each station sum up to the energy of its sessions", () => {
    const bySession = new Map<string, number>();
    const bySlot = new Map<string, number>();
    for (const row of sessions())
      bySession.set(row.stationId, (bySession.get(row.stationId) ?? 0) + (row.energy_Wh ?? 0));
    for (const slot of slots())
      if (slot.stationId !== "") bySlot.set(slot.stationId, (bySlot.get(slot.stationId) ?? 0) + (slot.ev_Wh ?? 0));
    expect(bySession.size).toBe(12);
    for (const [stationId, energy_Wh] of bySession) {
      expect(energy_Wh).toBeGreaterThan(1_000_000);
      expect(Math.abs(energy_Wh - (bySlot.get(stationId) ?? 0))).toBeLessThanOrEqual(1);
    }
  });

  test("the site is its stations and the building, and never more than the main fuse carries", () => {
    const ev = new Map<number, number>();
    const rows = slots();
    for (const slot of rows)
      if (slot.stationId !== "") ev.set(slot.slot_ms, (ev.get(slot.slot_ms) ?? 0) + (slot.ev_Wh ?? 0));
    const site = rows.filter((one) => one.stationId === "");
    expect(site.filter((slot) => slot.ev_Wh !== ev.get(slot.slot_ms))).toEqual([]);
    expect(site.filter((slot) => (slot.site_Wh ?? 0) <= (slot.ev_Wh ?? 0))).toEqual([]);
    expect(
      site.filter((slot) => (slot.avg_W ?? Infinity) > 3 * 80 * 230 || (slot.max_W ?? 0) < (slot.avg_W ?? 0)),
    ).toEqual([]);
    expect(Math.max(...site.map((slot) => slot.avg_W ?? 0))).toBeGreaterThan(20_000);
  });

  test("each session has its registers, its tariff's price and follows the one before it", () => {
    const stop = new Map<string, number>();
    const ended = new Map<string, number>();
    for (const row of sessions().toSorted((a, b) => a.started_at_ms - b.started_at_ms)) {
      expect(row.energy_Wh).toBe((row.stop_Wh ?? 0) - (row.start_Wh ?? 0));
      expect(row.start_Wh).toBeGreaterThanOrEqual(stop.get(row.stationId) ?? 0);
      expect(row.started_at_ms).toBeGreaterThan(ended.get(row.stationId) ?? 0);
      expect(row.ended_at_ms).toBeLessThanOrEqual(NOW);
      stop.set(row.stationId, row.stop_Wh ?? 0);
      ended.set(row.stationId, row.ended_at_ms ?? 0);
      const tariff = folder.stores.tariffs.at(epochMs(row.started_at_ms));
      const energy_Wh = wattHour(row.energy_Wh ?? 0);
      const used = { energy_Wh, charging_ms: millisecond(row.charging_ms ?? 0), parked_ms: millisecond(3_600_000) };
      if (tariff !== null && energy_Wh >= 100)
        expect(row.cost?.gross_minor).toBe(Number(price(tariff, used).cost.gross_minor));
    }
    expect(folder.stores.sessions.running()).toEqual([]);
  });

  test("has a few doubtful sessions and no more", () => {
    const flagged = sessions().filter((row) => row.flags.length > 0);
    const held = flagged.filter((row) => row.held);
    expect(held.length).toBeGreaterThan(0);
    expect(held.length).toBeLessThan(20);
    expect(new Set(flagged.flatMap((row) => row.flags.map((flag) => flag.rule)))).toEqual(
      new Set(["D05", "D11", "D22"]),
    );
  });

  test("every month but the last full one is invoiced, in order and to the cent", () => {
    const { invoices } = folder.stores;
    const list = invoices.list(null).toReversed();
    expect([...new Set(list.map((one) => one.month))].at(-1)).toBe("2026-09");
    expect(
      invoices.billable(epochMs(Date.parse("2026-01-01T00:00:00Z")), epochMs(Date.parse("2026-09-30T00:00:00Z"))),
    ).toEqual([]);
    expect(invoices.billable(epochMs(Date.parse("2026-10-01T00:00:00Z")), NOW).length).toBeGreaterThan(50);
    let issued = 0;
    for (const { id, issued_at_ms } of list) {
      const document = invoices.document(id);
      expect(document === null ? ["missing"] : imbalances(document)).toEqual([]);
      expect(issued_at_ms).toBeGreaterThanOrEqual(issued);
      issued = issued_at_ms;
    }
    expect(list.filter((one) => one.number.startsWith("PN-2026")).map((one) => one.number)).toEqual(
      list.filter((one) => one.number.startsWith("PN-2026")).map((_, i) => `PN-2026-${String(i + 1).padStart(4, "0")}`),
    );
  });

  test("knows the registers the simulated boxes go on from", () => {
    for (const { id } of demoSite().model.stations) {
      const last = sessions()
        .filter((row) => row.stationId === id)
        .toSorted((a, b) => a.started_at_ms - b.started_at_ms)
        .at(-1);
      expect(folder.stores.stationLog.lastRegister(id)?.register_Wh).toBe(last?.stop_Wh);
    }
  });
});
