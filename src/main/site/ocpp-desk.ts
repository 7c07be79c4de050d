import type { BoxReport, OcppBeyond, OcppRequest } from "../../contract/index.ts";
import { askStation, type OcppAnswered } from "../devices/ocpp/ask-station.ts";
import { isSecretName, withoutSecrets } from "../devices/ocpp/secrets.ts";
import type { OcppStationPort } from "../devices/ocpp/create-ocpp-devices.ts";
import type { Clock } from "../devices/ports.ts";
import type { Log } from "../log.ts";
import type { AskedAbout, OcppAsked } from "../storage/ocpp-record-types.ts";
import type { Stores } from "../storage/types.ts";
import { cardsForBox, sendSiteCards } from "./ocpp-cards.ts";

/** Shown at a time; all that is kept is looked through. */
const SHOWN_MAX = 50;
const WORDS_CHARS_MAX = 500;

export type OcppDesk = {
  /** Asks a station for what only OCPP has, and writes down what came of it; `not-found` also where it speaks none. */
  ask(stationId: string, request: OcppRequest): Promise<OcppAnswered | "not-found">;
  /** What is known of its box without asking it; `null`: it speaks no OCPP. */
  beyond(stationId: string): OcppBeyond | null;
};

/** Reading changes nothing at the box and is not written down. */
const READS: ReadonlySet<OcppRequest["do"]> = new Set([
  "base-report",
  "composite-schedule",
  "configuration",
  "installed-certificates",
  "local-list-version",
  "settings",
  "variables",
]);

/** What OCPP has beyond charging, for the owner of the site. */
export function ocppDesk(site: {
  readonly stations: () => readonly OcppStationPort[];
  readonly nameOf: (stationId: string) => string;
  readonly stores: Pick<Stores, "ocppRecord"> & { readonly customers: Pick<Stores["customers"], "list"> };
  readonly clock: Pick<Clock, "now_ms">;
  readonly log: Pick<Log, "error">;
}): OcppDesk {
  const { stores, clock } = site;
  const portOf = (stationId: string): OcppStationPort | undefined =>
    site.stations().find((one) => one.stationId === stationId);
  const carryOut = (port: OcppStationPort, request: OcppRequest): Promise<OcppAnswered> =>
    request.do === "send-site-cards"
      ? sendSiteCards(port, stores.customers, listOf(stores.ocppRecord.requests(port.identity))?.version ?? 0)
      : askStation(port, request);
  return {
    async ask(stationId, request) {
      const port = portOf(stationId);
      if (port === undefined) return "not-found";
      const reply = await carryOut(port, request);
      if (READS.has(request.do)) return reply;
      const at_ms = clock.now_ms();
      try {
        stores.ocppRecord.addRequest(port.identity, { stationId, at_ms, ...recordOf(request, reply) });
      } catch (error) {
        // The box has done it or not: who asked must hear that, also where the disk is full.
        site.log.error(
          { err: error, stationId, asked: request.do },
          "what was asked of a box could not be written down",
        );
      }
      return reply;
    },
    beyond(stationId) {
      const port = portOf(stationId);
      if (port === undefined) return null;
      const { version, connected, firmware, runningIds, fileWays, inventory } = port.about();
      const requests = stores.ocppRecord.requests(port.identity);
      const reports = stores.ocppRecord.reports(port.identity);
      const { entries, leftOut } = cardsForBox(stores.customers, version);
      return {
        version,
        connected,
        firmware: firmware?.slice(0, WORDS_CHARS_MAX) ?? null,
        charging: runningIds.map(site.nameOf),
        fileWays: fileWays ?? fileWays201(inventory),
        localList: listOf(requests),
        siteCards: { cards: entries.length, leftOut },
        reservations: reservationsOf(stationId, requests, reports, clock.now_ms()),
        restartFor: restartFor(requests, reports),
        reports: reports.slice(0, SHOWN_MAX),
        requests: requests.slice(0, SHOWN_MAX).map(({ about, ...one }) => ({ ...one, about: { ...about } })),
      };
    },
  };
}

const fileWays201 = (inventory: ReturnType<OcppStationPort["about"]>["inventory"]): string | null =>
  [...inventory.values()].find(({ address }) => address.variable === "FileTransferProtocols")?.value ?? null;

