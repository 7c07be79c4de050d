import { parse, stringify } from "yaml";
import { z } from "zod";
import type { DeviceSettings, DeviceWire, SaveDevice, SiteProblem } from "../../contract/index.ts";
import type { Link, SiteModel } from "../../core/site/index.ts";
import { milliamp, perPhase } from "../../core/units/index.ts";
import type { TariffVersion } from "../../core/tariff/index.ts";
import type { StoredSite } from "../storage/types.ts";
import { freeId, isSameWire, wireEntry, wireName } from "./device-wires.ts";
import { exportSiteFile, type KnownProfiles, parseSiteFile } from "./site-file/index.ts";

type Around = { readonly tariff: TariffVersion | null; readonly profiles: KnownProfiles };
export type SiteChange =
  { readonly ok: true; readonly site: StoredSite } | { readonly ok: false; readonly problems: readonly SiteProblem[] };

const entries = z.array(z.looseObject({ id: z.string() })).default([]);
const fileSchema = z.looseObject({ circuits: entries, links: entries, meters: entries, stations: entries });
type File = z.infer<typeof fileSchema>;
type Entry = File["stations"][number];

/** A price that nobody sees: only devices are taken from the file below. */
const NO_TARIFF = { per_kWh: "0", vat_percent: 0 };

/**
 * The site with a device as it is described, new or in the place of the one with its id. It is checked as the site file
 * with these entries would be, with the same mistakes in the same words; their fields are those of the entry. A wire that
 * the site has already is shared; one that nobody uses any more goes.
 */
export function withDevice(site: StoredSite, request: SaveDevice, around: Around): SiteChange {
  const { settings } = request;
  const misfits = [...kindMistakes(settings, around.profiles), ...circuitMistakes(site.model, settings)];
  if (misfits.length > 0) return { ok: false, problems: misfits };
  const next = checked(site, request, around);
  return next.ok ? withOtherLoad(site.model, next.site, request.otherLoad_mA) : next;
}

function checked(site: StoredSite, request: SaveDevice, around: Around): SiteChange {
  const { settings } = request;
  const file = fileOf(site, around.tariff);
  const list = settings.kind === "station" ? file.stations : file.meters;
  const found = list.findIndex(({ id }) => id === settings.id);
  const index = request.version === null || found === -1 ? list.length : found;
  list[index] = entryOf(settings, settings.by.kind === "profile" ? linkIdFor(site.model, file, request) : null);
  if (settings.kind === "meter") measure(file, settings.id, settings.circuitId);
  return changed(site, file, request, around.profiles);
}

/** The site without a device; what it measured is reckoned from then on, and its wire goes with it when nobody is left there. */
export function withoutDevice(
  { model, ...site }: StoredSite,
  { kind, id, otherLoad_mA }: Pick<DeviceSettings, "kind" | "id"> & { readonly otherLoad_mA?: number | undefined },
): SiteChange {
  const less: SiteModel = {
    ...model,
    circuits: model.circuits.map((circuit) =>
      kind === "meter" && circuit.meterId === id ? { ...circuit, meterId: null } : circuit,
    ),
    meters: kind === "meter" ? model.meters.filter((meter) => meter.id !== id) : model.meters,
    stations: kind === "station" ? model.stations.filter((station) => station.id !== id) : model.stations,
  };
  const used = usedLinks(less);
  const hung = usedLinks(model);
  const links = less.links.filter((link) => used.has(link.id) || !hung.has(link.id));
  return withOtherLoad(model, { ...site, model: { ...less, links } }, otherLoad_mA);
}

/** The circuit that only this meter watches, where nothing says how much else it carries. */
export const unwatchedWithout = ({ circuits }: SiteModel, { kind, id }: Pick<DeviceSettings, "kind" | "id">) =>
  circuits.find((circuit) => kind === "meter" && circuit.meterId === id && circuit.otherLoad_mA_max === null) ?? null;

/**
 * A circuit that loses its meter is reckoned with its largest other load; without one cars would be given what the
 * building takes.
 */
function withOtherLoad(before: SiteModel, site: StoredSite, otherLoad_mA: number | undefined): SiteChange {
  const watched = new Set(before.circuits.flatMap(({ id, meterId }) => (meterId === null ? [] : [id])));
  const lost = site.model.circuits.filter(
    ({ id, meterId, otherLoad_mA_max }) => watched.has(id) && meterId === null && otherLoad_mA_max === null,
  );
  if (lost.length === 0) return { ok: true, site };
  if (otherLoad_mA === undefined) {
    const expected = `the largest load of ${lost.map(({ name }) => name).join(", ")} beside chargers: no meter watches it`;
    return { ok: false, problems: [problem("other_load_max_A", "missing", expected)] };
  }
  const otherLoad_mA_max = perPhase(() => milliamp(otherLoad_mA));
  const circuits = site.model.circuits.map((circuit) =>
    lost.includes(circuit) ? { ...circuit, otherLoad_mA_max } : circuit,
  );
  return { ok: true, site: { ...site, model: { ...site.model, circuits } } };
}

