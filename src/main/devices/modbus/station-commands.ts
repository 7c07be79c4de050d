import { milliamp } from "../../../core/units/index.ts";
import type { CommandReply, FailSafe, StationPort } from "../ports.ts";
import type { DeviceProfile, ProfileStep, UnsureControl } from "../profile/index.ts";
import type { CommandLane } from "./command-lane.ts";
import { failure, performWrites, writeOf, type LimitContext } from "./limit-control.ts";
import { leastOffer_mA } from "./limit-plan.ts";
import type { PhaseSwitch } from "./phase-switch.ts";

type Control = NonNullable<DeviceProfile["control"]>;

/** What the site can tell one box, as far as its document has a register for it. */
export function stationPort(options: {
  readonly stationId: string;
  readonly control: Control | undefined;
  /** What the document does not vouch for is left alone. */
  readonly unsure: readonly UnsureControl[];
  readonly limits: LimitContext;
  readonly lane: CommandLane;
  readonly phaseSwitch: PhaseSwitch;
  readonly failSafe: () => FailSafe;
  readonly isThere: () => boolean;
}): StationPort {
  const { stationId, control, limits, lane } = options;
  const sure = <K extends UnsureControl>(name: K): Control[K] | undefined =>
    options.unsure.includes(name) ? undefined : control?.[name];
  const wakeup = sure("wakeup");
  const perform = (steps: readonly ProfileStep[] | null, what: string): Promise<CommandReply> =>
    lane.run(async () => {
      if (steps === null) return failure("not-supported", false, `${what} is not possible with this box`);
      if (!options.isThere()) return failure("offline", true, "no answer from the station");
      return (await performWrites(limits, steps, "limit-up")) ?? { ok: true };
    });
  return {
    stationId,
    reportsTransactions: false,
    setLimit: (limit_mA) => lane.setLimit(limit_mA),
    least_mA: () => {
      const plan = limits.plan();
      return plan === null ? milliamp(0) : leastOffer_mA(plan);
    },
    // Without a register for it a box starts by itself as soon as it is offered current; the site decides when.
    start: async () => {
      const steps = chosen(sure("session"), "start");
      return steps === null ? { ok: true } : perform(steps, "a start");
    },
    stop: async () => {
      const reply = await lane.setLimit(milliamp(0));
      if (!reply.ok) return reply;
      const steps = chosen(sure("session"), "stop");
      return steps === null ? { ok: true } : perform(steps, "a stop");
    },
    unlock: () => perform(fixed(sure("unlock")), "unlocking"),
    reset: () => perform(fixed(sure("reset")), "a reset"),
    failSafe: options.failSafe,
    ...(sure("phases")?.values === undefined
      ? {}
      : { switchPhases: (phases: 1 | 3) => lane.run(() => options.phaseSwitch.switchTo(phases)) }),
    ...(wakeup === undefined ? {} : { wakeUp: () => perform(wakeup, "waking the car") }),
  };
}

function chosen(choice: Control["session"], name: string): readonly ProfileStep[] | null {
  const value = choice?.values?.[name];
  return choice === undefined || value === undefined ? null : [{ write: { ...writeOf(choice), value } }];
}

function fixed(choice: Control["reset"]): readonly ProfileStep[] | null {
  return choice?.value === undefined ? null : [{ write: { ...writeOf(choice), value: choice.value } }];
}
