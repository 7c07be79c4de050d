import type { SerialLine } from "../../core/site/index.ts";
import { assert, milliamp, wattHour } from "../../core/units/index.ts";
import type { DeviceProfile } from "../devices/profile/index.ts";
import type { CarModel } from "../simulator/car.ts";
import { createMeterBank, createModbusBox } from "../simulator/modbus-box.ts";
import { createModbusServer, type ModbusServer, type ProfileBank } from "../simulator/modbus/index.ts";
import type { DoctorJob } from "./doctor-args.ts";

type Place = Extract<DoctorJob, { kind: "simulate" }>["place"];

/** A car that takes what it is offered for hours, on all phases. */
const CAR: CarModel = {
  name: "Simulated car",
  phases: 3,
  current_mA_max: milliamp(16_000),
  battery_Wh: 1_000_000,
  target_permille: 1_000,
  follow_ms: [300, 1_000],
  resume_ms: 1_000,
  pausesItself: false,
  overdraw_permille: 0,
};
const CAR_SOC_permille = 200;
const SEED = 1;
const STEP_ms = 250;
const VOLTAGE_mV = 230_000;
const CURRENT_mA_max = 32_000;
const REGISTER_Wh = 123_456;
/** What the simulated building draws at its meter. */
const LOAD_mA = [12_400, 9_800, 11_100] as const;
const UJ_PER_Wh = 3_600_000_000;
const FALLBACK_mA = 6_000;
const LINE: SerialLine = { baud: 9600, parity: "none", dataBits: 8, stopBits: 1 };

export type Simulated = {
  readonly ok: true;
  readonly server: ModbusServer;
  readonly unitId: number;
  /** `tcp mbap`, `serial rtu` …, for the person who has to reach it. */
  readonly framing: "rtu" | "mbap" | "ascii";
  close(): Promise<void>;
};

/** Answers like a device of `profile` until closed: a charger with a car at it, or a meter of a small building. */
export async function simulateDevice(options: {
  readonly profile: DeviceProfile;
  readonly unitId: number | null;
  readonly place: Place;
}): Promise<Simulated | { readonly ok: false; readonly detail: string }> {
  const { profile, place } = options;
  const unitId = options.unitId ?? profile.transport.unit_id?.default ?? 1;
  const device = profile.kind === "charger" ? chargingBox(profile) : meterBank(profile);
  const framing = framingOf(profile, place);
  const transport =
    place.kind === "tcp"
      ? ({ kind: "tcp", port: place.port, framing } as const)
      : ({ kind: "serial", path: place.path, ...(place.line ?? lineOf(profile)) } as const);
  const server = await listening({ transport, units: new Map([[unitId, device.bank]]) });
  if (server instanceof Error) return { ok: false, detail: server.message };
  const timer = setInterval(device.step, STEP_ms);
  return {
    ok: true,
    server,
    unitId,
    framing,
    close: async () => {
      clearInterval(timer);
      await server.close();
    },
  };
}

/** A port that is taken is the system's answer, with a code; anything else is ours. */
async function listening(options: Parameters<typeof createModbusServer>[0]): Promise<ModbusServer | Error> {
  try {
    return await createModbusServer(options);
  } catch (error) {
    if (error instanceof Error && "code" in error) return error;
    throw error;
  }
}

function framingOf({ transport }: DeviceProfile, place: Place): Simulated["framing"] {
  if (place.kind === "serial") return (place.line ?? lineFrom(transport))?.dataBits === 7 ? "ascii" : "rtu";
  const [usual] = transport.options;
  return place.framing ?? (transport.options.includes("tcp") ? "mbap" : usual === "ascii" ? "ascii" : "rtu");
}

const lineFrom = ({ rtu }: DeviceProfile["transport"]): SerialLine | null =>
  rtu === undefined ? null : { baud: rtu.baud, parity: rtu.parity, dataBits: rtu.data_bits, stopBits: rtu.stop_bits };

const lineOf = ({ transport }: DeviceProfile): SerialLine => lineFrom(transport) ?? LINE;

type Device = { readonly bank: ProfileBank; readonly step: () => void };

function chargingBox(profile: DeviceProfile): Device {
  const box = createModbusBox({
    stationId: "simulated",
    profile,
    phases: 3,
    current_mA_max: CURRENT_mA_max,
    fallback_mA: FALLBACK_mA,
    register_Wh: wattHour(REGISTER_Wh),
  });
  box.plugIn({ model: CAR, soc_permille: CAR_SOC_permille, seed: SEED }, null);
  let at_ms = Math.round(performance.now());
  return {
    bank: box.bank,
    step: () => {
      const now_ms = Math.round(performance.now());
      box.tick(now_ms);
      box.evse.step(now_ms, now_ms - at_ms, [VOLTAGE_mV, VOLTAGE_mV, VOLTAGE_mV]);
      at_ms = now_ms;
    },
  };
}

function meterBank(profile: DeviceProfile): Device {
  let at_ms = performance.now();
  let import_uJ = 0;
  const [a, b, c] = LOAD_mA;
  const power_mW = (current_mA: number): number => Math.round((current_mA * VOLTAGE_mV) / 1000);
  const truth = {
    meterId: "simulated",
    current_mA: [a, b, c],
    voltage_mV: [VOLTAGE_mV, VOLTAGE_mV, VOLTAGE_mV],
    power_mW: [power_mW(a), power_mW(b), power_mW(c)],
  } as const;
  return {
    bank: createMeterBank({
      profile,
      read: () => ({ ...truth, import_Wh: wattHour(REGISTER_Wh + Math.floor(import_uJ / UJ_PER_Wh)) }),
    }),
    step: () => {
      const now_ms = performance.now();
      assert(now_ms >= at_ms, "the monotonic clock does not run backwards");
      import_uJ += (now_ms - at_ms) * LOAD_mA.reduce((sum, one) => sum + power_mW(one), 0);
      at_ms = now_ms;
    },
  };
}
