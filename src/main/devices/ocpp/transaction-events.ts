import { assert, type WattHour } from "../../../core/units/index.ts";
import {
  transactionNumber,
  type JsonObject,
  type MeterSample,
  type TransactionEvent,
} from "../../protocol/ocpp/index.ts";
import { emitRegisters, setRunning, takeSamples, takeState, type Evse } from "./evse.ts";
import { isTelling, releaseHeld } from "./held-status.ts";
import type { HeardTransaction, StopEvent } from "./heard-transaction.ts";
import type { OcppHost } from "./ocpp-host.ts";
import { logAbout, type Point } from "./point.ts";

// OCPP 2.0.1, TransactionEvent, told as the starts, registers and stops of 1.6. Nothing here has to survive a restart
// of ours: the number of a transaction follows from its name, and what was stored is recognised by that.

/** Transactions of one box that are remembered; the oldest is forgotten. */
const TRANSACTIONS_MAX = 64;
const MESSAGES_MAX = 4096;
/** Samples of one transaction that wait for its start; it carries money at both ends, so what is beyond is no loss. */
const EARLY_SAMPLES_MAX = 500;

/** Takes one TransactionEvent; what it says has been emitted when this returns. `status` is what its card may do. */
export function takeTransactionEvent(
  point: Point,
  host: OcppHost,
  message: TransactionEvent,
  status: "Accepted" | "Blocked" | "Invalid" | null,
): JsonObject {
  const answer = status === null ? {} : { idTokenInfo: { status } };
  const heard = heardOf(point, message);
  const evse = evseOfEvent(point, message, heard.number);
  if (evse === null) {
    const data = { evseId: message.evseId };
    logAbout(point, host, { level: "warn", message: "a transaction of an EVSE that is not part of the site", data });
    return answer;
  }
  if (message.isOffline) point.lastQueued_ms = host.clock.now_ms();
  const key = keyOf(message);
  if (key !== null && heard.taken.has(key)) return answer;
  heard.idToken = message.idToken ?? heard.idToken;
  switch (message.eventType) {
    case "Started":
      started(evse, host, heard, message);
      break;
    case "Updated":
      if (isEarly(point, host, heard)) early(evse, host, heard, message);
      else updated(evse, host, heard, message);
      break;
    case "Ended":
      ended({ point, host }, evse, heard, message);
      break;
  }
  // Only now: what could not be stored is sent again, and is new then.
  if (key !== null && heard.taken.size < MESSAGES_MAX) heard.taken.add(key);
  noteGap(point, host, heard, message);
  return answer;
}

/** The EVSE it names; else the one that runs it, else the only one. */
function evseOfEvent(point: Point, { evseId }: TransactionEvent, number: number): Evse | null {
  const named = point.evses.find((evse) => evse.connectorId === evseId);
  const running = point.evses.find((evse) => evse.unended === number);
  return named ?? (evseId === null ? (running ?? point.evses[0] ?? null) : null);
}

function heardOf(point: Point, { transactionName: name, eventType, time }: TransactionEvent): HeardTransaction {
  const known = point.transactions.get(name);
  const isAnother =
    known?.hasStarted === true &&
    eventType === "Started" &&
    known.started_ms !== null &&
    known.started_ms !== time.stated_ms;
  if (known !== undefined && !isAnother) return known;
  // A box that gives a name out a second time has another transaction in mind: its start tells them apart.
  const unique = isAnother ? `${name} ${String(time.stated_ms)}` : name;
  const heard: HeardTransaction = {
    name,
    number: transactionNumber(unique),
    started_ms: null,
    hasStarted: false,
    stop: null,
    lastSeqNo: null,
    idToken: null,
    early: [],
    taken: new Set(),
  };
  point.transactions.delete(name);
  point.transactions.set(name, heard);
  const [oldest] = point.transactions.keys();
  if (point.transactions.size > TRANSACTIONS_MAX && oldest !== undefined) point.transactions.delete(oldest);
  return heard;
}

/** The same message sent again has the same key; `null`: without number and time nothing can be told apart. */
const keyOf = ({ seqNo, eventType, time }: TransactionEvent): string | null =>
  seqNo === null && time.stated_ms === null ? null : `${eventType} ${String(seqNo)} ${String(time.stated_ms)}`;

function noteGap(point: Point, host: OcppHost, heard: HeardTransaction, { seqNo }: TransactionEvent): void {
  if (seqNo === null) return;
  const { lastSeqNo } = heard;
  if (lastSeqNo !== null && seqNo > lastSeqNo + 1) {
    const data = { transaction: heard.name, after: lastSeqNo, came: seqNo };
    logAbout(point, host, { level: "info", message: "messages of a transaction are missing", data });
  }
  heard.lastSeqNo = Math.max(lastSeqNo ?? seqNo, seqNo);
}

