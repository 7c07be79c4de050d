import {
  energyOf,
  heldEnergy,
  nextEnergy,
  NO_ENERGY,
  withinRating,
  type Quarantined,
} from "../../../core/metering/index.ts";
import { wattHour, type WattHour } from "../../../core/units/index.ts";
import type { MeterDevice } from "../../../core/site/index.ts";
import type { Clock, DeviceListener } from "../ports.ts";
import type { DeviceProfile } from "../profile/index.ts";
import { createQuarantineBook } from "../quarantine-book.ts";
import { startDeviceLoop, type DeviceLoop } from "./device-loop.ts";
import type { DeviceWire } from "./device-wire.ts";
import { createRegisterReader, type ReadResult, type RegisterReader } from "./register-reader.ts";
import type { DeviceLog, RunningDevice } from "./running-device.ts";
import { electrical } from "./measured.ts";

/** The largest building we expect to meter: 6000 A on three phases. */
export const METER_RATING = { power_W_max: 4_200_000, current_mA_max: 6_000_000 };
const WANTED = /^(?:(?:current|voltage)_l[123]|power|energy_import|energy_export|serial|firmware|model)$/u;

const REGISTERS = ["energy_import", "energy_export"] as const;
type RegisterName = (typeof REGISTERS)[number];

/** The two registers of a meter, each value judged once when it was read. */
function createRegisters(
  reader: RegisterReader,
  isFresh: (what: RegisterName) => boolean,
): { readonly energy_Wh: (what: RegisterName) => WattHour | null; readonly held: () => readonly Quarantined[] } {
  const registers = { energy_import: NO_ENERGY, energy_export: NO_ENERGY };
  return {
    energy_Wh(what) {
      const read = reader.get(what);
      const { accepted_at_ms, doubted_at_ms } = registers[what];
      const isNew = read?.at_ms !== accepted_at_ms && read?.at_ms !== doubted_at_ms;
      if (typeof read?.value === "number" && isNew) {
        const { power_W_max } = METER_RATING;
        const shown = { value_Wh: read.value, at_ms: read.at_ms, power_W_max, isBilled: false };
        registers[what] = nextEnergy(registers[what], shown);
      }
      const value_Wh = isFresh(what) ? energyOf(registers[what]) : null;
      return value_Wh === null ? null : wattHour(value_Wh);
    },
    held: () => REGISTERS.flatMap((what) => heldEnergy(what, registers[what]) ?? []),
  };
}

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
  const book = createQuarantineBook({ meterId: meter.id }, log);
  const registers = createRegisters(reader, (what) => loop.fresh(what) !== null);

  const polled = (): Promise<ReadResult> => {
    const at_ms = clock.now_ms();
    const { measured, quarantined } = withinRating(electrical(loop, reader), METER_RATING, at_ms);
    const energies = {
      energyImport_Wh: registers.energy_Wh("energy_import"),
      energyExport_Wh: registers.energy_Wh("energy_export"),
    };
    const doubts = book.note([...reader.doubts, ...quarantined, ...registers.held()]);
    const reading = {
      measured_at_ms: reader.get("current_l1")?.at_ms ?? reader.get("power")?.at_ms ?? at_ms,
      ...measured,
      ...energies,
      ...(doubts.length === 0 ? {} : { quarantined: doubts }),
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
        const { word_order: wordOrder } = reader.profile;
        if (wordOrder !== profile.word_order)
          log.warn({ meterId: meter.id, wordOrder }, "word order is not the document's");
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
      quarantined: book.count,
      missing: [...reader.learned.missing],
    }),
    stop: () => loop.stop(),
  };
}
