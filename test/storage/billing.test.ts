import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import type { OpenedFolder } from "../../src/main/storage/index.ts";
import { checkDataFolder } from "../../src/main/storage/index.ts";
import { basisPoint } from "../../src/core/units/index.ts";
import {
  addCustomer,
  documentOf,
  DOUBT,
  freshFolder,
  minute,
  opened,
  record,
  session,
  TARIFF,
  temporaryFolder,
} from "./fixtures.ts";

const FROM = minute(0);
const TO = minute(10_000);

function issue(folder: OpenedFolder, drafts: { customerId: string; sessionIds: string[] }[], series = "RE2026") {
  const sessions = folder.stores.invoices.billable(FROM, TO);
  return folder.stores.invoices.issue(drafts, series, (customerId, number) =>
    documentOf(
      customerId,
      number,
      sessions.filter(({ session: row }) =>
        drafts.some((draft) => draft.customerId === customerId && draft.sessionIds.includes(row.id)),
      ),
    ),
  );
}

describe("cards and customers", () => {
  test("a session belongs to who owned its card at the start, whatever happens later", () => {
    const folder = freshFolder();
    const anna = addCustomer(folder, "Anna", "CARD-0001");
    record(folder, session("s1", { idToken: "card-0001" }));
    expect(folder.stores.sessions.detail("s1")?.row).toMatchObject({
      customerId: anna,
      customerName: "Anna",
      cardAlias: "0001",
    });
    const ben = addCustomer(folder, "Ben");
    expect(folder.stores.customers.assignCard(ben, "CARD-0001", minute(5))).toBe("conflict");
    expect(folder.stores.customers.assignCard("nobody", "CARD-0002", minute(5))).toBe("not-found");
  });

  test("giving a card to a customer brings along its unbilled sessions, running ones too", () => {
    const folder = freshFolder();
    record(folder, session("s1", { idToken: "CARD-0001" }));
    folder.stores.sessions.open(session("s2", { idToken: "CARD-0001" }), TARIFF.id);
    folder.stores.customers.sawUnknownCard("CARD-0001", "P01", minute(0));
    expect(folder.stores.customers.unknownCards(minute(0))).toEqual([
      { idToken: "CARD-0001", lastSeen_ms: minute(0), stationId: "P01", sessions: 2 },
    ]);
    expect(folder.stores.invoices.leftOut(FROM, TO).unassigned).toBe(1);
    const anna = addCustomer(folder, "Anna", " card-0001 ");
    expect(folder.stores.customers.unknownCards(minute(0))).toEqual([]);
    expect(["s1", "s2"].map((id) => folder.stores.sessions.detail(id)?.row.customerId)).toEqual([anna, anna]);
    expect(folder.stores.invoices.leftOut(FROM, TO).unassigned).toBe(0);
    expect(folder.stores.customers.assignCard(anna, "CARD-0001", minute(6))).toMatchObject({
      cards: [{ idToken: "card-0001" }],
    });
  });

  test("a blocked card is known and may not charge", () => {
    const folder = freshFolder();
    const anna = addCustomer(folder, "Anna", "CARD-0001");
    expect(folder.stores.customers.card("card-0001")).toEqual({
      verdict: "accepted",
      customerId: anna,
      customerName: "Anna",
    });
    expect(folder.stores.customers.blockCard("CARD-0001", true, minute(1))).toMatchObject({
      cards: [{ blocked: true }],
    });
    expect(folder.stores.customers.card("CARD-0001").verdict).toBe("blocked");
    expect(folder.stores.customers.card("CARD-0002").verdict).toBe("unknown");
    expect(folder.stores.customers.blockCard("CARD-0002", true, minute(1))).toBeNull();
  });

  test("a customer is saved again under the same id, and an unknown one is not", () => {
    const { customers } = freshFolder().stores;
    const anna = customers.save({ id: null, name: "Anna", address: "", email: null, vatId: null }, minute(0));
    const changed = customers.save(
      { id: anna?.id ?? "", name: "Anna B.", address: "Weg 2", email: "a@b.example", vatId: "DE1" },
      minute(1),
    );
    expect(changed).toEqual({
      id: anna?.id,
      name: "Anna B.",
      address: "Weg 2",
      email: "a@b.example",
      vatId: "DE1",
      cards: [],
    });
    expect(customers.list()).toHaveLength(1);
    expect(customers.save({ id: "nobody", name: "N", address: "", email: null, vatId: null }, minute(1))).toBeNull();
  });
});

