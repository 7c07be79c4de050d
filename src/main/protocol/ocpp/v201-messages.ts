import type { EpochMs } from "../../../core/units/index.ts";
import { field, isObject, readDecimal, readList, readText, readWhole, type JsonObject } from "./json.ts";
import type { DecodedCall, OcppStatus, OcppStopReason, Refusal, StationMessage } from "./messages.ts";
import { decodeMeterValues, type MeterSample } from "./meter-values.ts";
import { readTimestamp } from "./timestamp.ts";
import { reportedVariable } from "./v201-variables.ts";

// OCPP 2.0.1 part 2: what a charging station sends. Required is only what a message has no meaning without.

const NOTIFICATIONS: ReadonlySet<string> = new Set([
  "ClearedChargingLimit",
  "FirmwareStatusNotification",
  "LogStatusNotification",
  "NotifyChargingLimit",
  "NotifyCustomerInformation",
  "NotifyDisplayMessages",
  "NotifyEvent",
  "NotifyMonitoringReport",
  "PublishFirmwareStatusNotification",
  "ReportChargingProfiles",
  "ReservationStatusUpdate",
  "SecurityEventNotification",
]);
const NOT_SERVED: ReadonlySet<string> = new Set([
  "Get15118EVCertificate",
  "GetCertificateStatus",
  "NotifyEVChargingNeeds",
  "NotifyEVChargingSchedule",
]);
const STATUSES: ReadonlyMap<string, OcppStatus> = new Map([
  ["available", "Available"],
  ["occupied", "Preparing"],
  ["reserved", "Reserved"],
  ["unavailable", "Unavailable"],
  ["faulted", "Faulted"],
]);
const CHARGING_STATES: ReadonlyMap<string, OcppStatus> = new Map([
  ["charging", "Charging"],
  ["evconnected", "Preparing"],
  ["suspendedev", "SuspendedEV"],
  ["suspendedevse", "SuspendedEVSE"],
  ["idle", "Preparing"],
]);
const REASONS: ReadonlyMap<string, OcppStopReason> = new Map([
  ["deauthorized", "DeAuthorized"],
  ["emergencystop", "EmergencyStop"],
  ["evdisconnected", "EVDisconnected"],
  ["immediatereset", "HardReset"],
  ["local", "Local"],
  ["powerloss", "PowerLoss"],
  ["reboot", "Reboot"],
  ["remote", "Remote"],
  ["stoppedbyev", "EVDisconnected"],
]);
const NAME_CHARS_MAX = 100;
const TOKEN_CHARS_MAX = 64;
const TRANSACTION_CHARS_MAX = 64;
const REPORT_ENTRIES_MAX = 2000;

const refused = (code: Refusal["code"], detail: string): Refusal => ({ kind: "refused", code, detail });
const missing = (name: string): Refusal => refused("OccurrenceConstraintViolation", `${name} is missing`);
const accepted = (message: StationMessage): DecodedCall => ({ kind: "message", message });
const shortText = (value: unknown): string | null => readText(value)?.slice(0, NAME_CHARS_MAX) ?? null;
const objectAt = (payload: JsonObject, name: string): JsonObject => {
  const value = field(payload, name);
  return isObject(value) ? value : {};
};
const tokenIn = (payload: JsonObject): string | null =>
  readText(field(objectAt(payload, "idToken"), "idToken"))?.slice(0, TOKEN_CHARS_MAX) ?? null;

/** Turns a CALL of 2.0.1 into a message, mending what can be mended without guessing. Never throws. */
export function decodeCall201(action: string, payload: unknown, received_at_ms: EpochMs): DecodedCall {
  if (action === "Heartbeat") return accepted({ action });
  if (NOT_SERVED.has(action)) return refused("NotSupported", `${action} is not served here`);
  if (!isObject(payload)) return refused("FormationViolation", "payload is not an object");
  if (NOTIFICATIONS.has(action)) {
    const status = ["status", "type", "reservationUpdateStatus"]
      .map((name) => shortText(field(payload, name)))
      .find((word) => word !== null);
    const about = readWhole(field(payload, "requestId")) ?? readWhole(field(payload, "reservationId"));
    return accepted({ action: "Notification", name: action, status: status ?? null, about });
  }
  switch (action) {
    case "SignCertificate":
      return accepted({ action });
    case "BootNotification":
      return decodeBoot(payload);
    case "StatusNotification":
      return decodeStatus(payload, received_at_ms);
    case "Authorize": {
      const idToken = tokenIn(payload);
      return idToken === null ? missing("idToken") : accepted({ action, idToken });
    }
    case "TransactionEvent":
      return decodeTransactionEvent(payload, received_at_ms);
    case "MeterValues":
      return accepted({
        action,
        connectorId: readWhole(field(payload, "evseId")),
        transactionId: null,
        samples: samplesIn(payload, received_at_ms),
      });
    case "NotifyReport":
      return decodeReport(payload);
    case "DataTransfer": {
      const vendorId = readText(field(payload, "vendorId"));
      const messageId = readText(field(payload, "messageId"));
      return vendorId === null ? missing("vendorId") : accepted({ action, vendorId, messageId });
    }
    default:
      return refused("NotImplemented", "action is not known");
  }
}

