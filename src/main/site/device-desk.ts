import { networkInterfaces } from "node:os";
import type {
  DeviceDetail,
  DeviceHealth,
  DeviceHint,
  DeviceKey,
  DeviceRaw,
  DeviceSummary,
  ExchangeView,
  WireCounters,
} from "../../contract/index.ts";
import type { Link } from "../../core/site/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import type { ShownValue } from "../devices/device-record.ts";
import type { Exchange } from "../devices/exchanges.ts";
import { failuresOf } from "../links/bus.ts";
import { METER_AGE_MS_FALLBACK } from "./circuit-view.ts";
import type { HintedDevice } from "./device-alarms.ts";
import { reachableUrl } from "./reachable-url.ts";
import { readingValues } from "./reading-values.ts";
import type { RunningEngine } from "./running-engine.ts";
import type { SiteState, StationState } from "./state.ts";
import type { WireHealth } from "./wired-devices.ts";

/** How the site's devices are doing, for the person who looks for a fault. */
export interface DeviceDesk {
  list(): DeviceSummary[];
  /** `null`: there is no such device. */
  get(key: DeviceKey): DeviceDetail | null;
  raw(key: DeviceKey): DeviceRaw | null;
}

type Bus = WireHealth["modbus"]["buses"][number];
type WiredDevice = WireHealth["modbus"]["devices"][number] | WireHealth["network"][number];
/** What stands behind one summary, for the detail. */
type Source = { readonly wires: WireHealth; readonly ocpp: readonly DeviceHealth[]; readonly now_ms: EpochMs };
type Place = { readonly linkId: string; readonly unitId: number; readonly profileId: string };

/** Everything is read afresh at each call; nothing is kept. */
export function deviceDesk(running: Pick<RunningEngine, "devices" | "site" | "options" | "model">): DeviceDesk {
  const { devices, site, options } = running;
  const source = (): Source => ({
    wires: devices.wireHealth(),
    ocpp: devices.ocpp.health(),
    now_ms: options.clock.now_ms(),
  });
  const list = (from: Source): DeviceSummary[] => [
    ...[...site.stations.values()].map((state) => stationSummary(running, from, state)),
    ...site.model.meters.map((meter) => {
      const reading = site.meters.get(meter.id)?.reading ?? null;
      const isFresh = reading !== null && from.now_ms - reading.measured_at_ms <= METER_AGE_MS_FALLBACK;
      const what = { kind: "meter", id: meter.id, name: meter.name } as const;
      return wiredSummary(running, from, meter, what, { online: isFresh, at_ms: reading?.measured_at_ms ?? null });
    }),
    ...running.model().links.map((link) => linkSummary(running, from, link)),
    ...from.ocpp.filter(({ kind }) => kind === "link").map(ocppSummary),
  ];
  const find = (from: Source, { kind, id }: DeviceKey): DeviceSummary | null =>
    list(from).find((one) => one.kind === kind && one.id === id) ?? null;
  return {
    list: () => list(source()),
    get(key) {
      const from = source();
      const summary = find(from, key);
      return summary === null ? null : detailOf(running, from, summary);
    },
    raw(key) {
      const from = source();
      const summary = find(from, key);
      return summary === null ? null : rawOf(running, summary, from.now_ms);
    },
  };
}

/** Only what has a hint, for who looks every few seconds: nothing of the rest is put together. */
export function hintedDevices({
  devices,
  site,
  model,
}: Pick<RunningEngine, "devices" | "site" | "model">): HintedDevice[] {
  const { links } = model();
  const { modbus, network } = devices.wireHealth();
  const placeAt = (linkId: string): string => {
    const link = links.find(({ id }) => id === linkId);
    return link === undefined ? linkId : placeOf(link);
  };
  const deaf = [...modbus.devices, ...network].flatMap((device): HintedDevice[] => {
    const hints = hintsOfDevice(device);
    if (hints.length === 0) return [];
    const linkId = "linkId" in device ? device.linkId : linkOf(site, device);
    return [{ kind: device.kind, id: device.id, place: placeAt(linkId), hints }];
  });
  const onLines = modbus.buses.flatMap((bus) => {
    if (bus.hints.length === 0) return [];
    const place = placeAt(bus.linkId);
    const hints = hintsOf(bus);
    const units = [
      ...[...site.stations.values()].flatMap(({ station: { id, connection } }) =>
        connection.kind === "profile"
          ? [{ kind: "station" as const, id, linkId: connection.linkId, unitId: connection.unitId }]
          : [],
      ),
      ...site.model.meters.map(({ id, linkId, unitId }) => ({ kind: "meter" as const, id, linkId, unitId })),
    ].filter(({ linkId }) => linkId === bus.linkId);
    return [
      ...units.map(({ kind, id, unitId }) => ({ kind, id, place, hints: hintsOfUnit(hints, unitId) })),
      { kind: "link" as const, id: bus.linkId, place, hints },
    ];
  });
  return [...deaf, ...onLines];
}

