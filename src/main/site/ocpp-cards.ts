import type { OcppAnswerTo } from "../../contract/index.ts";
import type { OcppAnswered } from "../devices/ocpp/ask-station.ts";
import type { OcppStationPort } from "../devices/ocpp/create-ocpp-devices.ts";
import type { ListEntry } from "../devices/ocpp/operations.ts";
import { failure } from "../devices/ocpp/replies.ts";
import type { Stores } from "../storage/types.ts";

/** OCPP 1.6: CiString20; 2.0.1: identifierString[36]. */
const CARD_CHARS_MAX = { "1.6": 20, "2.0.1": 36 } as const;
/** Cards in one message where the box does not say how many it takes. */
const PER_MESSAGE = 100;
const PER_MESSAGE_MAX = 500;
/** Messages of one list: more cards than that are a mistake. */
const MESSAGES_MAX = 200;
/** OCPP 1.6, 5.10: a box without a list says so with this version. */
const NO_LIST = -1;

type Version = keyof typeof CARD_CHARS_MAX;
type Limits = { readonly all: number | null; readonly perMessage: number; readonly enabled: boolean | null };

/** Every card of a customer, blocked ones as blocked; `leftOut`: those no box of this version can take. */
export function cardsForBox(
  customers: Pick<Stores["customers"], "list">,
  version: Version,
): { readonly entries: readonly ListEntry[]; readonly leftOut: number } {
  const cards = customers.list().flatMap((customer) => customer.cards);
  const fitting = cards.filter(({ idToken }) => idToken.length <= CARD_CHARS_MAX[version]);
  const entries = fitting.map(({ idToken, blocked }): ListEntry => ({
    idToken,
    status: blocked ? "Blocked" : "Accepted",
    expires_at_ms: null,
  }));
  return { entries, leftOut: cards.length - fitting.length };
}

/**
 * Gives the box all cards of the site as its whole list, in as many messages as it needs: the first is the whole list,
 * the others add to it. The version is above the box's and above `sentBefore`. A box that stops in the middle has a part.
 */
export async function sendSiteCards(
  port: OcppStationPort,
  customers: Pick<Stores["customers"], "list">,
  sentBefore: number,
): Promise<OcppAnswered> {
  const { operations } = port;
  const reply = await operations.localListVersion();
  if (!reply.ok) return reply;
  if (reply.version === NO_LIST) return failure("not-supported", "it keeps no list of cards");
  const limits = await limitsOf(port);
  const { entries, leftOut } = cardsForBox(customers, port.about().version);
  const room = Math.min(limits.all ?? Infinity, MESSAGES_MAX * limits.perMessage);
  if (entries.length > room)
    return failure("invalid", `the box takes ${String(room)} cards, the site has ${String(entries.length)}`);
  let version = Math.max(reply.version, sentBefore);
  for (let from = 0; from === 0 || from < entries.length; from += limits.perMessage) {
    version += 1;
    const sent = await operations.sendLocalList({
      version,
      update: from === 0 ? "Full" : "Differential",
      entries: entries.slice(from, from + limits.perMessage),
    });
    if (!sent.ok) return sent;
  }
  const answer = { version, cards: entries.length, leftOut, enabled: limits.enabled };
  return { ok: true, answer: answer satisfies OcppAnswerTo<"send-site-cards"> };
}

/** What the box says of its list; a box that says nothing is asked with small messages. */
async function limitsOf(port: OcppStationPort): Promise<Limits> {
  const { version, inventory } = port.about();
  if (version === "2.0.1") {
    const of = (variable: string): string | undefined =>
      [...inventory.values()].find(
        ({ address }) => address.component === "LocalAuthListCtrlr" && address.variable === variable,
      )?.value ?? undefined;
    return { all: null, perMessage: perMessage(of("ItemsPerMessage")), enabled: flag(of("Enabled")) };
  }
  const reply = await port.getConfiguration([
    "LocalAuthListEnabled",
    "LocalAuthListMaxLength",
    "SendLocalListMaxLength",
  ]);
  if (!reply.ok) return { all: null, perMessage: PER_MESSAGE, enabled: null };
  const { configuration } = reply;
  return {
    all: natural(configuration.get("LocalAuthListMaxLength")),
    perMessage: perMessage(configuration.get("SendLocalListMaxLength")),
    enabled: flag(configuration.get("LocalAuthListEnabled")),
  };
}

function natural(text: string | undefined): number | null {
  const number = Number(text ?? Number.NaN);
  return Number.isSafeInteger(number) && number > 0 ? number : null;
}
const perMessage = (text: string | undefined): number => Math.min(natural(text) ?? PER_MESSAGE, PER_MESSAGE_MAX);
const flag = (text: string | undefined): boolean | null =>
  text === undefined ? null : text.trim().toLowerCase() === "true";
