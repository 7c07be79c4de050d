import type { EpochMs } from "../../../core/units/index.ts";
import type { Clock } from "../ports.ts";
import type { DeviceProfile } from "../profile/index.ts";
import type { DeviceWire } from "./device-wire.ts";
import { missed, NOT_YET_REACHED, probePause_ms, reached, SILENCE_TO_OFFLINE_ms, type Liveness } from "./liveness.ts";
import type { ReadGroup, ReadResult, RegisterReader } from "./register-reader.ts";

/** Pace of the poll groups in time of the app's clock. */
export const PERIOD_ms: Readonly<Record<Exclude<ReadGroup, "once">, number>> = {
  fast: 1_000,
  normal: 5_000,
  slow: 30_000,
  energy: 15_000,
};
/** A value not renewed for this many of its periods is no value any more. */
const STALE_PERIODS = 3;
/** … but never sooner than this in real time, so that a fast demo does not outrun its wires. */
const STALE_REAL_ms = 2_000;

/** A device that takes longer to read than this speaks before all is read. */
const SLOW_SWEEP_ms = 3_000;

/** How long the first connection of a link may take before its devices are reported as lost (real time). */
const FIRST_CONNECTION_ms = 1_000;

export type DeviceBehaviour = {
  /** Sets the device up after it was found; `missed` when it fell silent meanwhile. */
  readonly connected: () => Promise<ReadResult>;
  /** It is set up and counts as there from now on; commands are taken. */
  readonly online: () => void;
  /** Its line was lost and is back before the device was missed: it may have restarted meanwhile. */
  readonly reconnected?: () => Promise<ReadResult>;
  /** All values of this cycle have been read. May read more; `missed` counts like a missed poll. */
  readonly polled: () => Promise<ReadResult>;
  readonly lost: () => void;
};

export interface DeviceLoop {
  readonly liveness: Liveness;
  /** The value while it is fresh, else `null`. */
  fresh(what: string): number | string | null;
  stop(): Promise<void>;
}

export type DeviceLoopOptions = {
  readonly clock: Clock;
  readonly wire: DeviceWire;
  readonly profile: DeviceProfile;
  readonly reader: RegisterReader;
  readonly behaviour: DeviceBehaviour;
  /** Time of the app's clock before the first poll, so that many devices do not speak at once. */
  readonly startAfter_ms: number;
};

/**
 * Polls one device for ever: finds it, sets it up, reads what is due, and backs off while it is silent. A device that
 * is gone costs one short read per probe, and is probed at once when its line comes back.
 */
export const startDeviceLoop = (options: DeviceLoopOptions): DeviceLoop => new Loop(options);

class Loop implements DeviceLoop {
  readonly #clock: Clock;
  readonly #wire: DeviceWire;
  readonly #reader: RegisterReader;
  readonly #behaviour: DeviceBehaviour;
  readonly #fast_ms: number;
  /** The time it takes to read everything once from a device that wants much rest. */
  readonly #sweep_ms: number;
  readonly #lastRead = new Map<ReadGroup, EpochMs>();
  readonly #running: Promise<void>;
  #liveness: Liveness = NOT_YET_REACHED;
  #announcedLost = false;
  #stopped = false;
  #lineIsNew = false;
  #nap = new AbortController();