function linkOf(site: SiteState, { kind, id }: WiredDevice): string {
  const connection = kind === "station" ? site.stations.get(id)?.station.connection : undefined;
  if (connection?.kind === "profile") return connection.linkId;
  return site.model.meters.find((meter) => meter.id === id)?.linkId ?? "";
}

const NO_TROUBLE: Pick<WireHealth["network"][number], "trouble" | "several"> = {};

/** What a device itself points to, besides its line. */
function hintsOfDevice(device: WiredDevice | undefined): DeviceHint[] {
  const { trouble, several } = device !== undefined && "linkId" in device ? device : NO_TROUBLE;
  return [
    ...(trouble === undefined ? [] : [{ ...trouble }]),
    ...(several === undefined
      ? []
      : [{ code: "several-meters" as const, serials: [...several.serials], taken: several.taken }]),
    ...(device?.untaken === undefined ? [] : [{ code: "life-signs-untaken" as const, ...device.untaken }]),
  ];
}

/** Of a line's hints those that are not about another unit. */
const hintsOfUnit = (hints: readonly DeviceHint[], unitId: number): DeviceHint[] =>
  hints.filter((hint) => !("unitId" in hint) || hint.unitId === unitId);

type Running = Parameters<typeof deviceDesk>[0];

function stationSummary(running: Running, from: Source, state: StationState): DeviceSummary {
  const { station, online, heard_at_ms } = state;
  const { connection } = station;
  if (connection.kind === "profile") {
    const what = { kind: "station", id: station.id, name: station.name } as const;
    const summary = wiredSummary(running, from, connection, what, { online, at_ms: heard_at_ms });
    return { ...summary, problem: summary.problem ?? state.lastFailure };
  }
  const health = from.ocpp.find((one) => one.kind === "station" && one.id === station.id);
  return ocppSummary({
    ...(health ?? { exchanges: 0, errors: 0, detail: null }),
    id: station.id,
    kind: "station",
    name: station.name,
    connection: `${connection.identity} #${String(connection.connectorId)}`,
    online,
    lastExchange_ms: health?.lastExchange_ms ?? heard_at_ms,
  });
}

const ocppSummary = (health: DeviceHealth): DeviceSummary => ({
  kind: health.kind,
  id: health.id,
  name: health.name,
  profileId: null,
  linkId: health.kind === "link" ? null : "ocpp",
  place: health.kind === "link" ? reachableUrl(health.connection, networkInterfaces()) : health.connection,
  unitId: null,
  state: health.online ? "online" : "offline",
  lastExchange_ms: health.lastExchange_ms,
  exchanges: health.exchanges,
  errors: health.errors,
  recentErrors_permille: permille(health.errors, health.exchanges),
  hints: [],
  // What a station was found to be is no problem; it stands among its facts.
  problem: health.kind === "link" ? health.detail : null,
});

