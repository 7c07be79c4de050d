import { didYouMean } from "./did-you-mean.ts";
import type { Entries, Entry, Known, Mistake } from "./entries.ts";
import type { PlanningEntry } from "./planning-schema.ts";
import { type CircuitEntry, CURRENT_MIN_A, type LinkEntry, type StationEntry } from "./schema.ts";

// What one field alone cannot tell: ids that must exist, be unique, or fit each other. Broken entries are passed over
// here (their own mistake is told already), but their ids count.

/** What a site file needs to know of a device profile: on which wires its device can be reached. */
export type ProfileWires = {
  readonly driver: string;
  readonly kind: string;
  /** `transport.options` of the profile. */
  readonly transports: readonly string[];
};

/** Ids of the known device profiles; a plain set of ids will do where nobody knows their wires. */
export type KnownProfiles = {
  has(id: string): boolean;
  keys(): Iterable<string>;
  wiresOf?(id: string): ProfileWires | null;
};

/** All mistakes between entries. */
export function referenceMistakes(entries: Entries, profiles: KnownProfiles): Mistake[] {
  return [
    ...[entries.circuits, entries.links, entries.meters, entries.stations, entries.signals].flatMap(
      (list: readonly Place[]) => duplicateIds(list),
    ),
    ...treeMistakes(entries.circuits),
    ...circuitMistakes(entries),
    ...entries.meters.flatMap((meter) => deviceMistakes(meter, entries, profiles)),
    ...entries.stations.flatMap((station) => [
      ...unknownId(station, "circuit", station.known.circuit, entries.circuits),
      ...deviceMistakes(station, entries, profiles),
      ...connectionMistakes(station, profiles),
      ...electricMistakes(station),
    ]),
    ...passwordMistakes(entries.stations),
    ...clashes(entries, profiles),
    ...currencyMistakes(entries),
    ...planningMistakes(entries.planning),
  ];
}

/** Where an entry stands, whatever it is. */
export type Place = Pick<Entry<unknown>, "path" | "id">;

export const at = (entry: Place, field: string, code: string, expected: string): Mistake => ({
  path: [...entry.path, field],
  part: "value",
  code,
  expected,
});

function duplicateIds(list: readonly Place[]): Mistake[] {
  return list.flatMap((entry, index) => {
    const first = list.findIndex((other) => other.id !== null && other.id === entry.id);
    return first === -1 || first === index
      ? []
      : [at(entry, "id", "duplicate-id", `an id of its own: ${String(entry.id)} is taken`)];
  });
}

export function unknownId(entry: Place, field: string, id: string | undefined, list: readonly Place[]): Mistake[] {
  if (id === undefined || list.some((other) => other.id === id)) return [];
  const known = list.flatMap((other) => other.id ?? []);
  return [at(entry, field, "unknown-reference", existing(id, field, known))];
}

/** At most this many ids are spelled out; nobody reads more. */
const IDS_SHOWN_MAX = 8;

function existing(id: string, what: string, known: readonly string[]): string {
  const meant = didYouMean(id, known);
  if (meant !== null) return `${meant} (did you mean that?)`;
  const shown = known.slice(0, IDS_SHOWN_MAX).join(", ");
  return known.length === 0
    ? `no ${what}: there is none in this file`
    : `an existing ${what}: ${shown}${known.length > IDS_SHOWN_MAX ? ", …" : ""}`;
}

function treeMistakes(circuits: readonly Entry<CircuitEntry>[]): Mistake[] {
  const parents = new Map(circuits.map((circuit) => [circuit.id, circuit.known.parent ?? null]));
  // A circuit whose parent is wrong by itself is no main fuse.
  const roots = circuits.filter((circuit) => circuit.value !== null && circuit.value.parent === undefined);
  const several = roots
    .slice(1)
    .map((root) =>
      at(root, "parent", "several-roots", `the circuit above: only the main fuse (${String(roots[0]?.id)}) has none`),
    );
  const cycle = circuits.find((circuit) => leadsToItself(circuit.id, parents));
  const cycles = cycle === undefined ? [] : [at(cycle, "parent", "cycle", "a circuit that is not below this one")];
  const rootless =
    roots.length === 0 && cycle === undefined && circuits.length > 0 && circuits.every(({ value }) => value !== null);
  const none: Mistake[] = rootless
    ? [{ path: ["circuits"], part: "key", code: "no-root", expected: "one circuit without a parent: the main fuse" }]
    : [];
  const unknown = circuits.flatMap((circuit) => unknownId(circuit, "parent", circuit.known.parent, circuits));
  return [...unknown, ...several, ...cycles, ...none];
}

function leadsToItself(id: string | null, parents: ReadonlyMap<string | null, string | null>): boolean {
  let above = parents.get(id) ?? null;
  for (let steps = 0; above !== null && steps < parents.size; steps += 1) {
    if (above === id) return true;
    above = parents.get(above) ?? null;
  }
  return false;
}