const fileOf = (site: StoredSite, tariff: TariffVersion | null): File =>
  fileSchema.parse(parse(exportSiteFile(site, tariff)));

/** Ids of the links that something is asked over. */
export function usedLinks({ meters, stations, signals = [] }: SiteModel): ReadonlySet<string> {
  return new Set([
    ...meters.map(({ linkId }) => linkId),
    ...stations.flatMap(({ connection }) => (connection.kind === "profile" ? [connection.linkId] : [])),
    ...signals.flatMap(({ source }) => ("linkId" in source ? [source.linkId] : [])),
  ]);
}

/** No file can hold a charger among its meters by mistake, but a page can ask for it. */
function kindMistakes({ kind, by }: DeviceSettings, profiles: KnownProfiles): SiteProblem[] {
  const known = by.kind === "profile" ? profiles.wiresOf?.(by.profileId)?.kind : undefined;
  if (known === undefined || (known === "charger") === (kind === "station")) return [];
  return [problem("profile", "wrong-kind", `a profile of a ${kind === "station" ? "charger" : "meter"}`)];
}

/** Which circuit a meter measures stands at the circuit in the file, so that no entry of the meter could be wrong. */
function circuitMistakes(model: SiteModel, settings: DeviceSettings): SiteProblem[] {
  if (settings.kind !== "meter" || settings.circuitId === null) return [];
  const circuit = model.circuits.find(({ id }) => id === settings.circuitId);
  const ids = model.circuits.map(({ id }) => id).join(", ");
  if (circuit === undefined) return [problem("circuit", "unknown-reference", `an existing circuit: ${ids}`)];
  if (circuit.meterId === null || circuit.meterId === settings.id) return [];
  return [problem("circuit", "measured-twice", `a circuit without a meter: ${circuit.meterId} measures this one`)];
}

const problem = (field: string, code: string, expected: string): SiteProblem => ({
  line: null,
  column: null,
  field,
  code,
  expected,
});

function measure(file: File, meterId: string, circuitId: string | null): void {
  for (const circuit of file.circuits) {
    if (circuit["meter"] === meterId) delete circuit["meter"];
    if (circuit.id === circuitId) circuit["meter"] = meterId;
  }
}

/** The link that leads where the device is said to be; what is missing is put into the file. */
function linkIdFor(model: SiteModel, file: File, { settings, othersMove, version }: SaveDevice): string {
  const { by } = settings;
  if (by.kind !== "profile") return "";
  const before = version === null ? undefined : linkOf(model, settings);
  const there = model.links.find((link) => isSameWire(link, by.wire));
  const alone = before !== undefined && usersOf(model, before.id) === 1;
  const stays = there === undefined && before !== undefined && (alone || othersMove);
  const id = there?.id ?? (stays ? before.id : freeId(wireName(by.wire), new Set(file.links.map((link) => link.id))));
  const index = file.links.findIndex((link) => link.id === id);
  file.links[index === -1 ? file.links.length : index] = wireEntry(id, by.wire);
  if (before === undefined || before.id === id || !alone) return id;
  // Its old wire leads to nobody any more.
  file.links = file.links.filter((link) => link.id !== before.id);
  return id;
}

/** The link of a device that the site has. */
export function linkOf(model: SiteModel, { kind, id }: Pick<DeviceSettings, "kind" | "id">): Link | undefined {
  const { connection } = model.stations.find((station) => station.id === id) ?? {};
  const ofStation = connection?.kind === "profile" ? connection.linkId : undefined;
  const linkId = kind === "station" ? ofStation : model.meters.find((meter) => meter.id === id)?.linkId;
  return model.links.find((link) => link.id === linkId);
}

const usersOf = ({ meters, stations, signals = [] }: SiteModel, linkId: string): number =>
  meters.filter((meter) => meter.linkId === linkId).length +
  stations.filter(({ connection }) => connection.kind === "profile" && connection.linkId === linkId).length +
  signals.filter(({ source }) => "linkId" in source && source.linkId === linkId).length;

