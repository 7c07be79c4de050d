import { milliamp, type Milliamp } from "../../../core/units/index.ts";
import type { Clock, CommandReply, LimitReply } from "../ports.ts";
import { failed } from "./limit-port.ts";
import type { PhaseTalk } from "./station-talk.ts";
import { registerOf, type Values } from "./values.ts";

/** Contactors are switched without load: what the car may still take on a phase, and how long it may take to stop. */
const IDLE_mA = 500;
const IDLE_WAIT_ms = 30_000;
const LOOK_ms = 1_000;
/** A box may take some seconds to show its new count. */
const LOOKS_max = 10;
/** Between switching and offering current again; and contactors and cars do not like being switched often. */
const SETTLE_ms = 5_000;
const REST_ms = 60_000;

export type ChoreographyContext = {
  readonly talk: PhaseTalk;
  readonly clock: Clock;
  /** What the box shows now; `null` when it does not answer. */
  readonly look: () => Promise<Values | null>;
  readonly told_mA: () => number | null;
  readonly apply: (limit_mA: Milliamp) => Promise<LimitReply>;
};

/** Pauses, waits until no current flows, switches, lets it settle and resumes with the limit there was. */
export function createPhaseChoreography(context: ChoreographyContext): (phases: 1 | 3) => Promise<CommandReply> {
  const { talk, clock, look, told_mA, apply } = context;
  let switched_ms = -Infinity;
  return async (phases) => {
    const rest_ms = switched_ms + REST_ms - clock.now_ms();
    if (rest_ms > 0) return failed("rejected", true, `phases may change again in ${String(Math.ceil(rest_ms))} ms`);
    const refused = await talk.canSwitch();
    if (refused !== null) return refused;
    const seen = await look();
    if (seen === null) return failed("timeout", true, "no answer from the station");
    const now = registerOf(seen, "phases_state");
    if (now === phases) return { ok: true };
    if (talk.togglesOnly && now === null) return failed("rejected", true, "the box does not show its phases");
    const before_mA = told_mA();
    const paused = await apply(milliamp(0));
    if (!paused.ok) return paused;
    const switched = (await isIdle(context))
      ? await switchOver(context, phases, now !== null)
      : failed("rejected", true, "the car went on taking current");
    if (switched.ok) {
      switched_ms = clock.now_ms();
      await clock.sleep(SETTLE_ms);
    }
    const resumed = before_mA === null || before_mA === 0 ? null : await apply(milliamp(before_mA));
    return !switched.ok || resumed === null || resumed.ok ? switched : resumed;
  };
}

async function isIdle({ clock, look }: ChoreographyContext): Promise<boolean> {
  const until_ms = clock.now_ms() + IDLE_WAIT_ms;
  for (;;) {
    const seen = await look();
    const currents = ["l1", "l2", "l3"].map((phase) => (seen === null ? null : registerOf(seen, `current_${phase}`)));
    const measured = currents.filter((value) => value !== null);
    if (measured.length > 0 && measured.every((value) => Math.abs(value) < IDLE_mA)) return true;
    // Without a meter in the box time is the only thing that tells.
    if (clock.now_ms() >= until_ms) return seen !== null && measured.length === 0;
    await clock.sleep(LOOK_ms);
  }
}

async function switchOver(
  { talk, clock, look }: ChoreographyContext,
  phases: 1 | 3,
  isShown: boolean,
): Promise<CommandReply> {
  const refused = await talk.switchTo(phases);
  if (refused !== null) return refused;
  if (!isShown) return { ok: true };
  let shown: number | null = null;
  for (let looked = 0; looked < LOOKS_max; looked += 1) {
    if (looked > 0) await clock.sleep(LOOK_ms);
    const seen = await look();
    shown = seen === null ? null : registerOf(seen, "phases_state");
    if (shown === phases) return { ok: true };
  }
  return failed("not-followed", true, `told ${String(phases)} phases, shows ${String(shown)}`);
}