function started(evse: Evse, host: OcppHost, heard: HeardTransaction, message: TransactionEvent): void {
  const { time, samples, idToken } = message;
  const stationId = evse.station.id;
  if (!heard.hasStarted) {
    host.emit({
      kind: "transaction-started",
      stationId,
      at_ms: time.at_ms,
      received_at_ms: host.clock.now_ms(),
      transactionId: heard.number,
      idToken,
      meterStart_Wh: registerAt(samples, "Transaction.Begin") ?? firstRegister(samples),
    });
    heard.hasStarted = true;
    heard.started_ms = time.stated_ms;
  }
  emitRegisters(evse, host, heard.early.splice(0), heard.number);
  // Its end came first: only now is there something that it can end.
  if (heard.stop !== null) host.emit(heard.stop);
  else {
    setRunning(evse, heard.number);
    takeLive(evse, host, heard, message);
  }
}

/** Some boxes tell their queue in the wrong order: the start of this transaction, which nobody knows, may yet come. */
const isEarly = (point: Point, host: OcppHost, { hasStarted, number }: HeardTransaction): boolean =>
  !hasStarted &&
  isTelling(point, host.clock.now_ms()) &&
  host.stationOfTransaction?.(
    number,
    point.evses.map(({ station }) => station.id),
  ) === null;

/** What is now is told; what is money waits for the start. */
function early(evse: Evse, host: OcppHost, heard: HeardTransaction, message: TransactionEvent): void {
  const { samples, status, isOffline } = message;
  if (heard.early.length + samples.length <= EARLY_SAMPLES_MAX) heard.early.push(...samples);
  if (isOffline || heard.stop !== null) return;
  if (evse.running === null && !evse.isFree) setRunning(evse, heard.number);
  takeSamples(evse, host, { samples, transactionId: heard.number, withoutRegisters: true });
  if (status !== null) takeState(evse, host, status);
}

function updated(evse: Evse, host: OcppHost, heard: HeardTransaction, message: TransactionEvent): void {
  if (heard.stop !== null) {
    emitRegisters(evse, host, message.samples, heard.number);
    return;
  }
  // A transaction that runs although its start has not been heard: since before our restart, or its start was lost.
  if (!message.isOffline && evse.running === null && !evse.isFree) setRunning(evse, heard.number);
  takeLive(evse, host, heard, message);
}

/** Registers, and what is now; a message from the queue says nothing about now. */
function takeLive(evse: Evse, host: OcppHost, heard: HeardTransaction, message: TransactionEvent): void {
  if (message.isOffline) {
    emitRegisters(evse, host, message.samples, heard.number);
    return;
  }
  takeSamples(evse, host, { samples: message.samples, transactionId: heard.number });
  if (message.status !== null) takeState(evse, host, message.status);
}

/** Several boxes say more than once that a transaction has ended: the first one counts. */
function ended(
  { point, host }: { readonly point: Point; readonly host: OcppHost },
  evse: Evse,
  heard: HeardTransaction,
  message: TransactionEvent,
): void {
  const { samples, time, reason } = message;
  if (isEarly(point, host, heard)) heard.early.push(...samples.slice(0, EARLY_SAMPLES_MAX - heard.early.length));
  else emitRegisters(evse, host, samples, heard.number);
  if (heard.stop !== null) return;
  const stop: StopEvent = {
    kind: "transaction-stopped",
    stationId: evse.station.id,
    at_ms: time.at_ms,
    received_at_ms: host.clock.now_ms(),
    transactionId: heard.number,
    meterStop_Wh: registerAt(samples, "Transaction.End") ?? lastRegister(samples),
    reason,
    idToken: heard.idToken,
  };
  host.emit(stop);
  // Kept only after it has been stored: if that failed the box sends it again.
  heard.stop = stop;
  if (evse.unended === heard.number) {
    setRunning(evse, null);
    evse.isFinished = true;
    releaseHeld(evse, host);
  }
  assert(evse.running !== heard.number, "a transaction that has ended does not run");
}

const registerAt = (samples: readonly MeterSample[], context: string): WattHour | null =>
  samples.find((one) => one.context === context && one.register_Wh !== null)?.register_Wh ?? null;
const firstRegister = (samples: readonly MeterSample[]): WattHour | null =>
  samples.find((one) => one.register_Wh !== null)?.register_Wh ?? null;
const lastRegister = (samples: readonly MeterSample[]): WattHour | null =>
  samples.findLast((one) => one.register_Wh !== null)?.register_Wh ?? null;
