import type { BoxReport } from "../../../contract/index.ts";
import { unreachable, type EpochMs } from "../../../core/units/index.ts";
import type { OcppAnswer } from "../../links/ocpp-server.ts";
import {
  decodeCall,
  decodeCall201,
  field,
  isObject,
  readWhole,
  variablePath,
  type BootNotification,
  type JsonObject,
  type MeterValues,
  type StartTransaction,
  type StationMessage,
  type StatusNotification,
  type StopTransaction,
} from "../../protocol/ocpp/index.ts";
import { dropFallbacks, keepFacts } from "./facts.ts";
import { PENDING_INTERVAL_S, setUpAfterBoot } from "./bring-up.ts";
import { PRIORITY } from "./call-lane.ts";
import {
  emitRegisters,
  LIVE_MS,
  forgetAfterBoot,
  rememberStart,
  setRunning,
  takeSamples,
  takeStatus,
  type Evse,
} from "./evse.ts";
import { forgetHeld, holdBack, mayStillStop, releaseHeld } from "./held-status.ts";
import type { OcppHost } from "./ocpp-host.ts";
import { announceOnline, logAbout, type Point } from "./point.ts";
import { startWaitingCar } from "./remote-start.ts";
import { schemaDeviation } from "./schema-check.ts";
import { takeTransactionEvent } from "./transaction-events.ts";
import { behaviourFor, NO_ROWS } from "./vendor-rows.ts";

const DEVIATIONS_LOGGED_MAX = 200;
const RAW_CHARS_MAX = 2000;
const NO_TRANSACTION = 0;
const VARIABLES_MAX = 5000;

const answer = (result: JsonObject): OcppAnswer => ({ ok: true, result });

/**
 * Handles one CALL of a station and returns what to answer. Every fact in it has been emitted, and thereby stored,
 * before this returns. A stranger is answered, but nothing of it is stored.
 */
export function answerCall(point: Point, host: OcppHost, action: string, payload: unknown): OcppAnswer {
  const received_at_ms = host.clock.now_ms();
  const decode = point.version === "1.6" ? decodeCall : decodeCall201;
  const decoded = decode(action, payload, received_at_ms);
  if (decoded.kind === "message" || decoded.code !== "NotImplemented") noteDeviation(point, host, action, payload);
  if (decoded.kind === "refused") {
    point.errors += 1;
    logAbout(point, host, {
      level: "warn",
      message: "a message was refused",
      data: { action: action.slice(0, 50), code: decoded.code, detail: decoded.detail },
    });
    return { ok: false, code: decoded.code, detail: decoded.detail };
  }
  const { message } = decoded;
  // Some boxes reconnect without BootNotification; any other word of theirs shows that they are there.
  if (!point.isOnline && point.evses.length > 0 && message.action !== "BootNotification") announceOnline(point, host);
  noteReservation(point, host, message.action, payload);
  return answer(resultFor(point, host, message, received_at_ms));
}

function resultFor(point: Point, host: OcppHost, message: StationMessage, received_at_ms: EpochMs): JsonObject {
  const currentTime = new Date(received_at_ms).toISOString();
  switch (message.action) {
    case "BootNotification":
      return { ...onBoot(point, host, message, received_at_ms), currentTime };
    case "Heartbeat":
      return { currentTime };
    case "Report":
      takeReport(point, message, received_at_ms);
      keepFacts(point, host);
      return {};
    case "TransactionEvent": {
      const [evse] = point.evses;
      const { idToken } = message;
      const asks = idToken !== null && evse !== undefined;
      const status = asks ? mayCharge(point, host, idToken, evse.station.id) : null;
      const result = takeTransactionEvent(point, host, message, status);
      const number = point.transactions.get(message.transactionName)?.number;
      const isRejected = status === "Blocked" || status === "Invalid";
      if (isRejected && number !== undefined && message.eventType !== "Ended") stopRejected(point, host, number);
      return result;
    }
    case "Authorize": {
      const [evse] = point.evses;
      const status = evse === undefined ? "Invalid" : mayCharge(point, host, message.idToken, evse.station.id);
      return point.version === "1.6" ? { idTagInfo: { status } } : { idTokenInfo: { status } };
    }
    case "StatusNotification":
      return onStatus(point, host, message, received_at_ms);
    case "StartTransaction":
      return onStart(point, host, message, received_at_ms);
    case "StopTransaction":
      return onStop(point, host, message, received_at_ms);
    case "MeterValues":
      return onMeterValues(point, host, message);
    case "DataTransfer":
      return { status: "UnknownVendorId" };
    case "SignCertificate":
      // There is no authority of ours that could sign it.
      return { status: "Rejected" };
    case "Notification":
      logAbout(point, host, {
        level: message.name === "SecurityEventNotification" ? "warn" : "info",
        message: "the station reports",
        data: { action: message.name, status: message.status },
      });
      report(point, host, { name: message.name, status: message.status, about: message.about });
      return {};
    default:
      return unreachable(message);
  }
}

