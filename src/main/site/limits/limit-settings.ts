import type { LimitSettings, Pricing } from "../../../contract/index.ts";
import { SIGNAL_LOST_MS, WEEKDAYS } from "../../../core/balancing/index.ts";
import type { SiteSignal } from "../../../core/balancing/index.ts";
import type { ModbusLink, SiteModel, SitePlanning } from "../../../core/site/index.ts";
import { isModbusLink } from "../../../core/site/index.ts";
import { DEFAULT_PROTECTION } from "../meter-intake.ts";
import { usersOf } from "./limit-change.ts";
import { fuse_W } from "./limit-mistakes.ts";

/** Limits, protection and prices of the site as a form shows them; no token is among them. */
export function limitSettings(model: SiteModel, priceFile: boolean): LimitSettings {
  return {
    limits: (model.signals ?? []).map(limitOf),
    circuits: model.circuits.map((circuit) => ({
      circuitId: circuit.id,
      name: circuit.name,
      parentId: circuit.parentId,
      fuse_mA: [...circuit.fuse_mA],
      fuse_W: fuse_W(model, circuit),
      protection: circuit.protection ?? DEFAULT_PROTECTION,
      limit_W: circuit.limit_W,
    })),
    links: model.links
      .filter(isModbusLink)
      .map((link) => ({ linkId: link.id, place: placeOf(link), usedBy: [...usersOf(model, link.id)] })),
    pricing: pricingOf(model.planning ?? {}),
    priceFile: { found: priceFile },
    silentAfter_ms: SIGNAL_LOST_MS,
  };
}

const placeOf = (link: ModbusLink): string =>
  link.kind === "serial" ? link.path : `${link.host}:${String(link.port)}`;

function limitOf(signal: SiteSignal): LimitSettings["limits"][number] {
  const { id, name, circuitId, rule, counts, limit, failSafe, debounce_ms, minimum_ms } = signal;
  return {
    id,
    name,
    circuitId,
    rule,
    counts,
    limit,
    failSafe,
    debounce_ms,
    minimum_ms,
    source: sourceOf(signal),
    hasToken: signal.source.kind === "http" && signal.source.tokenHash !== null,
  };
}

function sourceOf({ source }: SiteSignal): LimitSettings["limits"][number]["source"] {
  switch (source.kind) {
    case "window":
      return { kind: "window", windows: source.windows.map((window) => ({ ...window, days: [...window.days] })) };
    case "http":
      return { kind: "http", newToken: false };
    case "digital-input": {
      const { kind, linkId, unitId, address, table, activeLow } = source;
      return { kind, wire: { linkId }, unitId, address, table, activeLow };
    }
    case "register": {
      const { kind, linkId, unitId, address, table, type, scale, unit, none } = source;
      return { kind, wire: { linkId }, unitId, address, table, type, scale, unit, none };
    }
  }
}

const pricingOf = ({ prices, feedIn_micro_per_kWh, peak, quarterLimit_W }: SitePlanning): Pricing => ({
  prices:
    prices === undefined
      ? null
      : {
          otherwise_micro_per_kWh: prices.otherwise_micro_per_kWh,
          hours: prices.hours.map(({ weekdays, from_minute, until_minute, price_micro_per_kWh }) => ({
            days: WEEKDAYS.filter((_, index) => weekdays?.includes(index + 1) ?? true),
            from_min: from_minute,
            to_min: until_minute,
            price_micro_per_kWh,
          })),
        },
  feedIn_micro_per_kWh: feedIn_micro_per_kWh ?? null,
  peak: peak === undefined ? null : { price_micro_per_kW: peak.price_micro_per_kW, floor_W: peak.floor_W },
  quarterLimit_W: quarterLimit_W ?? null,
});
