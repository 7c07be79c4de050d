import { field, isObject, readText, readWhole, type JsonObject } from "../../protocol/ocpp/index.ts";
import type { EpochMs } from "../../../core/units/index.ts";
import type { CommandFailure, CommandReply } from "../ports.ts";
import { PRIORITY } from "./call-lane.ts";
import type { Evse } from "./evse.ts";
import type { Point } from "./point.ts";
import { commandReply, failure } from "./replies.ts";

// OCPP 1.6: LocalAuthListManagement, Reservation, FirmwareManagement, RemoteTrigger, and the security whitepaper
// (edition 3). What a box answers is passed on; what it does afterwards it reports by notifications, which are logged.

const CARD_CHARS_MAX = 20;
const LIST_ENTRIES_MAX = 500;
const CERTIFICATE_CHARS_MAX = 5500;
const CHAIN_CHARS_MAX = 10_000;
const LOCATION_CHARS_MAX = 512;
/** Where a box may fetch firmware from or put its logs. */
const LOCATION_PROTOCOLS: ReadonlySet<string> = new Set(["http:", "https:", "ftp:", "ftps:", "sftp:"]);

export type ListEntry = {
  readonly idToken: string;
  /** `null` takes the card off the list (differential updates only). */
  readonly status: "Accepted" | "Blocked" | "Expired" | "Invalid" | null;
  readonly expires_at_ms: EpochMs | null;
};
export type CertificateKind = "CentralSystemRootCertificate" | "ManufacturerRootCertificate";
export type CertificateHash = {
  readonly hashAlgorithm: "SHA256" | "SHA384" | "SHA512";
  readonly issuerNameHash: string;
  readonly issuerKeyHash: string;
  readonly serialNumber: string;
};
export type ExtendedTrigger =
  | "BootNotification"
  | "FirmwareStatusNotification"
  | "Heartbeat"
  | "LogStatusNotification"
  | "MeterValues"
  | "SignChargePointCertificate"
  | "StatusNotification";
type Answer = { readonly ok: true; readonly answer: JsonObject } | CommandFailure;
type Text = { readonly ok: true; readonly fileName: string | null } | CommandFailure;

/** What a box can be asked beyond charging. Every function resolves with the box's answer and never rejects. */
export interface OcppOperations {
  /** 0: no list; −1: the box keeps none. */
  localListVersion(): Promise<{ readonly ok: true; readonly version: number } | CommandFailure>;
  sendLocalList(list: {
    readonly version: number;
    readonly update: "Full" | "Differential";
    readonly entries: readonly ListEntry[];
  }): Promise<CommandReply>;
  /** Keeps the bay for one card until `until_ms`. */
  reserve(reservation: {
    readonly reservationId: number;
    readonly idToken: string;
    readonly until_ms: EpochMs;
  }): Promise<CommandReply>;
  cancelReservation(reservationId: number): Promise<CommandReply>;
  /** Has the box fetch and install firmware; it reports by FirmwareStatusNotification. */
  updateFirmware(from: { readonly location: string; readonly at_ms: EpochMs }): Promise<CommandReply>;
  signedUpdateFirmware(from: {
    readonly requestId: number;
    readonly location: string;
    readonly at_ms: EpochMs;
    readonly signingCertificate: string;
    readonly signature: string;
  }): Promise<CommandReply>;
  /** Has the box put its diagnostics there; answers the name of the file, `null` when there is nothing to send. */
  diagnostics(to: { readonly location: string }): Promise<Text>;
  log(request: {
    readonly requestId: number;
    readonly kind: "DiagnosticsLog" | "SecurityLog";
    readonly location: string;
  }): Promise<Text>;
  extendedTrigger(requestedMessage: ExtendedTrigger): Promise<CommandReply>;
  installCertificate(kind: CertificateKind, certificate: string): Promise<CommandReply>;
  deleteCertificate(hash: CertificateHash): Promise<CommandReply>;
  installedCertificates(kind: CertificateKind): Promise<Answer>;
  /** Hands the box the certificate it asked for. */
  certificateSigned(chain: string): Promise<CommandReply>;
  clearCache(): Promise<CommandReply>;
  changeAvailability(type: "Operative" | "Inoperative"): Promise<CommandReply>;
  /** What the box says its limits are for the next `duration_s`. */
  compositeSchedule(duration_s: number): Promise<Answer>;
  /** A maker's own message; answers what the box said. */
  dataTransfer(vendorId: string, messageId: string, data: string): Promise<Answer>;
}

