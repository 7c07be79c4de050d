import { epochMs, type EpochMs } from "../../../core/units/index.ts";
import type { OcppConnection } from "../../links/ocpp-server.ts";
import type { OcppFacts } from "../../../contract/index.ts";
import type { Configuration, ReportedVariable } from "../../protocol/ocpp/index.ts";
import { createFrameLog, type FrameLog } from "./frames.ts";
import { createCallLane, type CallLane } from "./call-lane.ts";
import type { Evse } from "./evse.ts";
import type { HeardTransaction } from "./heard-transaction.ts";
import type { LogEntry, OcppHost, OcppVersion } from "./ocpp-host.ts";
import { behaviourFor, NO_ROWS, type Identification, type VendorBehaviour, type VendorRows } from "./vendor-rows.ts";
import type { Capabilities } from "./limiter.ts";

const NOBODY: Identification = { vendor: null, model: null, serial: null, firmware: null };

/** One identity that has called or may call: a box with one or more connectors, or a stranger with none of ours. */
export type Point = {
  readonly identity: string;
  readonly lane: CallLane;
  evses: readonly Evse[];
  connection: OcppConnection | null;
  /** Ends with the connection, or with the next BootNotification for what follows from a boot. */
  connected: AbortController;
  setup: AbortController;
  isOnline: boolean;
  hasBooted: boolean;
  identification: Identification;
  /** Treated so, by what it said of itself. */
  behaviour: VendorBehaviour;
  /** OCPP the connection speaks. */
  version: OcppVersion;
  /** OCPP 2.0.1: transactions by their own name, oldest first. */
  readonly transactions: Map<string, HeardTransaction>;
  /** OCPP 2.0.1: what the last reports said, by `Component.Variable`. */
  readonly variables: Map<string, string>;
  /** OCPP 2.0.1: all that the last reports said of each variable, by its full path. */
  readonly inventory: Map<string, ReportedVariable>;
  reported_at_ms: EpochMs | null;
  /** OCPP 1.6: ways to send and fetch files, in the words of the box; `null`: it has not been asked, or does not say. */
  fileWays: string | null;
  /** Numbers given to our requests. */
  requests: number;
  capabilities: Capabilities;
  hasLearned: boolean;
  /** Its set-up has ended since it booted, or what was known before holds. */
  isProbed: boolean;
  /** What the box said of its configuration, by the names of its version. */
  configuration: Configuration;
  /** What it refused of its set-up. */
  refusedSteps: readonly string[];
  /** What has been kept of its EVSEs, by connector. */
  readonly facts: Map<number, OcppFacts>;
  readonly frames: FrameLog;
  firstSeen_ms: EpochMs | null;
  /** When the connection there is, or was, began. */
  connectedAt_ms: EpochMs;
  lastHeard_ms: EpochMs | null;
  /** When a message of a transaction last came that the box had kept in its queue. */
  lastQueued_ms: EpochMs | null;
  exchanges: number;
  errors: number;
  /** Deviations from the schema that have been logged. */
  readonly deviations: Set<string>;
};

export function createPoint(identity: string, rows: VendorRows = NO_ROWS): Point {
  return {
    identity,
    lane: createCallLane(),
    evses: [],
    connection: null,
    connected: new AbortController(),
    setup: new AbortController(),
    isOnline: false,
    hasBooted: false,
    identification: NOBODY,
    behaviour: behaviourFor(rows, NOBODY),
    version: "1.6",
    transactions: new Map(),
    variables: new Map(),
    inventory: new Map(),
    reported_at_ms: null,
    fileWays: null,
    requests: 0,
    capabilities: { unit: null, stackLevelMax: null, canSwitchPhases: null, plugAndChargeToken: null },
    hasLearned: false,
    isProbed: false,
    configuration: new Map(),
    refusedSteps: [],
    facts: new Map(),
    frames: createFrameLog(),
    firstSeen_ms: null,
    connectedAt_ms: epochMs(0),
    lastHeard_ms: null,
    lastQueued_ms: null,
    exchanges: 0,
    errors: 0,
    deviations: new Set(),
  };
}

/** Tells the site that the stations behind this identity can be talked to. */
export function announceOnline(point: Point, host: OcppHost): void {
  point.isOnline = true;
  const at_ms = host.clock.now_ms();
  for (const { station } of point.evses)
    host.emit({ kind: "online", stationId: station.id, at_ms, ...point.identification });
}

/** Tells the site, once, that the stations behind this identity are silent. */
export function announceOffline(point: Point, host: OcppHost): void {
  if (!point.isOnline) return;
  point.isOnline = false;
  const at_ms = host.clock.now_ms();
  for (const { station } of point.evses) host.emit({ kind: "offline", stationId: station.id, at_ms });
}

/** Has the site take everything it knows of these boxes as uncertain and set it anew. */
export function announceAgain(point: Point, host: OcppHost): void {
  if (!point.isOnline) return;
  announceOffline(point, host);
  announceOnline(point, host);
}

export function logAbout(point: Point, host: OcppHost, entry: LogEntry): void {
  host.log({ ...entry, data: { identity: point.identity, ...entry.data } });
}
