import type { DeviceHealth, OcppFacts, WaitingStation } from "../../../contract/index.ts";
import type { Station } from "../../../core/site/index.ts";
import { assert } from "../../../core/units/index.ts";
import { isVersion201 } from "../../links/ocpp-server-address.ts";
import {
  createOcppServer,
  type OcppConnection,
  type OcppServer,
  type OcppServerListener,
} from "../../links/ocpp-server.ts";
import type { RateUnit } from "../../protocol/ocpp/index.ts";
import type { Exchange } from "../exchanges.ts";
import { answerCall } from "./answers.ts";
import { setUpAfterBoot, watchConnection } from "./bring-up.ts";
import { connectorOf, createEvse, type Evse } from "./evse.ts";
import { createFallbackProof, type FallbackProof } from "./fallback-proof.ts";
import { keepFacts, recallFacts, recallFallback } from "./facts.ts";
import { createLimiter } from "./limiter.ts";
import { createObedience } from "./obedience.ts";
import type { OcppHost } from "./ocpp-host.ts";
import { announceAgain, announceOffline, announceOnline, createPoint, logAbout, type Point } from "./point.ts";
import { probeText } from "./probe.ts";
import { speaking201 } from "./speak-201.ts";
import { createStationPort, type OcppStationPort } from "./station-port.ts";

export type { LogEntry, OcppHost } from "./ocpp-host.ts";
export type { OcppStationPort, TriggerableMessage } from "./station-port.ts";

/** Strangers that are remembered; the one silent for longest makes room. */
const STRANGERS_MAX = 100;

export interface OcppDevices {
  /** ws://127.0.0.1:PORT/ocpp */
  readonly url: string;
  /** One per station of the site with an OCPP connection, in their order, with those adopted since. */
  readonly stations: readonly OcppStationPort[];
  /** Boxes that called with an identity no station has. */
  waiting(): WaitingStation[];
  /** Makes a waiting identity (or one that never called) a station of the site; its events follow in a later turn. */
  adopt(station: Station): OcppStationPort;
  health(): DeviceHealth[];
  /** What one station was found to be and to do; `null` when that is not known yet, or it speaks no OCPP. */
  factsOf(stationId: string): OcppFacts | null;
  /** The last messages of the box a station belongs to, oldest first, and those with a problem, kept longer. */
  framesOf(stationId: string): { readonly frames: readonly Exchange[]; readonly errors: readonly Exchange[] };
  /** The port that boxes dial: its certificates, and who could not agree on TLS with us. */
  readonly door: Pick<OcppServer, "showCertificates" | "handshakeFailures">;
  /** Ends the connection of this identity where it did not come by TLS. */
  cutUnencrypted(identity: string): void;
  close(): Promise<void>;
}

/** Starts the OCPP server and drives every box that dials in. Resolves when stations can connect. */
export async function createOcppDevices(options: {
  readonly stations: readonly Station[];
  readonly host: string;
  readonly port: number;
  readonly on: OcppHost;
}): Promise<OcppDevices> {
  const { on: host } = options;
  const points = new Map<string, Point>();
  const stations: OcppStationPort[] = [];
  const add = (station: Station): OcppStationPort => {
    const port = addTo(pointFor(points, connectorOf(station).identity, host), station, host);
    stations.push(port);
    return port;
  };
  for (const station of options.stations) if (station.connection.kind === "ocpp") add(station);

  const listener = listenerFor(host, (identity) => pointFor(points, identity, host));
  const server = await createOcppServer({
    host: options.host,
    port: options.port,
    listener,
    admit: (caller) => host.admit?.(caller) ?? Promise.resolve("welcome"),
    isKnown: (identity) => (points.get(identity)?.evses.length ?? 0) > 0,
  });
  const linkHealth = (): DeviceHealth => ({
    id: "ocpp",
    kind: "link",
    name: "OCPP",
    connection: server.url,
    online: true,
    lastExchange_ms: null,
    exchanges: sum(points, (point) => point.exchanges),
    errors: server.refusals() + sum(points, errorsOf),
    detail: null,
  });

  return {
    url: server.url,
    stations,
    waiting: () => [...points.values()].flatMap(waitingStation),
    adopt(station) {
      const port = add(station);
      // Later, so that the caller knows the port before it hears its events.
      setImmediate(() => {
        welcome(pointFor(points, port.identity, host), host);
      });
      return port;
    },
    health: () => [...[...points.values()].flatMap(healthOf), linkHealth()],
    factsOf(stationId) {
      const point = pointOf(points, stationId);
      const evse = point?.evses.find(({ station }) => station.id === stationId);
      return evse === undefined ? null : (point?.facts.get(evse.connectorId) ?? null);
    },
    framesOf(stationId) {
      const point = pointOf(points, stationId);
      if (point === undefined) return { frames: [], errors: [] };
      const { frames, version } = point;
      return { frames: frames.list(version), errors: frames.errors(version) };
    },
    door: server,
    cutUnencrypted(identity) {
      const connection = points.get(identity)?.connection ?? null;
      if (connection?.isEncrypted === false) connection.close("it has to come by wss");
    },
    async close() {
      for (const point of points.values()) point.setup.abort();
      await server.close();
    },
  };
}

