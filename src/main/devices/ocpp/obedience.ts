import type { EpochMs, Milliamp } from "../../../core/units/index.ts";
import { field, isObject, readDecimal, readList, type RateUnit } from "../../protocol/ocpp/index.ts";
import type { Clock, LimitReply } from "../ports.ts";
import { PRIORITY, type CallLane } from "./call-lane.ts";
import { failure } from "./replies.ts";

// "Accepted" does not mean applied: a limit counts as followed when the box shows that it offers no more. Looked at in
// this order: Current.Offered, Power.Offered, GetCompositeSchedule, the measured current. Times of the site's clock.

/** A box has this long to follow a limit it has accepted. */
const FOLLOWS_WITHIN_MS = 30_000;
/** Without a proof until then the box is asked what its schedule says. */
const ASK_AFTER_MS = 20_000;
const SLACK_MA = 500;
/** Limits are sent in steps of this. */
const STEP_MA = 100;
/** Below a limit by more than this, it may be something else that holds the car back: that proves nothing. */
const NEAR_MA = 1000;
const NOMINAL_V = 230;
const SCHEDULE_S = 60;

type Evidence = "Current.Offered" | "Power.Offered" | "GetCompositeSchedule" | "Current.Import";
export type ObedienceView = {
  /** `offers-less`: it accepted more than it then offered a car that would take it. */
  readonly state: "unproven" | "obeys" | "offers-less" | "disobeys";
  readonly by: Evidence | null;
  /** What it offered, where that is less. */
  readonly offered_mA: number | null;
  readonly at_ms: EpochMs | null;
};
type Verdict = "obeys" | "offers-less" | "disobeys" | "unknown" | "superseded";
type Decision = {
  readonly verdict: "obeys" | "offers-less" | "disobeys";
  readonly by: Evidence;
  readonly offered_mA: number | null;
};
/** How a value that the box shows compares with its limit. */
type Shown = "above" | "near" | "below";

/** What one sample says about the box's own limit. */
type OfferSample = {
  readonly at_ms: EpochMs;
  readonly offered_mA: Milliamp | null;
  readonly offered_W: number | null;
  readonly current_mA: readonly (Milliamp | null)[];
};

export type ObedienceContext = {
  readonly clock: Clock;
  readonly lane: CallLane;
  readonly connectorId: number;
  readonly phaseCount: 1 | 2 | 3;
  /** Whether asking for the composite schedule makes sense with this box, and in which unit. */
  readonly scheduleUnit: () => RateUnit | null;
  /** The box was found to accept limits without following them: it must be set anew, and believed no more. */
  readonly disobeyed: (by: Evidence) => void;
  /** The box offers less than it accepted; it may still be at an older setpoint. */
  readonly offeredLess: (offered_mA: number) => void;
  /** Something was found out. */
  readonly found: () => void;
  /** What the box does for its car: `null` while it does nothing, when what it offers proves nothing. */
  readonly activity: () => "charging" | "held-by-box" | null;
};

/** Watches whether one EVSE follows the limits it accepts. */
export interface Obedience {
  view(): ObedienceView;
  /**
   * What to answer to whoever set the limit: at once for a box that is trusted; for one that was seen not to follow,
   * only when it has proven this limit, else "not-followed".
   */
  judge(reply: LimitReply): Promise<LimitReply>;
  /** Another limit is about to be sent: from now on the one before may be exceeded. */
  changing(limit_mA: Milliamp): void;
  saw(sample: OfferSample): void;
  /** The box restarted or reconnected. */
  forget(): void;
  /** What was found out in an earlier connection holds. */
  recall(view: ObedienceView): void;
}

type Watch = {
  readonly limit_mA: Milliamp;
  readonly since_ms: EpochMs;
  readonly shown_mA: Map<Evidence, number>;
  readonly stop: AbortController;
  readonly settle: (verdict: Verdict) => void;
  readonly done: Promise<Verdict>;
};
type Watching = { readonly context: ObedienceContext; view: ObedienceView; watch: Watch | null };

const UNPROVEN: ObedienceView = { state: "unproven", by: null, offered_mA: null, at_ms: null };

export function createObedience(context: ObedienceContext): Obedience {
  const watching: Watching = { context, view: UNPROVEN, watch: null };
  return {
    view: () => watching.view,
    async judge(reply) {
      if (!reply.ok) return reply;
      const trusted = watching.view.state !== "disobeys";
      const { done } = begin(watching, reply.confirmed_mA);
      if (trusted) return reply;
      const verdict = await done;
      // Less than it was told is no danger to anybody's fuse.
      if (verdict === "obeys" || verdict === "offers-less") return reply;
      return { ...failure("not-followed", "the station accepts limits but was seen not to follow them"), retry: true };
    },
    changing(limit_mA) {
      const { watch } = watching;
      if (watch !== null && Math.abs(limit_mA - watch.limit_mA) >= STEP_MA) end(watching, "superseded");
    },
    saw(sample) {
      const { watch } = watching;
      if (watch === null || sample.at_ms <= watch.since_ms) return;
      note(watch, sample, context.phaseCount);
      if (decide(watch, null)?.verdict === "obeys") finish(watching, watch);
    },
    forget() {
      end(watching, "superseded");
      watching.view = UNPROVEN;
    },
    recall(view) {
      watching.view = view;
    },
  };
}