type Report = Extract<StationMessage, { readonly action: "Report" }>;

function takeReport(point: Point, { variables, entries }: Report, at_ms: EpochMs): void {
  const keep = <T>(map: Map<string, T>, name: string, value: T): void => {
    if (map.size < VARIABLES_MAX || map.has(name)) map.set(name, value);
  };
  for (const [name, value] of variables) keep(point.variables, name, value);
  for (const one of entries) keep(point.inventory, variablePath(one.address), one);
  point.reported_at_ms = at_ms;
}

/** Keeps what a box of the site tells; of a stranger nothing is kept. */
function report(point: Point, host: OcppHost, told: Omit<BoxReport, "at_ms">): void {
  if (point.evses.length > 0) host.reported?.(point.identity, { ...told, at_ms: host.clock.now_ms() });
}

/** A transaction names the reservation it uses up: 1.6 at its start, 2.0.1 in any of its events. */
function noteReservation(point: Point, host: OcppHost, action: StationMessage["action"], payload: unknown): void {
  if ((action !== "StartTransaction" && action !== "TransactionEvent") || !isObject(payload)) return;
  const about = readWhole(field(payload, "reservationId"));
  if (about !== null) report(point, host, { name: action, status: "ReservationUsed", about });
}

function onBoot(point: Point, host: OcppHost, message: BootNotification, at_ms: EpochMs): JsonObject {
  const { vendor, model, serial, firmware } = message;
  point.identification = { vendor, model, serial, firmware };
  point.behaviour = behaviourFor(host.vendorRows ?? NO_ROWS, point.identification);
  point.hasBooted = true;
  if (point.evses.length === 0) return { status: "Pending", interval: PENDING_INTERVAL_S };
  for (const evse of point.evses) forgetAfterBoot(evse);
  dropFallbacks(point, host);
  // Queued first, so that what the box can do is known before the site's first setpoint goes out.
  setUpAfterBoot(point, host);
  announceOnline(point, host);
  for (const { station } of point.evses) host.emit({ kind: "booted", stationId: station.id, at_ms });
  report(point, host, { name: message.action, status: firmware, about: null });
  return { status: "Accepted", interval: point.behaviour.boot_interval_s };
}

/** The number a box writes by itself for everybody is good where everybody may charge. */
function mayCharge(
  point: Point,
  host: OcppHost,
  idToken: string,
  stationId: string,
): "Accepted" | "Blocked" | "Invalid" {
  const isForEverybody = idToken !== "" && idToken === point.capabilities.plugAndChargeToken;
  return isForEverybody && (host.remoteStartToken?.(stationId) ?? null) !== null
    ? "Accepted"
    : host.authorize(idToken, stationId);
}

const evseAt = (point: Point, connectorId: number): Evse | undefined =>
  point.evses.find((evse) => evse.connectorId === connectorId);