function wiredSummary(
  running: Running,
  { wires }: Source,
  { linkId, unitId, profileId }: Place,
  what: DeviceKey & { readonly name: string },
  seen: { readonly online: boolean; readonly at_ms: number | null },
): DeviceSummary {
  const network = wires.network.find((one) => one.id === what.id && one.kind === what.kind);
  const modbus = wires.modbus.devices.find((one) => one.id === what.id && one.kind === what.kind);
  const link = running.model().links.find(({ id }) => id === linkId);
  const bus = wires.modbus.buses.find((one) => one.linkId === linkId);
  const unit = bus?.units.get(unitId);
  const recent = running.devices.recordOf(what.id)?.recent() ?? { exchanges: 0, errors: 0 };
  const state = (network ?? modbus)?.state ?? "offline";
  return {
    ...what,
    profileId,
    linkId,
    place: link === undefined ? linkId : placeOf(link),
    unitId: modbus === undefined ? null : unitId,
    // A device that answers but shows nothing fresh is no use to the site.
    state: state === "online" && !seen.online ? "degraded" : state,
    lastExchange_ms: seen.at_ms,
    exchanges: network?.exchanges ?? unit?.frames ?? 0,
    errors: network?.errors ?? (unit === undefined ? 0 : failuresOf(unit)),
    recentErrors_permille: permille(recent.errors, recent.exchanges),
    hints: [...hintsOfDevice(network ?? modbus), ...(bus === undefined ? [] : hintsOfUnit(hintsOf(bus), unitId))],
    problem: (network ?? modbus)?.problem ?? null,
  };
}

function linkSummary(running: Running, { wires }: Source, link: Link): DeviceSummary {
  const bus = wires.modbus.buses.find((one) => one.linkId === link.id);
  const others = wires.network.filter((one) => one.linkId === link.id);
  const exchanges = bus?.total.frames ?? others.reduce((sum, one) => sum + one.exchanges, 0);
  const errors = bus === undefined ? others.reduce((sum, one) => sum + one.errors, 0) : failuresOf(bus.total);
  const isUp = bus === undefined ? others.some((one) => one.state !== "offline") : bus.state.kind === "up";
  const heard = [...running.site.stations.values()].flatMap(({ station, heard_at_ms }) =>
    station.connection.kind === "profile" && station.connection.linkId === link.id ? [heard_at_ms ?? 0] : [],
  );
  const metered = running.site.model.meters.flatMap(({ id, linkId }) =>
    linkId === link.id ? [running.site.meters.get(id)?.reading?.measured_at_ms ?? 0] : [],
  );
  const last_ms = Math.max(0, ...heard, ...metered);
  return {
    kind: "link",
    id: link.id,
    name: link.id,
    profileId: null,
    linkId: link.id,
    place: placeOf(link),
    unitId: null,
    state: isUp ? "online" : "offline",
    lastExchange_ms: last_ms === 0 ? null : last_ms,
    exchanges,
    errors,
    recentErrors_permille: permille(errors, exchanges),
    hints: bus === undefined ? [] : hintsOf(bus),
    problem: bus?.state.kind === "down" ? bus.state.detail : null,
  };
}

const permille = (errors: number, exchanges: number): number | null =>
  exchanges < 1 ? null : Math.min(1000, Math.round((1000 * errors) / exchanges));

/** The hints of a line as the contract has them; both have the same codes and numbers. */
export const hintsOf = ({ hints }: Pick<Bus, "hints">): DeviceHint[] =>
  hints.map((hint) => ("unitIds" in hint ? { ...hint, unitIds: [...hint.unitIds] } : { ...hint }));

function placeOf(link: Link): string {
  switch (link.kind) {
    case "serial":
      return `${link.path}, ${String(link.baud)} Bd ${String(link.dataBits)}${link.parity.slice(0, 1).toUpperCase()}${String(link.stopBits)}`;
    case "udp-multicast":
      return `${link.group}:${String(link.port)}`;
    default:
      return `${link.host}:${String(link.port)}`;
  }
}

