import { isDeepStrictEqual } from "node:util";
import type { Compliance, SignalLimit, SignalSource, SignalState, SiteSignal } from "../../../core/balancing/index.ts";
import { followSignal, hearSignal, isWindowOpen, newSignal, observeCompliance } from "../../../core/balancing/index.ts";
import type { EpochMs } from "../../../core/units/index.ts";
import type { BusPool } from "../../devices/modbus/index.ts";
import type { Clock } from "../../devices/ports.ts";
import type { EvidenceStore, ImposedRecord, SignalEvent } from "../../storage/evidence-types.ts";
import type { SiteState } from "../state.ts";
import { impose } from "./impose.ts";
import { complianceNow } from "./measured-compliance.ts";
import { pollSignal } from "./modbus-signal.ts";
import { isToken } from "./signal-token.ts";

/** UK G100 counts an excursion at 15 s; a limit that is still not kept then is told to a person. */
const LATE_AFTER_MS = 15_000;
/** More than a day of limits that come and go; the oldest are forgotten first. */
const UNWRITTEN_MAX = 10_000;
/** A full disk is not asked, nor complained of, every second. */
const WRITE_AGAIN_MS = 10_000;

export type SignalNow = {
  readonly signal: SiteSignal;
  readonly state: SignalState;
  readonly compliance: Compliance | null;
  readonly late: boolean;
};

export type SignalAnswer = "ok" | "not-found" | "forbidden";

/** Limits from outside: hears their sources, imposes them, and notes how fast they were kept. */
export type SignalDesk = {
  /** Before a decision: what must hold now stands in the circuits. Throws only after that, when a note cannot be stored. */
  follow(now_ms: EpochMs): void;
  /** After a decision, once its setpoints are sent. */
  observe(now_ms: EpochMs): void;
  /** A caller of the API says what it asks for; `undefined`: only that it lives. */
  put(id: string, token: string, said: SignalLimit | null | undefined): SignalAnswer;
  list(): readonly SignalNow[];
  /**
   * These are the signals from now on: what a source asked for stands on, unless it is another source now. One that is
   * gone limits nothing any more, and its end is noted with the next decision.
   */
  replace(signals: readonly SiteSignal[]): void;
  /** Ends polling. */
  stop(): Promise<void>;
};

export type SignalOptions = {
  readonly site: SiteState;
  readonly clock: Clock;
  readonly evidence: EvidenceStore;
  readonly buses: BusPool;
  readonly hurry: () => void;
};

type Running = { readonly signal: SiteSignal; state: SignalState; record: Compliance | null; late: boolean };

/**
 * Begins to watch all signals of the site. A limit that stood when the app ended holds until its source says otherwise;
 * that of a window has ended with the app, and holds anew if the window is open.
 */
export function createSignalDesk(options: SignalOptions): SignalDesk {
  const { site, clock, evidence, buses, hurry } = options;
  const started_at_ms = clock.now_ms();
  const begun = (site.model.signals ?? []).map((signal) => {
    const last = evidence.imposed(signal.id, 1)[0] ?? null;
    return { last, running: { signal, ...recalled(signal, last, started_at_ms) } satisfies Running };
  });
  let running: readonly Running[] = begun.map((one) => one.running);
  const notes = createNotes(evidence);
  notes.add(begun.flatMap((one) => leftOpen(one.running, one.last, started_at_ms)));
  const hear = (one: Running, said: SignalLimit | null): void => {
    const before = one.state.active;
    one.state = hearSignal(one.state, one.signal, said, clock.now_ms());
    if (one.state.active !== before) hurry();
  };
  const polls = createPolls({ clock, buses, hear });
  for (const one of running) polls.begin(one);
  return {
    follow: (now_ms) => {
      for (const one of running) one.state = passed(one, site.model.identity.timezone, now_ms);
      impose(site, running, now_ms);
      notes.add(running.flatMap((one) => turned(one, now_ms)));
      notes.write(now_ms);
    },
    observe: (now_ms) => {
      notes.add(running.flatMap((one) => kept(site, one, now_ms)));
      notes.write(now_ms);
    },
    put: (id, token, said) => {
      const one = running.find(({ signal }) => signal.id === id && signal.source.kind === "http");
      if (one?.signal.source.kind !== "http") return "not-found";
      const { tokenHash } = one.signal.source;
      if (tokenHash === null || !isToken(token, tokenHash)) return "forbidden";
      const last = one.state.pending === null ? one.state.asked : one.state.pending.limit;
      hear(one, said === undefined ? last : said);
      return "ok";
    },
    list: () => running.map(({ signal, state, record, late }) => ({ signal, state, compliance: record, late })),
    replace: (signals) => {
      const now_ms = clock.now_ms();
      const before = new Map(running.map((one) => [one.signal.id, one]));
      running = signals.map((signal) => {
        const old = before.get(signal.id);
        if (old !== undefined && isDeepStrictEqual(old.signal, signal)) {
          before.delete(signal.id);
          return old;
        }
        const next = old === undefined ? fresh(signal, now_ms) : goingOn(old, signal, now_ms);
        polls.begin(next);
        return next;
      });
      for (const old of before.values()) {
        const next = running.find(({ signal }) => signal.id === old.signal.id);
        if (next === undefined || next.record === null) notes.add(ended(old, now_ms));
        if (next === undefined) polls.end(old.signal.id);
      }
      free(site, [...before.keys()]);
      impose(site, running, now_ms);
      hurry();
    },
    stop: () => polls.stop(),
  };
}