function onStatus(point: Point, host: OcppHost, message: StatusNotification, received_at_ms: EpochMs): JsonObject {
  const evse = evseAt(point, message.connectorId);
  if (evse !== undefined) {
    if (message.status === "Available" && mayStillStop(point, evse, received_at_ms)) {
      holdBack(point, evse, host, message);
      return {};
    }
    forgetHeld(evse);
    takeStatus(evse, host, asBefore(point, evse, message), received_at_ms);
    if (evse.isPreparing) void startWaitingCar(point, evse, host);
  }
  if (message.connectorId === 0 && message.errorCode !== null) {
    logAbout(point, host, {
      level: "warn",
      message: "the charge point reports an error",
      data: { status: message.status, errorCode: message.errorCode },
    });
  }
  return {};
}

/** In 2.0.1 "occupied" is all a connector says of a car; what the car does is said by its transaction. */
function asBefore(point: Point, evse: Evse, message: StatusNotification): StatusNotification {
  if (point.version === "1.6" || message.status !== "Preparing") return message;
  return { ...message, status: evse.lastState ?? (evse.isFinished ? "Finishing" : "Preparing") };
}

function onStart(point: Point, host: OcppHost, message: StartTransaction, received_at_ms: EpochMs): JsonObject {
  const evse = evseAt(point, message.connectorId);
  if (evse === undefined) {
    logAbout(point, host, {
      level: "warn",
      message: "a transaction was refused: the connector is not part of the site",
      data: { connectorId: message.connectorId },
    });
    return { transactionId: NO_TRANSACTION, idTagInfo: { status: "Invalid" } };
  }
  const { station, connectorId } = evse;
  const { time, meterStart_Wh, idToken } = message;
  const status = mayCharge(point, host, idToken ?? "", station.id);
  const key = JSON.stringify([time.stated_ms, meterStart_Wh, idToken]);
  // Without a time, only the one that has not ended can be meant.
  const known = evse.starts.find(
    (start) => start.key === key && (time.stated_ms !== null || start.transactionId === evse.unended),
  );
  const transactionId =
    known?.transactionId ??
    host.transactionIdFor({
      stationId: station.id,
      evseId: connectorId,
      at_ms: time.stated_ms ?? received_at_ms,
      meterStart_Wh,
    });
  if (known === undefined) {
    host.emit({
      kind: "transaction-started",
      stationId: station.id,
      at_ms: time.at_ms,
      received_at_ms,
      transactionId,
      idToken,
      meterStart_Wh,
    });
    rememberStart(evse, { key, transactionId, hasStopped: false });
    setRunning(evse, transactionId);
  }
  // The box reports a transaction, it does not ask for one: it is on record, and then ended.
  if (status !== "Accepted") stopRejected(point, host, transactionId);
  return { transactionId, idTagInfo: { status } };
}

function stopRejected(point: Point, host: OcppHost, transactionId: number): void {
  const stopping = point.lane.add(PRIORITY.command, (call) => call("RemoteStopTransaction", { transactionId }));
  void stopping.done.then((reply) => {
    if (!reply.ok)
      logAbout(point, host, {
        level: "warn",
        message: "a transaction without a valid card could not be stopped",
        data: { transactionId, detail: reply.detail },
      });
  });
}

function onStop(point: Point, host: OcppHost, message: StopTransaction, received_at_ms: EpochMs): JsonObject {
  const { meterStop_Wh, reason, idToken, samples, time } = message;
  const evse = evseOfTransaction(point, host, message.transactionId);
  if (evse !== undefined) {
    const isLive = received_at_ms - time.at_ms - evse.clockBehind_ms <= LIVE_MS;
    if (!isLive) point.lastQueued_ms = received_at_ms;
    const transactionId = meantTransaction(point, host, evse, { stated: message.transactionId, isLive });
    const stationId = evse.station.id;
    emitRegisters(evse, host, samples, transactionId);
    host.emit({
      kind: "transaction-stopped",
      stationId,
      at_ms: time.at_ms,
      received_at_ms,
      transactionId,
      meterStop_Wh,
      reason,
      idToken,
    });
    for (const start of evse.starts) if (start.transactionId === transactionId) start.hasStopped = true;
    if (evse.unended === transactionId) setRunning(evse, null);
    if (evse.unended === null) releaseHeld(evse, host);
  }
  // OCPP 1.6, 4.10: the Central System cannot prevent a transaction from stopping.
  return { idTagInfo: { status: "Accepted" } };
}

