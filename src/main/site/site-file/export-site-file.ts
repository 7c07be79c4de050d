import { Document, isSeq, visit } from "yaml";
import type { Sharing } from "../../../core/balancing/index.ts";
import type { Circuit, Link, MeterDevice, PriceHours, SitePlanning, Station } from "../../../core/site/index.ts";
import type { TariffVersion } from "../../../core/tariff/index.ts";
import type { Milliamp, PerPhase } from "../../../core/units/index.ts";
import type { StoredSite } from "../../storage/types.ts";
import { fromSignal } from "./signal-entry.ts";
import { WEEKDAY_NAMES } from "./planning-schema.ts";

/**
 * Text that sets the same site up again: `parseSiteFile` of it gives the same site and price. Values that are the
 * default are left out, and so are passwords of links and tokens of signals: they have to be entered again. Without a tariff the section is missing and has to be added by hand.
 */
export function exportSiteFile(site: StoredSite, tariff: TariffVersion | null): string {
  const { model, access } = site;
  const document = new Document(
    {
      site: {
        name: model.identity.name,
        timezone: model.identity.timezone,
        currency: model.identity.currency,
        country: model.identity.country,
        ...unless(230, { nominal_V: model.identity.nominal_V }),
      },
      circuits: model.circuits.map(fromCircuit),
      ...(model.links.length === 0 ? {} : { links: model.links.map(fromLink) }),
      ...(model.meters.length === 0 ? {} : { meters: model.meters.map(fromMeter) }),
      ...(model.stations.length === 0 ? {} : { stations: model.stations.map(fromStation) }),
      ...(tariff === null ? {} : { tariff: fromTariff(tariff) }),
      access: { cards: access.cards },
      ...(model.sharing === undefined ? {} : { sharing: fromSharing(model.sharing) }),
      ...(model.signals === undefined ? {} : { signals: model.signals.map(fromSignal) }),
      ...(model.planning === undefined ? {} : { planning: fromPlanning(model.planning) }),
    },
    // One object used twice is written twice: an alias helps no reader.
    { aliasDuplicateObjects: false },
  );
  // One line per entry, as people write it.
  visit(document, {
    Pair: (_, { value }) => {
      if (!isSeq(value)) setFlow(value);
      return isSeq(value) ? undefined : visit.SKIP;
    },
    Map: (_, node, path) => {
      if (path.length > 1) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0 });
}

const setFlow = (node: unknown): void => {
  if (typeof node === "object" && node !== null && "flow" in node) node.flow = true;
};

/** The one field of `entry`, unless it has its default. */
const unless = <T extends object>(standard: unknown, entry: T): Partial<T> =>
  Object.values(entry).every((value) => value === standard) ? {} : entry;

const amps = (current_mA: Milliamp): number => current_mA / 1000;

function ampsPerPhase([L1, L2, L3]: PerPhase<Milliamp>): number | number[] {
  return L1 === L2 && L2 === L3 ? amps(L1) : [amps(L1), amps(L2), amps(L3)];
}

const fromCircuit = (circuit: Circuit): object => ({
  id: circuit.id,
  name: circuit.name,
  ...unless(null, { parent: circuit.parentId }),
  fuse_A: ampsPerPhase(circuit.fuse_mA),
  ...unless(0, { margin_A: amps(circuit.margin_mA) }),
  ...unless(null, { meter: circuit.meterId }),
  ...(circuit.limit_W === null ? {} : { limit_kW: circuit.limit_W / 1000 }),
  ...(circuit.otherLoad_mA_max === null ? {} : { other_load_max_A: ampsPerPhase(circuit.otherLoad_mA_max) }),
  ...unless(undefined, { protection: circuit.protection }),
  ...unless(undefined, { system: circuit.system }),
  ...(circuit.unbalance_mA === undefined ? {} : { unbalance_A: amps(circuit.unbalance_mA) }),
  ...(circuit.sharing === undefined ? {} : { sharing: fromSharing(circuit.sharing) }),
});

const fromSharing = ({ rule, hold_ms }: Sharing): object => ({
  rule,
  ...unless(60, { hold_min: hold_ms / 60_000 }),
});

const fromPlanning = ({ prices, feedIn_micro_per_kWh, peak, quarterLimit_W }: SitePlanning): object => ({
  ...(prices === undefined
    ? {}
    : {
        per_kWh: decimal(prices.otherwise_micro_per_kWh),
        ...(prices.hours.length === 0 ? {} : { hours: prices.hours.map(fromPriceHours) }),
      }),
  ...(feedIn_micro_per_kWh === undefined ? {} : { feed_in_per_kWh: decimal(feedIn_micro_per_kWh) }),
  ...(peak === undefined
    ? {}
    : { peak_per_kW: decimal(peak.price_micro_per_kW), ...unless(0, { peak_floor_kW: peak.floor_W / 1000 }) }),
  ...(quarterLimit_W === undefined ? {} : { quarter_limit_kW: quarterLimit_W / 1000 }),
});

const fromPriceHours = ({ weekdays, from_minute, until_minute, price_micro_per_kWh }: PriceHours): object => ({
  ...(weekdays === undefined ? {} : { days: weekdays.map((day) => WEEKDAY_NAMES[day - 1]) }),
  from: timeOfDay(from_minute),
  to: timeOfDay(until_minute),
  per_kWh: decimal(price_micro_per_kWh),
});

/** A millionth is the smallest number that is not written with an exponent. */
const decimal = (price_micro: number): string => String(price_micro / 1_000_000);

const timeOfDay = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

function fromLink(link: Link): object {
  switch (link.kind) {
    case "serial":
      return {
        id: link.id,
        kind: link.kind,
        path: link.path,
        baud: link.baud,
        parity: link.parity,
        ...unless(8, { dataBits: link.dataBits }),
        ...unless(1, { stopBits: link.stopBits }),
      };
    case "http":
      return {
        id: link.id,
        kind: link.kind,
        host: link.host,
        port: link.port,
        ...unless(undefined, { user: link.user }),
      };
    case "udp-multicast":
      return {
        id: link.id,
        kind: link.kind,
        group: link.group,
        port: link.port,
        ...unless(undefined, { interface: link.interface }),
      };
    case "rtu-over-tcp":
    case "modbus-tcp":
    case "udp":
    case "tcp-raw":
      return { id: link.id, kind: link.kind, host: link.host, port: link.port };
  }
}

const fromMeter = (meter: MeterDevice): object => ({
  id: meter.id,
  ...unless(meter.id, { name: meter.name }),
  profile: meter.profileId,
  link: meter.linkId,
  unitId: meter.unitId,
  ...unless(undefined, { serial: meter.serial }),
});

const fromStation = (station: Station): object => ({
  id: station.id,
  name: station.name,
  circuit: station.circuitId,
  phases: station.phaseCount,
  rotation: station.rotation,
  ...unless(6, { min_A: amps(station.current_mA_min) }),
  max_A: amps(station.current_mA_max),
  ...unless(0.1, { step_A: amps(station.step_mA) }),
  fallback_A: amps(station.fallback_mA),
  ...unless(1, { priority: station.priority }),
  ...fromConnection(station.connection),
});

function fromConnection(connection: Station["connection"]): object {
  switch (connection.kind) {
    case "ocpp":
      return { ocpp: connection.identity, ...unless(1, { connector: connection.connectorId }) };
    case "profile":
      return {
        profile: connection.profileId,
        link: connection.linkId,
        unitId: connection.unitId,
        ...unless(1, { connector: connection.connector ?? 1 }),
      };
  }
}

function fromTariff(tariff: TariffVersion): object {
  const perEnergy = tariff.elements.flatMap((element) => element.priceComponents).find(({ type }) => type === "ENERGY");
  return { currency: tariff.currency, per_kWh: perEnergy?.price ?? "0", vat_percent: (perEnergy?.vat_bp ?? 0) / 100 };
}
