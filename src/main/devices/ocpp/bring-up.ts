import { variableOf, type JsonObject } from "../../protocol/ocpp/index.ts";
import type { CommandReply } from "../ports.ts";
import { PRIORITY } from "./call-lane.ts";
import type { OcppHost } from "./ocpp-host.ts";
import { announceOffline, announceOnline, logAbout, type Point } from "./point.ts";
import { keepFacts } from "./facts.ts";
import { learn } from "./probe.ts";
import { commandReply } from "./replies.ts";
import type { VendorBehaviour } from "./vendor-rows.ts";

/** A stranger asks again this often whether it is welcome now. */
export const PENDING_INTERVAL_S = 60;
/** A station is asked for a sign of life after two of its heartbeats have failed to come, and given up after three. */
const ASKED_AFTER_BEATS = 2;
const SILENT_BEATS = 3;
/** Time of the site's clock. */
const BOOT_AFTER_TRIGGER_MS = 10_000;
/** A box that leaves so many steps of its set-up unanswered is not asked the rest: each would hold up everything else. */
const UNANSWERED_MAX = 3;

/** OCPP 2.0.1: a transaction begins when car and card are there, and carries its registers at both ends. */
const CONFIGURATION_201 = [
  ["TxCtrlr.TxStartPoint", "PowerPathClosed"],
  ["TxCtrlr.TxStopPoint", "EVConnected,Authorized"],
  ["SampledDataCtrlr.TxStartedMeasurands", "Energy.Active.Import.Register"],
  ["SampledDataCtrlr.TxEndedMeasurands", "Energy.Active.Import.Register"],
] as const;

const CONFIGURATION_16 = [
  "MeterValuesSampledData",
  "MeterValueSampleInterval",
  "WebSocketPingInterval",
  "HeartbeatInterval",
] as const;
const SET_UP: ReadonlySet<string> = new Set([
  ...CONFIGURATION_16.flatMap((key) => [key, variableOf(key)]),
  ...CONFIGURATION_201.map(([key]) => key),
]);

/** Whether the set-up sequence gives this setting a value of ours; its key in 1.6, component and variable in 2.0.1. */
export const isSetUp = (name: string): boolean => SET_UP.has(name);

/** Begins the set-up sequence anew; each step is tolerated when the box refuses it. */
export function setUpAfterBoot(point: Point, host: OcppHost): void {
  point.setup.abort();
  point.setup = new AbortController();
  point.isProbed = false;
  const { signal } = point.setup;
  void setUp(point, host, signal).then((refused) => {
    if (signal.aborted) return;
    point.refusedSteps = refused;
    point.isProbed = true;
    keepFacts(point, host);
    const level = refused.length === 0 ? "info" : "warn";
    logAbout(point, host, { level, message: "the station is set up", data: { refused, ...point.capabilities } });
  });
}

/** Returns the steps the box refused. */
async function setUp(point: Point, host: OcppHost, signal: AbortSignal): Promise<readonly string[]> {
  const refused: string[] = [];
  const { behaviour } = point;
  let unanswered = 0;
  const step = async (
    name: string,
    action: string,
    payload: JsonObject,
    fine?: readonly string[],
  ): Promise<boolean> => {
    if (signal.aborted || unanswered >= UNANSWERED_MAX) return false;
    const reply = await ask(point, action, payload, fine);
    unanswered = !reply.ok && reply.code === "timeout" ? unanswered + 1 : 0;
    if (!reply.ok) refused.push(`${name}: ${reply.detail}`);
    return reply.ok;
  };
  // Until it is known in which unit a box takes limits, asking goes before everything else.
  await point.lane.add(point.hasLearned ? PRIORITY.setup : PRIORITY.learn, (call) => learn(point, call)).done;
  for (const evse of point.evses) if (!signal.aborted) await evse.limiter.storeFallback(PRIORITY.setup);
  if (behaviour.change_availability) await makeOperative(point, step);
  const configure = (key: string, value: string): Promise<boolean> =>
    step(key, "ChangeConfiguration", { key, value }, ["Accepted", "RebootRequired"]);
  await chooseMeasurands(behaviour, configure);
  await configure("MeterValueSampleInterval", String(behaviour.meter_interval_s));
  await configure("WebSocketPingInterval", String(behaviour.ws_ping_s));
  await configure("HeartbeatInterval", String(behaviour.boot_interval_s));
  if (point.version === "2.0.1") for (const [key, value] of CONFIGURATION_201) await configure(key, value);
  await askForNow(point, step);
  if (point.version === "2.0.1") await step("GetBaseReport", "GetBaseReport", baseReport(point));
  return refused;
}

