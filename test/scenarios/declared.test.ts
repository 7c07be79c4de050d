import { expect, test } from "vitest";
import { epochMs, millisecond, wattHour } from "../../src/core/units/index.ts";
import { createOwnerWishes } from "../../src/main/site/owner-wishes.ts";
import type { StationState } from "../../src/main/site/state.ts";
import { sessionFilterSchema } from "../../src/contract/index.ts";
import { VIRTUAL_START_MS, virtualSite } from "./virtual-site.ts";
import type { VirtualSite } from "./virtual-site.ts";

// What was typed of a stay is kept with its session, and teaches how much of it comes true here.

const HOUR_MS = 3_600_000;
const DEPARTURE_MS = epochMs(VIRTUAL_START_MS + 4 * HOUR_MS);

/** A site on which what is said is kept as the product does, before each decision. */
function site(): { readonly site: VirtualSite; readonly bay: StationState } {
  const made = virtualSite({ points: 1, fuse_A: 20 });
  // What is kept of wishes refers to the bays that the site file names; here only sessions matter.
  const wishes = { list: () => [], save: () => undefined };
  const kept = createOwnerWishes(made.state, { wishes, sessions: made.stores.sessions }, () => made.clock.now_ms());
  made.beforeCycle.run = () => {
    kept.follow();
  };
  const bay = made.state.stations.get("P01");
  if (bay === undefined) throw new Error("one bay");
  return { site: made, bay };
}

const say = (bay: StationState, needed_Wh: number | null): void => {
  bay.declared = needed_Wh === null ? null : { departure_ms: DEPARTURE_MS, needed_Wh: wattHour(needed_Wh) };
  bay.expected = null;
};
const typedIn = ({ stores }: VirtualSite): readonly (number | null)[] =>
  [...stores.sessions.iterate(sessionFilterSchema.parse({}))].map(
    ({ id }) => stores.sessions.declared(id)?.needed_Wh ?? null,
  );

test("what was said before and during a session is on record with it after the car has left", async () => {
  const { site: one, bay } = site();
  const [box] = one.boxes;
  if (box === undefined) throw new Error("one box");
  box.plugged = true;
  one.report(box);
  say(bay, 20_000);
  await one.run(30);
  expect(typedIn(one)).toEqual([20_000]);
  say(bay, 12_000);
  await one.run(30);
  box.plugged = false;
  await one.run(30);
  expect(bay.declared).toBeNull();
  expect(typedIn(one)).toEqual([12_000]);
  // The next car has said nothing.
  box.plugged = true;
  await one.run(30);
  expect(typedIn(one)).toEqual([null, 12_000]);
  expect(one.errors).toEqual([]);
});

test("what is taken back while the car is there does not hold, and is not typed", async () => {
  const { site: one, bay } = site();
  const [box] = one.boxes;
  if (box === undefined) throw new Error("one box");
  box.plugged = true;
  await one.run(5);
  say(bay, 20_000);
  await one.run(5);
  say(bay, null);
  await one.run(5);
  expect(typedIn(one)).toEqual([null]);
});

test("a record that cannot be written keeps no car from charging, and is written later", async () => {
  const { site: one, bay } = site();
  const [box] = one.boxes;
  if (box === undefined) throw new Error("one box");
  const { sessions } = one.stores;
  const disk = { full: true };
  const full = {
    declared: (id: string) => sessions.declared(id),
    addDeclared: (...fact: Parameters<typeof sessions.addDeclared>) => {
      if (disk.full) throw new Error("database or disk is full");
      sessions.addDeclared(...fact);
    },
  };
  const wishes = { list: () => [], save: () => undefined };
  const kept = createOwnerWishes(one.state, { wishes, sessions: { ...sessions, ...full } }, () => one.clock.now_ms());
  one.beforeCycle.run = () => {
    kept.follow();
  };
  box.plugged = true;
  one.report(box);
  say(bay, 20_000);
  await one.run(60);
  expect(one.errors.length).toBeGreaterThan(0);
  expect(one.drawn_mA(box)).toBe(16_000);
  disk.full = false;
  await one.run(5);
  expect(typedIn(one)).toEqual([20_000]);
});

test("from thirty full cars on, what is typed counts with what cars took of it", async () => {
  const { site: one, bay } = site();
  const [box] = one.boxes;
  if (box === undefined) throw new Error("one box");
  const { sessions, tariffs } = one.stores;
  const tariff = tariffs.list()[0];
  if (tariff === undefined) throw new Error("a tariff");
  for (let day = 1; day <= 30; day += 1) {
    const started_at_ms = epochMs(VIRTUAL_START_MS - day * 20 * HOUR_MS);
    const opening = {
      id: `past-${String(day)}`,
      stationId: "P01",
      evseId: 1,
      transactionId: null,
      idToken: null,
      started_at_ms,
      received_at_ms: started_at_ms,
      start_Wh: wattHour(1000),
    };
    sessions.open(opening, tariff.id);
    sessions.addDeclared(opening.id, started_at_ms, { departure_ms: null, needed_Wh: wattHour(20_000) });
    sessions.addActivity(opening.id, epochMs(started_at_ms + HOUR_MS), "suspended-ev");
    sessions.close(
      {
        ...opening,
        ended_at_ms: epochMs(started_at_ms + 2 * HOUR_MS),
        stop_Wh: wattHour(11_000),
        endReason: "Local",
        endedBy: "station",
        energy_Wh: wattHour(10_000),
        flags: [],
        billable: true,
        charging_ms: millisecond(HOUR_MS),
        parked_ms: millisecond(HOUR_MS),
        heldByOperator_ms: millisecond(0),
      },
      null,
    );
  }
  // It learns once a day.
  one.jump(24 * HOUR_MS);
  box.plugged = true;
  one.report(box);
  say(bay, 30_000);
  await one.run(5);
  expect(bay.expected).toMatchObject({ needed_Wh: 15_000, from: "declared" });
});
