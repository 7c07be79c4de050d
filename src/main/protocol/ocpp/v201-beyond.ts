import { field, isObject, readList, type JsonObject } from "./json.ts";

// OCPP 2.0.1 beyond charging (cards, reservations, files, certificates): our requests of 1.6 in the newer form, and its
// answers in the older one. See `v201-requests.ts`.

type Write = (
  payload: JsonObject,
  requestId: () => number,
) => { readonly action: string; readonly payload: JsonObject };

const CERTIFICATES: Readonly<Record<string, string>> = {
  CentralSystemRootCertificate: "CSMSRootCertificate",
  ManufacturerRootCertificate: "ManufacturerRootCertificate",
};
const certificateType = (kind: unknown): unknown => CERTIFICATES[String(kind)] ?? kind;

/** What is there of these fields, under the names of the newer version. */
const renamed = (payload: JsonObject, names: Readonly<Record<string, string>>): JsonObject =>
  Object.fromEntries(
    Object.entries(names).flatMap(([from, to]) =>
      field(payload, from) === undefined ? [] : [[to, field(payload, from)] as const],
    ),
  );
const TRIES = { retries: "retries", retryInterval: "retryInterval" } as const;
/** Cards are held before a reader; a list entry counts only under the type the reader tells (C13). */
const card = (idTag: unknown): JsonObject => ({ idToken: idTag, type: "ISO14443" });

const WRITE: Readonly<Record<string, Write>> = {
  GetLocalListVersion: (payload) => ({ action: "GetLocalListVersion", payload }),
  SendLocalList: (payload) => ({
    action: "SendLocalList",
    payload: {
      versionNumber: field(payload, "listVersion"),
      updateType: field(payload, "updateType"),
      localAuthorizationList: (readList(field(payload, "localAuthorizationList")) ?? [])
        .filter(isObject)
        .map(listEntry),
    },
  }),
  ReserveNow: (payload) => ({
    action: "ReserveNow",
    payload: {
      id: field(payload, "reservationId"),
      expiryDateTime: field(payload, "expiryDate"),
      idToken: card(field(payload, "idTag")),
      evseId: field(payload, "connectorId"),
    },
  }),
  UpdateFirmware: (payload, requestId) => ({
    action: "UpdateFirmware",
    payload: {
      requestId: requestId(),
      ...renamed(payload, TRIES),
      firmware: renamed(payload, { location: "location", retrieveDate: "retrieveDateTime" }),
    },
  }),
  SignedUpdateFirmware: (payload) => ({ action: "UpdateFirmware", payload }),
  GetDiagnostics: (payload, requestId) => ({
    action: "GetLog",
    payload: {
      requestId: requestId(),
      logType: "DiagnosticsLog",
      ...renamed(payload, TRIES),
      log: renamed(payload, { location: "remoteLocation", startTime: "oldestTimestamp", stopTime: "latestTimestamp" }),
    },
  }),
  InstallCertificate: (payload) => ({
    action: "InstallCertificate",
    payload: { ...payload, certificateType: certificateType(field(payload, "certificateType")) },
  }),
  GetInstalledCertificateIds: (payload) => ({
    action: "GetInstalledCertificateIds",
    payload: { certificateType: [certificateType(field(payload, "certificateType"))] },
  }),
};

const READ: Readonly<Record<string, (answer: JsonObject) => JsonObject>> = {
  GetLocalListVersion: (answer) => ({ listVersion: field(answer, "versionNumber") }),
  GetDiagnostics: (answer) => ({ status: field(answer, "status"), ...renamed(answer, { filename: "fileName" }) }),
  GetInstalledCertificateIds: (answer) => ({
    status: field(answer, "status"),
    certificateHashData: (readList(field(answer, "certificateHashDataChain")) ?? [])
      .filter(isObject)
      .map((chain) => field(chain, "certificateHashData")),
  }),
};

/** The request in 2.0.1; `null`: it is none of these. `requestId` gives a number no request has had before. */
export const beyondToV201 = (
  action: string,
  payload: JsonObject,
  requestId: () => number,
): { readonly action: string; readonly payload: JsonObject } | null =>
  Object.hasOwn(WRITE, action) ? (WRITE[action]?.(payload, requestId) ?? null) : null;

/** The answer in the form of 1.6; what is the same in both is left as it is. */
export const beyondFromV201 = (action: string, answer: JsonObject): JsonObject =>
  Object.hasOwn(READ, action) ? (READ[action]?.(answer) ?? answer) : answer;

function listEntry(entry: JsonObject): JsonObject {
  const info = field(entry, "idTagInfo");
  return {
    idToken: card(field(entry, "idTag")),
    ...(isObject(info) ? { idTokenInfo: renamed(info, { status: "status", expiryDate: "cacheExpiryDateTime" }) } : {}),
  };
}