type Notes = {
  add(events: readonly SignalEvent[]): void;
  /** Throws when nothing can be written; all of it waits for the next time. */
  write(now_ms: EpochMs): void;
};

/** What happened, until it could be written: a full disk delays the log, and leaves no hole in it. */
function createNotes(evidence: Pick<EvidenceStore, "addSignalEvents">): Notes {
  let unwritten: readonly SignalEvent[] = [];
  let refused_at_ms: EpochMs | null = null;
  return {
    add: (events) => {
      if (events.length > 0) unwritten = [...unwritten, ...events].slice(-UNWRITTEN_MAX);
    },
    write: (now_ms) => {
      if (unwritten.length === 0) return;
      if (refused_at_ms !== null && Math.abs(now_ms - refused_at_ms) < WRITE_AGAIN_MS) return;
      refused_at_ms = now_ms;
      evidence.addSignalEvents(unwritten);
      refused_at_ms = null;
      unwritten = [];
    },
  };
}

type Polls = { begin(one: Running): void; end(id: string): void; stop(): Promise<void> };

/** Asks the sources that have to be asked, each until it is ended or another one takes its place. */
function createPolls({
  clock,
  buses,
  hear,
}: Pick<SignalOptions, "clock" | "buses"> & {
  readonly hear: (one: Running, said: SignalLimit | null) => void;
}): Polls {
  const running = new Map<string, AbortController>();
  const ending = new Set<Promise<void>>();
  const end = (id: string): void => {
    running.get(id)?.abort();
    running.delete(id);
  };
  return {
    begin: (one) => {
      const { id, source, limit } = one.signal;
      end(id);
      if (source.kind !== "digital-input" && source.kind !== "register") return;
      const bus = buses.busOf(source.linkId)?.bus ?? null;
      if (bus === null) return;
      const abort = new AbortController();
      running.set(id, abort);
      const tell = (said: SignalLimit | null): void => {
        // What was under way when another source took its place says nothing any more.
        if (!abort.signal.aborted) hear(one, said);
      };
      const poll = pollSignal({ source, limit, bus, clock, tell, stop: abort.signal }).finally(() => {
        ending.delete(poll);
      });
      ending.add(poll);
    },
    end,
    stop: async () => {
      for (const id of [...running.keys()]) end(id);
      await Promise.all(ending);
    },
  };
}

const fresh = (signal: SiteSignal, now_ms: EpochMs): Running => ({
  signal,
  state: newSignal(now_ms),
  record: null,
  late: false,
});

/** A signal that was set otherwise: its source still says what it last said. */
function goingOn(old: Running, signal: SiteSignal, now_ms: EpochMs): Running {
  if (!isSameSource(old.signal.source, signal.source)) return fresh(signal, now_ms);
  const { asked } = old.state;
  const named = signal.source.kind === "register" || signal.source.kind === "http";
  const stays = old.signal.circuitId === signal.circuitId;
  const before: SignalState = {
    ...old.state,
    asked: asked === null || named ? asked : signal.limit,
    pending: null,
    active: stays ? old.state.active : null,
  };
  // Its minimum time protects from a source that wavers, not from its owner.
  const state = followSignal(before, { ...signal, minimum_ms: 0 }, now_ms);
  return { signal, state, record: stays ? old.record : null, late: stays && old.late };
}

/** The same contact, register, caller or clock, whatever its limit. */
function isSameSource(before: SignalSource, after: SignalSource): boolean {
  if (before.kind === "window" || before.kind === "http") return before.kind === after.kind;
  return isDeepStrictEqual(before, after);
}

function ended(old: Running, now_ms: EpochMs): SignalEvent[] {
  old.state = { ...old.state, active: null };
  return turned(old, now_ms);
}

