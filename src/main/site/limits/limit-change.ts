import type { LimitChange, LimitSetting, LimitWindow, Pricing } from "../../../contract/index.ts";
import { WEEKDAYS } from "../../../core/balancing/index.ts";
import type { SignalLimit, SignalSource, SiteSignal, WeeklyWindow } from "../../../core/balancing/index.ts";
import type { Link, ModbusLink, PriceHours, SiteModel, SitePlanning } from "../../../core/site/index.ts";
import { isModbusLink } from "../../../core/site/index.ts";
import { milliamp, watt } from "../../../core/units/index.ts";
import { QUARTER_REF } from "../quarter-watch.ts";
import { hashToken } from "../signals/signal-token.ts";

export type Changed = {
  readonly model: SiteModel;
  /** Of the limit that was set; `null`: the change is about something else. */
  readonly id: string | null;
  /** Whether `token` was given to a caller. */
  readonly tokenUsed: boolean;
};

const DAY_MIN = 1_440;
const DAYS = WEEKDAYS.length;

/** The site with this change, which has no mistakes; `token`: for a caller that has none yet. `null`: no such record. */
export function changedSite(model: SiteModel, change: LimitChange, token: string): Changed | null {
  switch (change.kind) {
    case "limit":
      return withLimit(model, change.id, change.setting, token);
    case "remove":
      return withoutLimit(model, change.id);
    case "circuit": {
      const { circuitId, protection, limit_W } = change;
      if (!model.circuits.some(({ id }) => id === circuitId)) return null;
      const circuits = model.circuits.map((circuit) =>
        circuit.id === circuitId
          ? { ...circuit, protection, limit_W: limit_W === null ? null : watt(limit_W) }
          : circuit,
      );
      return { model: { ...model, circuits }, id: null, tokenUsed: false };
    }
    case "pricing":
      return { model: withPlanning(model, planningOf(change.pricing)), id: null, tokenUsed: false };
  }
}

export type Wired = {
  /** `null`: the site has no such link. */
  readonly link: Link | null;
  /** The site's links with it. */
  readonly links: readonly Link[];
  /** Whether the engine has to open it first. */
  readonly isNew: boolean;
};

/**
 * The link that a limit (`id`; `null`: a new one) asks over: one of the site where it has one there, else a new one. Where
 * nobody else is asked over it, it is spoken on as the limit says.
 */
export function linkFor(
  model: SiteModel,
  wire: Extract<LimitSetting["source"], { kind: "digital-input" }>["wire"],
  id: string | null,
): Wired {
  const { links } = model;
  if ("linkId" in wire) return { link: links.find((one) => one.id === wire.linkId) ?? null, links, isNew: false };
  const { kind, port } = wire;
  const host = wire.host.trim();
  const known = links.filter(isTcp).find((link) => isSameHost(link.host, host) && link.port === port);
  if (known === undefined) {
    const link: ModbusLink = {
      id: freeId(`${host}-${String(port)}`, new Set(links.map((one) => one.id))),
      kind,
      host,
      port,
    };
    return { link, links: [...links, link], isNew: true };
  }
  const others = (model.signals ?? []).filter((signal) => signal.id !== id);
  if (known.kind === kind || !isModbusLink(known) || usersOf({ ...model, signals: others }, known.id).length > 0)
    return { link: known, links, isNew: false };
  const link: ModbusLink = { id: known.id, kind, host: known.host, port };
  return { link, links: links.map((one) => (one === known ? link : one)), isNew: true };
}

/** A port of UDP is another place than the same number of TCP. */
const isTcp = (link: Link): link is Extract<Link, { host: string }> => "host" in link && link.kind !== "udp";

const isSameHost = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

function withLimit(model: SiteModel, id: string | null, setting: LimitSetting, token: string): Changed | null {
  const signals = model.signals ?? [];
  const before = signals.find((signal) => signal.id === id);
  if (id !== null && before === undefined) return null;
  const { source, links } = sourceOf(model, setting, before ?? null, token);
  const name = setting.name.trim();
  const own = id ?? freeId(name, new Set([...signals.map((one) => one.id), QUARTER_REF]));
  const signal: SiteSignal = {
    id: own,
    name,
    circuitId: setting.circuitId,
    rule: setting.rule,
    counts: setting.counts,
    limit: exact(setting.limit),
    failSafe: isNothing(setting.failSafe) ? exact(setting.limit) : exact(setting.failSafe),
    debounce_ms: setting.debounce_ms,
    minimum_ms: setting.minimum_ms,
    source,
  };
  const all = before === undefined ? [...signals, signal] : signals.map((one) => (one === before ? signal : one));
  return {
    model: withoutIdleLink({ ...model, links, signals: all }, before),
    id: own,
    tokenUsed: source.kind === "http" && source.tokenHash === hashToken(token),
  };
}

function withoutLimit(model: SiteModel, id: string): Changed | null {
  const { signals = [], ...others } = model;
  const gone = signals.find((signal) => signal.id === id);
  if (gone === undefined) return null;
  const left = signals.filter((signal) => signal !== gone);
  const next = left.length === 0 ? others : { ...others, signals: left };
  return { model: withoutIdleLink(next, gone), id: null, tokenUsed: false };
}

