import { afterEach } from "vitest";
import type { Link, MeterDevice, Station } from "../../../src/core/site/index.ts";
import { createModbusDevices } from "../../../src/main/devices/modbus/index.ts";
import { createNetworkDevices, type NetworkDevices } from "../../../src/main/devices/network/index.ts";
import type { Clock, DeviceEvent, MeterReading, StationPort, StationReading } from "../../../src/main/devices/ports.ts";
import {
  loadAnyProfile,
  type AnyProfile,
  type CanonicalValue,
  type ProfileOf,
} from "../../../src/main/devices/profile/index.ts";
import { clockOf, createRecorder, PROFILE_FOLDERS } from "../modbus/bench.ts";

export const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Ends `thing` after the test. */
export function ending<T extends { close(): Promise<unknown> }>(thing: T): T {
  cleanups.push(() => thing.close());
  return thing;
}

export function profileWith<D extends AnyProfile["driver"]>(id: string, driver: D): ProfileOf<D> {
  const loaded = loadAnyProfile(id, PROFILE_FOLDERS);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  if (!hasDriver(loaded.profile, driver)) throw new Error(`${id} is driven by ${loaded.profile.driver}`);
  return loaded.profile;
}
const hasDriver = <D extends AnyProfile["driver"]>(profile: AnyProfile, driver: D): profile is ProfileOf<D> =>
  profile.driver === driver;

/** Values that a test sets by name. */
export function valuesOf(initial: Readonly<Record<string, CanonicalValue>>): {
  readonly get: (what: string) => CanonicalValue | undefined;
  readonly set: (next: Readonly<Record<string, CanonicalValue>>) => void;
} {
  const values = new Map(Object.entries(initial));
  return {
    get: (what) => values.get(what),
    set: (next) => {
      for (const [what, value] of Object.entries(next)) values.set(what, value);
    },
  };
}

export type Running = {
  readonly clock: Clock;
  readonly devices: NetworkDevices;
  /** Of the first station. */
  readonly port: StationPort | undefined;
  readonly events: readonly DeviceEvent[];
  readonly until: (matches: (event: DeviceEvent) => boolean) => Promise<DeviceEvent>;
  readonly stationReading: (matches?: (reading: StationReading) => boolean) => Promise<StationReading>;
  readonly meterReading: (matches?: (reading: MeterReading) => boolean) => Promise<MeterReading>;
};

/** Starts the drivers of these devices on a clock `speed` times as fast as the wall's. */
export function run(site: {
  readonly links: readonly Link[];
  readonly meters?: readonly MeterDevice[];
  readonly stations?: readonly Station[];
  readonly speed?: number;
}): Running {
  const clock = clockOf(site.speed ?? 10);
  const recorder = createRecorder();
  const log = { info: () => undefined, warn: () => undefined };
  const options = {
    site: { links: site.links, meters: site.meters ?? [], stations: site.stations ?? [] },
    clock,
    profileFolders: PROFILE_FOLDERS,
    emit: recorder.emit,
    log,
  };
  const modbus = createModbusDevices(options);
  const devices = createNetworkDevices({ ...options, buses: modbus.buses, kebaPort: 0 });
  cleanups.push(() => Promise.all([devices.stop(), modbus.stop()]));
  return {
    clock,
    devices,
    port: devices.stations[0],
    events: recorder.events,
    until: recorder.until,
    stationReading: async (matches = () => true) => {
      const event = await recorder.until((one) => one.kind === "reading" && matches(one.reading));
      if (event.kind !== "reading") throw new Error("a reading was awaited");
      return event.reading;
    },
    meterReading: async (matches = () => true) => {
      const event = await recorder.until((one) => one.kind === "meter-reading" && matches(one.reading));
      if (event.kind !== "meter-reading") throw new Error("a reading was awaited");
      return event.reading;
    },
  };
}
