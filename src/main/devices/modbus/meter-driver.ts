import { wattHour, type WattHour } from "../../../core/units/index.ts";
import type { MeterDevice } from "../../../core/site/index.ts";
import type { Clock, DeviceListener } from "../ports.ts";
import { nextEnergy, NO_ENERGY, type DeviceProfile, type EnergyFilter } from "../profile/index.ts";
import { startDeviceLoop, type DeviceLoop } from "./device-loop.ts";
import type { DeviceWire } from "./device-wire.ts";
import { createRegisterReader, type ReadResult } from "./register-reader.ts";
import type { DeviceLog, RunningDevice } from "./running-device.ts";
import { electrical } from "./measured.ts";

/** The largest building we expect to meter: 6000 A on three phases. */
const POWER_W_max = 4_200_000;
const WANTED = /^(?:(?:current|voltage)_l[123]|power|energy_import|energy_export|serial|firmware|model)$/u;

/** Runs one meter as its profile says and emits what it shows, about once a second. */
export function startMeterDriver(context: {
  readonly meter: MeterDevice;
  readonly profile: DeviceProfile;
  readonly wire: DeviceWire;
  readonly clock: Clock;
  readonly emit: DeviceListener;
  readonly log: DeviceLog;
  readonly startAfter_ms: number;
}): RunningDevice {
  const { meter, profile, wire, clock, emit, log } = context;
  const reader = createRegisterReader({ profile, wire, now_ms: () => clock.now_ms(), wants: WANTED });
  const filters = { energy_import: NO_ENERGY, energy_export: NO_ENERGY };

  const energy = (what: "energy_import" | "energy_export"): WattHour | null => {
    const read = reader.get(what);
    let filter: EnergyFilter = filters[what];
    if (
      typeof read?.value === "number" &&
      read.at_ms !== filter.accepted_at_ms &&
      read.at_ms !== filter.doubted_at_ms
    ) {
      filter = nextEnergy(filter, { value_Wh: read.value, at_ms: read.at_ms, power_W_max: POWER_W_max });
      filters[what] = filter;
    }
    return loop.fresh(what) === null || filter.doubted_Wh !== null || filter.accepted_Wh === null
      ? null
      : wattHour(filter.accepted_Wh);
  };

  const polled = (): Promise<ReadResult> => {
    const reading = {
      measured_at_ms: reader.get("current_l1")?.at_ms ?? reader.get("power")?.at_ms ?? clock.now_ms(),
      ...electrical(loop, reader),
      energyImport_Wh: energy("energy_import"),
      energyExport_Wh: energy("energy_export"),
    };
    emit({ kind: "meter-reading", meterId: meter.id, reading });
    return Promise.resolve("answered");
  };

  const loop: DeviceLoop = startDeviceLoop({
    clock,
    wire,
    profile,
    reader,
    startAfter_ms: context.startAfter_ms,
    behaviour: {
      connected: async () => ((await reader.meet()) === "missed" ? "missed" : reader.read(new Set(["once", "fast"]))),
      online: () => {
        log.info({ meterId: meter.id }, "meter online");
      },
      polled,
      lost: () => {
        log.warn({ meterId: meter.id }, "meter offline");
        emit({ kind: "meter-offline", meterId: meter.id, at_ms: clock.now_ms() });
      },
    },
  });
  return {
    health: () => ({
      id: meter.id,
      kind: "meter",
      profileId: profile.id,
      state: loop.liveness.kind,
      problem: null,
      max_read: reader.learned.max_read,
      missing: [...reader.learned.missing],
    }),
    stop: () => loop.stop(),
  };
}