export function createOperations(point: Point, evse: Evse): OcppOperations {
  const { connectorId } = evse;
  const ask = async (action: string, payload: JsonObject): Promise<Answer> => {
    const reply = await point.lane.add(PRIORITY.command, (call) => call(action, payload)).done;
    if (!reply.ok) return failure(reply.code, reply.detail);
    return { ok: true, answer: isObject(reply.payload) ? reply.payload : {} };
  };
  const command = async (action: string, payload: JsonObject, fine?: readonly string[]): Promise<CommandReply> =>
    commandReply(await point.lane.add(PRIORITY.command, (call) => call(action, payload)).done, fine);
  const fileName = (reply: Answer, name: string): Text =>
    reply.ok ? { ok: true, fileName: readText(field(reply.answer, name)) } : reply;

  return {
    ...cardOperations(connectorId, ask, command),
    async updateFirmware({ location, at_ms }) {
      if (!isLocation(location)) return badLocation();
      // The answer has no content: it was heard.
      const reply = await ask("UpdateFirmware", { location, retrieveDate: iso(at_ms) });
      return reply.ok ? { ok: true } : reply;
    },
    signedUpdateFirmware: async ({ requestId, location, at_ms, signingCertificate, signature }) =>
      isLocation(location)
        ? command("SignedUpdateFirmware", {
            requestId,
            firmware: { location, retrieveDateTime: iso(at_ms), signingCertificate, signature },
          })
        : badLocation(),
    diagnostics: async ({ location }) =>
      isLocation(location) ? fileName(await ask("GetDiagnostics", { location }), "fileName") : badLocation(),
    async log({ requestId, kind, location }) {
      if (!isLocation(location)) return badLocation();
      const reply = await ask("GetLog", { requestId, logType: kind, log: { remoteLocation: location } });
      const status = reply.ok ? readText(field(reply.answer, "status")) : null;
      const taken = !reply.ok || status === "Accepted" || status === "AcceptedCanceled";
      return taken ? fileName(reply, "filename") : failure("rejected", status ?? "no status in the answer");
    },
    extendedTrigger: (requestedMessage) =>
      command(
        "ExtendedTriggerMessage",
        requestedMessage === "StatusNotification" || requestedMessage === "MeterValues"
          ? { requestedMessage, connectorId }
          : { requestedMessage },
      ),
    installCertificate: async (certificateType, certificate) =>
      isCertificate(certificate, CERTIFICATE_CHARS_MAX)
        ? command("InstallCertificate", { certificateType, certificate })
        : badCertificate(),
    deleteCertificate: (certificateHashData) => command("DeleteCertificate", { certificateHashData }),
    installedCertificates: (certificateType) => ask("GetInstalledCertificateIds", { certificateType }),
    certificateSigned: async (certificateChain) =>
      isCertificate(certificateChain, CHAIN_CHARS_MAX)
        ? command("CertificateSigned", { certificateChain })
        : badCertificate(),
    clearCache: () => command("ClearCache", {}),
    changeAvailability: (type) => command("ChangeAvailability", { connectorId, type }, ["Accepted", "Scheduled"]),
    compositeSchedule: (duration_s) => ask("GetCompositeSchedule", { connectorId, duration: duration_s }),
    dataTransfer: (vendorId, messageId, data) => ask("DataTransfer", { vendorId, messageId, data }),
  };
}

function cardOperations(
  connectorId: number,
  ask: (action: string, payload: JsonObject) => Promise<Answer>,
  command: (action: string, payload: JsonObject) => Promise<CommandReply>,
): Pick<OcppOperations, "localListVersion" | "sendLocalList" | "reserve" | "cancelReservation"> {
  return {
    async localListVersion() {
      const reply = await ask("GetLocalListVersion", {});
      const version = reply.ok ? readWhole(field(reply.answer, "listVersion")) : null;
      if (!reply.ok) return reply;
      return version === null ? failure("rejected", "no listVersion in the answer") : { ok: true, version };
    },
    async sendLocalList({ version, update, entries }) {
      if (entries.length > LIST_ENTRIES_MAX || !entries.every(({ idToken }) => isCard(idToken)))
        return failure("invalid", `a list has ${String(LIST_ENTRIES_MAX)} cards at most, each of 1 to 20 characters`);
      return command("SendLocalList", {
        listVersion: version,
        updateType: update,
        localAuthorizationList: entries.map(listEntry),
      });
    },
    reserve: async ({ reservationId, idToken, until_ms }) =>
      isCard(idToken)
        ? command("ReserveNow", { connectorId, expiryDate: iso(until_ms), idTag: idToken, reservationId })
        : failure("invalid", "a card number for OCPP has 1 to 20 characters"),
    cancelReservation: (reservationId) => command("CancelReservation", { reservationId }),
  };
}

const listEntry = ({ idToken, status, expires_at_ms }: ListEntry): JsonObject => ({
  idTag: idToken,
  ...(status === null
    ? {}
    : { idTagInfo: { status, ...(expires_at_ms === null ? {} : { expiryDate: iso(expires_at_ms) }) } }),
});
const iso = (at_ms: EpochMs): string => new Date(at_ms).toISOString();
const isCard = (idToken: string): boolean => idToken !== "" && idToken.length <= CARD_CHARS_MAX;
const isCertificate = (pem: string, chars_max: number): boolean =>
  pem.length <= chars_max && pem.includes("-----BEGIN CERTIFICATE-----");
const badCertificate = (): CommandFailure =>
  failure("invalid", "this is no certificate in PEM form, or it is too long");
const isLocation = (text: string): boolean =>
  text.length <= LOCATION_CHARS_MAX && URL.canParse(text) && LOCATION_PROTOCOLS.has(new URL(text).protocol);
const badLocation = (): CommandFailure => failure("invalid", "a location is an http, https, ftp, ftps or sftp address");