/** The same limit again joins the watch that runs. */
function begin(watching: Watching, limit_mA: Milliamp): Watch {
  if (watching.watch?.limit_mA === limit_mA) return watching.watch;
  end(watching, "superseded");
  let settle: (verdict: Verdict) => void = () => undefined;
  const done = new Promise<Verdict>((resolve) => (settle = resolve));
  const since_ms = watching.context.clock.now_ms();
  const watch: Watch = { limit_mA, since_ms, shown_mA: new Map(), stop: new AbortController(), settle, done };
  watching.watch = watch;
  void follow(watching, watch);
  return watch;
}

async function follow(watching: Watching, watch: Watch): Promise<void> {
  const { clock } = watching.context;
  await clock.sleep(ASK_AFTER_MS, watch.stop.signal);
  if (watching.watch !== watch) return;
  const asking = askSchedule(watching.context, watch);
  await clock.sleep(FOLLOWS_WITHIN_MS - ASK_AFTER_MS, watch.stop.signal);
  await asking;
  if (isCurrent(watching, watch)) finish(watching, watch);
}

/** Asked after an await, when the answer may have changed. */
const isCurrent = (watching: Watching, watch: Watch): boolean => watching.watch === watch;

async function askSchedule({ scheduleUnit, lane, connectorId, phaseCount }: ObedienceContext, watch: Watch) {
  const unit = scheduleUnit();
  if (unit === null) return;
  const payload = { connectorId, duration: SCHEDULE_S, chargingRateUnit: unit };
  const reply = await lane.add(PRIORITY.setup, (call) => call("GetCompositeSchedule", payload)).done;
  const limit = reply.ok ? firstLimit(reply.payload) : null;
  if (limit === null) return;
  const shown_mA = limit.unit === "A" ? limit.value * 1000 : inMilliamps(limit.value, phaseCount);
  watch.shown_mA.set("GetCompositeSchedule", shown_mA);
}

/** The limit now in an answer to GetCompositeSchedule. */
function firstLimit(payload: unknown): { readonly value: number; readonly unit: "A" | "W" } | null {
  const schedule = isObject(payload) ? field(payload, "chargingSchedule") : null;
  if (!isObject(schedule)) return null;
  const [first] = readList(field(schedule, "chargingSchedulePeriod")) ?? [];
  const value = isObject(first) ? readDecimal(field(first, "limit")) : null;
  return value === null ? null : { value, unit: field(schedule, "chargingRateUnit") === "W" ? "W" : "A" };
}

function note({ shown_mA }: Watch, sample: OfferSample, phaseCount: 1 | 2 | 3): void {
  const see = (evidence: Evidence, value_mA: number | null): void => {
    if (value_mA !== null) shown_mA.set(evidence, value_mA);
  };
  see("Current.Offered", sample.offered_mA);
  see("Power.Offered", sample.offered_W === null ? null : inMilliamps(sample.offered_W, phaseCount));
  const measured = sample.current_mA.filter((one) => one !== null);
  see("Current.Import", measured.length === 0 ? null : Math.max(...measured));
}

const inMilliamps = (power_W: number, phaseCount: number): number =>
  Math.round((power_W * 1000) / (NOMINAL_V * phaseCount));

const compared = (value_mA: number, limit_mA: number): Shown =>
  value_mA > limit_mA + SLACK_MA ? "above" : value_mA >= limit_mA - NEAR_MA ? "near" : "below";

const WORDS: readonly Evidence[] = ["Current.Offered", "Power.Offered", "GetCompositeSchedule"];

/** `null`: nothing that was seen proves anything. */
function decide({ shown_mA, limit_mA }: Watch, activity: ReturnType<ObedienceContext["activity"]>): Decision | null {
  const shown = (one: Evidence): Shown | null => {
    const value_mA = shown_mA.get(one);
    return value_mA === undefined ? null : compared(value_mA, limit_mA);
  };
  const measured = shown("Current.Import");
  if (measured === "above") return { verdict: "disobeys", by: "Current.Import", offered_mA: null };
  const near = WORDS.find((one) => shown(one) === "near");
  const above = WORDS.find((one) => shown(one) === "above");
  // Some boxes always show their maximum as offered; what is measured right below the limit outweighs that.
  if (above !== undefined && near === undefined && measured !== "near")
    return { verdict: "disobeys", by: above, offered_mA: null };
  if (near !== undefined) return { verdict: "obeys", by: near, offered_mA: null };
  if (measured === "near") return { verdict: "obeys", by: "Current.Import", offered_mA: null };
  const below = WORDS.find((one) => shown(one) === "below");
  const offered_mA = below === undefined ? null : (shown_mA.get(below) ?? null);
  if (below === undefined || offered_mA === null || activity === null) return null;
  // Nothing offered counts only where the box itself says that it holds the car back; others write 0 for "unknown".
  return offered_mA > 0 || activity === "held-by-box" ? { verdict: "offers-less", by: below, offered_mA } : null;
}

function finish(watching: Watching, watch: Watch): void {
  const { context } = watching;
  const decided = decide(watch, context.activity());
  const before = watching.view.state;
  if (decided !== null) {
    const { verdict: state, by, offered_mA } = decided;
    watching.view = { state, by, offered_mA, at_ms: context.clock.now_ms() };
  }
  end(watching, decided?.verdict ?? "unknown");
  if (decided?.verdict === "disobeys" && before !== "disobeys") context.disobeyed(decided.by);
  if (decided?.verdict === "offers-less") context.offeredLess(decided.offered_mA ?? 0);
  if (decided !== null) context.found();
}

function end(watching: Watching, verdict: Verdict): void {
  const { watch } = watching;
  watching.watch = null;
  watch?.stop.abort();
  watch?.settle(verdict);
}
