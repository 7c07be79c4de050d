import { decodeConfiguration, rateUnitOf, stackLevelMaxOf, type JsonObject } from "../../protocol/ocpp/index.ts";
import type { CommandReply } from "../ports.ts";
import { PRIORITY, type Call } from "./call-lane.ts";
import type { OcppHost } from "./ocpp-host.ts";
import { announceOffline, announceOnline, logAbout, type Point } from "./point.ts";
import { commandReply } from "./replies.ts";

export const HEARTBEAT_INTERVAL_S = 60;
/** A stranger asks again this often whether it is welcome now. */
export const PENDING_INTERVAL_S = 60;
/** Times of the site's clock. */
const HEARTBEAT_INTERVAL_MS = HEARTBEAT_INTERVAL_S * 1000;
const SILENT_MS = 3 * HEARTBEAT_INTERVAL_MS;
const PROBE_AFTER_MS = 2 * HEARTBEAT_INTERVAL_MS;
const BOOT_WAIT_MS = 5000;
const BOOT_AFTER_TRIGGER_MS = 10_000;
const SAMPLE_INTERVAL_S = 10;
const PING_INTERVAL_S = 30;

const KEYS = [
  "ChargeProfileMaxStackLevel",
  "ChargingScheduleAllowedChargingRateUnit",
  "ConnectorSwitch3to1PhaseSupported",
  "MaxChargingProfilesInstalled",
  "MeterValuesSampledData",
  "MeterValuesSampledDataMaxLength",
  "NumberOfConnectors",
  "SupportedFeatureProfiles",
];
/** From all we want to what every meter has: a box that refuses one list may take the next. */
const MEASURANDS = [
  "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,Current.Offered",
  "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage",
  "Energy.Active.Import.Register,Power.Active.Import",
  "Energy.Active.Import.Register",
];

/** Begins the set-up sequence anew; each step is tolerated when the box refuses it. */
export function setUpAfterBoot(point: Point, host: OcppHost): void {
  point.setup.abort();
  point.setup = new AbortController();
  const { signal } = point.setup;
  void setUp(point, host, signal).then((refused) => {
    if (signal.aborted) return;
    const level = refused.length === 0 ? "info" : "warn";
    logAbout(point, host, { level, message: "the station is set up", data: { refused, ...point.capabilities } });
  });
}

/** Returns the steps the box refused. */
async function setUp(point: Point, host: OcppHost, signal: AbortSignal): Promise<readonly string[]> {
  const refused: string[] = [];
  const step = async (
    name: string,
    action: string,
    payload: JsonObject,
    fine?: readonly string[],
  ): Promise<boolean> => {
    if (signal.aborted) return false;
    const reply = await ask(point, action, payload, fine);
    if (!reply.ok) refused.push(`${name}: ${reply.detail}`);
    return reply.ok;
  };
  // Until it is known in which unit a box takes limits, asking goes before everything else.
  await point.lane.add(point.hasLearned ? PRIORITY.setup : PRIORITY.learn, (call) => learn(point, call)).done;
  for (const evse of point.evses) if (!signal.aborted) await evse.limiter.storeFallback(PRIORITY.setup);
  const operative = ["Accepted", "Scheduled"];
  if (!(await step("ChangeAvailability", "ChangeAvailability", { connectorId: 0, type: "Operative" }, operative))) {
    for (const { connectorId } of point.evses) {
      await step("ChangeAvailability", "ChangeAvailability", { connectorId, type: "Operative" }, operative);
    }
  }
  const configure = (key: string, value: string): Promise<boolean> =>
    step(key, "ChangeConfiguration", { key, value }, ["Accepted", "RebootRequired"]);
  for (const measurands of MEASURANDS) if (await configure("MeterValuesSampledData", measurands)) break;
  await configure("MeterValueSampleInterval", String(SAMPLE_INTERVAL_S));
  await configure("WebSocketPingInterval", String(PING_INTERVAL_S));
  await configure("HeartbeatInterval", String(HEARTBEAT_INTERVAL_S));
  for (const { connectorId } of point.evses) {
    await step("TriggerMessage", "TriggerMessage", { requestedMessage: "StatusNotification", connectorId });
    await step("TriggerMessage", "TriggerMessage", { requestedMessage: "MeterValues", connectorId });
  }
  return refused;
}

const ask = async (
  point: Point,
  action: string,
  payload: JsonObject,
  fine?: readonly string[],
): Promise<CommandReply> =>
  commandReply(await point.lane.add(PRIORITY.setup, (call) => call(action, payload)).done, fine);

async function learn(point: Point, call: Call): Promise<void> {
  const reply = await call("GetConfiguration", { key: KEYS });
  if (!reply.ok) return;
  const configuration = decodeConfiguration(reply.payload);
  point.capabilities = { unit: rateUnitOf(configuration), stackLevelMax: stackLevelMaxOf(configuration) };
  point.hasLearned = true;
}

/**
 * Follows a connection of a known station until `signal` aborts: brings up a box that does not send BootNotification
 * by itself, asks a silent one for a sign of life, and declares it offline when none comes.
 */
export async function watchConnection(point: Point, host: OcppHost, signal: AbortSignal): Promise<void> {
  const { clock } = host;
  await clock.sleep(BOOT_WAIT_MS, signal);
  if (!signal.aborted && !point.hasBooted) await bringUpWithoutBoot(point, host, signal);
  while (!signal.aborted) {
    await clock.sleep(HEARTBEAT_INTERVAL_MS / 2, signal);
    const silent_ms = clock.now_ms() - (point.lastHeard_ms ?? 0);
    if (isAborted(signal)) break;
    if (silent_ms > SILENT_MS) {
      logAbout(point, host, { level: "warn", message: "the station is silent", data: { silent_ms } });
      announceOffline(point, host);
      point.connection?.close("silent for three heartbeat intervals");
    } else if (silent_ms >= PROBE_AFTER_MS) {
      void point.lane.add(PRIORITY.command, (call) => call("TriggerMessage", { requestedMessage: "Heartbeat" }));
    }
  }
}

/** Asked after an await, when the answer may have changed. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

async function bringUpWithoutBoot(point: Point, host: OcppHost, signal: AbortSignal): Promise<void> {
  if (point.evses.length > 0 && !point.isOnline) announceOnline(point, host);
  const asked = commandReply(
    await point.lane.add(PRIORITY.setup, (call) => call("TriggerMessage", { requestedMessage: "BootNotification" }))
      .done,
  );
  if (asked.ok) await host.clock.sleep(BOOT_AFTER_TRIGGER_MS, signal);
  if (!signal.aborted && !point.hasBooted && point.evses.length > 0) setUpAfterBoot(point, host);
}
