import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { epochMs, wattHour } from "../../src/core/units/index.ts";
import { APPEND_ONLY } from "../../src/main/storage/migrations/0001-first.ts";
import {
  addCustomer,
  closed,
  cost,
  documentOf,
  DOUBT,
  filter,
  freshFolder,
  minute,
  opened,
  record,
  session,
  TARIFF,
  temporaryFolder,
} from "./fixtures.ts";

describe("a session", () => {
  test("is opened once, journals its registers once, and goes on after a restart with everything said about it", () => {
    const path = temporaryFolder();
    const folder = opened(path);
    folder.stores.tariffs.add(TARIFF);
    const { sessions } = folder.stores;
    const opening = session("s1", { transactionId: 7, idToken: "CARD-0001" });
    expect(sessions.open(opening, TARIFF.id)).toBe(true);
    expect(sessions.open({ ...opening, start_Wh: wattHour(5) }, TARIFF.id)).toBe(false);
    const sample = { at_ms: minute(1), received_at_ms: minute(1), register_Wh: wattHour(1100) };
    sessions.addRegister("s1", sample);
    sessions.addRegister("s1", { ...sample, received_at_ms: minute(9) });
    sessions.addActivity("s1", minute(1), "charging");
    sessions.addActivity("s1", minute(2), "charging");
    sessions.addActivity("s1", minute(3), "suspended-ev");
    folder.close();

    const again = opened(path).stores.sessions;
    const expected = {
      opened: opening,
      tariff: TARIFF,
      registers: [sample],
      activities: [
        { at_ms: minute(1), activity: "charging" },
        { at_ms: minute(3), activity: "suspended-ev" },
      ],
    };
    expect(again.running()).toEqual([expected]);
    expect(again.runningOne("s1")).toEqual(expected);
    expect(again.runningOne("s2")).toBeNull();
  });

  test("ends once with its cost, and is what its station ended last", () => {
    const { sessions, stationLog } = freshFolder().stores;
    const opening = session("s1", { transactionId: 7 });
    sessions.open(opening, TARIFF.id);
    expect(sessions.findByTransaction("P01", 7)).toEqual({ sessionId: "s1", closed: false });
    expect(sessions.close(closed(opening, { flags: [DOUBT], billable: false }), cost())).toBe(true);
    expect(sessions.close(closed(opening, { energy_Wh: wattHour(1) }), null)).toBe(false);
    expect(sessions.findByTransaction("P01", 7)).toEqual({ sessionId: "s1", closed: true });
    expect(sessions.findByTransaction("P02", 7)).toBeNull();
    expect(sessions.running()).toEqual([]);
    expect(sessions.lastClosed("P01", 1)).toEqual(closed(opening, { flags: [DOUBT], billable: false }));
    expect(sessions.lastClosed("P01", 2)).toBeNull();
    expect(stationLog.lastRegister("P01")).toEqual({ at_ms: minute(60), register_Wh: 11_000 });
    expect(sessions.detail("s1")).toMatchObject({
      row: { held: true, flags: [DOUBT], cost: { net_minor: 420, tax_minor: 80, gross_minor: 500 } },
      tariffName: "Standard",
      lines: [{ type: "ENERGY", net_minor: 420 }],
    });
    expect(sessions.detail("nobody")).toBeNull();
  });

  test("that nobody opened cannot be written about", () => {
    const { sessions } = freshFolder().stores;
    expect(() => {
      sessions.addRegister("ghost", { at_ms: minute(1), received_at_ms: minute(1), register_Wh: wattHour(1) });
    }).toThrow(/ghost/u);
  });

  test("two values for one instant are both kept as evidence", () => {
    const { sessions } = freshFolder().stores;
    sessions.open(session("s1"), TARIFF.id);
    for (const register_Wh of [wattHour(1100), wattHour(1200)])
      sessions.addRegister("s1", { at_ms: minute(1), received_at_ms: minute(1), register_Wh });
    expect(sessions.detail("s1")?.registers).toHaveLength(2);
    expect(sessions.detail("s1")?.row.energy_Wh).toBe(200);
  });

  test("with a box whose clock ran ahead does not hold up later registers, nor set our clock", () => {
    const folder = freshFolder();
    const { sessions, stationLog } = folder.stores;
    const future = epochMs(minute(0) + 1e12);
    sessions.open(session("s1"), TARIFF.id);
    sessions.addRegister("s1", { at_ms: future, received_at_ms: minute(1), register_Wh: wattHour(1100) });
    sessions.addRegister("s1", { at_ms: minute(2), received_at_ms: minute(2), register_Wh: wattHour(1200) });
    expect(stationLog.lastRegister("P01")).toEqual({ at_ms: minute(2), register_Wh: 1200 });
  });

  test("takes everything back when the transaction around it fails", () => {
    const folder = freshFolder();
    expect(() =>
      folder.transaction(() => {
        folder.stores.sessions.open(session("s1"), TARIFF.id);
        throw new Error("power cut");
      }),
    ).toThrow("power cut");
    expect(folder.stores.sessions.running()).toEqual([]);
  });
});

