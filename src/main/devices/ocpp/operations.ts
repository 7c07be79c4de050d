import {
  decodeKeys,
  field,
  isObject,
  readList,
  readText,
  readWhole,
  variablePath,
  wireAddress,
  type ConfigurationKey,
  type JsonObject,
  type VariableAddress,
} from "../../protocol/ocpp/index.ts";
import type { EpochMs } from "../../../core/units/index.ts";
import type { CommandFailure, CommandReply } from "../ports.ts";
import { PRIORITY } from "./call-lane.ts";
import type { Evse } from "./evse.ts";
import type { Point } from "./point.ts";
import { failure, saidReply, type Said } from "./replies.ts";

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

/** How often the box tries and how long it waits in between; left out: as it likes. */
export type Tries = { readonly retries?: number; readonly retry_s?: number };
/** What was written in this time; left out: all of it. */
export type Period = { readonly from_ms?: number; readonly until_ms?: number };
/** Words for "yes" to a file: a transfer that ran before is given up for it. */
const FILE_TAKEN = ["Accepted", "AcceptedCanceled"];

/** What a box can be asked beyond charging. Every function resolves with the box's answer and never rejects. */
export interface OcppOperations {
  /** OCPP 1.6: every key of its configuration. */
  keys(): Promise<{ readonly ok: true; readonly keys: readonly ConfigurationKey[] } | CommandFailure>;
  /** Sets one key; the box may want a restart before it holds ("RebootRequired"). */
  configure(key: string, value: string): Promise<Said>;
  /** OCPP 2.0.1: sets one variable. */
  setVariable(address: VariableAddress, value: string): Promise<Said>;
  /** 0: no list; −1: the box keeps none. */
  localListVersion(): Promise<{ readonly ok: true; readonly version: number } | CommandFailure>;
  sendLocalList(list: {
    readonly version: number;
    readonly update: "Full" | "Differential";
    readonly entries: readonly ListEntry[];
  }): Promise<Said>;
  /** Keeps the bay for one card until `until_ms`. */
  reserve(reservation: {
    readonly reservationId: number;
    readonly idToken: string;
    readonly until_ms: EpochMs;
  }): Promise<Said>;
  cancelReservation(reservationId: number): Promise<Said>;
  /** Has the box fetch and install firmware; it reports by FirmwareStatusNotification. */
  updateFirmware(from: { readonly location: string; readonly at_ms: EpochMs } & Tries): Promise<CommandReply>;
  signedUpdateFirmware(
    from: {
      readonly requestId: number;
      readonly location: string;
      readonly at_ms: EpochMs;
      readonly signingCertificate: string;
      readonly signature: string;
    } & Tries,
  ): Promise<Said>;
  /** Has the box put its diagnostics there; answers the name of the file, `null` when there is nothing to send. */
  diagnostics(to: { readonly location: string } & Tries & Period): Promise<Text>;
  log(
    request: {
      readonly requestId: number;
      readonly kind: "DiagnosticsLog" | "SecurityLog";
      readonly location: string;
    } & Tries &
      Period,
  ): Promise<Text>;
  extendedTrigger(requestedMessage: ExtendedTrigger): Promise<Said>;
  installCertificate(kind: CertificateKind, certificate: string): Promise<Said>;
  deleteCertificate(hash: CertificateHash): Promise<Said>;
  installedCertificates(kind: CertificateKind): Promise<Answer>;
  /** Hands the box the certificate it asked for. */
  certificateSigned(chain: string): Promise<Said>;
  clearCache(): Promise<Said>;
  changeAvailability(type: "Operative" | "Inoperative"): Promise<Said>;
  /** What the box says its limits are for the next `duration_s`. */
  compositeSchedule(duration_s: number): Promise<Answer>;
  /** A maker's own message; answers what the box said. */
  dataTransfer(vendorId: string, messageId: string, data: string): Promise<Answer>;
}

type Ask = (action: string, payload: JsonObject) => Promise<Answer>;
type Command = (action: string, payload: JsonObject, fine?: readonly string[]) => Promise<Said>;

