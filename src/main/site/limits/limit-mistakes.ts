import type {
  LimitChange,
  LimitMistake,
  LimitNote,
  LimitSetting,
  LimitWindow,
  Pricing,
} from "../../../contract/index.ts";
import { DIM_14A_W_MIN } from "../../../core/balancing/index.ts";
import type { Circuit, SiteModel } from "../../../core/site/index.ts";
import { powerOfLines_W } from "../circuit-view.ts";
import { carriesModbus, linkFor, usersOf } from "./limit-change.ts";
import { windowsOverlap } from "./week-spans.ts";

// What cannot be kept of a change, field by field, and what is good to know of one that can. What the site file refuses
// is refused here too; a form says it in the reader's language, so these are codes and numbers.

type Inputs = LimitMistake["inputs"];
const mistake = (field: string, code: LimitMistake["code"], inputs: Inputs = {}): LimitMistake => ({
  field,
  code,
  inputs,
});

const DEBOUNCE_MS_MAX = 60_000;
const MINIMUM_MS_MAX = 86_400_000;
const HOST = /^[A-Za-z0-9.:_%-]{1,253}$/u;
const RAW_MAX = 4_294_967_295;
const SCALE_MAX = 1_000_000;
const PRICE_MICRO_MAX = 1_000_000_000;
const DAY_MIN = 1_440;

/** All that cannot be kept of this change; empty: it can be made. */
export function limitMistakes(model: SiteModel, change: LimitChange): readonly LimitMistake[] {
  switch (change.kind) {
    case "limit":
      return settingMistakes(model, change.id, change.setting);
    case "remove":
      return [];
    case "circuit": {
      const circuit = model.circuits.find(({ id }) => id === change.circuitId);
      return circuit === undefined ? [] : powerMistakes(model, circuit, "limit_W", change.limit_W);
    }
    case "pricing":
      return pricingMistakes(model, change.pricing);
  }
}

/** What the fuse of a circuit carries as power, rounded down. */
export function fuse_W(model: SiteModel, circuit: Circuit): number {
  const sum_mA = circuit.fuse_mA.reduce((sum: number, fuse) => sum + fuse, 0);
  return Math.floor(powerOfLines_W(circuit, sum_mA, model.identity.nominal_V));
}

function settingMistakes(model: SiteModel, id: string | null, setting: LimitSetting): LimitMistake[] {
  const { circuitId, source, debounce_ms, minimum_ms } = setting;
  const circuit = model.circuits.find((one) => one.id === circuitId);
  return [
    ...nameMistakes(model, id, setting.name.trim()),
    ...(circuit === undefined ? [mistake("circuitId", "unknown")] : limitsOf(model, circuit, setting)),
    ...range("debounce_ms", debounce_ms, 0, DEBOUNCE_MS_MAX),
    ...range("minimum_ms", minimum_ms, 0, MINIMUM_MS_MAX),
    ...(source.kind === "window" ? windowMistakes(source.windows) : []),
    ...("wire" in source ? wireMistakes(model, id, source) : []),
  ];
}

function nameMistakes(model: SiteModel, id: string | null, name: string): LimitMistake[] {
  if (name === "") return [mistake("name", "missing")];
  const same = (model.signals ?? []).some(
    (other) => other.id !== id && other.name.toLowerCase() === name.toLowerCase(),
  );
  return same ? [mistake("name", "taken")] : [];
}

function limitsOf(model: SiteModel, circuit: Circuit, { limit, failSafe, rule }: LimitSetting): LimitMistake[] {
  const isMissing = limit.limit_mA === null && limit.limit_W === null;
  const parts = [
    ["limit", limit],
    ["failSafe", failSafe],
  ] as const;
  return [
    ...(isMissing ? [mistake("limit", "missing")] : []),
    ...parts.flatMap(([part, { limit_mA, limit_W }]) => [
      ...currentMistakes(circuit, `${part}.limit_mA`, limit_mA),
      ...powerMistakes(model, circuit, `${part}.limit_W`, limit_W, 0),
      // § 14a EnWG leaves every consumer that, and the installer's value may be more.
      ...(rule === "dim-14a" && limit_W !== null && limit_W >= 0 && limit_W < DIM_14A_W_MIN
        ? [mistake(`${part}.limit_W`, "below-14a", { least_W: DIM_14A_W_MIN })]
        : []),
    ]),
  ];
}