const pointOf = (points: ReadonlyMap<string, Point>, stationId: string): Point | undefined =>
  [...points.values()].find(({ evses }) => evses.some(({ station }) => station.id === stationId));

function pointFor(points: Map<string, Point>, identity: string, host: OcppHost): Point {
  const known = points.get(identity);
  if (known !== undefined) return known;
  const point = createPoint(identity, host.vendorRows);
  points.set(identity, point);
  forgetStrangers(points);
  return point;
}

function addTo(point: Point, station: Station, host: OcppHost): OcppStationPort {
  const { connectorId } = connectorOf(station);
  assert(
    point.evses.every((evse) => evse.connectorId !== connectorId),
    "each connector of a box is one station",
  );
  const { clock } = host;
  const { lane } = point;
  const evse = createEvse(station, {
    limiter: (runningTransaction) =>
      createLimiter({
        station,
        connectorId,
        clock,
        lane,
        log: host.log,
        runningTransaction,
        capabilities: () => point.capabilities,
        behaviour: () => point.behaviour.profile,
        isAlone: () => point.evses.length === 1,
        toldFallback: () => {
          evse.fallback.told();
        },
        lapsed: () => {
          announceAgain(point, host);
        },
      }),
    obedience: () =>
      createObedience({
        clock,
        lane,
        connectorId,
        phaseCount: station.phaseCount,
        scheduleUnit: () => scheduleUnit(point, evse),
        activity: () => activityOf(evse),
        found: () => {
          keepFacts(point, host);
          if (evse.obedience.view().state === "obeys") evse.fallback.obeyed();
        },
        offeredLess: (offered_mA) => {
          const isNews = evse.limiter.replaceAfresh();
          const data = { stationId: station.id, offered_mA };
          const message = "the station offers less than it accepted";
          logAbout(point, host, { level: isNews ? "warn" : "info", message, data });
          // It may only have kept an older setpoint: then it follows when that is cleared.
          if (isNews) void setAfresh(evse);
        },
        disobeyed: (by) => {
          const data = { stationId: station.id, by };
          evse.limiter.replaceAfresh();
          evse.fallback.disobeyed();
          keepFacts(point, host);
          logAbout(point, host, { level: "warn", message: "the station accepts limits but does not follow", data });
          announceAgain(point, host);
        },
      }),
    fallback: () => proofOf(point, host, station, () => evse),
  });
  recallFallback(point, evse, host);
  point.evses = [...point.evses, evse];
  return createStationPort(point, evse, () => {
    keepFacts(point, host);
  });
}

/** Asks for `evse` only when it is there: it is made with its proof. */
function proofOf(point: Point, host: OcppHost, station: Station, evse: () => Evse): FallbackProof {
  return createFallbackProof({
    clock: host.clock,
    lane: point.lane,
    connectorId: connectorOf(station).connectorId,
    phaseCount: station.phaseCount,
    fallback_mA: station.fallback_mA,
    setpoint: () => evse().limiter.setpoint(),
    scheduleUnit: () => scheduleUnit(point, evse()),
    shown: () => {
      keepFacts(point, host);
    },
  });
}

/** Unit in which to ask for the composite schedule; `null`: this box does not answer that truly. */
const scheduleUnit = ({ behaviour }: Point, { limiter }: Evse): RateUnit | null =>
  behaviour.composite_schedule ? (limiter.unit() ?? "A") : null;

function activityOf({ running, status }: Evse): "charging" | "held-by-box" | null {
  if (running === null) return null;
  return status === "Charging" ? "charging" : status === "SuspendedEVSE" ? "held-by-box" : null;
}

async function setAfresh({ limiter, obedience }: Evse): Promise<void> {
  const reply = await limiter.refresh();
  if (reply !== null) await obedience.judge(reply);
}

