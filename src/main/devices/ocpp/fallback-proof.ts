import type { EpochMs, Milliamp } from "../../../core/units/index.ts";
import { field, isObject, readDecimal, readList, readWhole, SETPOINT_HOLDS_S } from "../../protocol/ocpp/index.ts";
import type { RateUnit } from "../../protocol/ocpp/index.ts";
import type { Clock, FailSafe } from "../ports.ts";
import { PRIORITY, type CallLane } from "./call-lane.ts";

// A box is told what to keep when our setpoint runs out. That it would keep it is believed when its own composite
// schedule shows the setpoint now and the fallback from the setpoint's end on: then its clock is as we think, too.

/** A schedule asked for reaches this far beyond the end of a setpoint written this moment. */
const BEYOND_S = 60;
/** The way through the wire, and seconds cut off. */
const LATE_MS = 10_000;
const SLACK_MA = 500;
const NOMINAL_V = 230;
/** A box that did not show it is asked again after this. Site's clock. */
const ASK_AGAIN_MS = 600_000;

const unknownFor = (doubt: NonNullable<FailSafe["doubt"]>): FailSafe => ({
  kind: "unknown",
  current_mA: null,
  timeout_ms: null,
  doubt,
});
const NOT_ASKED = unknownFor("not-asked");
const TOLD_ONLY = unknownFor("told-only");

export type FallbackProofContext = {
  readonly clock: Pick<Clock, "now_ms">;
  readonly lane: CallLane;
  readonly connectorId: number;
  readonly phaseCount: 1 | 2 | 3;
  readonly fallback_mA: Milliamp;
  /** Unit in which to ask this box for its schedule; `null`: it does not answer that truly. */
  readonly scheduleUnit: () => RateUnit | null;
  /** The limit the box took last, and when; `null`: it is at none of ours. */
  readonly setpoint: () => { readonly current_mA: Milliamp; readonly at_ms: EpochMs } | null;
  /** It has just shown its fallback. */
  readonly shown: () => void;
};

/** What one EVSE is known to do when it hears nothing from us. It outlives the connection: then it matters. */
export interface FallbackProof {
  failSafe(): FailSafe;
  /** The box took a profile that holds its fallback. */
  told(): void;
  /** The box was seen to follow its setpoint: it is asked for its schedule unless it has shown its fallback already. */
  obeyed(): void;
  /** The box restarted, or its profiles were taken away. */
  forget(): void;
  /** The box was seen not to do what it accepts: nothing it showed counts. */
  disobeyed(): void;
  /** What it showed before a restart of ours holds. */
  recall(shown: { readonly current_mA: number; readonly timeout_ms: number }): void;
}

type Proving = { view: FailSafe; asked_ms: EpochMs | null; readonly context: FallbackProofContext };

/** Starts as "not asked". */
export function createFallbackProof(context: FallbackProofContext): FallbackProof {
  const proving: Proving = { view: NOT_ASKED, asked_ms: null, context };
  return {
    failSafe: () => proving.view,
    told() {
      if (proving.view === NOT_ASKED) proving.view = TOLD_ONLY;
    },
    obeyed() {
      const now_ms = context.clock.now_ms();
      const isEarly = proving.asked_ms !== null && now_ms - proving.asked_ms < ASK_AGAIN_MS;
      if (proving.view !== TOLD_ONLY || isEarly || !isTelling(context)) return;
      proving.asked_ms = now_ms;
      void prove(proving);
    },
    forget() {
      proving.view = NOT_ASKED;
      proving.asked_ms = null;
    },
    disobeyed() {
      if (proving.view.kind === "known") proving.view = TOLD_ONLY;
    },
    recall({ current_mA, timeout_ms }) {
      proving.view = { kind: "known", current_mA, timeout_ms };
    },
  };
}

/** Whether a schedule could show anything: the setpoint must differ from the fallback. */
const isTelling = ({ setpoint, fallback_mA, scheduleUnit }: FallbackProofContext): boolean => {
  const now = setpoint();
  return now !== null && Math.abs(now.current_mA - fallback_mA) > 2 * SLACK_MA && scheduleUnit() !== null;
};

async function prove(proving: Proving): Promise<void> {
  const { context } = proving;
  await context.lane.add(PRIORITY.setup, async (call) => {
    const [chargingRateUnit, before] = [context.scheduleUnit(), context.setpoint()];
    if (chargingRateUnit === null || before === null || !isTelling(context)) return;
    const { connectorId } = context;
    const asked_ms = context.clock.now_ms();
    const duration = SETPOINT_HOLDS_S + BEYOND_S;
    const reply = await call("GetCompositeSchedule", { connectorId, duration, chargingRateUnit });
    const shown = reply.ok ? periodsIn(reply.payload, context.phaseCount) : [];
    // It may have restarted meanwhile.
    if (proving.view !== TOLD_ONLY) return;
    proving.view = judge(context, before, shown, asked_ms) ?? TOLD_ONLY;
    if (proving.view.kind === "known") context.shown();
  }).done;
}

type Period = { readonly start_s: number; readonly limit_mA: number };

/** `null`: what is shown is not the setpoint now and the fallback, or less, from its end on. */
function judge(
  { fallback_mA }: FallbackProofContext,
  setpoint: { readonly current_mA: Milliamp; readonly at_ms: EpochMs },
  [now, ...later]: readonly Period[],
  asked_ms: EpochMs,
): FailSafe | null {
  const [end] = later;
  if (now?.start_s !== 0 || end === undefined) return null;
  if (Math.abs(now.limit_mA - setpoint.current_mA) > SLACK_MA) return null;
  const holds_ms = asked_ms - setpoint.at_ms + end.start_s * 1000;
  if (holds_ms > SETPOINT_HOLDS_S * 1000 + LATE_MS) return null;
  const current_mA = Math.max(...later.map(({ limit_mA }) => limit_mA));
  if (Math.abs(end.limit_mA - fallback_mA) > SLACK_MA || current_mA > fallback_mA + SLACK_MA) return null;
  return { kind: "known", current_mA, timeout_ms: Math.max(holds_ms, SETPOINT_HOLDS_S * 1000) };
}

/** Periods of an answer to GetCompositeSchedule in their order; none when one of them makes no sense. */
function periodsIn(payload: unknown, phaseCount: 1 | 2 | 3): readonly Period[] {
  const schedule = isObject(payload) ? field(payload, "chargingSchedule") : null;
  if (!isObject(schedule)) return [];
  const perAmpere = field(schedule, "chargingRateUnit") === "W" ? NOMINAL_V * phaseCount : 1;
  const listed = readList(field(schedule, "chargingSchedulePeriod")) ?? [];
  const periods = listed.flatMap((one) => {
    const start_s = isObject(one) ? readWhole(field(one, "startPeriod")) : null;
    const limit = isObject(one) ? readDecimal(field(one, "limit")) : null;
    return start_s === null || limit === null ? [] : [{ start_s, limit_mA: Math.round((limit * 1000) / perAmpere) }];
  });
  return periods.length === listed.length ? periods.toSorted((a, b) => a.start_s - b.start_s) : [];
}