function currentMistakes({ name, fuse_mA }: Circuit, field: string, limit_mA: number | null): LimitMistake[] {
  if (limit_mA === null) return [];
  const most_mA = Math.max(...fuse_mA);
  if (limit_mA < 0) return [mistake(field, "out-of-range", { from: 0, to: most_mA / 1000 })];
  return limit_mA > most_mA ? [mistake(field, "above-fuse", { name, most_mA })] : [];
}

/** A limit above what the fuse carries changes nothing; most often it is a mistyped one. */
function powerMistakes(
  model: SiteModel,
  circuit: Circuit,
  field: string,
  limit_W: number | null,
  least_W = 1,
): LimitMistake[] {
  if (limit_W === null) return [];
  const most_W = fuse_W(model, circuit);
  if (limit_W < least_W) return [mistake(field, "out-of-range", { from: least_W / 1000, to: most_W / 1000 })];
  return limit_W > most_W ? [mistake(field, "above-fuse", { name: circuit.name, most_W })] : [];
}

const range = (field: string, value: number, from: number, to: number): LimitMistake[] =>
  value >= from && value <= to ? [] : [mistake(field, "out-of-range", { from, to })];

function windowMistakes(windows: readonly LimitWindow[]): LimitMistake[] {
  if (windows.length === 0) return [mistake("windows", "missing")];
  return windows.flatMap((window, index) => {
    const field = `windows.${String(index)}`;
    const other = windows.slice(0, index).findIndex((before) => windowsOverlap(before, window));
    return [
      ...(window.days.length === 0 ? [mistake(`${field}.days`, "no-days")] : []),
      ...(window.from_min >= DAY_MIN ? [mistake(`${field}.from`, "out-of-range", { from: 0, to: DAY_MIN - 1 })] : []),
      ...(other === -1 ? [] : [mistake(`${field}.to`, "overlaps", { place: other + 1 })]),
    ];
  });
}

type WireSource = Extract<LimitSetting["source"], { wire: unknown }>;

function wireMistakes(model: SiteModel, id: string | null, source: WireSource): LimitMistake[] {
  const { wire, unitId, address } = source;
  const asked = [
    ...range("unitId", unitId, 0, 255),
    ...range("address", address, 0, 65_535),
    ...(source.kind === "register" ? valueMistakes(source) : []),
  ];
  if ("host" in wire) {
    const place = [
      ...(HOST.test(wire.host.trim()) ? [] : [mistake("host", "bad-host")]),
      ...range("port", wire.port, 1, 65_535),
    ];
    if (place.length > 0) return [...place, ...asked];
  }
  const { link } = linkFor(model, wire, id);
  if (link === null) return [mistake("wire", "unknown"), ...asked];
  const by = usersOf(model, link.id).join(", ");
  // One port speaks one way, and whoever is asked there already needs that one.
  if ("kind" in wire && carriesModbus(link) && link.kind !== wire.kind)
    return [mistake("host", "other-framing", { by }), ...asked];
  if (carriesModbus(link)) return asked;
  return [mistake("host" in wire ? "host" : "wire", "not-modbus", { by: by === "" ? link.id : by }), ...asked];
}

function valueMistakes({ scale, none }: Extract<WireSource, { kind: "register" }>): LimitMistake[] {
  return [
    ...(scale > 0 && scale <= SCALE_MAX ? [] : [mistake("scale", "out-of-range", { from: 0, to: SCALE_MAX })]),
    ...(none === null ? [] : range("none", none, 0, RAW_MAX)),
  ];
}

