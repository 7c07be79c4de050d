import { type Connection, sqlBuilder as q } from "./connection.ts";
import { readOcppFacts } from "./stored-json.ts";
import { epochMs } from "../../core/units/index.ts";
import type { OcppStore } from "./ocpp-types.ts";

/** Passwords one identity may have at a time: those told to the box of which none was seen yet, and the one it had before. */
const PASSWORDS_MAX = 4;
/** Whoever can reach the port can come under any name. */
const ARRIVALS_MAX = 500;

/** What is known of OCPP stations by their identity, and how they prove that it is theirs. */
export function ocppStore(db: Connection): OcppStore {
  const passwordsOf = (identity: string) =>
    q.selectFrom("ocpp_password").select(["no", "salt", "hash"]).where("identity", "=", identity).orderBy("no", "desc");
  const dropOlder = (identity: string, keep: number): void => {
    const last = db.first(passwordsOf(identity).offset(keep).limit(1));
    if (last !== undefined)
      db.run(q.deleteFrom("ocpp_password").where("identity", "=", identity).where("no", "<=", last.no));
  };
  /** The oldest is the one that the box is known to have: of those told to it since, the first goes. */
  const dropUnseen = (identity: string): void => {
    const all = db.all(passwordsOf(identity));
    const unseen = all.length > PASSWORDS_MAX ? all.at(-2) : undefined;
    if (unseen !== undefined)
      db.run(q.deleteFrom("ocpp_password").where("identity", "=", identity).where("no", "=", unseen.no));
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
        if (keepBefore && password !== null) dropUnseen(identity);
        else dropOlder(identity, password === null ? 0 : 1);
      });
    },
    confirmPassword: (identity) => {
      dropOlder(identity, 1);
    },
    ...securityOf(db),
  };
}

function securityOf(db: Connection): Pick<OcppStore, "security" | "anyEncrypted" | "setRequiresTls" | "noteArrival"> {
  return {
    security: (identity) => {
      const row = db.first(q.selectFrom("ocpp_security").selectAll().where("identity", "=", identity));
      const at_ms = row?.came_at_ms ?? null;
      return {
        requiresTls: row?.requires_tls === 1,
        came:
          at_ms === null
            ? null
            : {
                at_ms: epochMs(at_ms),
                encrypted: row?.came_encrypted === 1,
                withPassword: row?.came_with_password === 1,
              },
      };
    },
    anyEncrypted: () =>
      db.first(q.selectFrom("ocpp_security").select("identity").where("came_encrypted", "=", 1).limit(1)) !== undefined,
    setRequiresTls: (identity, requiresTls) => {
      const demanded = { requires_tls: requiresTls ? 1 : 0 } as const;
      db.run(
        q
          .insertInto("ocpp_security")
          .values({ identity, ...demanded })
          .onConflict((conflict) => conflict.column("identity").doUpdateSet(demanded)),
      );
    },
    noteArrival: (identity, { at_ms, encrypted, withPassword }) => {
      const came = {
        came_at_ms: at_ms,
        came_encrypted: encrypted ? 1 : 0,
        came_with_password: withPassword ? 1 : 0,
      } as const;
      db.transaction(() => {
        db.run(
          q
            .insertInto("ocpp_security")
            .values({ identity, requires_tls: 0, ...came })
            .onConflict((conflict) => conflict.column("identity").doUpdateSet(came)),
        );
        const strangest = q
          .selectFrom("ocpp_security")
          .select("identity")
          .where("requires_tls", "=", 0)
          .orderBy("came_at_ms", "desc")
          .limit(-1)
          .offset(ARRIVALS_MAX);
        db.run(q.deleteFrom("ocpp_security").where("identity", "in", strangest));
      });
    },
  };
}