  constructor({ clock, wire, profile, reader, behaviour, startAfter_ms }: DeviceLoopOptions) {
    this.#clock = clock;
    this.#wire = wire;
    this.#reader = reader;
    this.#behaviour = behaviour;
    this.#fast_ms = Math.max(PERIOD_ms.fast, profile.limits.min_poll_ms ?? 0);
    this.#sweep_ms = profile.limits.min_gap_ms * reader.slotCount;
    wire.bus.link.onState((state) => {
      if (state.kind !== "up") return;
      this.#lineIsNew = true;
      if (this.#liveness.kind === "offline") this.#nap.abort();
    });
    this.#running = this.#run(startAfter_ms);
  }

  get liveness(): Liveness {
    return this.#liveness;
  }

  fresh(what: string): number | string | null {
    const read = this.#reader.get(what);
    if (read === null) return null;
    const own_ms = STALE_PERIODS * this.#period_ms(read.group) + this.#sweep_ms;
    const age_ms_max = Math.max(own_ms, this.#clockTime_ms(STALE_REAL_ms));
    return this.#clock.now_ms() - read.at_ms <= age_ms_max ? read.value : null;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#nap.abort();
    await this.#running;
  }

  async #run(startAfter_ms: number): Promise<void> {
    await this.#sleep(startAfter_ms);
    // A connection still being made is no reason to call the device lost.
    if (this.#wire.bus.link.state.kind !== "up") await this.#sleep(this.#clockTime_ms(FIRST_CONNECTION_ms));
    while (!this.#stopped) {
      await this.#cycle();
      // A clock far ahead of the wires must not keep everything else from running.
      await this.#clock.sleep(0);
    }
  }

  async #cycle(): Promise<void> {
    const started_ms = this.#clock.now_ms();
    if (!this.#isThere()) await this.#find();
    if (this.#isThere()) {
      if ((await this.#poll()) === "answered") this.#liveness = reached(this.#clock.now_ms());
      else this.#miss();
    }
    const pause_ms = this.#isThere()
      ? started_ms + this.#fast_ms - this.#clock.now_ms()
      : probePause_ms(this.#liveness);
    await this.#sleep(pause_ms);
  }

  async #find(): Promise<void> {
    this.#lineIsNew = false;
    this.#reader.forget();
    this.#lastRead.clear();
    if (this.#wire.bus.link.state.kind !== "up" || (await this.#behaviour.connected()) === "missed") {
      this.#miss();
      return;
    }
    this.#liveness = reached(this.#clock.now_ms());
    this.#announcedLost = false;
    this.#behaviour.online();
    // Where a first look at everything takes long, what is known already is told at once.
    if (this.#sweep_ms > SLOW_SWEEP_ms) await this.#behaviour.polled();
  }

  async #poll(): Promise<ReadResult> {
    if ((await this.#greet()) === "missed") return "missed";
    const now_ms = this.#clock.now_ms();
    const groups = this.#due(now_ms);
    if ((await this.#reader.read(groups)) === "missed") return "missed";
    for (const group of groups) this.#lastRead.set(group, now_ms);
    return this.#behaviour.polled();
  }

  async #greet(): Promise<ReadResult> {
    if (!this.#lineIsNew || this.#wire.bus.link.state.kind !== "up") return "answered";
    this.#lineIsNew = false;
    const result = (await this.#behaviour.reconnected?.()) ?? "answered";
    if (result === "missed") this.#lineIsNew = true;
    return result;
  }

  #miss(): void {
    // A time-out is real time: where it alone outlasts 15 s of a fast clock, two of them may pass.
    const silence_ms_max = Math.max(SILENCE_TO_OFFLINE_ms, this.#clockTime_ms(2 * this.#wire.timeout_ms));
    this.#liveness = missed(this.#liveness, this.#clock.now_ms(), silence_ms_max);
    if (this.#isThere() || this.#announcedLost || this.#stopped) return;
    this.#announcedLost = true;
    this.#behaviour.lost();
  }

  #due(now_ms: number): Set<ReadGroup> {
    const isDue = (group: ReadGroup): boolean => {
      const last = this.#lastRead.get(group);
      // Half a fast period early is on time: groups are only looked at once per cycle.
      return group !== "once" && (last === undefined || now_ms - last >= this.#period_ms(group) - this.#fast_ms / 2);
    };
    return new Set([...this.#reader.groups].filter(isDue));
  }

  async #sleep(duration_ms: number): Promise<void> {
    if (this.#stopped || duration_ms <= 0) return;
    this.#nap = new AbortController();
    await this.#clock.sleep(duration_ms, this.#nap.signal);
  }

  #isThere(): boolean {
    return this.#liveness.kind !== "offline";
  }

  #period_ms(group: ReadGroup): number {
    return group === "once" ? Infinity : Math.max(PERIOD_ms[group], this.#fast_ms);
  }

  #clockTime_ms(real_ms: number): number {
    return (real_ms * 1_000) / Math.max(this.#clock.real_ms(1_000), 1e-3);
  }
}
