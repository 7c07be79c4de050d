import { assert, epochMs, milliamp, watt } from "../units/index.ts";
import type { EpochMs } from "../units/index.ts";
import type { SignalLimit, SiteSignal, Weekday, WeeklyWindow } from "./signal-source.ts";
import { WEEKDAYS } from "./signal-source.ts";

// What one external signal asks of its circuit now. Everything that happens is said to it with its time; it keeps no
// clock, sends nothing and delays nothing. Times as EEBUS LPC, which knows the same case: a limit by heartbeat.

/** A source that is silent for this long is lost: the fail-safe limit holds. */
export const SIGNAL_LOST_MS = 120_000;
/** After its return the fail-safe limit is lifted no sooner than this: a source that comes and goes frees nothing. */
export const RELEASE_AFTER_RETURN_MS = 120_000;

export type ActiveSignal = {
  readonly limit: SignalLimit;
  readonly why: "asked" | "fail-safe";
  readonly since_ms: EpochMs;
};

export type SignalState = {
  /** When it began to be watched: until then silence is nobody's fault. */
  readonly started_at_ms: EpochMs;
  readonly heard_at_ms: EpochMs | null;
  /** What its source asks for, once that stood long enough; `null`: no limit. */
  readonly asked: SignalLimit | null;
  /** What it says since then but not long enough yet. */
  readonly pending: { readonly limit: SignalLimit | null; readonly since_ms: EpochMs } | null;
  /** Lost: since then without a break. `returned_at_ms`: it speaks again, and is not believed to be steady yet. */
  readonly lost: { readonly returned_at_ms: EpochMs | null } | null;
  readonly active: ActiveSignal | null;
};

/** Nothing was heard yet; the fail-safe limit holds from `SIGNAL_LOST_MS` on. */
export const newSignal = (started_at_ms: EpochMs): SignalState => ({
  started_at_ms,
  heard_at_ms: null,
  asked: null,
  pending: null,
  lost: null,
  active: null,
});

type Rule = Pick<SiteSignal, "failSafe" | "debounce_ms" | "minimum_ms">;

/** What a source says at `at_ms`: the limit it asks for, or `null` for none. Also the sign that it lives. */
export function hearSignal(state: SignalState, rule: Rule, said: SignalLimit | null, at_ms: EpochMs): SignalState {
  const same = sameLimit(state.asked, said);
  const stands = state.pending !== null && sameLimit(state.pending.limit, said);
  const heard: SignalState = {
    ...state,
    heard_at_ms: at_ms,
    pending: same ? null : stands ? state.pending : { limit: said, since_ms: at_ms },
    lost: state.lost === null ? null : { returned_at_ms: state.lost.returned_at_ms ?? at_ms },
  };
  return followSignal(heard, rule, at_ms);
}

/** Lets time pass: afterwards `active` is what must hold at `now_ms`. A clock that was set back leaves the state as it is. */
export function followSignal(state: SignalState, rule: Rule, now_ms: EpochMs): SignalState {
  const settled = debounced(state, rule, now_ms);
  const followed = { ...settled, lost: lossOf(settled, now_ms) };
  return { ...followed, active: activeOf(followed, rule, now_ms) };
}

function debounced(state: SignalState, { debounce_ms }: Rule, now_ms: EpochMs): SignalState {
  const { pending } = state;
  if (pending === null || now_ms - pending.since_ms < debounce_ms) return state;
  return { ...state, asked: pending.limit, pending: null };
}

function lossOf({ started_at_ms, heard_at_ms, lost }: SignalState, now_ms: EpochMs): SignalState["lost"] {
  // Silence while it was coming back begins the loss anew.
  if (now_ms - (heard_at_ms ?? started_at_ms) >= SIGNAL_LOST_MS) return { returned_at_ms: null };
  const back_at_ms = lost?.returned_at_ms ?? null;
  return back_at_ms !== null && now_ms - back_at_ms >= RELEASE_AFTER_RETURN_MS ? null : lost;
}

