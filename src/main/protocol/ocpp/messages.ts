import type { EpochMs, WattHour } from "../../../core/units/index.ts";
import type { CallErrorCode } from "./frame.ts";
import { field, isObject, readDecimal, readList, readText, readWhole, type JsonObject } from "./json.ts";
import { decodeMeterValues, registerFrom, type MeterSample } from "./meter-values.ts";
import { readTimestamp, type StationTime } from "./timestamp.ts";
import type { ReportedVariable } from "./v201-variables.ts";

// OCPP 1.6, chapter 6: what a charge point sends. Required is only what a message has no meaning without.

export const STATUSES = [
  "Available",
  "Preparing",
  "Charging",
  "SuspendedEV",
  "SuspendedEVSE",
  "Finishing",
  "Reserved",
  "Unavailable",
  "Faulted",
] as const;
export type OcppStatus = (typeof STATUSES)[number];

export const STOP_REASONS = [
  "Local",
  "Remote",
  "EVDisconnected",
  "DeAuthorized",
  "PowerLoss",
  "Reboot",
  "HardReset",
  "SoftReset",
  "EmergencyStop",
  "UnlockCommand",
  "Other",
] as const;
export type OcppStopReason = (typeof STOP_REASONS)[number];

export type BootNotification = {
  readonly action: "BootNotification";
  readonly vendor: string | null;
  readonly model: string | null;
  readonly serial: string | null;
  readonly firmware: string | null;
};
export type StatusNotification = {
  readonly action: "StatusNotification";
  readonly connectorId: number;
  readonly status: OcppStatus;
  /** `null`: no error. */
  readonly errorCode: string | null;
  readonly time: StationTime;
};
export type StartTransaction = {
  readonly action: "StartTransaction";
  readonly connectorId: number;
  readonly idToken: string | null;
  readonly meterStart_Wh: WattHour | null;
  readonly time: StationTime;
};
export type StopTransaction = {
  readonly action: "StopTransaction";
  /** 0 and below: the box does not say which. */
  readonly transactionId: number;
  readonly idToken: string | null;
  readonly meterStop_Wh: WattHour | null;
  readonly reason: OcppStopReason;
  readonly time: StationTime;
  readonly samples: readonly MeterSample[];
};
export type MeterValues = {
  readonly action: "MeterValues";
  readonly connectorId: number | null;
  /** `null` also for 0 and −1, which boxes write for "none". */
  readonly transactionId: number | null;
  readonly samples: readonly MeterSample[];
};
/** OCPP 2.0.1: start, course and end of a transaction. */
export type TransactionEvent = {
  readonly action: "TransactionEvent";
  readonly eventType: "Started" | "Updated" | "Ended";
  /** The station's own name of it, up to 36 characters. */
  readonly transactionName: string;
  /** Counts up from 0 within a transaction; `null`: not sent. */
  readonly seqNo: number | null;
  /** Waited in the station's queue. */
  readonly isOffline: boolean;
  readonly evseId: number | null;
  readonly idToken: string | null;
  readonly status: OcppStatus | null;
  readonly reason: OcppStopReason;
  readonly time: StationTime;
  readonly samples: readonly MeterSample[];
};
export type StationMessage =
  | TransactionEvent
  /** OCPP 2.0.1: values by `Component.Variable`. */
  | {
      readonly action: "Report";
      /** Values by `Component.Variable`. */
      readonly variables: ReadonlyMap<string, string>;
      readonly entries: readonly ReportedVariable[];
    }
  | BootNotification
  | StatusNotification
  | StartTransaction
  | StopTransaction
  | MeterValues
  | { readonly action: "Heartbeat" }
  | { readonly action: "Authorize"; readonly idToken: string }
  | { readonly action: "DataTransfer"; readonly vendorId: string; readonly messageId: string | null }
  /** The box wants a certificate of its own signed. */
  | { readonly action: "SignCertificate" }
  /** Reports that need no answer but "received"; `status` is what they say in a word. */
  | {
      readonly action: "Notification";
      readonly name: string;
      readonly status: string | null;
      /** Number of the request, or of the reservation, it is about. */
      readonly about: number | null;
    };

