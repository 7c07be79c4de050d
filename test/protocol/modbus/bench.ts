import { fileURLToPath } from "node:url";
import type { Link, MeterDevice, Station } from "../../../src/core/site/index.ts";
import { epochMs, milliamp } from "../../../src/core/units/index.ts";
import { createModbusDevices, type ModbusDevices } from "../../../src/main/devices/modbus/index.ts";
import type { Clock, DeviceEvent } from "../../../src/main/devices/ports.ts";
import { loadProfile, type CanonicalValue, type DeviceProfile } from "../../../src/main/devices/profile/index.ts";
import { profileBank, type BankWrite, type ProfileBank } from "../../../src/main/simulator/modbus/index.ts";

export const PROFILE_FOLDERS = [fileURLToPath(new URL("../../../resources/devices", import.meta.url))];

const STARTED_AT = 1_750_000_000_000;

/** A clock that runs `speed` times as fast as the wall clock; who sleeps on it never wakes before it shows the time. */
export function clockOf(speed: number): Clock {
  const now_ms = (): number => STARTED_AT + performance.now() * speed;
  return {
    now_ms: () => epochMs(Math.round(now_ms())),
    real_ms: (duration_ms) => duration_ms / speed,
    sleep: (duration_ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) {
          resolve();
          return;
        }
        const due_ms = now_ms() + duration_ms;
        let timer = setTimeout(look, duration_ms / speed);
        signal?.addEventListener("abort", done, { once: true });
        // A timer counts whole milliseconds, each of which is many of this clock's.
        function look(): void {
          const left_ms = due_ms - now_ms();
          if (left_ms > 0) timer = setTimeout(look, left_ms / speed);
          else done();
        }
        function done(): void {
          clearTimeout(timer);
          signal?.removeEventListener("abort", done);
          resolve();
        }
      }),
  };
}

/** Collects events and lets a test wait for one instead of sleeping. */
export function createRecorder(): {
  readonly events: DeviceEvent[];
  readonly emit: (event: DeviceEvent) => void;
  readonly until: (matches: (event: DeviceEvent) => boolean) => Promise<DeviceEvent>;
} {
  const events: DeviceEvent[] = [];
  const waiting: {
    readonly matches: (event: DeviceEvent) => boolean;
    readonly resolve: (event: DeviceEvent) => void;
  }[] = [];
  return {
    events,
    emit: (event) => {
      events.push(event);
      for (const one of waiting.filter((entry) => entry.matches(event))) {
        waiting.splice(waiting.indexOf(one), 1);
        one.resolve(event);
      }
    },
    /** Resolves with the first matching event from now on. */
    until: (matches) =>
      new Promise((resolve) => {
        waiting.push({ matches, resolve });
      }),
  };
}

export function profileOf(id: string): DeviceProfile {
  const loaded = loadProfile(id, PROFILE_FOLDERS);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.profile;
}

export type Rig = {
  readonly bank: ProfileBank;
  readonly set: (values: Record<string, CanonicalValue>) => void;
  readonly writes: BankWrite[];
};

/** A simulated unit whose values a test sets by name. */
export function rigOf(profileId: string, clock: Clock, initial: Record<string, CanonicalValue> = {}): Rig {
  const values = new Map(Object.entries(initial));
  const writes: BankWrite[] = [];
  const bank = profileBank({
    profile: profileOf(profileId),
    values: (what) => values.get(what),
    onWrite: (write) => writes.push(write),
    now_ms: () => clock.now_ms(),
  });
  return {
    bank,
    writes,
    set: (next) => {
      for (const [what, value] of Object.entries(next)) values.set(what, value);
    },
  };
}

export const stationOf = (id: string, profileId: string, linkId: string, unitId: number): Station => ({
  id,
  name: id,
  circuitId: "main",
  phaseCount: 3,
  rotation: "L1L2L3",
  current_mA_min: milliamp(6_000),
  current_mA_max: milliamp(16_000),
  step_mA: milliamp(1_000),
  fallback_mA: milliamp(6_000),
  priority: 0,
  connection: { kind: "profile", profileId, linkId, unitId },
});

export const meterOf = (id: string, profileId: string, linkId: string, unitId: number): MeterDevice => ({
  id,
  name: id,
  profileId,
  linkId,
  unitId,
});

/** Starts the drivers for these devices; the caller stops them. */
export const startDevices = (
  clock: Clock,
  emit: (event: DeviceEvent) => void,
  site: {
    readonly links: readonly Link[];
    readonly meters?: readonly MeterDevice[];
    readonly stations?: readonly Station[];
    /** Looked into before those of the app. */
    readonly ownProfiles?: string;
  },
): ModbusDevices =>
  createModbusDevices({
    site: { links: site.links, meters: site.meters ?? [], stations: site.stations ?? [] },
    clock,
    profileFolders: [...(site.ownProfiles === undefined ? [] : [site.ownProfiles]), ...PROFILE_FOLDERS],
    emit,
    log: { info: () => undefined, warn: () => undefined },
  });

export const tcpLink = (id: string, kind: "rtu-over-tcp" | "modbus-tcp", port: number): Link => ({
  id,
  kind,
  host: "127.0.0.1",
  port,
});