function recordOf(request: OcppRequest, reply: OcppAnswered): Pick<OcppAsked, "asked" | "about" | "outcome" | "words"> {
  const about = {
    ...aboutOf(request),
    ...(reply.ok && request.do === "send-site-cards" ? listAbout(reply.answer) : {}),
  };
  const words = reply.ok ? reply.answer["status"] : reply.detail;
  return {
    asked: request.do,
    about,
    outcome: reply.ok ? "ok" : reply.code,
    words: typeof words === "string" ? withoutSecrets(words).slice(0, WORDS_CHARS_MAX) : "",
  };
}

const listAbout = (answer: Readonly<Record<string, unknown>>): AskedAbout => ({
  version: Number(answer["version"]),
  cards: Number(answer["cards"]),
});

/** What is worth keeping of a request, and nothing that must not be read later. */
function aboutOf(request: OcppRequest): AskedAbout {
  switch (request.do) {
    case "configure":
      return setting(request.key, request.value);
    case "set-variable":
      return setting(`${request.address.component}.${request.address.variable}`, request.value);
    case "trigger":
    case "extended-trigger":
      return { message: request.message };
    case "send-local-list":
      return { version: request.version, cards: request.entries.length };
    case "reserve":
      return { reservationId: request.reservationId, idToken: request.idToken, until_ms: request.until_ms };
    case "cancel-reservation":
      return { reservationId: request.reservationId };
    case "update-firmware":
    case "signed-update-firmware":
    case "diagnostics":
    case "log":
      return { location: withoutSecrets(request.location) };
    case "install-certificate":
    case "installed-certificates":
      return { kind: request.kind };
    case "delete-certificate":
      return { serialNumber: request.serialNumber };
    case "availability":
      return { type: request.type };
    case "data-transfer":
      return { vendorId: request.vendorId, messageId: request.messageId };
    case "base-report":
    case "certificate-signed":
    case "clear-cache":
    case "clear-charging-profiles":
    case "composite-schedule":
    case "configuration":
    case "local-list-version":
    case "send-site-cards":
    case "settings":
    case "variables":
      return {};
  }
}

const setting = (key: string, value: string): AskedAbout =>
  isSecretName(key) ? { key } : { key, value: withoutSecrets(value) };

/** The list of cards that a box took last. */
function listOf(requests: readonly OcppAsked[]): OcppBeyond["localList"] {
  const sent = requests.find(
    ({ asked, outcome }) => (asked === "send-site-cards" || asked === "send-local-list") && outcome === "ok",
  );
  return sent === undefined
    ? null
    : { version: Number(sent.about["version"]), cards: Number(sent.about["cards"]), at_ms: sent.at_ms };
}

/** Those it took that are neither over, taken back, nor used up. Newest first. */
function reservationsOf(
  stationId: string,
  requests: readonly OcppAsked[],
  reports: readonly BoxReport[],
  now_ms: number,
): OcppBeyond["reservations"] {
  const taken = requests.filter((one) => one.stationId === stationId && one.outcome === "ok");
  // A number may be given anew, so only what came later ends it.
  const isOver = (id: number, since_ms: number): boolean =>
    requests.some(
      ({ asked, outcome, about, at_ms }) =>
        asked === "cancel-reservation" && outcome === "ok" && about["reservationId"] === id && at_ms >= since_ms,
    ) ||
    reports.some(
      ({ name, status, about, at_ms }) =>
        (status === "ReservationUsed" || name === "ReservationStatusUpdate") && about === id && at_ms >= since_ms,
    );
  // One bay, one reservation: a newer one takes the place of the one before under its number.
  const newest = new Map<number, OcppBeyond["reservations"][number]>();
  for (const { asked, about, at_ms } of taken) {
    const [id, until_ms] = [Number(about["reservationId"]), Number(about["until_ms"])];
    if (asked !== "reserve" || newest.has(id) || until_ms <= now_ms || isOver(id, at_ms)) continue;
    newest.set(id, { reservationId: id, idToken: String(about["idToken"]), until_ms });
  }
  return [...newest.values()];
}

/** Settings it took with "RebootRequired" since it last booted. */
function restartFor(requests: readonly OcppAsked[], reports: readonly BoxReport[]): string[] {
  const booted_ms = reports.find(({ name }) => name === "BootNotification")?.at_ms ?? -1;
  const waiting = requests
    .filter(({ outcome, words, at_ms }) => outcome === "ok" && words === "RebootRequired" && at_ms > booted_ms)
    .map(({ about }) => String(about["key"]));
  return [...new Set(waiting)];
}
