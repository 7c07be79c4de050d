import { epochMs } from "../../core/units/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import { cardAlias } from "../storage/card-alias.ts";
import type { Access, Stores } from "../storage/types.ts";

/** Card that stands for a start from this app; OCPP wants a token with every start (at most 20 characters). */
export const OWNER_TOKEN = "CHARGEHAND";

/** The card of one person; `null`: none, or what stands for everybody whose session was begun from this app. */
export const personalCard = (idToken: string | null): string | null => (idToken === OWNER_TOKEN ? null : idToken);

const UNKNOWN_CARD = "unknown-card";
/** Somebody who tries many cards must not bury the other alerts. */
const OPEN_CARDS_MAX = 20;
const CARD_MEMORY_MS = 7 * 24 * 3_600_000;

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
  if (access.cards === "any") return "Accepted";
  raiseUnknownCard(stores, idToken, stationId, now_ms);
  return "Invalid";
}

/** A card that was sent away: somebody stands there. Only its last four characters are shown. */
function raiseUnknownCard({ alerts }: Stores, idToken: string, stationId: string, now_ms: EpochMs): void {
  const ref = cardAlias(idToken);
  const open = alerts.open().filter((alert) => alert.code === UNKNOWN_CARD);
  if (open.length >= OPEN_CARDS_MAX && !open.some((alert) => alert.ref === ref)) return;
  alerts.raise({ code: UNKNOWN_CARD, severity: "info", ref, inputs: { station: stationId } }, now_ms);
}

/** Ends the alerts of cards that have got a customer, or were not held before a reader for a week. */
export function endKnownCards({ alerts, customers }: Stores, now_ms: EpochMs): void {
  const open = alerts.open().filter((alert) => alert.code === UNKNOWN_CARD);
  if (open.length === 0) return;
  const unknown = customers.unknownCards(epochMs(Math.max(0, now_ms - CARD_MEMORY_MS)));
  const still = new Set(unknown.map((card) => cardAlias(card.idToken)));
  for (const alert of open) if (!still.has(alert.ref)) alerts.end(UNKNOWN_CARD, alert.ref, now_ms);
}