function activeOf(state: SignalState, rule: Rule, now_ms: EpochMs): ActiveSignal | null {
  const before = state.active;
  const wanted = wantedOf(state, rule);
  // Its minimum time is counted from when it began, and never ends by a clock that was set back.
  const holds = before !== null && now_ms - before.since_ms < rule.minimum_ms;
  if (holds && (wanted === null || isHigher(wanted.limit, before.limit))) return before;
  if (wanted === null) return null;
  const goesOn = before !== null && before.why === wanted.why && sameLimit(before.limit, wanted.limit);
  return goesOn ? before : { ...wanted, since_ms: now_ms };
}

/** While the source is not trusted the fail-safe limit holds, and what it asks for where that is lower. */
function wantedOf({ lost, asked }: SignalState, { failSafe }: Rule): Pick<ActiveSignal, "limit" | "why"> | null {
  if (lost === null) return asked === null ? null : { limit: asked, why: "asked" };
  const limit = asked === null ? failSafe : lowestLimit(failSafe, asked);
  return { limit, why: "fail-safe" };
}

/** Both hold: the lower current and the lower power. */
const lowestLimit = (a: SignalLimit, b: SignalLimit): SignalLimit => {
  const current = [a.limit_mA, b.limit_mA].filter((value) => value !== null);
  const power = [a.limit_W, b.limit_W].filter((value) => value !== null);
  return {
    limit_mA: current.length === 0 ? null : milliamp(Math.min(...current)),
    limit_W: power.length === 0 ? null : watt(Math.min(...power)),
  };
};

/** True when `a` lets more through than `b` in any way. */
const isHigher = (a: SignalLimit, b: SignalLimit): boolean =>
  (a.limit_mA ?? Infinity) > (b.limit_mA ?? Infinity) || (a.limit_W ?? Infinity) > (b.limit_W ?? Infinity);

const sameLimit = (a: SignalLimit | null, b: SignalLimit | null): boolean =>
  a === null || b === null ? a === b : a.limit_mA === b.limit_mA && a.limit_W === b.limit_W;

const DAY_MIN = 1_440;

/** True when a weekly window is open, by the wall clock of `timezone`: a repeated hour counts twice, a skipped one never. */
export function isWindowOpen(windows: readonly WeeklyWindow[], timezone: string, now_ms: EpochMs): boolean {
  const local = Temporal.Instant.fromEpochMilliseconds(now_ms).toZonedDateTimeISO(timezone);
  const minute = local.hour * 60 + local.minute;
  const today = weekday(local.dayOfWeek);
  const yesterday = weekday(((local.dayOfWeek + 5) % 7) + 1);
  return windows.some(({ days, from_min, to_min }) => {
    const ends_min = to_min <= from_min ? to_min + DAY_MIN : to_min;
    const isOpen = (day: Weekday, at_min: number): boolean =>
      days.includes(day) && at_min >= from_min && at_min < ends_min;
    return isOpen(today, minute) || isOpen(yesterday, minute + DAY_MIN);
  });
}

function weekday(dayOfWeek: number): Weekday {
  const day = WEEKDAYS[dayOfWeek - 1];
  assert(day !== undefined, "a week has seven days");
  return day;
}

/** When a lowered limit was imposed, sent to all and kept, by the meter. */
export type Compliance = {
  readonly imposed_at_ms: EpochMs;
  readonly sent_at_ms: EpochMs | null;
  readonly complied_at_ms: EpochMs | null;
};

/** Design target of the time from a limit to a measured value at or below it. */
export const COMPLY_WITHIN_MS = 12_000;

export type ComplianceMoment = {
  readonly now_ms: EpochMs;
  /** No setpoint below is above what is granted now. */
  readonly allSent: boolean;
  /** What flows is at or below the limit; `null`: nothing was measured since. */
  readonly measured: { readonly at_ms: EpochMs; readonly within: boolean } | null;
};

/** Afterwards what happened for the first time stands in it; each stands once. */
export function observeCompliance(state: Compliance, { now_ms, allSent, measured }: ComplianceMoment): Compliance {
  const { imposed_at_ms } = state;
  const seen = measured !== null && measured.at_ms >= imposed_at_ms && measured.within;
  return {
    imposed_at_ms,
    sent_at_ms: state.sent_at_ms ?? (allSent ? now_ms : null),
    complied_at_ms: state.complied_at_ms ?? (seen ? epochMs(Math.max(imposed_at_ms, measured.at_ms)) : null),
  };
}
