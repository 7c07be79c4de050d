import type { EpochMs } from "../../../core/units/index.ts";
import type { Clock } from "../ports.ts";
import type { DeviceProfile } from "../profile/index.ts";
import type { DeviceWire } from "./device-wire.ts";
import { missed, NOT_YET_REACHED, probePause_ms, reached, SILENCE_TO_OFFLINE_ms, type Liveness } from "./liveness.ts";
import type { ReadGroup, ReadResult, RegisterReader } from "./register-reader.ts";

/** Pace of the poll groups in time of the app's clock. */
export const PERIOD_ms: Readonly<Record<Exclude<ReadGroup, "once">, number>> = { fast: 1_000, normal: 5_000, slow: 30_000, energy: 15_000 };
/** A value not renewed for this many of its periods is no value any more. */
const STALE_PERIODS = 3;
/** … but never sooner than this in real time, so that a fast demo does not outrun its wires. */
const STALE_REAL_ms = 2_000;

/** How long the first connection of a link may take before its devices are reported as lost (real time). */
const FIRST_CONNECTION_ms = 1_000;

export type DeviceBehaviour = {
  /** Sets the device up after it was found; `missed` when it fell silent meanwhile. */
  readonly connected: () => Promise<ReadResult>;
  /** It is set up and counts as there from now on; commands are taken. */
  readonly online: () => void;
  /** All values of this cycle have been read. May read more; `missed` counts like a missed poll. */
  readonly polled: () => Promise<ReadResult>;
  readonly lost: () => void;
};

export interface DeviceLoop {
  readonly liveness: Liveness;
  /** The value while it is fresh, else `null`. */
  fresh(what: string): number | string | null;
  /** Polls at once instead of at the end of the running pause. */
  wake(): void;
  stop(): Promise<void>;
}

/**
 * Polls one device for ever: finds it, sets it up, reads what is due, and backs off while it is silent. A device that
 * is gone costs one short read per probe, and is probed at once when its line comes back.
 */
export function startDeviceLoop(options: {
  readonly clock: Clock;
  readonly wire: DeviceWire;
  readonly profile: DeviceProfile;
  readonly reader: RegisterReader;
  readonly behaviour: DeviceBehaviour;
  /** Time of the app's clock before the first poll, so that many devices do not speak at once. */
  readonly startAfter_ms: number;
}): DeviceLoop {
  const { clock, wire, reader, behaviour } = options;
  const fast_ms = Math.max(PERIOD_ms.fast, options.profile.limits.min_poll_ms ?? 0);
  const period_ms = (group: ReadGroup): number => (group === "once" ? Infinity : Math.max(PERIOD_ms[group], fast_ms));
  const clockTime_ms = (real_ms: number): number => real_ms / Math.max(clock.real_ms(1_000) / 1_000, 1e-6);
  const silence_ms_max = Math.max(SILENCE_TO_OFFLINE_ms, clockTime_ms(2 * wire.timeout_ms));
  const lastRead = new Map<ReadGroup, EpochMs>();
  let liveness: Liveness = NOT_YET_REACHED;
  let announcedLost = false;
  let stopped = false;
  let nap = new AbortController();

  const sleep = async (duration_ms: number): Promise<void> => {
    if (stopped || duration_ms <= 0) return;
    nap = new AbortController();
    await clock.sleep(duration_ms, nap.signal);
  };
  wire.bus.link.onState((state) => {
    if (state.kind === "up" && liveness.kind === "offline") nap.abort();
  });

  const due = (now_ms: number): Set<ReadGroup> =>
    new Set([...reader.groups].filter((group) => {
      const last = lastRead.get(group);
      // Half a fast period early is on time: groups are only looked at once per cycle.
      return group !== "once" && (last === undefined || now_ms - last >= period_ms(group) - fast_ms / 2);
    }));

  const poll = async (): Promise<ReadResult> => {
    const now_ms = clock.now_ms();
    const groups = due(now_ms);
    if ((await reader.read(groups)) === "missed") return "missed";
    for (const group of groups) lastRead.set(group, now_ms);
    return behaviour.polled();
  };

  const find = async (): Promise<void> => {
    reader.forget();
    lastRead.clear();
    if (wire.bus.link.state.kind === "up" && (await behaviour.connected()) === "answered") {
      liveness = reached(clock.now_ms());
      announcedLost = false;
      behaviour.online();
    } else miss();
  };

  const miss = (): void => {
    liveness = missed(liveness, clock.now_ms(), silence_ms_max);
    if (liveness.kind === "offline") lose();
  };

  const lose = (): void => {
    if (announcedLost || stopped) return;
    announcedLost = true;
    behaviour.lost();
  };

  const cycle = async (): Promise<void> => {
    const started_ms = clock.now_ms();
    if (liveness.kind === "offline") await find();
    if (isThere()) {
      if ((await poll()) === "answered") liveness = reached(clock.now_ms());
      else miss();
    }
    await sleep(isThere() ? started_ms + fast_ms - clock.now_ms() : probePause_ms(liveness));
  };
  const isThere = (): boolean => liveness.kind !== "offline";

  const running = (async (): Promise<void> => {
    await sleep(options.startAfter_ms);
    // A connection still being made is no reason to call the device lost.
    if (wire.bus.link.state.kind !== "up") await sleep(clockTime_ms(FIRST_CONNECTION_ms));
    while (!stopped) {
      await cycle();
      // A clock far ahead of the wires must not keep everything else from running.
      await clock.sleep(0);
    }
  })();

  return {
    get liveness() {
      return liveness;
    },
    fresh(what) {
      const read = reader.get(what);
      if (read === null) return null;
      const age_ms_max = Math.max(STALE_PERIODS * period_ms(read.group), clockTime_ms(STALE_REAL_ms));
      return clock.now_ms() - read.at_ms <= age_ms_max ? read.value : null;
    },
    wake() {
      nap.abort();
    },
    async stop() {
      stopped = true;
      nap.abort();
      await running;
    },
  };
}