function detailOf(running: Running, { wires }: Source, summary: DeviceSummary): DeviceDetail {
  const { kind, id, linkId, unitId } = summary;
  const state = kind === "station" ? running.site.stations.get(id) : undefined;
  const failSafe = state?.port?.failSafe?.();
  const modbus = wires.modbus.devices.find((one) => one.id === id && one.kind === kind);
  const network = wires.network.find((one) => one.id === id && one.kind === kind);
  const bus = wires.modbus.buses.find((one) => one.linkId === linkId);
  const counters = kind === "link" ? bus?.total : unitId === null ? undefined : bus?.units.get(unitId);
  const shown = kind === "meter" ? (running.devices.recordOf(id)?.values() ?? []) : [];
  const text = (what: string): string | null => {
    const value = shown.find((one) => one.what === what)?.value ?? null;
    return value === null ? null : String(value);
  };
  return {
    ...summary,
    vendor: state?.vendor ?? null,
    model: state?.model ?? text("model"),
    serial: state?.serial ?? text("serial"),
    firmware: state?.firmware ?? text("firmware"),
    failSafe:
      failSafe === undefined
        ? null
        : { kind: failSafe.kind, current_mA: whole(failSafe.current_mA), timeout_ms: whole(failSafe.timeout_ms) },
    counters: counters === undefined ? null : countersOf(counters),
    quarantined: (modbus ?? network)?.quarantined ?? null,
    missing: [...(modbus?.missing ?? [])],
    unsure: [...((network ?? modbus)?.unsure ?? [])],
    ocpp: kind === "station" ? running.devices.ocpp.factsOf(id) : null,
  };
}

const whole = (value: number | null): number | null => (value === null ? null : Math.max(0, Math.round(value)));

const countersOf = (counted: WireCounters): WireCounters => ({
  frames: counted.frames,
  replies: counted.replies,
  crcErrors: counted.crcErrors,
  timeouts: counted.timeouts,
  foreign: counted.foreign,
  staleBytes: counted.staleBytes,
  exceptions: counted.exceptions,
  retries: counted.retries,
  wrongUnit: counted.wrongUnit,
  echoes: counted.echoes,
  latency_ms_max: counted.latency_ms_max,
  latency_ms_p99: counted.latency_ms_p99,
});

function rawOf(running: Running, { kind, id, linkId }: DeviceSummary, now_ms: EpochMs): DeviceRaw {
  if (kind === "link") return rawOfLink(running, id);
  const record = running.devices.recordOf(id);
  if (record !== null)
    return {
      exchanges: newestFirst(record.exchanges()),
      errors: newestFirst(record.errors()),
      values: record.values().map((value) => valueView(value, now_ms)),
    };
  const state = kind === "station" ? running.site.stations.get(id) : undefined;
  if (state === undefined || linkId !== "ocpp") return { exchanges: [], errors: [], values: [] };
  const { frames, errors } = running.devices.ocpp.framesOf(id);
  return {
    exchanges: newestFirst(frames),
    errors: newestFirst(errors),
    values: readingValues(state.reading, state.readAt_ms).map((value) => valueView(value, now_ms)),
  };
}

/** Of a whole line: what was said with all that hang on it, in order. */
const LINE_EXCHANGES_max = 200;
function rawOfLink(running: Running, linkId: string): DeviceRaw {
  const { stations, meters } = running.site.model;
  const ids = [
    ...stations.flatMap(({ id, connection }) =>
      connection.kind === "profile" && connection.linkId === linkId ? [id] : [],
    ),
    ...meters.flatMap((meter) => (meter.linkId === linkId ? [meter.id] : [])),
  ];
  const merged = (of: "exchanges" | "errors"): ExchangeView[] => {
    const all = ids.flatMap((id) => running.devices.recordOf(id)?.[of]() ?? []);
    return newestFirst([...all].sort((a, b) => a.at_ms - b.at_ms)).slice(0, LINE_EXCHANGES_max);
  };
  return { exchanges: merged("exchanges"), errors: merged("errors"), values: [] };
}

const newestFirst = (exchanges: readonly Exchange[]): ExchangeView[] => exchanges.toReversed().map(exchangeView);

const exchangeView = ({ problem, code, decoded, ...rest }: Exchange): ExchangeView => ({
  ...rest,
  decoded: decoded.map(({ name, value }) => ({ name, value })),
  problem: problem === null ? null : { code: code ?? "said", detail: problem },
  took_ms: whole(rest.took_ms),
});

const valueView = ({ what, value, unit, raw, at_ms }: ShownValue, now_ms: EpochMs): DeviceRaw["values"][number] => ({
  name: what,
  value,
  unit,
  raw,
  age_ms: Math.max(0, now_ms - at_ms),
});
