import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { assert, type EpochMs } from "../../core/units/index.ts";
import type { Customer } from "../../contract/index.ts";
import { cardAlias } from "./card-alias.ts";
import { type Connection, sqlBuilder as q } from "./connection.ts";
import type { CustomerStore } from "./types.ts";

/** Unknown cards remembered; the longest unseen are forgotten first. */
const UNKNOWN_CARDS_MAX = 1_000;

/** Customers, their cards, and the cards that nobody owns yet. */
export function customerStore(db: Connection): CustomerStore {
  return {
    list: () => customers(db, null),
    get: (id) => customer(db, id),
    save: (input, at_ms) => db.transaction(() => save(db, input, at_ms)),
    assignCard: (customerId, idToken, at_ms) => db.transaction(() => assignCard(db, customerId, idToken.trim(), at_ms)),
    blockCard: (idToken, blocked) =>
      db.transaction(() => {
        const row = db.first(
          q
            .updateTable("card")
            .set({ blocked: blocked ? 1 : 0 })
            .where("id_token", "=", idToken)
            .returning("customer_id"),
        );
        return row === undefined ? null : customer(db, row.customer_id);
      }),
    card: (idToken) => {
      const row = db.first(
        q
          .selectFrom("card as k")
          .innerJoin("customer as u", "u.id", "k.customer_id")
          .select(["k.blocked", "u.id", "u.name"])
          .where("k.id_token", "=", idToken),
      );
      if (row === undefined) return { verdict: "unknown", customerId: null, customerName: null };
      return { verdict: row.blocked === 1 ? "blocked" : "accepted", customerId: row.id, customerName: row.name };
    },
    sawUnknownCard: (idToken, stationId, at_ms) => {
      db.transaction(() => {
        sawUnknownCard(db, idToken, stationId, at_ms);
      });
    },
    unknownCards: (since_ms) => unknownCards(db, since_ms),
  };
}

function customers(db: Connection, id: string | null): Customer[] {
  const all = q
    .selectFrom("customer")
    .select(["id", "name", "address", "email", "vat_id"])
    .orderBy("name")
    .orderBy("no");
  const cards = q.selectFrom("card").selectAll().orderBy("since_ms").orderBy("id_token");
  const cardsOf = Map.groupBy(
    db.all(id === null ? cards : cards.where("customer_id", "=", id)),
    (card) => card.customer_id,
  );
  return db.all(id === null ? all : all.where("id", "=", id)).map(({ vat_id, ...row }) => ({
    ...row,
    vatId: vat_id,
    cards: (cardsOf.get(row.id) ?? []).map(({ id_token, blocked, since_ms }) => ({
      idToken: id_token,
      alias: cardAlias(id_token),
      blocked: blocked === 1,
      since_ms,
    })),
  }));
}

const customer = (db: Connection, id: string): Customer | null => customers(db, id)[0] ?? null;

function save(db: Connection, input: Parameters<CustomerStore["save"]>[0], at_ms: EpochMs): Customer | null {
  const { name, address, email, vatId: vat_id } = input;
  const row = { name, address, email, vat_id, saved_at_ms: at_ms };
  if (input.id !== null) {
    const written = db.run(q.updateTable("customer").set(row).where("id", "=", input.id));
    return written === 0 ? null : customer(db, input.id);
  }
  const id = randomUUID();
  db.run(q.insertInto("customer").values({ id, ...row }));
  return customer(db, id);
}

function assignCard(
  db: Connection,
  customerId: string,
  idToken: string,
  at_ms: EpochMs,
): Customer | "not-found" | "conflict" {
  assert(idToken !== "", "a card has characters");
  if (customer(db, customerId) === null) return "not-found";
  const card = db.first(q.selectFrom("card").select("customer_id").where("id_token", "=", idToken));
  if (card !== undefined && card.customer_id !== customerId) return "conflict";
  if (card === undefined) {
    db.run(q.insertInto("card").values({ id_token: idToken, customer_id: customerId, blocked: 0, since_ms: at_ms }));
  }
  db.run(q.deleteFrom("unknown_card").where("id_token", "=", idToken));
  takeOverSessions(db, customerId, idToken, at_ms);
  const found = customer(db, customerId);
  assert(found !== null, "the customer is still there");
  return found;
}

/** Sessions of the card that belong to nobody and stand on no invoice now belong to the customer, running ones too. */
function takeOverSessions(db: Connection, customerId: string, idToken: string, at_ms: EpochMs): void {
  db.prepared<[string, EpochMs, string], never>(
    `INSERT INTO session_assignment (session_no, customer_id, at_ms)
     SELECT o.no, ?, ? FROM session_open o
     WHERE o.id_token = ? AND o.customer_id IS NULL
       AND NOT EXISTS (SELECT 1 FROM session_assignment a WHERE a.session_no = o.no)
       AND NOT EXISTS (SELECT 1 FROM invoice_line l WHERE l.session_no = o.no)`,
  ).run(customerId, at_ms, idToken);
}

function sawUnknownCard(db: Connection, id_token: string, station_id: string, last_seen_ms: EpochMs): void {
  db.run(
    q
      .insertInto("unknown_card")
      .values({ id_token, station_id, last_seen_ms })
      .onConflict((conflict) => conflict.column("id_token").doUpdateSet({ station_id, last_seen_ms })),
  );
  db.prepared<[number], never>(
    `DELETE FROM unknown_card WHERE last_seen_ms < (
      SELECT last_seen_ms FROM unknown_card ORDER BY last_seen_ms DESC LIMIT 1 OFFSET ?)`,
  ).run(UNKNOWN_CARDS_MAX - 1);
}

function unknownCards(db: Connection, since_ms: EpochMs): ReturnType<CustomerStore["unknownCards"]> {
  return db.all(
    q
      .selectFrom("unknown_card as k")
      .select([
        "k.id_token as idToken",
        "k.last_seen_ms as lastSeen_ms",
        "k.station_id as stationId",
        sql<number>`(SELECT count(*) FROM session_open o WHERE o.id_token = k.id_token)`.as("sessions"),
      ])
      .where("k.last_seen_ms", ">=", since_ms)
      .where(sql<boolean>`NOT EXISTS (SELECT 1 FROM card c WHERE c.id_token = k.id_token)`)
      .orderBy("k.last_seen_ms", "desc"),
  );
}