/** Has each connector say what it is doing. */
async function askForNow(point: Point, step: Step): Promise<void> {
  for (const { connectorId } of point.evses) {
    if (point.version === "2.0.1")
      await step("TriggerMessage", "TriggerMessage", { requestedMessage: "TransactionEvent", connectorId });
    await step("TriggerMessage", "TriggerMessage", { requestedMessage: "StatusNotification", connectorId });
    await step("TriggerMessage", "TriggerMessage", { requestedMessage: "MeterValues", connectorId });
  }
}

/** OCPP 2.0.1: asks for everything the box is and can do; it comes in reports. */
export function baseReport(point: Point): JsonObject {
  point.requests += 1;
  return { requestId: point.requests, reportBase: "FullInventory" };
}

type Step = (name: string, action: string, payload: JsonObject, fine?: readonly string[]) => Promise<boolean>;

async function makeOperative(point: Point, step: Step): Promise<void> {
  const operative = ["Accepted", "Scheduled"];
  if (await step("ChangeAvailability", "ChangeAvailability", { connectorId: 0, type: "Operative" }, operative)) return;
  for (const { connectorId } of point.evses)
    await step("ChangeAvailability", "ChangeAvailability", { connectorId, type: "Operative" }, operative);
}

/** Has the box measure as much of what we want as it can. */
async function chooseMeasurands(
  { measurands, measurand_probe }: VendorBehaviour,
  configure: (key: string, value: string) => Promise<boolean>,
): Promise<void> {
  const key = "MeterValuesSampledData";
  if ((await configure(key, measurands.join(","))) || measurand_probe === "none") return;
  const taken: string[] = [];
  for (const one of measurands) if (await configure(key, one)) taken.push(one);
  // The last one asked for is what it measures now, so the register is put back where the list is refused too.
  const [first] = taken;
  if (first === undefined || taken.length === 1 || (await configure(key, taken.join(",")))) return;
  await configure(key, first);
}

const ask = async (
  point: Point,
  action: string,
  payload: JsonObject,
  fine?: readonly string[],
): Promise<CommandReply> =>
  commandReply(await point.lane.add(PRIORITY.setup, (call) => call(action, payload)).done, fine);

/**
 * Follows a connection of a known station until `signal` aborts: brings up a box that does not send BootNotification
 * by itself, asks a silent one for a sign of life, and declares it offline when none comes.
 */
export async function watchConnection(point: Point, host: OcppHost, signal: AbortSignal): Promise<void> {
  const { clock } = host;
  await clock.sleep(point.behaviour.trigger_boot_after_s * 1000, signal);
  if (!signal.aborted && !point.hasBooted) await bringUpWithoutBoot(point, host, signal);
  while (!signal.aborted) {
    const beat_ms = point.behaviour.boot_interval_s * 1000;
    await clock.sleep(beat_ms / 2, signal);
    const silent_ms = clock.now_ms() - (point.lastHeard_ms ?? 0);
    if (isAborted(signal)) break;
    if (silent_ms > SILENT_BEATS * beat_ms) {
      logAbout(point, host, { level: "warn", message: "the station is silent", data: { silent_ms } });
      announceOffline(point, host);
      point.connection?.close("silent for three heartbeat intervals");
    } else if (silent_ms >= ASKED_AFTER_BEATS * beat_ms) {
      void point.lane.add(PRIORITY.command, (call) => call("TriggerMessage", { requestedMessage: "Heartbeat" }));
    }
  }
}

/** Asked after an await, when the answer may have changed. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

async function bringUpWithoutBoot(point: Point, host: OcppHost, signal: AbortSignal): Promise<void> {
  if (point.evses.length > 0 && !point.isOnline) announceOnline(point, host);
  // The box did not restart, we did or the line was cut: what was found out holds, and its car is left in peace.
  if (point.isProbed) {
    for (const evse of point.evses) if (!signal.aborted) await evse.limiter.storeFallback(PRIORITY.setup);
    await askForNow(point, async (_name, action, payload) => !signal.aborted && (await ask(point, action, payload)).ok);
    return;
  }
  const asked = commandReply(
    await point.lane.add(PRIORITY.setup, (call) => call("TriggerMessage", { requestedMessage: "BootNotification" }))
      .done,
  );
  if (asked.ok) await host.clock.sleep(BOOT_AFTER_TRIGGER_MS, signal);
  if (!signal.aborted && !point.hasBooted && point.evses.length > 0) setUpAfterBoot(point, host);
}
