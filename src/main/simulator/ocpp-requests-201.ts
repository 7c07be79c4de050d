import { z } from "zod";
import { answerBeyond201, told201 } from "./ocpp-beyond-201.ts";
import { answerRequest, trigger } from "./ocpp-requests.ts";
import type { RequestedStation } from "./ocpp-station.types.ts";
import type { Variables } from "./ocpp-variables.ts";

// OCPP 2.0.1, requests of the server. What the box does is what it does in 1.6, so most requests are turned into that.

/** Variables in one NotifyReport. */
const REPORT_PART = 8;

const name = z.object({ name: z.string().max(50) });
const named = z.object({ component: name, variable: name });
const getVariables = z.object({ getVariableData: z.array(named).min(1).max(100) });
const setVariables = z.object({
  setVariableData: z
    .array(named.extend({ attributeValue: z.string().max(1000) }))
    .min(1)
    .max(100),
});
const schedule = z.looseObject({ id: z.int() });
const profile201 = z.looseObject({
  id: z.int(),
  transactionId: z.string().max(36).optional(),
  chargingProfilePurpose: z.string(),
  chargingSchedule: z.array(schedule).min(1).max(3),
});
const setProfile = z.object({ evseId: z.int(), chargingProfile: profile201 });
const clearProfile = z.object({
  chargingProfileId: z.int().optional(),
  chargingProfileCriteria: z
    .object({
      evseId: z.int().optional(),
      chargingProfilePurpose: z.string().optional(),
      stackLevel: z.int().optional(),
    })
    .optional(),
});
const composite = z.object({ evseId: z.int(), duration: z.int() });
const requestStart = z.object({
  evseId: z.int().optional(),
  remoteStartId: z.int(),
  idToken: z.object({ idToken: z.string().min(1).max(36), type: z.string() }),
});
const answerOf16 = z.looseObject({
  status: z.string(),
  scheduleStart: z.string().optional(),
  chargingSchedule: z.looseObject({}).optional(),
});

export type Asked = {
  readonly variables: Variables;
  readonly resetWhenIdle: () => void;
  readonly tellTransaction: () => void;
};
type Answer = (station: RequestedStation, params: unknown, asked: Asked) => object | null;

const ANSWERS: Readonly<Record<string, Answer>> = {
  SetChargingProfile: takeProfile,
  ClearChargingProfile(station, params) {
    const request = clearProfile.safeParse(params);
    if (!request.success) return { status: "Unknown" };
    const { chargingProfileId, chargingProfileCriteria: by = {} } = request.data;
    const purpose = by.chargingProfilePurpose;
    return answerRequest(station, "ClearChargingProfile", {
      ...(chargingProfileId === undefined ? {} : { id: chargingProfileId }),
      ...(by.evseId === undefined ? {} : { connectorId: by.evseId }),
      ...(purpose === undefined ? {} : { chargingProfilePurpose: purpose16(purpose) }),
      ...(by.stackLevel === undefined ? {} : { stackLevel: by.stackLevel }),
    });
  },
  GetCompositeSchedule(station, params) {
    const request = composite.safeParse(params);
    if (!request.success) return { status: "Rejected" };
    const { evseId, duration } = request.data;
    const answer = answerOf16.parse(answerRequest(station, "GetCompositeSchedule", { connectorId: evseId, duration }));
    const { status, scheduleStart, chargingSchedule } = answer;
    return chargingSchedule === undefined
      ? { status }
      : { status, schedule: { evseId, scheduleStart, ...chargingSchedule } };
  },
  GetVariables(_station, params, { variables }) {
    const request = getVariables.safeParse(params);
    const getVariableResult = (request.success ? request.data.getVariableData : []).map((one) => {
      const found = variables.get(pathOf(one));
      return found?.status === "Accepted"
        ? { ...one, attributeStatus: found.status, attributeValue: found.value }
        : { ...one, attributeStatus: found === null ? "UnknownVariable" : "Rejected" };
    });
    return { getVariableResult };
  },
  SetVariables(_station, params, { variables }) {
    const request = setVariables.safeParse(params);
    const setVariableResult = (request.success ? request.data.setVariableData : []).map(
      ({ attributeValue, ...one }) => ({ ...one, attributeStatus: variables.set(pathOf(one), attributeValue) }),
    );
    return { setVariableResult };
  },
  GetBaseReport: report,
  RequestStartTransaction(station, params) {
    const request = requestStart.safeParse(params);
    if (!request.success || (request.data.evseId ?? 1) !== 1) return { status: "Rejected" };
    const { idToken, remoteStartId } = request.data;
    return { status: station.remoteStart(idToken.idToken, null, remoteStartId) ? "Accepted" : "Rejected" };
  },
  RequestStopTransaction(station, params) {
    const request = z.object({ transactionId: z.string() }).safeParse(params);
    if (!request.success || station.transaction?.name !== request.data.transactionId) return { status: "Rejected" };
    station.later(0, () => {
      station.endTransaction("Remote");
    });
    return { status: "Accepted" };
  },
  Reset(station, params, { resetWhenIdle }) {
    const request = z.object({ type: z.enum(["Immediate", "OnIdle"]) }).safeParse(params);
    if (!request.success) return { status: "Rejected" };
    if (request.data.type === "OnIdle" && station.transaction !== null) {
      resetWhenIdle();
      return { status: "Scheduled" };
    }
    station.reboot(request.data.type === "Immediate" ? "HardReset" : "SoftReset");
    return { status: "Accepted" };
  },
  TriggerMessage(station, params, { tellTransaction }) {
    const request = z
      .object({ requestedMessage: z.string(), evse: z.object({ id: z.int() }).optional() })
      .safeParse(params);
    if (!request.success || (request.data.evse?.id ?? 1) !== 1) return { status: "Rejected" };
    const { requestedMessage } = request.data;
    if (requestedMessage !== "TransactionEvent")
      return { status: trigger(station, { requestedMessage }, told201(station)) };
    station.later(0, tellTransaction);
    return { status: "Accepted" };
  },
  UnlockConnector: (station) => ({
    status: station.transaction === null ? "Unlocked" : "OngoingAuthorizedTransaction",
  }),
  ChangeAvailability(station, params) {
    const request = z
      .object({ operationalStatus: z.string(), evse: z.object({ id: z.int() }).optional() })
      .safeParse(params);
    if (!request.success) return { status: "Rejected" };
    const { operationalStatus: type, evse } = request.data;
    return answerRequest(station, "ChangeAvailability", { connectorId: evse?.id ?? 0, type });
  },
  ClearCache: () => ({ status: "Rejected" }),
  DataTransfer: () => ({ status: "UnknownVendorId" }),
};

