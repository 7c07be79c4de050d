import { createHash } from "node:crypto";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { DeviceSettings, SaveDevice, ShownSettings, SiteProblem, TriedDevice } from "../../contract/index.ts";
import { milliamp } from "../../core/units/index.ts";
import type { Clock } from "../devices/ports.ts";
import { loadAnyProfile } from "../devices/profile/index.ts";
import { readDevice } from "../finding/read-device.ts";
import { listSerialPorts } from "../links/serial-ports.ts";
import type { OpenedFolder, StoredSite } from "../storage/types.ts";
import { createClock } from "./clock.ts";
import { linkOf, settingsOf, unwatchedWithout, usedLinks, withDevice, withoutDevice } from "./device-entries.ts";
import { isSameWire } from "./device-wires.ts";
import { knownProfiles } from "./known-profiles.ts";
import { realPath } from "./scan-devices.ts";

/** Why a device cannot be changed now. */
export type ChangeConflict = "demo" | "changed" | "charging" | "busy" | "wire-in-use";
export type DeviceChanged =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: "not-found" }
  | { readonly ok: false; readonly code: "conflict"; readonly why: ChangeConflict }
  | { readonly ok: false; readonly code: "invalid"; readonly problems: readonly SiteProblem[] };

type Key = { readonly kind: DeviceSettings["kind"]; readonly id: string };
type Charging = {
  live(): { readonly stations: readonly { readonly stationId: string; readonly session: object | null }[] };
};
type Running = {
  readonly folder: OpenedFolder;
  /** What runs, as far as it matters here; `null`: nothing, or it is being started anew. */
  readonly engine: Charging | null;
  readonly world: object | null;
  readonly clock: Pick<Clock, "now_ms">;
};

export interface DeviceChanges {
  /** `null`: there is no such device. */
  settings(key: Key): ShownSettings | null;
  /** Adds or changes; the engine is started anew, and sessions go on. */
  save(request: SaveDevice): Promise<DeviceChanged>;
  remove(
    request: Key & { readonly version: string; readonly otherLoad_mA?: number | undefined },
  ): Promise<DeviceChanged>;
  /** Reads once over a wire that the site does not use. */
  tryOut(
    request: Pick<SaveDevice, "settings" | "password">,
  ): Promise<{ readonly ok: true; readonly tried: TriedDevice } | Exclude<DeviceChanged, { ok: true }>>;
  ports(): Promise<{ path: string; inUse: boolean }[]>;
}

const conflict = (why: ChangeConflict) => ({ ok: false, code: "conflict", why }) as const;

/** Changes of single devices of the site that runs; `changeTo` stores a site and starts it, `false` when it cannot now. */
export function createDeviceChanges(
  folders: { readonly resources: string; readonly dataFolder: string },
  running: () => Running,
  changeTo: (site: StoredSite) => Promise<boolean>,
): DeviceChanges {
  const stored = (): StoredSite | null => running().folder.stores.site.load();
  const around = () => {
    const { folder, clock } = running();
    return { tariff: folder.stores.tariffs.at(clock.now_ms()), profiles: knownProfiles(folders) };
  };
  /** The site, when it may be changed. */
  const changeable = (version: string | null) => {
    const { engine, world } = running();
    if (world !== null) return conflict("demo");
    const site = stored();
    if (engine === null || site === null) return conflict("busy");
    return version !== null && version !== versionOf(site)
      ? conflict("changed")
      : ({ ok: true, site, engine } as const);
  };
  const carriedOut = async (site: StoredSite): Promise<DeviceChanged> =>
    (await changeTo(site)) ? { ok: true } : conflict("busy");
  return {
    settings(key) {
      const site = stored();
      const settings = site === null ? null : settingsOf(site.model, key.kind, key.id);
      return site === null || settings === null ? null : shown(site, settings);
    },
    async save(request) {
      const may = changeable(request.version);
      if (!may.ok) return may;
      const { site, engine } = may;
      const { settings, version } = request;
      const before = settingsOf(site.model, settings.kind, settings.id);
      if (version !== null && before === null) return { ok: false, code: "not-found" };
      const isOther = before !== null && version !== null && isOtherBox(before, settings);
      if (isOther && isCharging(engine, settings)) return conflict("charging");
      const next = withDevice(site, request, around());
      if (!next.ok) return { ok: false, code: "invalid", problems: next.problems };
      // First of all: the engine that starts must not believe what the other box has shown.
      if (isOther || before === null) noteReplaced(running(), settings);
      return carriedOut(next.site);
    },
    async remove(request) {
      const { kind, id, version } = request;
      const may = changeable(version);
      if (!may.ok) return may;
      const settings = settingsOf(may.site.model, kind, id);
      if (settings === null) return { ok: false, code: "not-found" };
      if (isCharging(may.engine, { kind, id })) return conflict("charging");
      const less = withoutDevice(may.site, request);
      if (!less.ok) return { ok: false, code: "invalid", problems: less.problems };
      // Whatever comes under its id one day, by whichever way, is another box.
      noteReplaced(running(), settings);
      return carriedOut(less.site);
    },
    async tryOut(request) {
      const may = changeable(null);
      if (!may.ok) return may;
      return tried(may.site, request, around(), [
        join(folders.dataFolder, "devices"),
        join(folders.resources, "devices"),
      ]);
    },
    async ports() {
      const links = stored()?.model.links ?? [];
      const used = new Set(links.flatMap((link) => (link.kind === "serial" ? [realPath(link.path)] : [])));
      const ports = await listSerialPorts();
      return ports.map(({ path, stablePath }) => ({ path: stablePath ?? path, inUse: used.has(realPath(path)) }));
    },
  };
}