/** Takes what these signals imposed out of the circuits. */
function free(site: SiteState, ids: readonly string[]): void {
  for (const circuit of site.circuits.values())
    circuit.imposed = circuit.imposed.filter(
      ({ kind, ref }) => !((kind === "grid_signal" || kind === "schedule") && ids.includes(ref)),
    );
}

function recalled(
  { source, circuitId }: SiteSignal,
  last: ImposedRecord | null,
  started_at_ms: EpochMs,
): Omit<Running, "signal"> {
  const state = newSignal(started_at_ms);
  if (last?.released_at_ms !== null || last.imposed_at_ms > started_at_ms) return { state, record: null, late: false };
  if (source.kind === "window" || last.circuitId !== circuitId) return { state, record: null, late: false };
  const { imposed_at_ms, sent_at_ms, complied_at_ms, why, late } = last;
  const limit = { limit_mA: last.limit_mA, limit_W: last.limit_W };
  return {
    state: { ...state, asked: limit, active: { limit, why, since_ms: imposed_at_ms } },
    record: { imposed_at_ms, sent_at_ms, complied_at_ms },
    late,
  };
}

/** The end of what stood when the app ended and does not go on: nobody would ever note it. */
function leftOpen({ record }: Running, last: ImposedRecord | null, started_at_ms: EpochMs): SignalEvent[] {
  if (record !== null || last?.released_at_ms !== null || last.imposed_at_ms > started_at_ms) return [];
  const { signalId, circuitId, imposed_at_ms } = last;
  return [releasedAt({ signalId, circuitId, imposed_at_ms }, started_at_ms)];
}

/** The clock itself is the source of a window: it is never silent. */
function passed({ signal, state }: Running, timezone: string, now_ms: EpochMs): SignalState {
  const { source } = signal;
  if (source.kind !== "window") return followSignal(state, signal, now_ms);
  const said = isWindowOpen(source.windows, timezone, now_ms) ? signal.limit : null;
  return hearSignal(state, signal, said, now_ms);
}

/** The end of a limit that no longer stands, and the beginning of the one that does. */
function turned(one: Running, now_ms: EpochMs): SignalEvent[] {
  const { signal, state, record } = one;
  const { active } = state;
  if (record?.imposed_at_ms === active?.since_ms) return [];
  const events: SignalEvent[] = [];
  if (record !== null)
    events.push(releasedAt({ ...placeOf(signal), imposed_at_ms: record.imposed_at_ms }, active?.since_ms ?? now_ms));
  if (active !== null) events.push(eventOf(signal, active, "imposed", active.since_ms));
  one.record = active === null ? null : { imposed_at_ms: active.since_ms, sent_at_ms: null, complied_at_ms: null };
  one.late = false;
  return events;
}

const releasedAt = (
  limit: Pick<SignalEvent, "signalId" | "circuitId" | "imposed_at_ms">,
  at_ms: EpochMs,
): SignalEvent => ({ ...limit, at_ms, kind: "released", why: "asked", limit_mA: null, limit_W: null });

const placeOf = ({ id, circuitId }: SiteSignal): Pick<SignalEvent, "signalId" | "circuitId"> => ({
  signalId: id,
  circuitId,
});

const eventOf = (
  signal: SiteSignal,
  { limit, why, since_ms }: NonNullable<SignalState["active"]>,
  kind: SignalEvent["kind"],
  at_ms: EpochMs,
): SignalEvent => ({ ...placeOf(signal), imposed_at_ms: since_ms, at_ms, kind, why, ...limit });

/** What was reached of an imposed limit in this second. */
function kept(site: SiteState, one: Running, now_ms: EpochMs): SignalEvent[] {
  const { signal, state, record } = one;
  const { active } = state;
  const circuit = site.circuits.get(signal.circuitId);
  if (active === null || record === null || circuit === undefined || record.complied_at_ms !== null) return [];
  const moment = complianceNow(site, circuit, signal, active.limit, now_ms);
  const next = observeCompliance(record, moment);
  one.record = next;
  const events: SignalEvent[] = [];
  if (record.sent_at_ms === null && next.sent_at_ms !== null)
    events.push(eventOf(signal, active, "sent", next.sent_at_ms));
  if (next.complied_at_ms !== null) events.push(eventOf(signal, active, "complied", next.complied_at_ms));
  const still = moment.measured !== null && !moment.measured.within;
  if (!one.late && still && moment.measured.at_ms - record.imposed_at_ms >= LATE_AFTER_MS) {
    one.late = true;
    events.push(eventOf(signal, active, "late", moment.measured.at_ms));
  }
  return events;
}