/** The box's answer to a request of OCPP 2.0.1, or `null` for one it does not implement. */
export function answerRequest201(
  station: RequestedStation,
  method: string,
  params: unknown,
  asked: Asked,
): object | null {
  return Object.hasOwn(ANSWERS, method)
    ? (ANSWERS[method]?.(station, params, asked) ?? null)
    : answerBeyond201(station.beyond, method, params, told201(station));
}

const pathOf = ({ component, variable }: z.output<typeof named>): string => `${component.name}.${variable.name}`;
const purpose16 = (purpose: string): string =>
  purpose === "ChargingStationMaxProfile" ? "ChargePointMaxProfile" : purpose;

function takeProfile(station: RequestedStation, params: unknown): object | null {
  const request = setProfile.safeParse(params);
  if (!request.success) return { status: "Rejected" };
  const { evseId, chargingProfile } = request.data;
  const { id, transactionId, chargingProfilePurpose, chargingSchedule, ...rest } = chargingProfile;
  // K01.FR.03, FR.09: a transaction's profile names a transaction, and that has to be the one that runs.
  const isOfAnother = transactionId !== station.transaction?.name;
  if (chargingProfilePurpose === "TxProfile" && isOfAnother) return { status: "Rejected" };
  return answerRequest(station, "SetChargingProfile", {
    connectorId: evseId,
    csChargingProfiles: {
      ...rest,
      chargingProfileId: id,
      chargingProfilePurpose: purpose16(chargingProfilePurpose),
      chargingSchedule: chargingSchedule[0],
    },
  });
}

const typeOf = (value: string): string =>
  /^(?:true|false)$/u.test(value) ? "boolean" : /^\d+$/u.test(value) ? "integer" : "string";
const unitOf = (variable: string): object =>
  variable.endsWith("Interval") || variable.endsWith("TimeOut") ? { unit: "s" } : {};

/** Answers first; the report follows in parts. */
function report(station: RequestedStation, params: unknown, { variables }: Asked): object {
  const request = z.object({ requestId: z.int(), reportBase: z.string() }).safeParse(params);
  if (!request.success) return { status: "Rejected" };
  const { requestId, reportBase } = request.data;
  if (reportBase !== "FullInventory" && reportBase !== "ConfigurationInventory") return { status: "NotSupported" };
  const entries = variables.all().map(([path, value]) => {
    const [component = "", variable = ""] = path.split(".");
    return {
      component: { name: component, ...(component === "EVSE" ? { evse: { id: 1 } } : {}) },
      variable: { name: variable },
      variableAttribute: [{ value, mutability: variables.isFixed(path) ? "ReadOnly" : "ReadWrite" }],
      variableCharacteristics: { dataType: typeOf(value), supportsMonitoring: false, ...unitOf(variable) },
    };
  });
  station.later(0, () => {
    for (let seqNo = 0; seqNo * REPORT_PART < entries.length; seqNo += 1) {
      const reportData = entries.slice(seqNo * REPORT_PART, (seqNo + 1) * REPORT_PART);
      const tbc = (seqNo + 1) * REPORT_PART < entries.length;
      station.say("NotifyReport", { requestId, generatedAt: station.timestamp(), seqNo, tbc, reportData });
    }
  });
  return { status: "Accepted" };
}