export function createOperations(point: Point, evse: Evse): OcppOperations {
  const { connectorId } = evse;
  const ask: Ask = async (action, payload) => {
    const reply = await point.lane.add(PRIORITY.command, (call) => call(action, payload)).done;
    if (!reply.ok) return failure(reply.code, reply.detail);
    return { ok: true, answer: isObject(reply.payload) ? reply.payload : {} };
  };
  const command: Command = async (action, payload, fine) =>
    saidReply(await point.lane.add(PRIORITY.command, (call) => call(action, payload)).done, fine);

  return {
    ...settingOperations(point, ask, command),
    ...cardOperations(connectorId, ask, command),
    ...fileOperations(ask, command),
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

/** OCPP 1.6 edition 2, 9.2.4. */
const FILE_WAYS_KEY = "SupportedFileTransferProtocols";
const CONFIGURED = ["Accepted", "RebootRequired"];

function settingOperations(
  point: Point,
  ask: Ask,
  command: Command,
): Pick<OcppOperations, "keys" | "configure" | "setVariable"> {
  return {
    async keys() {
      const reply = await ask("GetConfiguration", {});
      if (!reply.ok) return reply;
      const keys = decodeKeys(reply.answer);
      point.fileWays = keys.find(({ name }) => name === FILE_WAYS_KEY)?.value ?? null;
      return { ok: true, keys };
    },
    configure: (key, value) => command("ChangeConfiguration", { key, value }, CONFIGURED),
    async setVariable(address, value) {
      const reply = await ask("SetVariables", {
        setVariableData: [{ ...wireAddress(address), attributeValue: value }],
      });
      if (!reply.ok) return reply;
      const [result] = readList(field(reply.answer, "setVariableResult")) ?? [];
      const status = isObject(result) ? readText(field(result, "attributeStatus")) : null;
      // UnknownComponent, UnknownVariable: this box has no such thing, whatever the value.
      const said = saidReply(
        { ok: true, payload: { status: isUnknown(status) ? "NotSupported" : status } },
        CONFIGURED,
      );
      // The report is of before; what the box took is what it would report now.
      const path = variablePath(address);
      const known = point.inventory.get(path);
      if (said.ok && known !== undefined && known.mutability !== "WriteOnly")
        point.inventory.set(path, { ...known, value });
      return said;
    },
  };
}
const isUnknown = (status: string | null): boolean => status?.startsWith("Unknown") === true;

function fileOperations(
  ask: Ask,
  command: Command,
): Pick<OcppOperations, "updateFirmware" | "signedUpdateFirmware" | "diagnostics" | "log"> {
  return {
    async updateFirmware({ location, at_ms, ...tries }) {
      if (!isLocation(location)) return badLocation();
      const reply = await ask("UpdateFirmware", { location, retrieveDate: iso(at_ms), ...triesOf(tries) });
      return reply.ok ? (refusal(reply.answer) ?? { ok: true }) : reply;
    },
    signedUpdateFirmware: async ({ requestId, location, at_ms, signingCertificate, signature, ...tries }) =>
      isLocation(location)
        ? command(
            "SignedUpdateFirmware",
            {
              requestId,
              ...triesOf(tries),
              firmware: { location, retrieveDateTime: iso(at_ms), signingCertificate, signature },
            },
            FILE_TAKEN,
          )
        : badLocation(),
    async diagnostics({ location, from_ms, until_ms, ...tries }) {
      if (!isLocation(location)) return badLocation();
      const period = timesOf("startTime", from_ms, "stopTime", until_ms);
      const reply = await ask("GetDiagnostics", { location, ...triesOf(tries), ...period });
      return reply.ok ? (refusal(reply.answer) ?? fileName(reply.answer, "fileName")) : reply;
    },
    async log({ requestId, kind, location, from_ms, until_ms, ...tries }) {
      if (!isLocation(location)) return badLocation();
      const period = timesOf("oldestTimestamp", from_ms, "latestTimestamp", until_ms);
      const log = { remoteLocation: location, ...period };
      const reply = await ask("GetLog", { requestId, logType: kind, ...triesOf(tries), log });
      if (!reply.ok) return reply;
      const status = readText(field(reply.answer, "status"));
      if (status === null) return failure("rejected", "no status in the answer");
      return refusal(reply.answer) ?? fileName(reply.answer, "filename");
    },
  };
}

/** In 1.6 the answer to a firmware update has no content and that to diagnostics a name at most: it was heard. */
function refusal(answer: JsonObject): CommandFailure | null {
  const status = readText(field(answer, "status"));
  return status === null || FILE_TAKEN.includes(status) ? null : failure("rejected", status);
}
const fileName = (answer: JsonObject, name: string): Text => ({ ok: true, fileName: readText(field(answer, name)) });
const triesOf = ({ retries, retry_s }: Tries): JsonObject => ({
  ...(retries === undefined ? {} : { retries }),
  ...(retry_s === undefined ? {} : { retryInterval: retry_s }),
});
const timesOf = (
  from: string,
  from_ms: number | undefined,
  until: string,
  until_ms: number | undefined,
): JsonObject => ({
  ...(from_ms === undefined ? {} : { [from]: iso(from_ms) }),
  ...(until_ms === undefined ? {} : { [until]: iso(until_ms) }),
});

function cardOperations(
  connectorId: number,
  ask: Ask,
  command: Command,
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
const iso = (at_ms: number): string => new Date(at_ms).toISOString();
const isCard = (idToken: string): boolean => idToken !== "" && idToken.length <= CARD_CHARS_MAX;
const isCertificate = (pem: string, chars_max: number): boolean =>
  pem.length <= chars_max && pem.includes("-----BEGIN CERTIFICATE-----");
const badCertificate = (): CommandFailure =>
  failure("invalid", "this is no certificate in PEM form, or it is too long");
const isLocation = (text: string): boolean =>
  text.length <= LOCATION_CHARS_MAX && URL.canParse(text) && LOCATION_PROTOCOLS.has(new URL(text).protocol);
const badLocation = (): CommandFailure => failure("invalid", "a location is an http, https, ftp, ftps or sftp address");
