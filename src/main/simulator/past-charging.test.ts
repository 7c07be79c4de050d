import { expect, test } from "vitest";
import { demoBays, demoSite } from "./demo-site.ts";
import { chargePast, SLOT_ms, type PastSlot } from "./past-charging.ts";
import { localDay, startOfDay_ms, visitsOfDay } from "./visits.ts";

const { model } = demoSite();
const TO = Date.parse("2026-03-22T00:00:00Z");
const FROM = TO - 14 * 86_400_000;

function fortnight(seed: number) {
  const visits = demoBays(model).flatMap((bay) =>
    Array.from({ length: 13 }, (_, i) => localDay(FROM, model.identity.timezone) + i).flatMap((day) =>
      visitsOfDay(bay, day, startOfDay_ms(day, model.identity.timezone), seed).filter((visit) => visit.depart_ms < TO),
    ),
  );
  const slots: PastSlot[] = [];
  const registers = new Map(model.stations.map(({ id }) => [id, 1000]));
  const past = chargePast({
    site: model,
    seed,
    from_ms: FROM,
    to_ms: TO,
    visits,
    registers,
    onSlot: (slot) => slots.push(slot),
  });
  return { past, slots, visits };
}

test("the past is the same for the same seed and another for another", () => {
  expect(fortnight(3)).toEqual(fortnight(3));
  expect(fortnight(4).past).not.toEqual(fortnight(3).past);
});

test("every quarter hour is there once, and a bay's quarter hours are its visits", () => {
  const { past, slots, visits } = fortnight(5);
  expect(slots.map((slot) => slot.slot_ms)).toEqual(Array.from({ length: 14 * 96 }, (_, i) => FROM + i * SLOT_ms));
  expect(past.length).toBe(visits.length);
  for (const { id } of model.stations) {
    const bySlot_Wh = slots.reduce((sum, slot) => sum + (slot.stations.get(id)?.ev_Wh ?? 0), 0);
    const byVisit_mWh = past
      .filter((one) => one.visit.stationId === id)
      .reduce((sum, one) => sum + one.received_mWh, 0);
    expect(Math.abs(bySlot_Wh * 1000 - byVisit_mWh)).toBeLessThan(1000);
  }
});

test("nobody gets more than wanted, and some are held back by the fuses", () => {
  const { past, slots } = fortnight(6);
  for (const one of past) expect(one.received_mWh).toBeLessThanOrEqual(one.visit.wanted_Wh * 1000);
  expect(slots.some((slot) => [...slot.stations.values()].some((station) => station.limited_ms > 0))).toBe(true);
});