function listenerFor(host: OcppHost, pointFor: (identity: string) => Point): OcppServerListener {
  return {
    opened(connection) {
      const point = pointFor(connection.identity);
      attach(point, host, connection);
      connection.onHeard(() => {
        point.lastHeard_ms = host.clock.now_ms();
        point.exchanges += 1;
      });
      connection.onMessage((message) => {
        point.frames.note(message, host.clock.now_ms());
      });
    },
    call: (connection, action, payload) => answerCall(pointFor(connection.identity), host, action, payload),
    closed(connection) {
      const point = pointFor(connection.identity);
      if (point.connection !== connection) return;
      point.connection = null;
      point.connected.abort();
      point.setup.abort();
      point.isProbed = false;
      point.errors += countDropped(connection);
      point.lane.detach();
      for (const evse of point.evses) {
        evse.limiter.forget();
        evse.obedience.forget();
      }
      announceOffline(point, host);
    },
    failed(connection, action, error) {
      const point = pointFor(connection.identity);
      point.errors += 1;
      logAbout(point, host, { level: "error", message: "a message could not be handled", data: { action, error } });
    },
  };
}

function attach(point: Point, host: OcppHost, connection: OcppConnection): void {
  const now_ms = host.clock.now_ms();
  point.connection = connection;
  point.connected = new AbortController();
  point.hasBooted = false;
  point.connectedAt_ms = now_ms;
  point.firstSeen_ms ??= now_ms;
  point.lastHeard_ms = now_ms;
  // What ran when our process ended may be stopped by a box that gives its transactions no number.
  for (const evse of point.evses) evse.unended ??= host.unendedTransaction?.(evse.station.id) ?? null;
  point.version = isVersion201(connection.protocol) ? "2.0.1" : "1.6";
  point.lane.attach(point.version === "1.6" ? connection : speaking201(point, connection, host.clock));
  logAbout(point, host, {
    level: "info",
    message: point.evses.length > 0 ? "a station connected" : "an unknown station connected and waits to be adopted",
  });
  recallFacts(point, host);
  follow(point, host);
}

function follow(point: Point, host: OcppHost): void {
  if (point.evses.length === 0) return;
  const { signal } = point.connected;
  void watchConnection(point, host, signal);
  for (const evse of point.evses) void evse.limiter.keep(signal);
}

/** Brings up a station that was a stranger until now and may have been refused before. */
function welcome(point: Point, host: OcppHost): void {
  if (point.connection === null) return;
  // Everything that follows the connection begins anew, with the new station in it.
  point.connected.abort();
  point.connected = new AbortController();
  follow(point, host);
  setUpAfterBoot(point, host);
  announceOnline(point, host);
  void point.lane.add(0, (call) => call("TriggerMessage", { requestedMessage: "BootNotification" }));
}

function forgetStrangers(points: Map<string, Point>): void {
  const strangers = [...points.values()].filter((point) => point.evses.length === 0 && point.firstSeen_ms !== null);
  if (strangers.length < STRANGERS_MAX) return;
  const gone = strangers.filter((point) => point.connection === null);
  const oldest = gone.reduce<Point | undefined>(
    (a, b) => (a && (a.lastHeard_ms ?? 0) <= (b.lastHeard_ms ?? 0) ? a : b),
    undefined,
  );
  if (oldest !== undefined) points.delete(oldest.identity);
}

const waitingStation = (point: Point): WaitingStation[] =>
  point.evses.length > 0 || point.firstSeen_ms === null
    ? []
    : [
        {
          identity: point.identity,
          firstSeen_ms: point.firstSeen_ms,
          lastSeen_ms: point.lastHeard_ms ?? point.firstSeen_ms,
          connected: point.connection !== null,
          vendor: point.identification.vendor,
          model: point.identification.model,
        },
      ];

const countDropped = (connection: OcppConnection): number =>
  [...connection.dropped().values()].reduce((a, b) => a + b, 0);
const errorsOf = (point: Point): number =>
  point.errors + (point.connection === null ? 0 : countDropped(point.connection));
const sum = (points: ReadonlyMap<string, Point>, count: (point: Point) => number): number =>
  [...points.values()].reduce((total, point) => total + count(point), 0);

function healthOf(point: Point): DeviceHealth[] {
  const dropped = [...(point.connection?.dropped() ?? [])].map(([reason, count]) => `${reason} ×${String(count)}`);
  return point.evses.map((evse) => {
    const words = [...probeText(point, evse), ...(dropped.length === 0 ? [] : [`dropped: ${dropped.join(", ")}`])];
    return {
      id: evse.station.id,
      kind: "station",
      name: evse.station.name,
      connection: `OCPP ${point.identity} #${String(evse.connectorId)}`,
      online: point.isOnline,
      lastExchange_ms: point.lastHeard_ms,
      exchanges: point.exchanges,
      errors: errorsOf(point),
      detail: words.length === 0 ? null : words.join("; "),
    };
  });
}