export type Refusal = { readonly kind: "refused"; readonly code: CallErrorCode; readonly detail: string };
export type DecodedCall = { readonly kind: "message"; readonly message: StationMessage } | Refusal;

const NOTIFICATIONS: ReadonlySet<string> = new Set([
  "FirmwareStatusNotification",
  "DiagnosticsStatusNotification",
  "SecurityEventNotification",
  "LogStatusNotification",
  "SignedFirmwareStatusNotification",
]);
/** Real actions of OCPP 1.6 that a charge point does not send, or that we do not serve. */
const NOT_SERVED: ReadonlySet<string> = new Set([
  "CancelReservation",
  "ChangeAvailability",
  "ChangeConfiguration",
  "ClearCache",
  "ClearChargingProfile",
  "GetCompositeSchedule",
  "GetConfiguration",
  "GetDiagnostics",
  "GetLocalListVersion",
  "RemoteStartTransaction",
  "RemoteStopTransaction",
  "ReserveNow",
  "Reset",
  "SendLocalList",
  "SetChargingProfile",
  "TriggerMessage",
  "UnlockConnector",
  "UpdateFirmware",
  "CertificateSigned",
  "DeleteCertificate",
  "ExtendedTriggerMessage",
  "GetInstalledCertificateIds",
  "GetLog",
  "InstallCertificate",
  "SignedUpdateFirmware",
]);
const TOKEN_CHARS_MAX = 64;
const NO_TRANSACTION = -1;
const NAME_CHARS_MAX = 100;

const refused = (code: CallErrorCode, detail: string): Refusal => ({ kind: "refused", code, detail });
const accepted = (message: StationMessage): DecodedCall => ({ kind: "message", message });
/** Why a field that must be there cannot be used. */
const unusable = (payload: JsonObject, name: string): Refusal =>
  field(payload, name) === undefined || field(payload, name) === null
    ? refused("OccurrenceConstraintViolation", `${name} is missing`)
    : refused("TypeConstraintViolation", `${name} is of the wrong type`);

/** Turns a CALL into a message, mending what can be mended without guessing. Never throws. */
export function decodeCall(action: string, payload: unknown, received_at_ms: EpochMs): DecodedCall {
  if (action === "Heartbeat") return accepted({ action });
  if (NOT_SERVED.has(action)) return refused("NotSupported", `${action} is not served here`);
  if (!isObject(payload)) return refused("FormationViolation", "payload is not an object");
  if (NOTIFICATIONS.has(action))
    return accepted({
      action: "Notification",
      name: action,
      status: reported(payload),
      about: readWhole(field(payload, "requestId")),
    });
  if (action === "SignCertificate") return accepted({ action });
  switch (action) {
    case "BootNotification":
      return decodeBoot(payload);
    case "StatusNotification":
      return decodeStatus(payload, received_at_ms);
    case "Authorize":
      return decodeAuthorize(payload);
    case "StartTransaction":
      return decodeStart(payload, received_at_ms);
    case "StopTransaction":
      return decodeStop(payload, received_at_ms);
    case "MeterValues":
      return decodeMeter(payload, received_at_ms);
    case "DataTransfer":
      return decodeDataTransfer(payload);
    default:
      return refused("NotImplemented", "action is not known");
  }
}

/** A security event has a `type`, the other reports a `status`. */
const reported = (payload: JsonObject): string | null =>
  shortText(field(payload, "status")) ?? shortText(field(payload, "type"));

const shortText = (value: unknown): string | null => readText(value)?.slice(0, NAME_CHARS_MAX) ?? null;
const token = (value: unknown): string | null => readText(value)?.slice(0, TOKEN_CHARS_MAX) ?? null;
const connector = (payload: JsonObject): number | null => {
  const id = readWhole(field(payload, "connectorId"));
  return id !== null && id >= 0 ? id : null;
};