function circuitMistakes({ circuits, meters }: Entries): Mistake[] {
  return circuits.flatMap((circuit, index) => {
    const { meter, fuse_A, margin_A } = circuit.known;
    const smallest_A = fuse_A === undefined ? Infinity : Math.min(...[fuse_A].flat());
    const tooMuch = margin_A !== undefined && margin_A >= smallest_A;
    const taken = circuits.slice(0, index).find((other) => meter !== undefined && other.known.meter === meter);
    return [
      ...unknownId(circuit, "meter", meter, meters),
      ...(tooMuch ? [at(circuit, "margin_A", "out-of-range", `less than the fuse of ${String(smallest_A)} A`)] : []),
      ...(taken === undefined
        ? []
        : [
            at(
              circuit,
              "meter",
              "meter-used-twice",
              `a meter of its own: ${String(meter)} measures ${String(taken.id)}`,
            ),
          ]),
    ];
  });
}

type Device = Place & {
  readonly known: Known<{
    readonly link?: string | undefined;
    readonly profile?: string | undefined;
    readonly unitId?: number | undefined;
    readonly serial?: string | undefined;
    readonly connector?: number | undefined;
  }>;
};

const wiresOf = (device: Device, profiles: KnownProfiles): ProfileWires | null =>
  device.known.profile === undefined ? null : (profiles.wiresOf?.(device.known.profile) ?? null);

/** Drivers that ask registers of an addressed unit. */
const needsUnitId = (wires: ProfileWires | null): boolean =>
  wires === null || wires.driver === "modbus" || wires.driver === "sunspec";

/** Transports of a profile that a link can carry; a gateway may stand between us and a serial line. */
const CARRIES: Readonly<Record<LinkEntry["kind"], readonly string[]>> = {
  serial: ["rtu", "ascii", "serial"],
  "rtu-over-tcp": ["rtu", "ascii", "rtu-over-tcp"],
  "modbus-tcp": ["rtu", "tcp"],
  http: ["http"],
  udp: ["udp"],
  "tcp-raw": ["serial", "tcp-raw"],
  "udp-multicast": ["udp-multicast"],
};

const fits = (kind: LinkEntry["kind"], { transports }: ProfileWires): boolean =>
  transports.some((transport) => CARRIES[kind].includes(transport));

function deviceMistakes(device: Device, { links }: Entries, profiles: KnownProfiles): Mistake[] {
  const { link, profile, unitId } = device.known;
  const unknownProfile = profile !== undefined && !profiles.has(profile);
  const wires = wiresOf(device, profiles);
  const kind = links.find((entry) => entry.id === link)?.known.kind;
  const misfit = wires !== null && kind !== undefined && !fits(kind, wires);
  const kinds = Object.keys(CARRIES).filter((one) => wires !== null && isKind(one) && fits(one, wires));
  return [
    ...unknownId(device, "link", link, links),
    ...(unknownProfile
      ? [at(device, "profile", "unknown-reference", existing(profile, "device profile", [...profiles.keys()]))]
      : []),
    ...(misfit
      ? [at(device, "link", "wrong-link", `a link of kind ${kinds.join(" or ")}: ${String(profile)} needs that`)]
      : []),
    ...(profile !== undefined && link !== undefined && unitId === undefined && needsUnitId(wires)
      ? [at(device, "unitId", "missing", "unitId: a Modbus device needs its address")]
      : []),
  ];
}

const isKind = (kind: string): kind is LinkEntry["kind"] => Object.hasOwn(CARRIES, kind);

/** A station is reached either by its OCPP identity or at an address on a link. */
function connectionMistakes(entry: Entry<StationEntry>, profiles: KnownProfiles): Mistake[] {
  const { known, value } = entry;
  const given = PROFILE_FIELDS.filter((field) => known[field] !== undefined);
  if (known.ocpp !== undefined) {
    return given.map((field) => ({
      ...at(entry, field, "contradiction", "either ocpp or profile, link and unitId"),
      part: "key",
    }));
  }
  // What is absent is told only where nothing else is wrong: a mistyped field looks absent too.
  if (value === null) return [];
  if (given.length === 0)
    return [at(entry, "ocpp", "missing", "how to reach the station: ocpp, or profile, link and unitId")];
  const needed = needsUnitId(wiresOf(entry, profiles)) ? PROFILE_FIELDS : (["profile", "link"] as const);
  // A missing address is told beside the link (`deviceMistakes`) where profile and link are there.
  const absent = needed.filter((field) => value[field] === undefined);
  return absent
    .filter((field) => field !== "unitId" || absent.length > 1)
    .map((field) => at(entry, field, "missing", `${field}: a station by profile needs ${needed.join(", ")}`));
}

const PROFILE_FIELDS = ["profile", "link", "unitId"] as const;

function electricMistakes(entry: Entry<StationEntry>): Mistake[] {
  const { phases, rotation, min_A = 0, max_A = Infinity, fallback_A = 0 } = entry.known;
  const most = `at most max_A (${String(max_A)} A)`;
  const found: (Mistake | false)[] = [
    phases !== undefined &&
      phases > 1 &&
      rotation?.length === 2 &&
      at(entry, "rotation", "phase-mismatch", "three phases such as L1L2L3 for a station with more than one phase"),
    entry.value?.phases === 1 &&
      rotation === undefined &&
      at(entry, "rotation", "missing", "L1, L2 or L3: the phase that this station hangs on"),
    min_A > max_A && at(entry, "min_A", "out-of-range", most),
    fallback_A > max_A && at(entry, "fallback_A", "out-of-range", most),
    // IEC 61851-1: there is no current between none and 6 A that a station could keep.
    fallback_A > 0 &&
      fallback_A < CURRENT_MIN_A &&
      at(entry, "fallback_A", "out-of-range", `0 or at least ${String(CURRENT_MIN_A)} A`),
  ];
  return found.filter((mistake) => mistake !== false);
}

