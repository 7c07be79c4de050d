import type { HttpTrouble } from "../../../contract/index.ts";
import type { MeterDevice } from "../../../core/site/index.ts";
import type { DeviceLog } from "../modbus/running-device.ts";
import type { Clock, DeviceListener } from "../ports.ts";
import { createMeterReadings } from "./meter-readings.ts";
import type { RunningNetworkDevice } from "./network-health.ts";
import { startPollLoop, type PollAnswer } from "./poll-loop.ts";
import type { Values } from "./values.ts";

export type ReadOutcome =
  /** `unanswered`: requests of the profile that gave nothing while others did. */
  | { readonly kind: "values"; readonly values: Values; readonly unanswered?: ReadonlyMap<string, HttpTrouble> }
  /** `trouble`: where more is known than that nothing was heard. */
  | { readonly kind: "missed"; readonly detail: string; readonly trouble?: HttpTrouble };

/** A meter that answers when it is asked, whatever it speaks. */
export interface MeterTalk {
  readonly period_ms: number;
  /** Real milliseconds. */
  readonly timeout_ms: number;
  /** Looks at the device anew before the first read and after it was silent. */
  find(): Promise<PollAnswer>;
  /** What it showed at the last `find` instead of what it should; left out or `null`: nothing. */
  whyNot?(): string | null;
  read(): Promise<ReadOutcome>;
  readonly counters: { readonly exchanges: number; readonly errors: number };
}

/** Reads one meter for ever and emits what it shows. */
export function startPolledMeter(context: {
  readonly meter: MeterDevice;
  readonly talk: MeterTalk;
  readonly clock: Clock;
  readonly emit: DeviceListener;
  readonly log: DeviceLog;
  readonly startAfter_ms: number;
}): RunningNetworkDevice {
  const { meter, talk, clock, emit, log } = context;
  const readings = createMeterReadings(meter.id, log);
  let missed: Extract<ReadOutcome, { kind: "missed" }> | null = null;
  const problem = (): string | null => missed?.detail ?? talk.whyNot?.() ?? null;
  const loop = startPollLoop({
    clock,
    period_ms: talk.period_ms,
    timeout_ms: talk.timeout_ms,
    startAfter_ms: context.startAfter_ms,
    behaviour: {
      find: () => talk.find(),
      online: () => {
        log.info({ meterId: meter.id }, "meter online");
      },
      poll: async () => {
        const outcome = await talk.read();
        missed = outcome.kind === "missed" ? outcome : null;
        if (outcome.kind === "missed") return "missed";
        emit({ kind: "meter-reading", meterId: meter.id, reading: readings.of(outcome.values, clock.now_ms()) });
        return "answered";
      },
      lost: () => {
        log.warn({ meterId: meter.id, problem: problem(), trouble: missed?.trouble }, "meter offline");
        emit({ kind: "meter-offline", meterId: meter.id, at_ms: clock.now_ms() });
      },
    },
  });
  return {
    health: () => ({
      id: meter.id,
      kind: "meter",
      profileId: meter.profileId,
      linkId: meter.linkId,
      state: loop.liveness.kind,
      ...talk.counters,
      quarantined: readings.quarantined,
      problem: problem(),
      ...(missed?.trouble === undefined ? {} : { trouble: missed.trouble }),
    }),
    stop: () => loop.stop(),
  };
}
