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
  readonly state: "unproven" | "obeys" | "disobeys";
  readonly by: Evidence | null;
  readonly at_ms: EpochMs | null;
};
type Verdict = "obeys" | "disobeys" | "unknown" | "superseded";
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
}

type Watch = {
  readonly limit_mA: Milliamp;
  readonly since_ms: EpochMs;
  readonly shown: Map<Evidence, Shown>;
  readonly stop: AbortController;
  readonly settle: (verdict: Verdict) => void;
  readonly done: Promise<Verdict>;
};
type Watching = { readonly context: ObedienceContext; view: ObedienceView; watch: Watch | null };

const UNPROVEN: ObedienceView = { state: "unproven", by: null, at_ms: null };

export function createObedience(context: ObedienceContext): Obedience {
  const watching: Watching = { context, view: UNPROVEN, watch: null };
  return {
    view: () => watching.view,
    async judge(reply) {
      if (!reply.ok) return reply;
      const trusted = watching.view.state !== "disobeys";
      const { done } = begin(watching, reply.confirmed_mA);
      if (trusted || (await done) === "obeys") return reply;
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
      if (decide(watch)?.verdict === "obeys") finish(watching, watch);
    },
    forget() {
      end(watching, "superseded");
      watching.view = UNPROVEN;
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
  const watch: Watch = { limit_mA, since_ms, shown: new Map(), stop: new AbortController(), settle, done };
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
  watch.shown.set("GetCompositeSchedule", compared(shown_mA, watch.limit_mA));
}

/** The limit now in an answer to GetCompositeSchedule. */
function firstLimit(payload: unknown): { readonly value: number; readonly unit: "A" | "W" } | null {
  const schedule = isObject(payload) ? field(payload, "chargingSchedule") : null;
  if (!isObject(schedule)) return null;
  const [first] = readList(field(schedule, "chargingSchedulePeriod")) ?? [];
  const value = isObject(first) ? readDecimal(field(first, "limit")) : null;
  return value === null ? null : { value, unit: field(schedule, "chargingRateUnit") === "W" ? "W" : "A" };
}

function note({ shown, limit_mA }: Watch, sample: OfferSample, phaseCount: 1 | 2 | 3): void {
  const see = (evidence: Evidence, value_mA: number | null): void => {
    if (value_mA !== null) shown.set(evidence, compared(value_mA, limit_mA));
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

/** `null`: nothing that was seen proves anything. */
function decide({ shown }: Watch): { readonly verdict: "obeys" | "disobeys"; readonly by: Evidence } | null {
  const measured = shown.get("Current.Import");
  if (measured === "above") return { verdict: "disobeys", by: "Current.Import" };
  const words: readonly Evidence[] = ["Current.Offered", "Power.Offered", "GetCompositeSchedule"];
  const near = words.find((one) => shown.get(one) === "near");
  const above = words.find((one) => shown.get(one) === "above");
  // Some boxes always show their maximum as offered; what is measured right below the limit outweighs that.
  if (above !== undefined && near === undefined && measured !== "near") return { verdict: "disobeys", by: above };
  if (near !== undefined) return { verdict: "obeys", by: near };
  return measured === "near" ? { verdict: "obeys", by: "Current.Import" } : null;
}

function finish(watching: Watching, watch: Watch): void {
  const decided = decide(watch);
  const before = watching.view.state;
  if (decided !== null)
    watching.view = { state: decided.verdict, by: decided.by, at_ms: watching.context.clock.now_ms() };
  end(watching, decided?.verdict ?? "unknown");
  if (decided?.verdict === "disobeys" && before !== "disobeys") watching.context.disobeyed(decided.by);
}

function end(watching: Watching, verdict: Verdict): void {
  const { watch } = watching;
  watching.watch = null;
  watch?.stop.abort();
  watch?.settle(verdict);
}