test("transaction ids are never given twice, and start from the clock when a folder was lost", () => {
  const first = freshFolder().stores.sessions;
  const given = Array.from({ length: 50 }, () => first.nextTransactionId(minute(0)));
  expect(new Set(given).size).toBe(50);
  expect(first.nextTransactionId(minute(-1000))).toBeGreaterThan(Math.max(...given));
  expect(freshFolder().stores.sessions.nextTransactionId(minute(1))).toBeGreaterThan(Math.max(...given));
  expect(Math.max(...given)).toBeLessThan(2 ** 31);
});

test("money and sessions cannot be changed or deleted, whoever asks", () => {
  const path = temporaryFolder();
  const folder = opened(path);
  folder.stores.tariffs.add(TARIFF);
  folder.stores.site.save(
    {
      model: {
        identity: { name: "x", timezone: "UTC", currency: "EUR", country: "DE", nominal_V: 230 },
        circuits: [],
        links: [],
        meters: [],
        stations: [],
      },
      access: { cards: "any" },
      demo: false,
    },
    minute(0),
    "test",
  );
  folder.stores.seller.save({ ...folder.stores.seller.get(), name: "Owner" }, minute(0));
  const opening = session("s1", { idToken: "CARD-0001" });
  folder.stores.sessions.open(opening, TARIFF.id);
  folder.stores.sessions.addRegister("s1", {
    at_ms: minute(1),
    received_at_ms: minute(1),
    register_Wh: wattHour(1100),
  });
  folder.stores.sessions.addActivity("s1", minute(1), "charging");
  folder.stores.sessions.close(closed(opening), cost());
  const customerId = addCustomer(folder, "Anna", "CARD-0001");
  const sessions = folder.stores.invoices.billable(minute(0), minute(100));
  folder.stores.invoices.issue([{ customerId, sessionIds: ["s1"] }], "RE2026", (id, number) =>
    documentOf(id, number, sessions),
  );
  folder.stores.invoices.saveBytes("invoice-RE2026-0001", new Uint8Array([1, 2, 3]));
  folder.close();
  const db = new Database(join(path, "chargehand.sqlite"));
  for (const table of APPEND_ONLY) {
    const [column] = db.prepare<[string], { name: string }>("SELECT name FROM pragma_table_info(?)").all(table);
    expect(
      db.prepare<[], { rows: number }>(`SELECT count(*) AS rows FROM ${table}`).get()?.rows,
      table,
    ).toBeGreaterThan(0);
    expect(() => db.exec(`UPDATE ${table} SET ${String(column?.name)} = ${String(column?.name)}`), table).toThrow(
      /append-only/u,
    );
    expect(() => db.exec(`DELETE FROM ${table}`), table).toThrow(/append-only/u);
  }
  db.close();
});