/**
 * Some boxes write −1 or a number of their own. What cannot be a transaction we know stands for the one that runs; from
 * the box's queue only where it is no number at all, for it may belong to one before.
 */
function meantTransaction(
  point: Point,
  host: OcppHost,
  evse: Evse,
  { stated, isLive }: { readonly stated: number; readonly isLive: boolean },
): number {
  const { unended } = evse;
  // A box without a number of its own tells of its transactions one after the other, so it means the newest.
  const [newest] = evse.starts;
  if (stated <= 0) return unended ?? (newest?.hasStopped === false ? newest.transactionId : stated);
  if (unended === null || stated === unended || evse.starts.some((one) => one.transactionId === stated)) return stated;
  const stationIds = point.evses.map(({ station }) => station.id);
  const isInvented = isLive && host.stationOfTransaction?.(stated, stationIds) === null;
  return isInvented ? unended : stated;
}

/** StopTransaction names no connector: who runs it, else who the site says, else the first of the box. */
function evseOfTransaction(point: Point, host: OcppHost, transactionId: number): Evse | undefined {
  const unended = point.evses.filter((evse) => evse.unended !== null);
  // No number at all: the only one there is to end.
  const only = transactionId <= 0 && unended.length === 1 ? unended[0] : undefined;
  const running = only ?? unended.find((evse) => evse.unended === transactionId);
  const started =
    running ?? point.evses.find((evse) => evse.starts.some((start) => start.transactionId === transactionId));
  if (started !== undefined || point.evses.length < 2) return started ?? point.evses[0];
  const stationId =
    host.stationOfTransaction?.(
      transactionId,
      point.evses.map((evse) => evse.station.id),
    ) ?? null;
  return point.evses.find((evse) => evse.station.id === stationId) ?? point.evses[0];
}

function onMeterValues(point: Point, host: OcppHost, message: MeterValues): JsonObject {
  const { connectorId, samples } = message;
  const stated = message.transactionId;
  const byTransaction = stated === null ? undefined : point.evses.find((evse) => evse.running === stated);
  // Boxes with one connector report it as 0, or not at all.
  const alone = point.evses.length === 1 ? point.evses[0] : undefined;
  const evse = connectorId === null || connectorId === 0 ? (byTransaction ?? alone) : evseAt(point, connectorId);
  if (evse !== undefined) {
    const now_ms = host.clock.now_ms();
    const isLive = samples.some((one) => now_ms - one.at_ms - evse.clockBehind_ms <= LIVE_MS);
    if (!isLive) point.lastQueued_ms = now_ms;
    const transactionId = stated === null ? null : meantTransaction(point, host, evse, { stated, isLive });
    takeSamples(evse, host, { samples, transactionId });
  }
  return {};
}

/** Logs a deviation with the raw message once, so that a box which always deviates does not fill the log. */
function noteDeviation(point: Point, host: OcppHost, action: string, payload: unknown): void {
  const deviation = schemaDeviation(action, payload, point.version);
  if (deviation === null) return;
  const kind = `${action}: ${deviation.replaceAll(/\d+/gu, "n")}`;
  if (point.deviations.has(kind) || point.deviations.size >= DEVIATIONS_LOGGED_MAX) return;
  point.deviations.add(kind);
  logAbout(point, host, {
    level: "info",
    message: `a message deviates from the OCPP ${point.version} schema`,
    data: { deviation: `${action}: ${deviation}`, raw: rawText(payload) },
  });
}

function rawText(payload: unknown): string {
  try {
    return JSON.stringify(payload).slice(0, RAW_CHARS_MAX);
  } catch (error) {
    // Nested deeper than the stack allows.
    if (error instanceof RangeError) return "not printable";
    throw error;
  }
}
