import type { Seller } from "../../contract/index.ts";
import { type Connection, sqlBuilder as q } from "./connection.ts";
import { readSeller } from "./stored-json.ts";
import type { SellerStore } from "./types.ts";

const NOBODY: Seller = {
  name: "",
  address: "",
  vatId: "",
  taxNumber: "",
  email: "",
  phone: "",
  iban: "",
  bank: "",
  invoicePrefix: "",
  dueDays: 14,
  note: "",
};

/** Who issues the invoices; empty until somebody has said so. Earlier versions are kept. */
export function sellerStore(db: Connection): SellerStore {
  return {
    get: () => {
      const row = db.first(q.selectFrom("seller_version").select("document").orderBy("no", "desc").limit(1));
      return row === undefined ? { ...NOBODY } : readSeller(row.document);
    },
    save: (seller, at_ms) => {
      db.run(q.insertInto("seller_version").values({ at_ms, document: JSON.stringify(seller) }));
    },
  };
}
