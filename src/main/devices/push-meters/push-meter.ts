import type { MeterDevice } from "../../../core/site/index.ts";
import { createMeterReadings } from "../network/meter-readings.ts";
import type { NetworkDeviceHealth, RunningNetworkDevice } from "../network/network-health.ts";
import type { Values } from "../network/values.ts";
import type { Clock, DeviceListener } from "../ports.ts";
import type { DeviceLog } from "../modbus/running-device.ts";

/** What came from a meter that speaks by itself. */
export type Heard =
  | { readonly kind: "values"; readonly values: Values; readonly isProtected: boolean }
  /** Something that should have been a telegram. */
  | { readonly kind: "dropped"; readonly reason: string };

export interface PushMeter extends RunningNetworkDevice {
  hear(heard: Heard): void;
}

/**
 * Emits what a meter says by itself, and that it is lost once it has been silent for `silence_ms` (time of the app's
 * clock). Damaged telegrams are counted and otherwise ignored.
 */
export function startPushMeter(context: {
  readonly meter: MeterDevice;
  readonly silence_ms: number;
  readonly clock: Clock;
  readonly emit: DeviceListener;
  readonly log: DeviceLog;
  /** What is wrong with the wire, or `null`. */
  readonly wireProblem: () => string | null;
  /** Bytes that came since the last telegram, or what should have been one; left out: there are no such. */
  readonly unread?: () => number;
}): PushMeter {
  const { meter, silence_ms, clock, emit, log } = context;
  const readings = createMeterReadings(meter.id, log);
  const nap = new AbortController();
  const counters = { exchanges: 0, errors: 0 };
  let state: NetworkDeviceHealth["state"] = "offline";
  let heardAt_ms = clock.now_ms();
  let announcedLost = false;
  let lastDrop: string | null = null;
  let isProtected = true;

  const problem = (): string | null => {
    const unread = state === "offline" ? (context.unread?.() ?? 0) : 0;
    const isMute = lastDrop === null && unread > 0;
    return context.wireProblem() ?? (isMute ? `${String(unread)} bytes came, but no whole telegram` : lastDrop);
  };
  const watch = async (): Promise<void> => {
    while (!nap.signal.aborted) {
      const left_ms = heardAt_ms + silence_ms - clock.now_ms();
      if (left_ms <= 0 && !announcedLost) {
        announcedLost = true;
        state = "offline";
        log.warn({ meterId: meter.id, problem: problem() }, "meter offline");
        emit({ kind: "meter-offline", meterId: meter.id, at_ms: clock.now_ms() });
      }
      await clock.sleep(left_ms > 0 ? left_ms : silence_ms, nap.signal);
    }
  };
  const watching = watch();
  return {
    hear(heard) {
      counters.exchanges += 1;
      if (heard.kind === "dropped") {
        counters.errors += 1;
        lastDrop = `telegram dropped: ${heard.reason}`;
        return;
      }
      heardAt_ms = clock.now_ms();
      if (state === "offline") log.info({ meterId: meter.id }, "meter online");
      state = "online";
      announcedLost = false;
      lastDrop = null;
      if (isProtected && !heard.isProtected) log.info({ meterId: meter.id }, "meter sends no check sums");
      isProtected = heard.isProtected;
      emit({ kind: "meter-reading", meterId: meter.id, reading: readings.of(heard.values, heardAt_ms) });
    },
    health: () => ({
      id: meter.id,
      kind: "meter",
      profileId: meter.profileId,
      linkId: meter.linkId,
      state,
      ...counters,
      quarantined: readings.quarantined,
      ...(isProtected ? {} : { unprotected: true as const }),
      problem: problem(),
    }),
    async stop() {
      nap.abort();
      await watching;
    },
  };
}