describe("finding sessions", () => {
  function site() {
    const folder = freshFolder();
    const anna = addCustomer(folder, "Anna Ahl", "ANNA-0001");
    record(folder, session("old", { idToken: "anna-0001", started_at_ms: minute(-600) }), {
      ended_at_ms: minute(-500),
    });
    record(folder, session("held", { stationId: "P02", idToken: "GUEST-77" }), {
      ended_at_ms: minute(60),
      flags: [DOUBT],
      billable: false,
    });
    record(folder, session("free", { stationId: "P02" }), { ended_at_ms: minute(60) }, null);
    record(folder, session("last", { idToken: "ANNA-0001" }), { ended_at_ms: minute(90) });
    folder.stores.sessions.open(session("running-1", { started_at_ms: minute(95) }), TARIFF.id);
    folder.stores.sessions.addRegister("running-1", {
      at_ms: minute(96),
      received_at_ms: minute(96),
      register_Wh: wattHour(1250),
    });
    folder.stores.sessions.open(session("running-2", { stationId: "P02", started_at_ms: minute(99) }), TARIFF.id);
    const ids = (over: Parameters<typeof filter>[0]): string[] =>
      folder.stores.sessions.list(filter(over), { cursor: null, limit: 100 }).rows.map((row) => row.id);
    return { ...folder, anna, ids };
  }

  test("running ones come first, then the newest end", () => {
    expect(site().ids({})).toEqual(["running-2", "running-1", "last", "free", "held", "old"]);
  });

  test("a session belongs to the period of its end, and a running one to none", () => {
    const { ids } = site();
    expect(ids({ from_ms: minute(60), to_ms: minute(90) })).toEqual(["free", "held"]);
    expect(ids({ from_ms: minute(-500), to_ms: minute(-499) })).toEqual(["old"]);
    expect(ids({ from_ms: minute(90), state: "running" })).toEqual(["running-2", "running-1"]);
  });

  test("each state finds its own", () => {
    const folder = site();
    const { ids } = folder;
    expect(ids({ state: "closed" })).toEqual(["last", "free", "held", "old"]);
    expect(ids({ state: "held" })).toEqual(["held"]);
    expect(ids({ state: "unbilled" })).toEqual(["last", "free", "old"]);
    const sessions = folder.stores.invoices.billable(minute(0), minute(100));
    folder.stores.invoices.issue([{ customerId: folder.anna, sessionIds: ["last"] }], "RE2026", (id, number) =>
      documentOf(id, number, sessions),
    );
    expect(ids({ state: "billed" })).toEqual(["last"]);
    expect(ids({ state: "unbilled" })).toEqual(["free", "old"]);
    expect(ids({ text: "re2026-0001" })).toEqual(["last"]);
  });

  test("bay, customer, and text in station, customer, session and shown card", () => {
    const { ids, anna } = site();
    expect(ids({ stationIds: ["P02"], state: "closed" })).toEqual(["free", "held"]);
    expect(ids({ stationIds: ["P01", "P02"] })).toHaveLength(6);
    expect(ids({ customerId: anna })).toEqual(["last", "old"]);
    expect(ids({ text: "ahl" })).toEqual(["last", "old"]);
    expect(ids({ text: "T-77" })).toEqual(["held"]);
    expect(ids({ text: "guest-77" })).toEqual(["held"]);
    expect(ids({ text: "UEST" })).toEqual([]);
    expect(ids({ text: "%" })).toEqual([]);
    expect(ids({ text: "_" })).toEqual([]);
  });

  test("pages of any size give every session once and in order, also by iterating", () => {
    const { ids, stores } = site();
    const all = ids({});
    for (const limit of [1, 2, 3, 5, 6, 7]) {
      const found: string[] = [];
      let cursor: string | null = null;
      do {
        const page: ReturnType<typeof stores.sessions.list> = stores.sessions.list(filter(), { cursor, limit });
        found.push(...page.rows.map((row) => row.id));
        cursor = page.nextCursor;
      } while (cursor !== null);
      expect(found).toEqual(all);
    }
    expect([...stores.sessions.iterate(filter())].map((row) => row.id)).toEqual(all);
    expect(stores.sessions.list(filter(), { cursor: "c:1; DROP TABLE cdr", limit: 5 })).toEqual({
      rows: [],
      nextCursor: null,
    });
  });

  test("totals are the sums of the rows that are listed", () => {
    const { stores } = site();
    for (const over of [
      {},
      { state: "closed" },
      { state: "held" },
      { stationIds: ["P02"] },
      { from_ms: minute(60) },
      { text: "anna" },
    ] as const) {
      const { rows } = stores.sessions.list(
        filter({ ...over, stationIds: [...("stationIds" in over ? over.stationIds : [])] }),
        { cursor: null, limit: 100 },
      );
      const totals = stores.sessions.totals(
        filter({ ...over, stationIds: [...("stationIds" in over ? over.stationIds : [])] }),
      );
      const sum = (value: (row: (typeof rows)[number]) => number | null | undefined): number =>
        rows.reduce((total, row) => total + (value(row) ?? 0), 0);
      expect(totals).toEqual({
        sessions: rows.length,
        energy_Wh: sum((row) => row.energy_Wh),
        charging_ms: sum((row) => row.charging_ms),
        held: rows.filter((row) => row.held).length,
        cost: {
          currency: "EUR",
          net_minor: sum((row) => row.cost?.net_minor),
          tax_minor: sum((row) => row.cost?.tax_minor),
          gross_minor: sum((row) => row.cost?.gross_minor),
        },
      });
    }
  });

  test("writing goes on between two rows of an export", () => {
    const { stores } = site();
    for (const row of stores.sessions.iterate(filter()))
      stores.sessions.addStray({
        stationId: row.stationId,
        at_ms: minute(0),
        received_at_ms: minute(0),
        kind: "test",
        data: "",
      });
    expect(stores.sessions.totals(filter()).sessions).toBe(6);
  });
});

test("the latest instant anywhere tells a clock where to begin", () => {
  const path = temporaryFolder();
  const folder = opened(path);
  expect(folder.latest_ms).toBeNull();
  folder.stores.tariffs.add(TARIFF);
  record(folder, session("s1"), { ended_at_ms: minute(60) });
  const wrongClock = { rule: "D14", severity: "W", inputs: {} } as const;
  record(folder, session("s2"), { ended_at_ms: epochMs(minute(0) + 1e12), flags: [wrongClock] });
  folder.close();
  expect(opened(path).latest_ms).toBe(minute(60));
});
