import type { Sharing } from "../../../core/balancing/index.ts";
import type { Circuit, Link, PriceHours, SiteModel, SitePlanning, Station } from "../../../core/site/index.ts";
import {
  assert,
  type BasisPoint,
  basisPoint,
  type Milliamp,
  milliampFromAmp,
  millisecond,
  type PerPhase,
  type Watt,
  watt,
} from "../../../core/units/index.ts";
import type { SiteProblem } from "../../../contract/index.ts";
import type { StoredSite } from "../../storage/types.ts";
import { type Entries, type Entry, type Mistake, readEntries } from "./entries.ts";
import { type KnownProfiles, referenceMistakes } from "./references.ts";
import {
  type CircuitEntry,
  type IdentityEntry,
  type LinkEntry,
  type MeterEntry,
  type SharingEntry,
  type StationEntry,
  type TariffEntry,
} from "./schema.ts";
import { signalMistakes, toSignal } from "./signal-entry.ts";
import { type PlanningEntry, WEEKDAY_NAMES } from "./planning-schema.ts";
import { type FieldPath, readYaml } from "./yaml-source.ts";

/** The price a site begins with. */
export type SiteTariff = { readonly currency: string; readonly perKWh: string; readonly vat_bp: BasisPoint };

export type ParsedSite =
  | {
      readonly ok: true;
      readonly site: StoredSite;
      readonly tariff: SiteTariff;
      /** What OCPP stations must present when they dial in, by identity; kept apart, and only as hashes. */
      readonly passwords: ReadonlyMap<string, string>;
      readonly warnings: readonly SiteProblem[];
    }
  | { readonly ok: false; readonly problems: readonly SiteProblem[] };

/** Stands for the address where a wire has none. */
export const UNIT_ID = 1;

/** Told at once; a file with more mistakes than this is of another kind. */
const PROBLEMS_MAX = 100;

/**
 * Reads the text of a site file. Either the whole site, valid by construction, or all mistakes at once in the order of
 * the lines, each with field and what is expected there. `warnings` can be lived with. Never throws on any text.
 */
export function parseSiteFile(text: string, profiles: KnownProfiles): ParsedSite {
  const source = readYaml(text);
  if (!source.ok) {
    return { ok: false, problems: source.faults.slice(0, PROBLEMS_MAX).map((fault) => ({ ...fault, field: "" })) };
  }
  const { entries, mistakes } = readEntries(source.data);
  const toProblem = ({ path, part, code, expected }: Mistake): SiteProblem => ({
    ...source.locate(path, part),
    field: fieldName(path),
    code,
    expected,
  });
  const between = [
    ...referenceMistakes(entries, profiles),
    ...entries.signals.flatMap((signal) => signalMistakes(signal, entries)),
  ];
  const problems = [...mistakes, ...between].map(toProblem).sort(byPlace);
  if (problems.length > 0) return { ok: false, problems: problems.slice(0, PROBLEMS_MAX) };
  const [site, tariff, access] = [entries.site.value, entries.tariff.value, entries.access.value];
  assert(site !== null && tariff !== null && access !== null, "what has no mistakes is complete");
  return {
    ok: true,
    site: { model: toModel(site, entries), access: { cards: access.cards }, demo: false },
    tariff: toTariff(site, tariff),
    passwords: new Map(
      entries.stations.flatMap(({ value }) =>
        value?.ocpp === undefined || value.password === undefined ? [] : [[value.ocpp, value.password] as const],
      ),
    ),
    warnings: fuseWarnings(entries.circuits).map(toProblem).sort(byPlace),
  };
}

/** ["stations", 2, "max_A"] is shown as stations[2].max_A. */
const fieldName = (path: FieldPath): string =>
  path.reduce<string>(
    (name, key) => (typeof key === "number" ? `${name}[${String(key)}]` : name === "" ? key : `${name}.${key}`),
    "",
  );

const byPlace = (a: SiteProblem, b: SiteProblem): number =>
  (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);

/** A fuse larger than the one above it protects its own wires only: odd, and allowed. */
function fuseWarnings(circuits: readonly Entry<CircuitEntry>[]): Mistake[] {
  return circuits.flatMap(({ path, value }) => {
    const above = circuits.find((circuit) => circuit.id === value?.parent)?.value;
    if (value === null || above === undefined || above === null) return [];
    const fuse = threePhases(value.fuse_A);
    const larger = threePhases(above.fuse_A).some((limit_mA, index) => (fuse[index] ?? 0) > limit_mA);
    const expected = `at most the fuse of ${above.id} above it`;
    return larger ? [{ path: [...path, "fuse_A"], part: "value", code: "fuse-larger-than-parent", expected }] : [];
  });
}

function toModel(site: IdentityEntry, entries: Entries): SiteModel {
  return {
    identity: {
      name: site.name,
      timezone: site.timezone,
      currency: site.currency,
      country: site.country,
      nominal_V: site.nominal_V,
    },
    circuits: valuesOf(entries.circuits).map(toCircuit),
    links: valuesOf(entries.links).map(toLink),
    meters: valuesOf(entries.meters).map((meter: MeterEntry) => ({
      id: meter.id,
      name: meter.name ?? meter.id,
      profileId: meter.profile,
      linkId: meter.link,
      unitId: meter.unitId ?? UNIT_ID,
      ...(meter.serial === undefined ? {} : { serial: meter.serial }),
    })),
    stations: valuesOf(entries.stations).map(toStation),
    ...(entries.sharing.value === null ? {} : { sharing: toSharing(entries.sharing.value) }),
    ...(entries.signals.length === 0 ? {} : { signals: valuesOf(entries.signals).map(toSignal) }),
    ...(entries.planning.value === null ? {} : { planning: toPlanning(entries.planning.value) }),
  };
}

