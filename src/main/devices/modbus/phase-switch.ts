import { milliamp, type Milliamp } from "../../../core/units/index.ts";
import type { Clock, CommandReply, LimitReply } from "../ports.ts";
import { holds, type DeviceProfile, type Operand } from "../profile/index.ts";
import { failure, performWrites, phaseStep, readOne, type LimitContext } from "./limit-control.ts";

/** Contactors are switched without load: what the car may still take on a phase, and how long it may take to stop. */
const IDLE_mA = 500;
const IDLE_WAIT_ms = 30_000;
const IDLE_LOOK_ms = 1_000;
/** Between switching and offering current again where the document names no time. */
const SETTLE_s = 5;
/** Contactors and cars do not like being switched often. */
const MIN_INTERVAL_s = 60;

export type PhaseSwitchContext = {
  readonly limits: LimitContext;
  readonly clock: Clock;
  readonly apply: (limit_mA: Milliamp) => Promise<LimitReply>;
  readonly told_mA: () => number | null;
  /** Whether the box measures its currents at all. */
  readonly measures: () => boolean;
  /** Largest phase current measured now; `null` when it is not known. */
  readonly drawn_mA: () => number | null;
  readonly of: (name: string) => Operand;
};

export interface PhaseSwitch {
  /** The count it was last switched to; `null` before. */
  readonly phases: 1 | 3 | null;
  /** Pauses, waits until no current flows, switches, lets it settle and resumes with the limit there was. */
  switchTo(phases: 1 | 3): Promise<CommandReply>;
}

/** Changes the number of phases of one box, as its document says; the caller lets no limit in between. */
export function createPhaseSwitch(profile: DeviceProfile, context: PhaseSwitchContext): PhaseSwitch {
  const { clock } = context;
  let phases: 1 | 3 | null = null;
  let switched_ms = -Infinity;
  const given = profile.control?.phases;
  return {
    get phases() {
      return phases;
    },
    async switchTo(wanted) {
      const value = given?.values?.[String(wanted)];
      if (given === undefined || value === undefined || !holds(given.when, context.of))
        return failure("not-supported", false, "this box cannot switch phases");
      const rest_ms = switched_ms + (given.min_interval_s ?? MIN_INTERVAL_s) * 1000 - clock.now_ms();
      if (rest_ms > 0) return failure("rejected", true, `phases may change again in ${String(Math.ceil(rest_ms))} ms`);
      const before_mA = context.told_mA();
      const paused = await context.apply(milliamp(0));
      if (!paused.ok) return paused;
      const switched = (await isIdle(context))
        ? await write(context, wanted, value)
        : failure("rejected", true, "the car went on taking current");
      if (switched.ok) {
        phases = wanted;
        switched_ms = clock.now_ms();
        await clock.sleep((given.settle_s ?? SETTLE_s) * 1000);
      }
      const resumed = before_mA === null || before_mA === 0 ? null : await context.apply(milliamp(before_mA));
      if (!switched.ok || resumed === null || resumed.ok) return switched;
      return resumed;
    },
  };
}

async function isIdle({ clock, measures, drawn_mA }: PhaseSwitchContext): Promise<boolean> {
  const until_ms = clock.now_ms() + IDLE_WAIT_ms;
  for (;;) {
    const now_mA = drawn_mA();
    if (now_mA !== null && now_mA < IDLE_mA) return true;
    // Without a meter in the box time is the only thing that tells.
    if (clock.now_ms() >= until_ms) return !measures();
    await clock.sleep(IDLE_LOOK_ms);
  }
}

async function write({ limits }: PhaseSwitchContext, wanted: 1 | 3, value: number): Promise<CommandReply> {
  const profile = limits.profile();
  const given = profile.control?.phases;
  if (given === undefined) return failure("not-supported", false, "this box cannot switch phases");
  const steps = [...(given.prepare ?? []), phaseStep(given, value)];
  const failed = await performWrites(limits, steps, "limit-up");
  if (failed !== null) return failed;
  // The contactor moves when charging resumes; what can be read now is the setting where it is the register written.
  const register = profile.registers.find((one) => one.what.includes("phases_state") && one.address === given.address);
  if (register === undefined) return { ok: true };
  const seen = await readOne(limits, register, "limit-up");
  if (seen.kind === "failed") return seen.failure;
  return seen.kind === "absent" || seen.value === null || Number(seen.value) === wanted
    ? { ok: true }
    : failure("not-followed", true, `told ${String(wanted)} phases, shows ${String(seen.value)}`);
}
