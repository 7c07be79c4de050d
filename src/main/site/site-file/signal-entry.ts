import type { SignalLimit, SignalSource, SiteSignal, WeeklyWindow } from "../../../core/balancing/index.ts";
import { DIM_14A_W_MIN } from "../../../core/balancing/index.ts";
import { milliampFromAmp, watt } from "../../../core/units/index.ts";
import { hashToken } from "../signals/signal-token.ts";
import type { Entries, Entry, Mistake } from "./entries.ts";
import { at, unknownId } from "./references.ts";
import type { SignalEntry } from "./schema.ts";

// External signals of a site file: what is wrong between their fields, and there and back.

const MODBUS_KINDS: ReadonlySet<string> = new Set(["serial", "rtu-over-tcp", "modbus-tcp", "udp"]);

/** What one field of a signal alone cannot tell. */
export function signalMistakes(entry: Entry<SignalEntry>, { circuits, links }: Entries): Mistake[] {
  const { circuit, rule, limit_A, limit_kW, failsafe_kW, source } = entry.known;
  const unlimited = entry.value !== null && limit_A === undefined && limit_kW === undefined;
  const least_kW = DIM_14A_W_MIN / 1000;
  const tooLow = (value_kW: number | undefined): boolean =>
    rule === "dim-14a" && value_kW !== undefined && value_kW < least_kW;
  const atLeast = `at least ${String(least_kW)} kW: § 14a leaves each consumer that, and the installer's value may be more`;
  const linkId = source !== undefined && "link" in source ? source.link : undefined;
  const link = links.find(({ id }) => id === linkId)?.known.kind;
  return [
    ...unknownId(entry, "circuit", circuit, circuits),
    ...(linkId === undefined ? [] : unknownId({ ...entry, path: [...entry.path, "source"] }, "link", linkId, links)),
    ...(link === undefined || MODBUS_KINDS.has(link)
      ? []
      : [at({ ...entry, path: [...entry.path, "source"] }, "link", "wrong-link", "a link that carries Modbus")]),
    ...(unlimited ? [at(entry, "limit_kW", "missing", "limit_A or limit_kW: the limit while the signal is on")] : []),
    ...(tooLow(limit_kW) ? [at(entry, "limit_kW", "out-of-range", atLeast)] : []),
    ...(tooLow(failsafe_kW) ? [at(entry, "failsafe_kW", "out-of-range", atLeast)] : []),
  ];
}

/** A signal without mistakes as the site knows it; its token is kept as a hash alone. */
export function toSignal(entry: SignalEntry): SiteSignal {
  const limit = toLimit(entry.limit_A, entry.limit_kW);
  const ownFailSafe = entry.failsafe_A !== undefined || entry.failsafe_kW !== undefined;
  return {
    id: entry.id,
    name: entry.name ?? entry.id,
    circuitId: entry.circuit,
    rule: entry.rule,
    counts: entry.counts ?? (entry.rule === "dim-14a" ? "cars" : "all"),
    limit,
    failSafe: ownFailSafe ? toLimit(entry.failsafe_A, entry.failsafe_kW) : limit,
    debounce_ms: (entry.debounce_s ?? (entry.source.kind === "digital-input" ? 1 : 0)) * 1000,
    minimum_ms: entry.minimum_s * 1000,
    source: toSource(entry.source),
  };
}

const toLimit = (limit_A: number | undefined, limit_kW: number | undefined): SignalLimit => ({
  limit_mA: limit_A === undefined ? null : milliampFromAmp(limit_A),
  limit_W: limit_kW === undefined ? null : watt(Math.floor(limit_kW * 1000 + 1e-6)),
});

function toSource(source: SignalEntry["source"]): SignalSource {
  switch (source.kind) {
    case "digital-input": {
      const { kind, link, unitId, address, table, active } = source;
      return { kind, linkId: link, unitId, address, table, activeLow: active === "low" };
    }
    case "register": {
      const { kind, link, unitId, address, table, type, scale, unit, none } = source;
      return { kind, linkId: link, unitId, address, table, type, scale, unit, none: none ?? null };
    }
    case "http":
      return { kind: source.kind, tokenHash: source.token === undefined ? null : hashToken(source.token) };
    case "window":
      return {
        kind: source.kind,
        windows: source.windows.map(({ days, from, to }) => ({ days, from_min: minutes(from), to_min: minutes(to) })),
      };
  }
}

const minutes = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
const clockText = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

/** The entry that `toSignal` made this of, less its token. */
export const fromSignal = (signal: SiteSignal): object => ({
  id: signal.id,
  ...(signal.name === signal.id ? {} : { name: signal.name }),
  circuit: signal.circuitId,
  rule: signal.rule,
  counts: signal.counts,
  ...fromLimit(signal.limit, "limit"),
  ...fromLimit(signal.failSafe, "failsafe"),
  debounce_s: signal.debounce_ms / 1000,
  minimum_s: signal.minimum_ms / 1000,
  source: fromSource(signal.source),
});

const fromLimit = ({ limit_mA, limit_W }: SignalLimit, field: "limit" | "failsafe"): object => ({
  ...(limit_mA === null ? {} : { [`${field}_A`]: limit_mA / 1000 }),
  ...(limit_W === null ? {} : { [`${field}_kW`]: limit_W / 1000 }),
});

function fromSource(source: SignalSource): object {
  switch (source.kind) {
    case "digital-input": {
      const { kind, linkId, unitId, address, table, activeLow } = source;
      return { kind, link: linkId, unitId, address, table, active: activeLow ? "low" : "high" };
    }
    case "register": {
      const { kind, linkId, unitId, address, table, type, unit, scale, none } = source;
      return { kind, link: linkId, unitId, address, table, type, unit, scale, ...(none === null ? {} : { none }) };
    }
    case "http":
      return { kind: source.kind };
    case "window":
      return { kind: source.kind, windows: source.windows.map(fromWindow) };
  }
}

const fromWindow = ({ days, from_min, to_min }: WeeklyWindow): object => ({
  days: [...days],
  from: clockText(from_min),
  to: clockText(to_min),
});
