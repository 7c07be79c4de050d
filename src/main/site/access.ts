import type { EpochMs } from "../../core/units/index.ts";
import type { Access, Stores } from "../storage/types.ts";

/** Card that stands for a start from this app; OCPP wants a token with every start (at most 20 characters). */
export const OWNER_TOKEN = "CHARGEHAND";

export type CardCheck = "Accepted" | "Blocked" | "Invalid";

/** What a card may do here. Unknown cards are remembered so that they can be given to a customer. */
export function checkCard(
  stores: Stores,
  access: Access,
  idToken: string,
  stationId: string,
  now_ms: EpochMs,
): CardCheck {
  if (idToken === OWNER_TOKEN) return "Accepted";
  const { verdict } = stores.customers.card(idToken);
  if (verdict === "blocked") return "Blocked";
  if (verdict === "accepted") return "Accepted";
  stores.customers.sawUnknownCard(idToken, stationId, now_ms);
  return access.cards === "any" ? "Accepted" : "Invalid";
}