const valuesOf = <T>(list: readonly Entry<T>[]): T[] => list.flatMap(({ value }) => (value === null ? [] : [value]));

function threePhases(value: number | readonly [number, number, number]): PerPhase<Milliamp> {
  if (typeof value !== "number") {
    return [milliampFromAmp(value[0]), milliampFromAmp(value[1]), milliampFromAmp(value[2])];
  }
  const same = milliampFromAmp(value);
  return [same, same, same];
}

const toCircuit = (entry: CircuitEntry): Circuit => ({
  id: entry.id,
  name: entry.name,
  parentId: entry.parent ?? null,
  fuse_mA: threePhases(entry.fuse_A),
  margin_mA: milliampFromAmp(entry.margin_A),
  meterId: entry.meter ?? null,
  limit_W: entry.limit_kW === undefined ? null : toWatt(entry.limit_kW),
  otherLoad_mA_max: entry.other_load_max_A === undefined ? null : threePhases(entry.other_load_max_A),
  ...(entry.protection === undefined ? {} : { protection: entry.protection }),
  ...(entry.system === undefined ? {} : { system: entry.system }),
  ...(entry.unbalance_A === undefined ? {} : { unbalance_mA: milliampFromAmp(entry.unbalance_A) }),
  ...(entry.sharing === undefined ? {} : { sharing: toSharing(entry.sharing) }),
});

const toSharing = ({ rule, hold_min }: SharingEntry): Sharing => ({ rule, hold_ms: millisecond(hold_min * 60_000) });

const toWatt = (limit_kW: number): Watt => watt(Math.floor(limit_kW * 1000 + 1e-6));

function toPlanning(entry: PlanningEntry): SitePlanning {
  const { per_kWh, hours = [], feed_in_per_kWh, peak_per_kW, peak_floor_kW = 0, quarter_limit_kW } = entry;
  return {
    ...(per_kWh === undefined
      ? {}
      : { prices: { otherwise_micro_per_kWh: toMicro(per_kWh), hours: hours.map(toPriceHours) } }),
    ...(feed_in_per_kWh === undefined ? {} : { feedIn_micro_per_kWh: toMicro(feed_in_per_kWh) }),
    ...(peak_per_kW === undefined
      ? {}
      : { peak: { price_micro_per_kW: toMicro(peak_per_kW), floor_W: toWatt(peak_floor_kW) } }),
    ...(quarter_limit_kW === undefined ? {} : { quarterLimit_W: toWatt(quarter_limit_kW) }),
  };
}

/** Six digits before and six after the point: exact. */
const toMicro = (price: string | number): number => Math.round(Number(price) * 1_000_000);

function toPriceHours({ days, from, to, per_kWh }: NonNullable<PlanningEntry["hours"]>[number]): PriceHours {
  return {
    ...(days === undefined ? {} : { weekdays: days.map((day) => WEEKDAY_NAMES.indexOf(day) + 1) }),
    from_minute: toMinute(from),
    until_minute: toMinute(to),
    price_micro_per_kWh: toMicro(per_kWh),
  };
}

const toMinute = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

function toLink(entry: LinkEntry): Link {
  switch (entry.kind) {
    case "serial": {
      const { id, kind, path, baud, parity, dataBits, stopBits } = entry;
      return { id, kind, path, baud, parity, dataBits, stopBits };
    }
    case "http": {
      const { id, kind, host, port, user, password } = entry;
      return {
        id,
        kind,
        host,
        port,
        ...(user === undefined ? {} : { user }),
        ...(password === undefined ? {} : { password }),
      };
    }
    case "udp-multicast": {
      const { id, kind, group, port } = entry;
      return { id, kind, group, port, ...(entry.interface === undefined ? {} : { interface: entry.interface }) };
    }
    case "rtu-over-tcp":
    case "modbus-tcp":
    case "udp":
    case "tcp-raw":
      return { id: entry.id, kind: entry.kind, host: entry.host, port: entry.port };
  }
}

function toStation(entry: StationEntry): Station {
  return {
    id: entry.id,
    name: entry.name,
    circuitId: entry.circuit,
    phaseCount: entry.phases,
    rotation: entry.rotation ?? "L1L2L3",
    current_mA_min: milliampFromAmp(entry.min_A),
    current_mA_max: milliampFromAmp(entry.max_A),
    step_mA: milliampFromAmp(entry.step_A),
    fallback_mA: milliampFromAmp(entry.fallback_A),
    priority: entry.priority,
    connection: toConnection(entry),
  };
}

function toConnection({ ocpp, connector, profile, link, unitId }: StationEntry): Station["connection"] {
  if (ocpp !== undefined) return { kind: "ocpp", identity: ocpp, connectorId: connector ?? 1 };
  assert(profile !== undefined && link !== undefined, "a station without OCPP has an address");
  const socket = connector === undefined ? {} : { connector };
  return { kind: "profile", profileId: profile, linkId: link, unitId: unitId ?? UNIT_ID, ...socket };
}

const toTariff = (site: IdentityEntry, tariff: TariffEntry): SiteTariff => ({
  currency: tariff.currency ?? site.currency,
  perKWh: String(tariff.per_kWh),
  vat_bp: basisPoint(Math.round(tariff.vat_percent * 100)),
});
