import { type Connection, sqlBuilder as q } from "./connection.ts";
import { readOcppFacts } from "./stored-json.ts";
import type { OcppStore } from "./types.ts";

/** Passwords one identity may have at a time: the one told to the box, and the one it had before. */
const PASSWORDS_MAX = 2;

/** What is known of OCPP stations by their identity, and how they prove that it is theirs. */
export function ocppStore(db: Connection): OcppStore {
  const passwordsOf = (identity: string) =>
    q.selectFrom("ocpp_password").select(["no", "salt", "hash"]).where("identity", "=", identity).orderBy("no", "desc");
  const dropOlder = (identity: string, keep: number): void => {
    const last = db.first(passwordsOf(identity).offset(keep).limit(1));
    if (last !== undefined)
      db.run(q.deleteFrom("ocpp_password").where("identity", "=", identity).where("no", "<=", last.no));
  };
  return {
    facts: (identity, connectorId) => {
      const row = db.first(
        q
          .selectFrom("ocpp_facts")
          .select("document")
          .where("identity", "=", identity)
          .where("connector_id", "=", connectorId),
      );
      return row === undefined ? null : readOcppFacts(row.document);
    },
    saveFacts: (identity, connector_id, facts) => {
      const found = { at_ms: facts.at_ms, firmware: facts.firmware, document: JSON.stringify(facts) };
      db.run(
        q
          .insertInto("ocpp_facts")
          .values({ identity, connector_id, ...found })
          .onConflict((conflict) => conflict.columns(["identity", "connector_id"]).doUpdateSet(found)),
      );
    },
    passwords: (identity) => db.all(passwordsOf(identity).limit(PASSWORDS_MAX)),
    setPassword: (identity, password, { keepBefore, at_ms }) => {
      db.transaction(() => {
        if (password !== null) db.run(q.insertInto("ocpp_password").values({ identity, ...password, since_ms: at_ms }));
        dropOlder(identity, password === null ? 0 : keepBefore ? PASSWORDS_MAX : 1);
      });
    },
    confirmPassword: (identity) => {
      dropOlder(identity, 1);
    },
  };
}