test("the tariff in force is the newest that has begun, and the oldest before all", () => {
  const { tariffs } = freshFolder().stores;
  tariffs.add({ ...TARIFF, id: "flat-2", valid_from_ms: minute(10) });
  tariffs.add({ ...TARIFF, id: "flat-3", valid_from_ms: minute(10) });
  expect([minute(-1), minute(10), minute(99)].map((at_ms) => tariffs.at(at_ms)?.id)).toEqual([
    "flat-1",
    "flat-3",
    "flat-3",
  ]);
  expect(tariffs.list().map((version) => version.id)).toEqual(["flat-3", "flat-2", "flat-1"]);
  expect(tariffs.view(TARIFF)).toMatchObject({ perKWh: "0.42", grossPerKWh: "0.4998", vat_bp: 1900 });
  const round = {
    ...TARIFF,
    elements: [{ priceComponents: [{ type: "ENERGY", price: "1", vat_bp: basisPoint(2000), stepSize: 1 }] }],
  } as const;
  expect(tariffs.view(round).grossPerKWh).toBe("1.20");
  expect(() => {
    tariffs.add(TARIFF);
  }).toThrow(/UNIQUE/u);
});

describe("invoices", () => {
  function run() {
    const path = temporaryFolder();
    const folder = opened(path);
    folder.stores.tariffs.add(TARIFF);
    const anna = addCustomer(folder, "Anna", "CARD-0001");
    const ben = addCustomer(folder, "Ben", "CARD-0002");
    for (const id of ["a1", "a2", "a3"]) record(folder, session(id, { idToken: "CARD-0001" }));
    record(folder, session("b1", { idToken: "CARD-0002" }));
    record(folder, session("b2", { idToken: "CARD-0002" }), { flags: [DOUBT], billable: false });
    record(folder, session("guest"));
    return { path, folder, anna, ben };
  }

  test("bill what is closed, sure, owned and not billed yet", () => {
    const { folder } = run();
    const { invoices } = folder.stores;
    expect(invoices.billable(FROM, TO).map(({ session: row }) => row.id)).toEqual(["a1", "a2", "a3", "b1"]);
    expect(invoices.billable(minute(61), TO)).toEqual([]);
    expect(invoices.leftOut(FROM, TO)).toEqual({
      heldByCustomer: new Map([[folder.stores.customers.card("CARD-0002").customerId, 1]]),
      unassigned: 1,
    });
  });

  test("are numbered without gaps per series, also when making one fails", () => {
    const { folder, anna, ben } = run();
    const { invoices } = folder.stores;
    expect(issue(folder, [{ customerId: anna, sessionIds: ["a1"] }])).toMatchObject([
      { number: "RE2026-0001", sessions: 1, net_minor: 420 },
    ]);
    const sessions = invoices.billable(FROM, TO);
    const failing = () =>
      invoices.issue(
        [
          { customerId: anna, sessionIds: ["a2"] },
          { customerId: ben, sessionIds: ["b1"] },
        ],
        "RE2026",
        (customerId, number) => {
          if (customerId === ben) throw new Error("no paper");
          return documentOf(
            customerId,
            number,
            sessions.filter(({ session: row }) => row.id === "a2"),
          );
        },
      );
    expect(failing).toThrow("no paper");
    expect(invoices.list(null)).toHaveLength(1);
    const both = issue(folder, [
      { customerId: anna, sessionIds: ["a2", "a3"] },
      { customerId: ben, sessionIds: ["b1"] },
    ]);
    expect(both).toMatchObject([{ number: "RE2026-0002" }, { number: "RE2026-0003" }]);
    expect(invoices.list("2026-11").map((invoice) => invoice.number)).toEqual([
      "RE2026-0003",
      "RE2026-0002",
      "RE2026-0001",
    ]);
    expect(invoices.list("2026-12")).toEqual([]);
  });

  test("begin again with every series", () => {
    const { folder, anna, ben } = run();
    issue(folder, [{ customerId: anna, sessionIds: ["a1"] }]);
    expect(issue(folder, [{ customerId: ben, sessionIds: ["b1"] }], "RE2027")).toMatchObject([
      { number: "RE2027-0001" },
    ]);
  });

  test("are issued once however often one asks, and nothing is written by asking again", () => {
    const { folder, anna, ben } = run();
    const drafts = [{ customerId: anna, sessionIds: ["a1", "a2", "a3"] }];
    expect(issue(folder, drafts)).toHaveLength(1);
    expect(issue(folder, drafts)).toBe("conflict");
    expect(
      issue(folder, [
        { customerId: ben, sessionIds: ["b1"] },
        { customerId: anna, sessionIds: ["a1"] },
      ]),
    ).toBe("conflict");
    expect(folder.stores.invoices.list(null)).toHaveLength(1);
    expect(folder.stores.invoices.billable(FROM, TO).map(({ session: row }) => row.id)).toEqual(["b1"]);
  });

  test.each([
    ["held", "b2"],
    ["somebody else's", "a1"],
    ["nobody's", "guest"],
    ["unknown", "ghost"],
  ])("refuse a session that is %s", (_what, id) => {
    const { folder, ben } = run();
    expect(issue(folder, [{ customerId: ben, sessionIds: [id] }])).toBe("conflict");
    expect(issue(folder, [{ customerId: ben, sessionIds: ["b1", "b1"] }])).toBe("conflict");
    expect(issue(folder, [{ customerId: ben, sessionIds: [] }])).toBe("conflict");
    expect(folder.stores.invoices.list(null)).toEqual([]);
  });

  test("keep their document and their bytes as they were first", () => {
    const { folder, anna } = run();
    const sessions = folder.stores.invoices.billable(FROM, TO).filter(({ session: row }) => row.id === "a1");
    issue(folder, [{ customerId: anna, sessionIds: ["a1"] }]);
    const { invoices } = folder.stores;
    expect(invoices.document("invoice-RE2026-0001")).toEqual(documentOf(anna, "RE2026-0001", sessions));
    expect(invoices.bytes("invoice-RE2026-0001")).toBeNull();
    invoices.saveBytes("invoice-RE2026-0001", new Uint8Array([1, 2]));
    invoices.saveBytes("invoice-RE2026-0001", new Uint8Array([3]));
    expect([...(invoices.bytes("invoice-RE2026-0001") ?? [])]).toEqual([1, 2]);
    expect(invoices.document("nobody")).toBeNull();
  });

  test("are chained: a document changed behind our back is named by the check", () => {
    const { path, folder, anna, ben } = run();
    issue(folder, [
      { customerId: anna, sessionIds: ["a1"] },
      { customerId: ben, sessionIds: ["b1"] },
    ]);
    folder.close();
    expect(checkDataFolder(path)).toEqual([]);
    const db = new Database(join(path, "chargehand.sqlite"));
    db.exec("DROP TRIGGER invoice_no_update");
    db.exec(
      "UPDATE invoice SET document = replace(document, '\"net_minor\":420', '\"net_minor\":421') WHERE number = 'RE2026-0001'",
    );
    db.close();
    expect(checkDataFolder(path)).toEqual(["invoice RE2026-0001 is not what was issued"]);
  });
});