/** A wire that only this limit was asked over goes with it. */
function withoutIdleLink(model: SiteModel, before: SiteSignal | undefined): SiteModel {
  const linkId = before !== undefined && "linkId" in before.source ? before.source.linkId : null;
  if (linkId === null || usersOf(model, linkId).length > 0) return model;
  return { ...model, links: model.links.filter(({ id }) => id !== linkId) };
}

/** Names of what is asked over this link. */
export const usersOf = (model: SiteModel, linkId: string): readonly string[] =>
  [
    ...model.stations.filter(({ connection }) => "linkId" in connection && connection.linkId === linkId),
    ...model.meters.filter((meter) => meter.linkId === linkId),
    ...(model.signals ?? []).filter(({ source }) => "linkId" in source && source.linkId === linkId),
  ].map(({ name }) => name);

const isNothing = ({ limit_mA, limit_W }: LimitSetting["limit"]): boolean => limit_mA === null && limit_W === null;

const exact = ({ limit_mA, limit_W }: LimitSetting["limit"]): SignalLimit => ({
  limit_mA: limit_mA === null ? null : milliamp(limit_mA),
  limit_W: limit_W === null ? null : watt(limit_W),
});

function sourceOf(
  model: SiteModel,
  { source }: LimitSetting,
  before: SiteSignal | null,
  token: string,
): { readonly source: SignalSource; readonly links: readonly Link[] } {
  switch (source.kind) {
    case "window":
      return { source: { kind: "window", windows: source.windows.map(windowOf) }, links: model.links };
    case "http": {
      const known = before?.source.kind === "http" && !source.newToken ? before.source.tokenHash : null;
      return { source: { kind: "http", tokenHash: known ?? hashToken(token) }, links: model.links };
    }
    case "digital-input": {
      const { kind, wire, unitId, address, table, activeLow } = source;
      const { link, links } = linkFor(model, wire, before?.id ?? null);
      const linkId = link?.id ?? "";
      return { source: { kind, linkId, unitId, address, table, activeLow }, links };
    }
    case "register": {
      const { kind, wire, unitId, address, table, type, scale, unit, none } = source;
      const { link, links } = linkFor(model, wire, before?.id ?? null);
      const linkId = link?.id ?? "";
      return { source: { kind, linkId, unitId, address, table, type, scale, unit, none }, links };
    }
  }
}

/** A window that ends at 24:00 ends where the next day begins. */
const windowOf = ({ days, from_min, to_min }: LimitWindow): WeeklyWindow => ({
  days: WEEKDAYS.filter((day) => days.includes(day)),
  from_min,
  to_min: to_min % DAY_MIN,
});

function withPlanning(model: SiteModel, planning: SitePlanning): SiteModel {
  const { planning: _, ...others } = model;
  return Object.keys(planning).length === 0 ? others : { ...others, planning };
}

function planningOf({ prices, feedIn_micro_per_kWh, peak, quarterLimit_W }: Pricing): SitePlanning {
  return {
    ...(prices === null
      ? {}
      : {
          prices: {
            otherwise_micro_per_kWh: prices.otherwise_micro_per_kWh,
            hours: prices.hours.map(hoursOf),
          },
        }),
    ...(feedIn_micro_per_kWh === null ? {} : { feedIn_micro_per_kWh }),
    ...(peak === null ? {} : { peak: { price_micro_per_kW: peak.price_micro_per_kW, floor_W: watt(peak.floor_W) } }),
    ...(quarterLimit_W === null ? {} : { quarterLimit_W: watt(quarterLimit_W) }),
  };
}

const hoursOf = ({
  days,
  from_min,
  to_min,
  price_micro_per_kWh,
}: NonNullable<Pricing["prices"]>["hours"][number]): PriceHours => ({
  ...(days.length === DAYS
    ? {}
    : { weekdays: WEEKDAYS.flatMap((day, index) => (days.includes(day) ? [index + 1] : [])) }),
  from_minute: from_min,
  until_minute: to_min,
  price_micro_per_kWh,
});

const ID_LENGTH_MAX = 60;

/** A readable id made of a name: it stands in records for years. */
function freeId(name: string, taken: ReadonlySet<string>): string {
  const plain = name.normalize("NFKD").replaceAll("ß", "ss").replaceAll(/\p{M}/gu, "");
  const words = plain.replaceAll(/[^A-Za-z0-9_]+/gu, "-").replaceAll(/^-+|-+$/gu, "");
  const base = words.slice(0, ID_LENGTH_MAX) || "limit";
  const others = Array.from({ length: taken.size }, (_, index) => `${base}-${String(index + 2)}`);
  return [base, ...others].find((id) => !taken.has(id)) ?? base;
}

/** Whether registers can be asked over the link of a limit. */
export const carriesModbus = (link: Link | null): link is ModbusLink => link !== null && isModbusLink(link);
