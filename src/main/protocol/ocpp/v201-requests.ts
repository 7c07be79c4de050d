import { beyondFromV201, beyondToV201 } from "./v201-beyond.ts";
import { field, isObject, readList, readText, readWhole, type JsonObject } from "./json.ts";

// OCPP 2.0.1 for a driver that thinks in 1.6: each request of ours is written in the newer form, and its answer is read
// back into the older one. One session model and one limiter stand above both.

export type V201Context = {
  /** The station's own name of a transaction; `null`: it has not been heard. */
  readonly transactionName: (transactionId: number) => string | null;
  /** A number no request has had before. */
  readonly requestId: () => number;
};
export type WireRequest = { readonly action: string; readonly payload: JsonObject };

/** Can be written and never read. */
const SECRET_KEY = "AuthorizationKey";

/** Component and variable of a 1.6 configuration key (OCPP 2.0.1 part 2, appendix 3). */
const VARIABLES: ReadonlyMap<string, string> = new Map([
  ["MeterValuesSampledData", "SampledDataCtrlr.TxUpdatedMeasurands"],
  ["MeterValueSampleInterval", "SampledDataCtrlr.TxUpdatedInterval"],
  ["WebSocketPingInterval", "OCPPCommCtrlr.WebSocketPingInterval"],
  ["HeartbeatInterval", "OCPPCommCtrlr.HeartbeatInterval"],
  ["ChargeProfileMaxStackLevel", "SmartChargingCtrlr.ProfileStackLevel"],
  ["ChargingScheduleAllowedChargingRateUnit", "SmartChargingCtrlr.RateUnit"],
  ["MaxChargingProfilesInstalled", "SmartChargingCtrlr.Entries"],
  [SECRET_KEY, "SecurityCtrlr.BasicAuthPassword"],
  ["ConnectorSwitch3to1PhaseSupported", "SmartChargingCtrlr.Phases3to1"],
]);
/** Component and variable of 2.0.1 that a key of 1.6 stands for; the key itself where it has none. */
export const variableOf = (key: string): string => VARIABLES.get(key) ?? key;
const KEYS: ReadonlyMap<string, string> = new Map([...VARIABLES].map(([key, variable]) => [variable, key]));
const TRIGGERS: ReadonlyMap<string, string> = new Map([
  ["DiagnosticsStatusNotification", "LogStatusNotification"],
  ["SignChargePointCertificate", "SignChargingStationCertificate"],
]);
/** The same in both versions. */
const ALIKE: ReadonlySet<string> = new Set([
  "CancelReservation",
  "CertificateSigned",
  "ClearCache",
  "DataTransfer",
  "DeleteCertificate",
  "GetBaseReport",
  "GetLog",
  "SetVariables",
]);

/** The request in 2.0.1, or `null` where that has no such request or its transaction is not known. */
export function toV201(action: string, payload: JsonObject, context: V201Context): WireRequest | null {
  if (ALIKE.has(action)) return { action, payload };
  const evseId = readWhole(field(payload, "connectorId")) ?? 0;
  switch (action) {
    case "GetConfiguration":
      return getVariables(payload);
    case "ChangeConfiguration":
      return setVariables(payload);
    case "SetChargingProfile":
      return setProfile(payload, evseId, context);
    case "ClearChargingProfile":
      return { action, payload: clearing(readWhole(field(payload, "id")), evseId) };
    case "GetCompositeSchedule": {
      const { connectorId: _connector, ...rest } = payload;
      return { action, payload: { ...rest, evseId } };
    }
    case "RemoteStartTransaction":
      return {
        action: "RequestStartTransaction",
        payload: { evseId, remoteStartId: context.requestId(), idToken: central(field(payload, "idTag")) },
      };
    case "RemoteStopTransaction": {
      const transactionId = context.transactionName(readWhole(field(payload, "transactionId")) ?? 0);
      return transactionId === null ? null : { action: "RequestStopTransaction", payload: { transactionId } };
    }
    case "ChangeAvailability":
      return { action, payload: { ...evseOf(evseId), operationalStatus: field(payload, "type") } };
    case "UnlockConnector":
      return { action, payload: { evseId, connectorId: 1 } };
    case "Reset":
      return { action, payload: { type: field(payload, "type") === "Hard" ? "Immediate" : "OnIdle" } };
    case "TriggerMessage":
    case "ExtendedTriggerMessage": {
      const wanted = readText(field(payload, "requestedMessage")) ?? "";
      return {
        action: "TriggerMessage",
        payload: { requestedMessage: TRIGGERS.get(wanted) ?? wanted, ...evseOf(evseId, wanted) },
      };
    }
    default:
      return beyondToV201(action, payload, context.requestId);
  }
}