function pricingMistakes(model: SiteModel, pricing: Pricing): LimitMistake[] {
  const { prices, feedIn_micro_per_kWh, peak, quarterLimit_W } = pricing;
  const main = model.circuits.find(({ parentId }) => parentId === null);
  const price = (field: string, value: number | null): LimitMistake[] =>
    value === null || (value >= 0 && value <= PRICE_MICRO_MAX)
      ? []
      : [mistake(field, "out-of-range", { from: 0, to: PRICE_MICRO_MAX / 1_000_000 })];
  return [
    ...price("otherwise", prices?.otherwise_micro_per_kWh ?? null),
    ...(prices?.hours ?? []).flatMap(({ days, from_min, to_min, price_micro_per_kWh }, index) => {
      const field = `hours.${String(index)}`;
      return [
        ...(days.length === 0 ? [mistake(`${field}.days`, "no-days")] : []),
        ...(from_min >= DAY_MIN ? [mistake(`${field}.from`, "out-of-range", { from: 0, to: DAY_MIN - 1 })] : []),
        ...(from_min === to_min ? [mistake(`${field}.to`, "same-time")] : []),
        ...price(`${field}.price`, price_micro_per_kWh),
      ];
    }),
    ...(feedIn_micro_per_kWh !== null && prices === null ? [mistake("otherwise", "missing")] : []),
    ...price("feedIn", feedIn_micro_per_kWh),
    ...price("peak", peak?.price_micro_per_kW ?? null),
    ...(peak === null || main === undefined ? [] : powerMistakes(model, main, "floor_W", peak.floor_W, 0)),
    ...(main === undefined ? [] : powerMistakes(model, main, "quarterLimit_W", quarterLimit_W)),
  ];
}

const note = (code: LimitNote["code"], inputs: Inputs = {}): LimitNote => ({ code, inputs });

/** What is good to know of a change without mistakes, as far as the settings alone tell it. */
export function limitNotes(model: SiteModel, change: LimitChange): readonly LimitNote[] {
  switch (change.kind) {
    case "limit":
      return settingNotes(model, change.id, change.setting);
    case "remove":
    case "circuit":
      return [];
    case "pricing":
      return hourNotes(change.pricing.prices?.hours ?? []);
  }
}

function settingNotes(
  model: SiteModel,
  id: string | null,
  { circuitId, source, limit, failSafe }: LimitSetting,
): LimitNote[] {
  const others = (model.signals ?? []).filter((other) => other.id !== id);
  const higher =
    (failSafe.limit_W ?? 0) > (limit.limit_W ?? Infinity) || (failSafe.limit_mA ?? 0) > (limit.limit_mA ?? Infinity);
  if (source.kind === "http") return higher ? [note("fail-safe-higher")] : [];
  if (source.kind === "window")
    return others.flatMap((other) => {
      if (other.circuitId !== circuitId || other.source.kind !== "window") return [];
      const theirs = other.source.windows.map((window) => ({ ...window, days: [...window.days] }));
      const meet = theirs.some((one) => source.windows.some((own) => windowsOverlap(one, own)));
      return meet ? [note("overlaps-other", { name: other.name })] : [];
    });
  const { link, isNew } = linkFor(model, source.wire, id);
  if (link === null) return [];
  const by = usersOf({ ...model, signals: others }, link.id).join(", ");
  const device = [...model.stations.map(({ name, connection }) => ({ name, ...connection })), ...model.meters].find(
    (one) => "linkId" in one && one.linkId === link.id && one.unitId === source.unitId,
  );
  return [
    ...(isNew ? [note("new-wire")] : []),
    ...(by === "" ? [] : [note("shared-wire", { by })]),
    ...(device === undefined ? [] : [note("same-device", { name: device.name, unit: source.unitId })]),
    ...(higher ? [note("fail-safe-higher")] : []),
  ];
}

/** The first that holds counts, so an overlap is no fault; but it is most often none that was meant. */
const hourNotes = (hours: readonly LimitWindow[]): LimitNote[] =>
  hours.flatMap((own, index) => {
    const other = hours.slice(0, index).findIndex((before) => windowsOverlap(before, own));
    return other === -1 ? [] : [note("hours-overlap", { place: index + 1, other: other + 1 })];
  });