function decodeBoot(payload: JsonObject): DecodedCall {
  const box = objectAt(payload, "chargingStation");
  const vendor = shortText(field(box, "vendorName"));
  const model = shortText(field(box, "model"));
  if (vendor === null && model === null) return missing("chargingStation.vendorName");
  const serial = shortText(field(box, "serialNumber"));
  const firmware = shortText(field(box, "firmwareVersion"));
  return accepted({ action: "BootNotification", vendor, model, serial, firmware });
}

function decodeStatus(payload: JsonObject, received_at_ms: EpochMs): DecodedCall {
  const evseId = readWhole(field(payload, "evseId"));
  if (evseId === null || evseId < 0) return missing("evseId");
  const text = readText(field(payload, "connectorStatus"));
  if (text === null) return missing("connectorStatus");
  const status = STATUSES.get(text.toLowerCase());
  if (status === undefined) return refused("PropertyConstraintViolation", "connectorStatus is none of the standard's");
  const time = readTimestamp(field(payload, "timestamp"), received_at_ms);
  return accepted({ action: "StatusNotification", connectorId: evseId, status, errorCode: null, time });
}

function decodeTransactionEvent(payload: JsonObject, received_at_ms: EpochMs): DecodedCall {
  const info = objectAt(payload, "transactionInfo");
  const transactionName = readText(field(info, "transactionId"))?.slice(0, TRANSACTION_CHARS_MAX) ?? null;
  if (transactionName === null) return missing("transactionInfo.transactionId");
  const stated = readText(field(payload, "eventType"))?.toLowerCase();
  const eventType = (["Started", "Updated", "Ended"] as const).find((one) => one.toLowerCase() === stated);
  if (eventType === undefined) return missing("eventType");
  const seqNo = readWhole(field(payload, "seqNo"));
  const reason = readText(field(info, "stoppedReason"))?.toLowerCase();
  return accepted({
    action: "TransactionEvent",
    eventType,
    transactionName,
    seqNo: seqNo !== null && seqNo >= 0 ? seqNo : null,
    isOffline: field(payload, "offline") === true,
    evseId: readWhole(field(objectAt(payload, "evse"), "id")),
    idToken: tokenIn(payload),
    status: CHARGING_STATES.get(readText(field(info, "chargingState"))?.toLowerCase() ?? "") ?? null,
    // OCPP 2.0.1 part 2, E06.FR.08: a reason that is left out is Local.
    reason: reason === undefined ? "Local" : (REASONS.get(reason) ?? "Other"),
    time: readTimestamp(field(payload, "timestamp"), received_at_ms),
    samples: samplesIn(payload, received_at_ms),
  });
}

/** Meter values in the form of 1.6: the unit beside the value, its multiplier (a power of ten) in the value. */
function samplesIn(payload: JsonObject, received_at_ms: EpochMs): readonly MeterSample[] {
  const values = (readList(field(payload, "meterValue")) ?? []).filter(isObject).map((entry) => ({
    ...entry,
    sampledValue: (readList(field(entry, "sampledValue")) ?? []).filter(isObject).map((one) => {
      const unit = objectAt(one, "unitOfMeasure");
      const value = readDecimal(field(one, "value"));
      const multiplier = readWhole(field(unit, "multiplier")) ?? 0;
      return { ...one, value: value === null ? null : value * 10 ** multiplier, unit: field(unit, "unit") };
    }),
  }));
  return decodeMeterValues(values, received_at_ms);
}

function decodeReport(payload: JsonObject): DecodedCall {
  const entries = (readList(field(payload, "reportData")) ?? []).slice(0, REPORT_ENTRIES_MAX).flatMap(reportedVariable);
  const values = entries.flatMap(({ address: { component, variable }, value }) =>
    value === null ? [] : [[`${component}.${variable}`, value] as const],
  );
  return accepted({ action: "Report", variables: new Map(values), entries });
}

/** FNV-1a over UTF-16 units. */
function hash32(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01_00_01_93);
  return hash >>> 0;
}

const HIGH_BITS = 0x0f_ff_ff;
const HIGH = 0x1_00_00_00_00;

/**
 * The number that stands for a transaction's name. The same name has the same number for ever, so nothing need be kept
 * to recognise it after a restart of ours. Above all numbers given to boxes of 1.6, which count from the Unix time in
 * seconds; two names of one box share one with a chance of 2⁻⁵².
 */
export function transactionNumber(name: string): number {
  const high = (hash32(name, 0x81_1c_9d_c5) & HIGH_BITS) + 1;
  return high * HIGH + hash32(`${name}#`, 0x05_0c_5d_1f);
}