function entryOf(settings: DeviceSettings, linkId: string | null): Entry {
  const { id, name, by } = settings;
  const where = by.kind === "ocpp" ? { ocpp: by.identity } : { profile: by.profileId, link: linkId, unitId: by.unitId };
  const socket = by.connector === 1 ? {} : { connector: by.connector };
  if (settings.kind === "meter")
    return { id, name, ...where, ...(settings.by.serial === null ? {} : { serial: settings.by.serial }) };
  const { circuitId: circuit, phases, rotation, priority } = settings;
  const amps = {
    min_A: settings.min_mA / 1000,
    max_A: settings.max_mA / 1000,
    step_A: settings.step_mA / 1000,
    fallback_A: settings.fallback_mA / 1000,
  };
  return { id, name, circuit, phases, rotation, priority, ...amps, ...where, ...socket };
}

function changed(site: StoredSite, file: File, request: SaveDevice, profiles: KnownProfiles): SiteChange {
  const parsed = parseSiteFile(stringify({ tariff: NO_TARIFF, ...file }), profiles);
  const { settings } = request;
  if (!parsed.ok) return { ok: false, problems: parsed.problems.map((one) => ofTheEntry(one, file, settings)) };
  const { links, meters, stations, circuits } = parsed.site.model;
  const measuredBy = new Map(circuits.map(({ id, meterId }) => [id, meterId]));
  return {
    ok: true,
    // Nothing else is taken over: the file knows no passwords of links and no tokens of signals.
    site: {
      ...site,
      model: {
        ...site.model,
        circuits: site.model.circuits.map((circuit) => ({ ...circuit, meterId: measuredBy.get(circuit.id) ?? null })),
        links: links.map((link) => withPassword(link, site.model, request)),
        meters,
        stations,
      },
    },
  };
}

function withPassword(link: Link, model: SiteModel, { settings, password }: SaveDevice): Link {
  if (link.kind !== "http") return link;
  const { by } = settings;
  const isMeant = by.kind === "profile" && isSameWire(link, by.wire);
  const before = model.links.find(({ id }) => id === link.id);
  const stored = before?.kind === "http" ? (before.password ?? null) : null;
  const next = isMeant && password !== undefined ? password : stored;
  return next === null ? link : { ...link, password: next };
}

/** Lines of a file that nobody wrote say nothing; fields of the device's entries are named without their list. */
function ofTheEntry({ field, code, expected }: SiteProblem, file: File, { kind, id }: DeviceSettings): SiteProblem {
  const [, list, index, own] = /^(links|meters|stations)\[(\d+)\]\.(.+)$/u.exec(field) ?? [];
  const entry = list === "meters" || list === "stations" ? file[list][Number(index)] : undefined;
  const isIts = entry?.id === id && list === (kind === "station" ? "stations" : "meters");
  const isWire = list === "links" && Number(index) < file.links.length;
  return problem(isIts || isWire ? (own ?? field) : field, code, expected);
}

/** What the site knows of a device, as a form shows it; `null`: it has no such device. */
export function settingsOf(model: SiteModel, kind: DeviceSettings["kind"], id: string): DeviceSettings | null {
  const link = linkOf(model, { kind, id });
  const wire = link === undefined ? null : wireOf(link);
  if (kind === "meter") {
    const meter = model.meters.find((one) => one.id === id);
    if (meter === undefined || wire === null) return null;
    const { name, profileId, unitId, serial = null } = meter;
    const circuitId = model.circuits.find(({ meterId }) => meterId === id)?.id ?? null;
    return { kind, id, name, circuitId, by: { kind: "profile", profileId, wire, unitId, connector: 1, serial } };
  }
  const station = model.stations.find((one) => one.id === id);
  if (station === undefined) return null;
  const by = byOf(station.connection, wire);
  if (by === null) return null;
  return {
    kind,
    id,
    name: station.name,
    circuitId: station.circuitId,
    phases: station.phaseCount,
    rotation: station.rotation,
    min_mA: station.current_mA_min,
    max_mA: station.current_mA_max,
    step_mA: station.step_mA,
    fallback_mA: station.fallback_mA,
    priority: station.priority,
    by,
  };
}

type By = Extract<DeviceSettings, { kind: "station" }>["by"];

function byOf(connection: SiteModel["stations"][number]["connection"], wire: DeviceWire | null): By | null {
  if (connection.kind === "ocpp")
    return { kind: "ocpp", identity: connection.identity, connector: connection.connectorId };
  const { profileId, unitId, connector = 1 } = connection;
  return wire === null ? null : { kind: "profile", profileId, wire, unitId, connector, serial: null };
}

function wireOf(link: Link): DeviceWire {
  switch (link.kind) {
    case "serial": {
      const { kind, path, baud, parity, dataBits, stopBits } = link;
      return { kind, path, baud, parity, dataBits, stopBits };
    }
    case "http":
      return { kind: link.kind, host: link.host, port: link.port, user: link.user ?? null };
    case "udp-multicast":
      return { kind: link.kind, group: link.group, port: link.port, interface: link.interface ?? null };
    default:
      return { kind: link.kind, host: link.host, port: link.port };
  }
}
