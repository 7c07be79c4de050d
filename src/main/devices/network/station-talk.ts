import type { Milliamp } from "../../../core/units/index.ts";
import type { CommandFailure, FailSafe } from "../ports.ts";
import type { AnyProfile, registerKind, UnsureControl } from "../profile/index.ts";
import type { ReadOutcome } from "./polled-meter.ts";
import type { Values } from "./values.ts";

/** How a box is told its limit and what it can hold. */
export type LimitTalk = {
  readonly step_mA: number;
  readonly min_mA: number;
  readonly max_mA: number;
  /**
   * Tells the box; 0 pauses. `resumes`: it is, or may be, paused and has to be let go as well. `null`: it took all that
   * it was told, which does not mean that it follows.
   */
  tell(limit_mA: Milliamp, resumes: boolean): Promise<CommandFailure | null>;
};

/** How a box is switched to other phases; it is paused and no current flows when it is told. */
export type PhaseTalk = {
  /** It knows but one order, which turns one phase into three and three into one. */
  readonly togglesOnly: boolean;
  /** Asks this very box whether it can, where its profile says how; `null`: it can. */
  canSwitch(): Promise<CommandFailure | null>;
  switchTo(phases: 1 | 3): Promise<CommandFailure | null>;
};

/** A charger that answers when it is asked, whatever it speaks. */
export interface StationTalk {
  readonly profile: Pick<AnyProfile, "id" | "vendor" | "models" | "enums" | "derived"> &
    Parameters<typeof registerKind>[0] & { readonly limits: { readonly min_write_ms: number } };
  readonly period_ms: number;
  /** Real milliseconds. */
  readonly timeout_ms: number;
  /** Everything it shows now; `fresh`: not from a moment ago. */
  read(fresh: boolean): Promise<ReadOutcome>;
  /** Gives it the settings it needs. `refused`: what it did not take. */
  setUp(): Promise<{ readonly kind: "done"; readonly refused: readonly string[] } | { readonly kind: "missed" }>;
  /** `null`: it can only be watched. */
  readonly limits: LimitTalk | null;
  /** `null`: its phases are as they are. */
  readonly phases: PhaseTalk | null;
  /** Makes a sleeping car look again; `null`: it has nothing for that. */
  readonly wakeUp: (() => Promise<CommandFailure | null>) | null;
  /** What its document is unsure of, and is therefore left alone; left out: nothing. */
  readonly unsure?: readonly UnsureControl[];
  /** By which it knows that we are there; `null` when it does not care. `told_mA`: the limit it was given last; answers why it did not take it. */
  readonly heartbeat: {
    readonly period_ms: number;
    beat(told_mA: Milliamp | null): Promise<CommandFailure | null>;
  } | null;
  /** Its own guard against our silence, as far as what it shows tells of one. */
  failSafe(shown: Values): FailSafe;
  readonly counters: { readonly exchanges: number; readonly errors: number };
}