function decodeBoot(payload: JsonObject): DecodedCall {
  const vendor = shortText(field(payload, "chargePointVendor"));
  const model = shortText(field(payload, "chargePointModel"));
  if (vendor === null && model === null) return unusable(payload, "chargePointVendor");
  const serial =
    shortText(field(payload, "chargePointSerialNumber")) ?? shortText(field(payload, "chargeBoxSerialNumber"));
  const firmware = shortText(field(payload, "firmwareVersion"));
  return accepted({ action: "BootNotification", vendor, model, serial, firmware });
}

function decodeStatus(payload: JsonObject, received_at_ms: EpochMs): DecodedCall {
  const connectorId = connector(payload);
  if (connectorId === null) return unusable(payload, "connectorId");
  const text = readText(field(payload, "status"));
  if (text === null) return unusable(payload, "status");
  const status = STATUSES.find((one) => one.toLowerCase() === text.toLowerCase());
  if (status === undefined) return refused("PropertyConstraintViolation", "status is none of the standard's");
  const code = shortText(field(payload, "errorCode"));
  const vendorCode = shortText(field(payload, "vendorErrorCode"));
  const errorCode = code === null || code === "NoError" ? null : code === "OtherError" ? (vendorCode ?? code) : code;
  const time = readTimestamp(field(payload, "timestamp"), received_at_ms);
  return accepted({ action: "StatusNotification", connectorId, status, errorCode, time });
}

function decodeAuthorize(payload: JsonObject): DecodedCall {
  const idToken = token(field(payload, "idTag"));
  return idToken === null ? unusable(payload, "idTag") : accepted({ action: "Authorize", idToken });
}

function decodeStart(payload: JsonObject, received_at_ms: EpochMs): DecodedCall {
  const connectorId = connector(payload);
  if (connectorId === null || connectorId === 0) return unusable(payload, "connectorId");
  const idToken = token(field(payload, "idTag"));
  if (idToken === null && isObject(field(payload, "idTag"))) return unusable(payload, "idTag");
  return accepted({
    action: "StartTransaction",
    connectorId,
    idToken,
    meterStart_Wh: registerFrom(readDecimal(field(payload, "meterStart"))),
    time: readTimestamp(field(payload, "timestamp"), received_at_ms),
  });
}

function decodeStop(payload: JsonObject, received_at_ms: EpochMs): DecodedCall {
  // No number, or what is none, stands for the transaction that runs, as −1 does: the end with its register is what counts.
  const transactionId = readWhole(field(payload, "transactionId")) ?? NO_TRANSACTION;
  const stated = readText(field(payload, "reason"));
  // OCPP 1.6, 6.49: a reason that is left out is Local.
  const reason =
    stated === null ? "Local" : (STOP_REASONS.find((one) => one.toLowerCase() === stated.toLowerCase()) ?? "Other");
  return accepted({
    action: "StopTransaction",
    transactionId,
    idToken: token(field(payload, "idTag")),
    meterStop_Wh: registerFrom(readDecimal(field(payload, "meterStop"))),
    reason,
    time: readTimestamp(field(payload, "timestamp"), received_at_ms),
    samples: decodeMeterValues(field(payload, "transactionData"), received_at_ms),
  });
}

function decodeMeter(payload: JsonObject, received_at_ms: EpochMs): DecodedCall {
  const list = readList(field(payload, "meterValue"));
  if (list === null) return unusable(payload, "meterValue");
  const transactionId = readWhole(field(payload, "transactionId"));
  return accepted({
    action: "MeterValues",
    connectorId: connector(payload),
    transactionId: transactionId !== null && transactionId > 0 ? transactionId : null,
    samples: decodeMeterValues(list, received_at_ms),
  });
}

function decodeDataTransfer(payload: JsonObject): DecodedCall {
  const vendorId = readText(field(payload, "vendorId"));
  if (vendorId === null) return unusable(payload, "vendorId");
  return accepted({ action: "DataTransfer", vendorId, messageId: readText(field(payload, "messageId")) });
}