/** Tells apart what somebody saw from what the site has become since. */
const versionOf = (site: StoredSite): string =>
  createHash("sha256").update(JSON.stringify(site)).digest("hex").slice(0, 32);

function shown(site: StoredSite, settings: DeviceSettings): ShownSettings {
  const { stations, meters } = site.model;
  const link = linkOf(site.model, settings);
  const unwatched = unwatchedWithout(site.model, settings);
  const others = [
    ...stations.filter(({ connection }) => connection.kind === "profile" && connection.linkId === link?.id),
    ...meters.filter(({ linkId }) => linkId === link?.id),
  ];
  return {
    version: versionOf(site),
    settings,
    unwatched: unwatched === null ? null : { circuitId: unwatched.id, name: unwatched.name },
    hasPassword: link?.kind === "http" && link.password !== undefined,
    alsoOnWire: others.flatMap(({ id, name }) => (id === settings.id ? [] : [name])),
  };
}

/** What one box has shown says nothing of another. A person who types a new address may mean either. */
const isOtherBox = (before: DeviceSettings, after: DeviceSettings): boolean =>
  after.kind === "station" && !isDeepStrictEqual(placeOf(before), placeOf(after));

function placeOf({ by }: DeviceSettings): object {
  return by.kind === "profile" && by.wire.kind === "http" ? { ...by, wire: { ...by.wire, user: null } } : by;
}

const isCharging = (engine: Charging, { kind, id }: Key): boolean =>
  kind === "station" && engine.live().stations.some(({ stationId, session }) => stationId === id && session !== null);

/** The test of a fall-back is one of the box that hung there; where none was made there is nothing to take back. */
function noteReplaced({ folder, clock }: Running, settings: DeviceSettings): void {
  const { commissioning } = folder.stores;
  const last = commissioning.lastTests().get(settings.id);
  if (settings.kind !== "station" || last === undefined || last.outcome === "box-replaced") return;
  commissioning.addTest({
    stationId: settings.id,
    at_ms: clock.now_ms(),
    author: "owner",
    outcome: "box-replaced",
    before_mA: milliamp(0),
    promised_mA: milliamp(settings.fallback_mA),
    kept_mA: null,
    silent_ms: null,
    serial: null,
    firmware: null,
  });
}

async function tried(
  site: StoredSite,
  { settings, password }: Pick<SaveDevice, "settings" | "password">,
  around: Parameters<typeof withDevice>[2],
  profileFolders: readonly string[],
): ReturnType<DeviceChanges["tryOut"]> {
  const { by } = settings;
  if (by.kind !== "profile") return conflict("wire-in-use");
  const used = usedLinks(site.model);
  const isUsed = site.model.links.some((link) => used.has(link.id) && isOnPort(link, by.wire));
  if (isUsed) return conflict("wire-in-use");
  const isKnown = settingsOf(site.model, settings.kind, settings.id) !== null;
  const version = isKnown ? versionOf(site) : null;
  const next = withDevice(site, { version, settings, password, othersMove: false, otherLoad_mA: 0 }, around);
  if (!next.ok) return { ok: false, code: "invalid", problems: next.problems };
  const { model } = next.site;
  const list = settings.kind === "station" ? model.stations : model.meters;
  const device = list.find(({ id }) => id === settings.id);
  const link = linkOf(model, settings);
  const loaded = loadAnyProfile(by.profileId, profileFolders);
  if (device === undefined || link === undefined || !loaded.ok) return { ok: false, code: "not-found" };
  const clock = createClock({ speed: 1 });
  try {
    const { unitId, connector } = by;
    const read = await readDevice({ device, link, unitId, connector, profile: loaded.profile, profileFolders, clock });
    const answer = read.ok
      ? { ok: true as const, readings: read.readings }
      : { ok: false as const, detail: read.detail };
    return { ok: true, tried: answer };
  } finally {
    clock.close();
  }
}

/** A port that is open at another speed is no less in use. */
function isOnPort(link: StoredSite["model"]["links"][number], wire: Parameters<typeof isSameWire>[1]): boolean {
  if (link.kind === "serial" && wire.kind === "serial") return realPath(link.path) === realPath(wire.path);
  // Boxes on UDP all answer to one port of ours.
  if (link.kind === "udp") return wire.kind === "udp";
  return link.kind !== "http" && isSameWire(link, wire);
}
