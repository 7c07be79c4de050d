import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { epochMs, milliamp, millisecond, wattHour } from "../../src/core/units/index.ts";
import { closed, cost, freshFolder, minute, opened, record, session, TARIFF, temporaryFolder } from "./fixtures.ts";

const said = (needed_Wh: number | null, departure_ms = minute(300)) => ({
  departure_ms,
  needed_Wh: needed_Wh === null ? null : wattHour(needed_Wh),
});

describe("what was typed of a stay", () => {
  test("stays with its session when the car has left; the last that was said holds, and can be taken back", () => {
    const { stores } = freshFolder();
    stores.sessions.open(session("s1"), TARIFF.id);
    expect(stores.sessions.declared("s1")).toBeNull();
    expect(stores.sessions.detail("s1")).not.toHaveProperty("declared");
    stores.sessions.addDeclared("s1", minute(1), said(20_000));
    stores.sessions.addDeclared("s1", minute(2), said(15_000));
    stores.sessions.close(closed(session("s1")), cost());
    expect(stores.sessions.declared("s1")).toEqual(said(15_000));
    expect(stores.sessions.detail("s1")?.declared).toEqual(said(15_000));
    stores.sessions.addDeclared("s1", minute(3), null);
    expect(stores.sessions.declared("s1")).toBeNull();
    expect(stores.sessions.declared("unknown")).toBeNull();
  });

  test("tells of each session that ended what was typed last, and whether the car was full", () => {
    const folder = freshFolder();
    const { sessions } = folder.stores;
    record(folder, session("old"), { ended_at_ms: minute(5) });
    record(folder, session("full", { started_at_ms: minute(1) }));
    record(folder, session("early", { started_at_ms: minute(2) }), { parked_ms: millisecond(20_000) });
    record(folder, session("untyped", { started_at_ms: minute(3) }));
    record(folder, session("taken-back", { started_at_ms: minute(4) }));
    sessions.open(session("running", { started_at_ms: minute(70) }), TARIFF.id);
    for (const id of ["old", "full", "early", "taken-back", "running"]) {
      sessions.addDeclared(id, minute(1), said(9_000));
      sessions.addDeclared(id, minute(2), said(20_000));
    }
    sessions.addDeclared("untyped", minute(2), said(null));
    sessions.addDeclared("taken-back", minute(3), null);
    expect([...sessions.typedNeeds(minute(10))]).toEqual([
      ["full", { needed_Wh: 20_000, isFull: true }],
      ["early", { needed_Wh: 20_000, isFull: false }],
    ]);
  });

  test("is never changed or deleted, nor written without end", () => {
    const path = temporaryFolder();
    const folder = opened(path);
    folder.stores.tariffs.add(TARIFF);
    const { sessions } = folder.stores;
    sessions.open(session("s1"), TARIFF.id);
    for (let kWh = 1; kWh <= 300; kWh += 1) sessions.addDeclared("s1", minute(1), said(kWh * 1000));
    expect(sessions.declared("s1")).toEqual(said(200_000));
    expect(() => {
      sessions.addDeclared("nobody", minute(1), said(1));
    }).toThrow("opened before");
    folder.close();
    const db = new Database(join(path, "chargehand.sqlite"));
    expect(() => db.exec("UPDATE session_declared SET needed_Wh = 1")).toThrow(/append-only/u);
    expect(() => db.exec("DELETE FROM session_declared")).toThrow(/append-only/u);
    db.close();
  });
});

describe("what a card's car has shown", () => {
  const slept = { needs_mA: milliamp(8_000), began_mA: null, pause: "slept" } as const;

  test("is replaced, comes back as it was however the card is written, and goes when nothing is left of it", () => {
    const { cars } = freshFolder().stores;
    expect(cars.visits("CARD-1")).toEqual([]);
    cars.save("CARD-1", [slept], minute(1));
    cars.save("card-1", [{ ...slept, pause: null }, slept], minute(2));
    expect(cars.visits("Card-1")).toEqual([{ ...slept, pause: null }, slept]);
    expect(cars.visits("CARD-2")).toEqual([]);
    cars.save("CARD-1", [], minute(3));
    expect(cars.visits("CARD-1")).toEqual([]);
  });

  test("is at most ten visits, and nothing when somebody else wrote something there", () => {
    const path = temporaryFolder();
    const folder = opened(path);
    folder.stores.cars.save("CARD-1", Array<typeof slept>(12).fill(slept), epochMs(1));
    expect(folder.stores.cars.visits("CARD-1")).toHaveLength(10);
    folder.close();
    const db = new Database(join(path, "chargehand.sqlite"));
    db.exec(`UPDATE card_car SET visits = '[{"needs_mA":-5}]'`);
    db.close();
    expect(opened(path).stores.cars.visits("CARD-1")).toEqual([]);
  });
});

test("a card that nobody has used for long is forgotten with what its car showed", () => {
  const { cars } = freshFolder().stores;
  const visit = { needs_mA: milliamp(8_000), began_mA: null, pause: null };
  cars.save("04A1", [visit], epochMs(1_000));
  cars.save("04B2", [visit], epochMs(2_000));
  cars.prune(epochMs(2_000));
  expect(cars.visits("04A1")).toEqual([]);
  expect(cars.visits("04B2")).toEqual([visit]);
});
