import { onPhase, PHASES } from "../units/index.ts";
import type { EpochMs, Milliamp, PerPhase } from "../units/index.ts";

// What the building adds by itself may overload a circuit until the cars have made room. How long that may last depends on
// what protects the circuit; this keeps the account of it. It is never planned on: only an accident uses it.

export const PROTECTIVE_DEVICES = ["mcb-60898", "mcb-60947", "sls", "gg"] as const;
/** Circuit breaker to IEC 60898-1 (B, C, D) or to IEC 60947-2, selective main switch (SLS), gG fuse to IEC 60269. */
export type ProtectiveDevice = (typeof PROTECTIVE_DEVICES)[number];

type Curve = {
  /** Multiples of the rated current in thousandths: carried for the conventional time, and opened within it. */
  readonly hold_permille: number;
  readonly trip_permille: number;
};

const CURVES: Readonly<Record<ProtectiveDevice, Curve>> = {
  "mcb-60898": { hold_permille: 1130, trip_permille: 1450 },
  "mcb-60947": { hold_permille: 1050, trip_permille: 1300 },
  sls: { hold_permille: 1050, trip_permille: 1200 },
  gg: { hold_permille: 1250, trip_permille: 1600 },
};
/** Conventional time of all four up to 63 A; larger ones hold longer, which is not counted on. */
const CONVENTIONAL_S = 3_600;
/** Part of the conventional point that an hour may use before the owner is told. */
const ALARM_SHARE = 0.1;
/** A small overload that lasts longer than this is told. */
const OVER_MS_ALARM = 60_000;
/** Above the hold factor: the cars have made room by then, or they are asked for more. */
const HARD_AFTER_MS = 8_000;
/** UK G100 counts an excursion at 15 s; all cars are told to pause early enough for it to be over by then. */
const PAUSE_ALL_AFTER_MS = 12_000;
/** Between two samples further apart than this nobody knows what flowed. */
const GAP_MS_MAX = 5_000;
const MINUTE_MS = 60_000;
const MINUTES = 60;

/** What the guard is to do on this circuit. `hard`: shed by the meter alone; `pause-all`: nobody keeps anything. */
export type BudgetAction = "normal" | "shed" | "hard" | "pause-all";
export const BUDGET_ALARMS = ["lasting-overload", "thermal-budget", "pause-all"] as const;
export type BudgetAlarm = (typeof BUDGET_ALARMS)[number];

export type BudgetState = {
  readonly at_ms: EpochMs | null;
  /** Highest load factor of the last sample in thousandths. */
  readonly load_permille: number;
  readonly overSince_ms: EpochMs | null;
  readonly aboveHoldSince_ms: EpochMs | null;
  /** Integral of (r² − 1)+ dt in seconds, by minute, of the last hour. */
  readonly minutes: readonly { readonly minute: number; readonly used_s: number }[];
  /** What was told and is not over yet. */
  readonly told: readonly BudgetAlarm[];
  readonly action: BudgetAction;
};

export const fullBudget: BudgetState = {
  at_ms: null,
  load_permille: 0,
  overSince_ms: null,
  aboveHoldSince_ms: null,
  minutes: [],
  told: [],
  action: "normal",
};

export type BudgetSample = {
  readonly at_ms: EpochMs;
  readonly current_mA: PerPhase<number>;
  readonly limit_mA: PerPhase<Milliamp>;
};

/** Takes a sample of what flows through the circuit. Afterwards `action` says what to do now; `alarms` what to tell, once. */
export function observeBudget(
  state: BudgetState,
  device: ProtectiveDevice,
  sample: BudgetSample,
): { readonly state: BudgetState; readonly alarms: readonly BudgetAlarm[] } {
  const { at_ms } = sample;
  const { hold_permille } = CURVES[device];
  const load_permille = highestLoad_permille(sample);
  const overSince_ms = load_permille > 1000 ? (state.overSince_ms ?? at_ms) : null;
  const aboveHoldSince_ms = load_permille > hold_permille ? (state.aboveHoldSince_ms ?? at_ms) : null;
  const minutes = withUse(state, at_ms);
  const next = { at_ms, load_permille, overSince_ms, aboveHoldSince_ms, minutes };
  const action = actionOf(next, device);
  const due = alarmsDue(next, device, action);
  return { state: { ...next, action, told: due }, alarms: due.filter((alarm) => !state.told.includes(alarm)) };
}

/** (r² − 1)+ integrated over the last hour, in seconds. */
export const usedLastHour_s = (state: Pick<BudgetState, "minutes">): number =>
  state.minutes.reduce((sum, { used_s }) => sum + used_s, 0);

/** What an hour at the device's conventional tripping current would use, in seconds. */
export const conventionalPoint_s = (device: ProtectiveDevice): number => {
  const trip = CURVES[device].trip_permille / 1000;
  return CONVENTIONAL_S * (trip * trip - 1);
};

/** Use in an hour from which on the owner is told, in seconds. */
export const budgetAlarmAt_s = (device: ProtectiveDevice): number => conventionalPoint_s(device) * ALARM_SHARE;

type Moment = Pick<BudgetState, "load_permille" | "overSince_ms" | "aboveHoldSince_ms" | "minutes"> & {
  readonly at_ms: EpochMs;
};

function actionOf(now: Moment, device: ProtectiveDevice): BudgetAction {
  if (now.overSince_ms === null) return "normal";
  if (now.load_permille > CURVES[device].trip_permille) return "pause-all";
  if (now.aboveHoldSince_ms === null) return "shed";
  const lasted_ms = now.at_ms - now.aboveHoldSince_ms;
  if (lasted_ms >= PAUSE_ALL_AFTER_MS) return "pause-all";
  return lasted_ms >= HARD_AFTER_MS ? "hard" : "shed";
}

function alarmsDue(now: Moment, device: ProtectiveDevice, action: BudgetAction): readonly BudgetAlarm[] {
  const due: BudgetAlarm[] = [];
  if (now.overSince_ms !== null && now.at_ms - now.overSince_ms >= OVER_MS_ALARM) due.push("lasting-overload");
  if (usedLastHour_s(now) > budgetAlarmAt_s(device)) due.push("thermal-budget");
  if (action === "pause-all") due.push("pause-all");
  return due;
}

function highestLoad_permille({ current_mA, limit_mA }: BudgetSample): number {
  const loads = PHASES.map((phase) => {
    const limit = onPhase(limit_mA, phase);
    const current = Math.abs(onPhase(current_mA, phase));
    if (limit <= 0) return current > 0 ? Number.MAX_SAFE_INTEGER : 0;
    return Math.ceil((current * 1000) / limit);
  });
  return Math.max(...loads);
}

/** The last sample's load held until this one. */
function withUse(state: BudgetState, at_ms: EpochMs): BudgetState["minutes"] {
  const minute = Math.floor(at_ms / MINUTE_MS);
  const kept = state.minutes.filter((one) => one.minute > minute - MINUTES && one.minute <= minute);
  const lasted_ms = state.at_ms === null ? 0 : at_ms - state.at_ms;
  const used_s = state.load_permille <= 1000 || lasted_ms <= 0 ? 0 : use_s(state.load_permille, lasted_ms);
  if (used_s === 0) return kept;
  const last = kept.at(-1);
  return last?.minute === minute
    ? [...kept.slice(0, -1), { minute, used_s: last.used_s + used_s }]
    : [...kept, { minute, used_s }];
}

function use_s(load_permille: number, lasted_ms: number): number {
  const load = load_permille / 1000;
  return ((load * load - 1) * Math.min(lasted_ms, GAP_MS_MAX)) / 1000;
}