/** The answer to what `toV201` made of `action`, in the form of 1.6. */
export function fromV201(action: string, answer: unknown): unknown {
  if (!isObject(answer)) return answer;
  switch (action) {
    case "GetConfiguration":
      return { configurationKey: (readList(field(answer, "getVariableResult")) ?? []).flatMap(configurationKey) };
    case "ChangeConfiguration": {
      const [result] = readList(field(answer, "setVariableResult")) ?? [];
      const status = isObject(result) ? readText(field(result, "attributeStatus")) : null;
      return { status: status?.startsWith("Unknown") === true ? "NotSupported" : status };
    }
    case "GetCompositeSchedule":
      return { ...answer, chargingSchedule: field(answer, "schedule") };
    case "Reset":
      return { ...answer, status: field(answer, "status") === "Scheduled" ? "Accepted" : field(answer, "status") };
    default:
      return beyondFromV201(action, answer);
  }
}

const clearing = (chargingProfileId: number | null, evseId: number): JsonObject =>
  chargingProfileId === null ? { chargingProfileCriteria: { evseId } } : { chargingProfileId };

/** A variable as `Component.Variable`. */
function variable(name: string): JsonObject | null {
  const [component, own] = variableOf(name).split(".");
  return component === undefined || own === undefined
    ? null
    : { component: { name: component }, variable: { name: own } };
}

function getVariables(payload: JsonObject): WireRequest | null {
  const asked = readList(field(payload, "key")) ?? [...VARIABLES.keys()].filter((key) => key !== SECRET_KEY);
  const getVariableData = asked.flatMap((key) => variable(readText(key) ?? "") ?? []);
  return getVariableData.length === 0 ? null : { action: "GetVariables", payload: { getVariableData } };
}

function setVariables(payload: JsonObject): WireRequest | null {
  const named = variable(readText(field(payload, "key")) ?? "");
  if (named === null) return null;
  const attributeValue = readText(field(payload, "value")) ?? "";
  return { action: "SetVariables", payload: { setVariableData: [{ ...named, attributeValue }] } };
}

function configurationKey(result: unknown): readonly JsonObject[] {
  if (!isObject(result)) return [];
  const name = nameOf(field(result, "component"));
  const own = nameOf(field(result, "variable"));
  const value = readText(field(result, "attributeValue"));
  if (name === null || own === null || value === null) return [];
  const path = `${name}.${own}`;
  return [{ key: KEYS.get(path) ?? path, value, readonly: false }];
}

const nameOf = (named: unknown): string | null => (isObject(named) ? readText(field(named, "name")) : null);

function setProfile(payload: JsonObject, evseId: number, context: V201Context): WireRequest | null {
  const profile = field(payload, "csChargingProfiles");
  if (!isObject(profile)) return null;
  const { chargingProfileId, transactionId, chargingSchedule, chargingProfilePurpose, ...rest } = profile;
  const name = transactionId === undefined ? null : context.transactionName(readWhole(transactionId) ?? 0);
  if (transactionId !== undefined && name === null) return null;
  return {
    action: "SetChargingProfile",
    payload: {
      evseId,
      chargingProfile: {
        ...rest,
        id: chargingProfileId,
        chargingProfilePurpose:
          chargingProfilePurpose === "ChargePointMaxProfile" ? "ChargingStationMaxProfile" : chargingProfilePurpose,
        ...(name === null ? {} : { transactionId: name }),
        chargingSchedule: isObject(chargingSchedule) ? [{ id: chargingProfileId, ...chargingSchedule }] : [],
      },
    },
  };
}

const central = (idToken: unknown): JsonObject => ({ idToken, type: "Central" });
/** Nothing for the whole station, and for messages that are the whole station's. */
const evseOf = (evseId: number, message = "MeterValues"): JsonObject =>
  evseId === 0 || !["MeterValues", "StatusNotification", "TransactionEvent"].includes(message)
    ? {}
    : { evse: { id: evseId, ...(message === "StatusNotification" ? { connectorId: 1 } : {}) } };
