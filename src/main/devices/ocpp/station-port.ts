import {
  decodeConfiguration,
  type Configuration,
  type JsonObject,
  type ReportedVariable,
} from "../../protocol/ocpp/index.ts";
import type { CommandFailure, CommandReply, StationPort } from "../ports.ts";
import { baseReport } from "./bring-up.ts";
import { PRIORITY } from "./call-lane.ts";
import type { Evse } from "./evse.ts";
import type { OcppVersion } from "./ocpp-host.ts";
import { createOperations, type OcppOperations } from "./operations.ts";
import type { Point } from "./point.ts";
import { probeResult, type ProbeResult } from "./probe.ts";
import { commandReply, failure } from "./replies.ts";

/** OCPP 1.6, 7.28: CiString20. */
const ID_TAG_CHARS_MAX = 20;

/** A station that speaks OCPP 1.6: the port of every station, and what only OCPP has. */
export interface OcppStationPort extends StationPort {
  readonly identity: string;
  readonly connectorId: number;
  /** What this box was found to be able to do and to do. */
  probe(): ProbeResult;
  /** Takes all our profiles from this connector, then puts the fallback back. The next `setLimit` starts afresh. */
  clearChargingProfile(): Promise<CommandReply>;
  changeConfiguration(key: string, value: string): Promise<CommandReply>;
  /**
   * Gives the box a new password (OCPP 1.6 security whitepaper, AuthorizationKey; 2.0.1 A01). It dials in anew with it.
   */
  changePassword(password: string): Promise<CommandReply>;
  /** Keys and values; all of them when `keys` is empty. */
  getConfiguration(
    keys: readonly string[],
  ): Promise<{ readonly ok: true; readonly configuration: Configuration } | CommandFailure>;
  triggerMessage(requestedMessage: TriggerableMessage): Promise<CommandReply>;
  readonly operations: OcppOperations;
  /** OCPP 2.0.1: asks for everything the box is and can do; it comes in reports, for which see `variables`. */
  requestReport(): Promise<CommandReply>;
  /** OCPP 2.0.1: values by `Component.Variable`, as far as they have been reported. */
  readonly variables: ReadonlyMap<string, string>;
  /** All that is known of its box beyond charging without asking it. */
  about(): BoxNow;
}

export type BoxNow = {
  readonly version: OcppVersion;
  readonly connected: boolean;
  readonly firmware: string | null;
  /** Stations of the box at which a transaction is running. */
  readonly runningIds: readonly string[];
  /** OCPP 1.6: ways to send and fetch files, once its settings have been read. */
  readonly fileWays: string | null;
  /** OCPP 2.0.1: every variable it reported, by its full path, and when the last report came. */
  readonly inventory: ReadonlyMap<string, ReportedVariable>;
  readonly reported_at_ms: number | null;
};

const boxNow = (point: Point): BoxNow => ({
  version: point.version,
  connected: point.connection !== null,
  firmware: point.identification.firmware,
  runningIds: point.evses.filter(({ running }) => running !== null).map(({ station }) => station.id),
  fileWays: point.fileWays,
  inventory: point.inventory,
  reported_at_ms: point.reported_at_ms,
});

export type TriggerableMessage =
  | "BootNotification"
  | "DiagnosticsStatusNotification"
  | "FirmwareStatusNotification"
  | "Heartbeat"
  | "MeterValues"
  | "StatusNotification";

/** `keep` is called when something may have been found out about the box. */
export function createStationPort(point: Point, evse: Evse, keep: () => void): OcppStationPort {
  const { station, connectorId, limiter, obedience } = evse;
  const command = async (action: string, payload: JsonObject, fine?: readonly string[]): Promise<CommandReply> =>
    commandReply(await point.lane.add(PRIORITY.command, (call) => call(action, payload)).done, fine);

  return {
    stationId: station.id,
    reportsTransactions: true,
    identity: point.identity,
    connectorId,
    async setLimit(current_mA) {
      obedience.changing(current_mA);
      const reply = await limiter.set(current_mA);
      keep();
      return obedience.judge(reply);
    },
    failSafe: () => evse.fallback.failSafe(),
    probe: () => probeResult(point, evse),
    start: (idToken) =>
      idToken === "" || idToken.length > ID_TAG_CHARS_MAX
        ? Promise.resolve(failure("invalid", "a card number for OCPP has 1 to 20 characters"))
        : command("RemoteStartTransaction", { connectorId, idTag: idToken }),
    stop: () => {
      const transactionId = evse.unended;
      return transactionId === null
        ? Promise.resolve({ ...failure("rejected", "no transaction is running"), retry: false })
        : command("RemoteStopTransaction", { transactionId });
    },
    unlock: () => command("UnlockConnector", { connectorId }, ["Unlocked"]),
    reset: (kind) => command("Reset", { type: kind }),
    async clearChargingProfile() {
      const reply = await command("ClearChargingProfile", { connectorId });
      limiter.forget();
      evse.fallback.forget();
      await limiter.storeFallback(PRIORITY.command);
      keep();
      return reply;
    },
    operations: createOperations(point, evse),
    requestReport: () => command("GetBaseReport", baseReport(point)),
    variables: point.variables,
    about: () => boxNow(point),
    changeConfiguration: (key, value) => command("ChangeConfiguration", { key, value }, ["Accepted", "RebootRequired"]),
    async changePassword(password) {
      const change = (value: string): Promise<CommandReply> =>
        command("ChangeConfiguration", { key: "AuthorizationKey", value }, ["Accepted", "RebootRequired"]);
      const reply = await change(password);
      // OCPP-J 1.6, 6.2 wants it in hexadecimal digits, the whitepaper as it is; boxes take one or the other.
      if (reply.ok || reply.code !== "rejected" || point.version !== "1.6") return reply;
      return change(Buffer.from(password).toString("hex"));
    },
    async getConfiguration(keys) {
      const payload = keys.length === 0 ? {} : { key: [...keys] };
      const reply = await point.lane.add(PRIORITY.command, (call) => call("GetConfiguration", payload)).done;
      return reply.ok
        ? { ok: true, configuration: decodeConfiguration(reply.payload) }
        : failure(reply.code, reply.detail);
    },
    triggerMessage: (requestedMessage) =>
      command(
        "TriggerMessage",
        requestedMessage === "StatusNotification" || requestedMessage === "MeterValues"
          ? { requestedMessage, connectorId }
          : { requestedMessage },
      ),
  };
}