type Claim = { readonly key: string; readonly entry: Place; readonly field: string; readonly what: string };

function unitClaim(entry: Device, profiles: KnownProfiles): Claim[] {
  const { link, unitId, serial, connector = 1 } = entry.known;
  if (link === undefined || (unitId === undefined && needsUnitId(wiresOf(entry, profiles)))) return [];
  const unit = serial ?? String(unitId ?? 1);
  // The sockets of one box may share an address.
  const socket = connector === 1 ? "" : ` connector ${String(connector)}`;
  return [
    {
      key: `unit ${link} ${unit}${socket}`,
      entry,
      field: unitId === undefined ? "link" : "unitId",
      what: `address ${unit}${socket} on ${link}`,
    },
  ];
}

function linkClaim(entry: Entry<LinkEntry>): Claim[] {
  const { value } = entry;
  if (value === null) return [];
  if (value.kind === "serial") return [{ key: `path ${value.path}`, entry, field: "path", what: value.path }];
  // Several groups may share a port, and one group may be listened to on several interfaces.
  if (value.kind === "udp-multicast") {
    const group = `${value.group}:${String(value.port)}`;
    return [{ key: `group ${group} ${value.interface ?? ""}`, entry, field: "group", what: group }];
  }
  const address = `${value.host}:${String(value.port)}`;
  return [{ key: `host ${address.toLowerCase()}`, entry, field: "host", what: address }];
}

function ocppClaim(entry: Entry<StationEntry>): Claim[] {
  const { ocpp, connector = 1 } = entry.known;
  if (ocpp === undefined) return [];
  const what = `${ocpp} connector ${String(connector)}`;
  return [{ key: `ocpp ${what}`, entry, field: "ocpp", what }];
}

/** A box has one password, whichever of its connectors names it. */
function passwordMistakes(stations: readonly Entry<StationEntry>[]): Mistake[] {
  const first = new Map<string, string>();
  return stations.flatMap((entry) => {
    const { ocpp, password } = entry.known;
    if (password === undefined) return [];
    const elsewhere = "only with ocpp: other devices have it on their link";
    if (ocpp === undefined) return [at(entry, "password", "contradiction", elsewhere)];
    const other = first.get(ocpp) ?? password;
    first.set(ocpp, other);
    return other === password
      ? []
      : [at(entry, "password", "contradiction", `the same for every connector of ${ocpp}`)];
  });
}

/** Two entries that claim one wire, one address on it or one OCPP connector. */
function clashes({ links, meters, stations }: Entries, profiles: KnownProfiles): Mistake[] {
  const claims = [
    ...links.flatMap(linkClaim),
    ...meters.flatMap((meter) => unitClaim(meter, profiles)),
    ...stations.flatMap((station) => unitClaim(station, profiles)),
    ...stations.flatMap(ocppClaim),
  ];
  const first = new Map<string, Claim>();
  return claims.flatMap((claim) => {
    const taken = first.get(claim.key);
    if (taken === undefined) first.set(claim.key, claim);
    if (taken === undefined) return [];
    const expected = `another one: ${claim.what} is used by ${taken.entry.id ?? "another entry"}`;
    return [at(claim.entry, claim.field, "address-clash", expected)];
  });
}

function currencyMistakes({ site, tariff }: Entries): Mistake[] {
  const own = site.known.currency;
  if (own === undefined || tariff.known.currency === undefined || tariff.known.currency === own) return [];
  return [at(tariff, "currency", "currency-mismatch", `${own}, the currency of the site`)];
}

/** Hours and feed-in say something only beside a price, a floor beside the price of the peak. */
function planningMistakes(entry: Entry<PlanningEntry>): Mistake[] {
  const { known, value } = entry;
  const hours = (known.hours ?? []).flatMap(({ from, to }, index): Mistake[] =>
    from === to ? [{ ...at(entry, "hours", "out-of-range", "another time than from"), path: hour(entry, index) }] : [],
  );
  if (value === null) return hours;
  const needsPrice = value.hours !== undefined || value.feed_in_per_kWh !== undefined;
  return [
    ...hours,
    ...(needsPrice && value.per_kWh === undefined
      ? [at(entry, "per_kWh", "missing", "per_kWh: the price at all other hours")]
      : []),
    ...(value.peak_floor_kW !== undefined && value.peak_per_kW === undefined
      ? [at(entry, "peak_per_kW", "missing", "peak_per_kW: the floor belongs to a price of the peak")]
      : []),
  ];
}

const hour = ({ path }: Place, index: number): Mistake["path"] => [...path, "hours", index, "to"];
