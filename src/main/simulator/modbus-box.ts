import type { WattHour } from "../../core/units/index.ts";
import type { CanonicalState, CanonicalValue, DeviceProfile } from "../devices/profile/index.ts";
import { OFFER_mA_min } from "./car.ts";
import { createEvse, type Evse } from "./evse.ts";
import { profileBank, type ProfileBank } from "./modbus/index.ts";
import type { MeterTruth, SimulatedBox } from "./world.ts";

export type ModbusBoxOptions = {
  readonly stationId: string;
  readonly profile: DeviceProfile;
  readonly phases: 1 | 2 | 3;
  readonly current_mA_max: number;
  /** What its installer set for silence. */
  readonly fallback_mA: number;
  readonly register_Wh: WattHour;
  /**
   * Time of the box's watchdog. Its requests come over a wire, and a wire is not faster when the world is, so this is
   * real time unless a test says otherwise.
   */
  readonly wire_ms?: () => number;
};

export type ModbusBox = SimulatedBox & {
  readonly bank: ProfileBank;
  /** What the box says of itself, in the profile's words. */
  readonly state: () => CanonicalState;
  setFault(faulty: boolean): void;
};

/** A box that only speaks registers: it charges whatever is plugged in, as far as its setpoint and watchdog allow. */
export function createModbusBox(options: ModbusBoxOptions): ModbusBox {
  const evse = createEvse(options);
  let faulty = false;
  let plugged_at_Wh = options.register_Wh;
  const powerOn_Wh = options.register_Wh;

  const state = (): CanonicalState => {
    if (faulty) return "error";
    if (!evse.plugged) return "none";
    if (evse.offered_mA < OFFER_mA_min) return evse.carMode === "full" ? "waiting_auth" : "paused";
    return evse.carMode === "charging" ? "charging" : "connected";
  };
  const bank = profileBank({
    profile: options.profile,
    now_ms: options.wire_ms ?? (() => performance.now()),
    fallback_mA: options.fallback_mA,
    onWrite: () => undefined,
    values: (what) =>
      measured(what, evse, { state: state(), plugged_at_Wh, powerOn_Wh, current_mA_max: options.current_mA_max }),
  });

  return {
    stationId: options.stationId,
    evse,
    bank,
    state,
    setFault(next) {
      faulty = next;
    },
    tick() {
      const setpoint_mA = bank.offered_mA() ?? 0;
      evse.offer(faulty ? 0 : setpoint_mA);
    },
    plugIn(car) {
      plugged_at_Wh = evse.register_Wh;
      evse.plugIn(car);
    },
    unplug() {
      evse.unplug();
    },
  };
}

function measured(
  what: string,
  evse: Evse,
  box: {
    readonly state: CanonicalState;
    readonly plugged_at_Wh: number;
    readonly powerOn_Wh: number;
    readonly current_mA_max: number;
  },
): CanonicalValue | undefined {
  const reading = evse.reading();
  const phase = phaseOf(what);
  switch (phase === null ? what : what.slice(0, -3)) {
    case "state":
      return box.state;
    case "current":
      return reading.drawn_mA[phase ?? 0];
    case "voltage":
      return Math.round(reading.voltage_mV[phase ?? 0]);
    case "power":
      return phase === null
        ? reading.power_W
        : Math.round((reading.drawn_mA[phase] * reading.voltage_mV[phase]) / 1_000_000);
    case "energy_import":
    case "energy_total":
      return phase === null ? reading.register_Wh : null;
    case "energy_since_power_on":
      return reading.register_Wh - box.powerOn_Wh;
    case "energy_session":
      return evse.plugged ? reading.register_Wh - box.plugged_at_Wh : 0;
    case "hw_current_max":
      return box.current_mA_max;
    case "hw_current_min":
      return OFFER_mA_min;
    case "temperature":
      return 28;
    case "frequency":
      return 50;
    default:
      return undefined;
  }
}

/** A meter whose values come from the world. */
export function createMeterBank(options: {
  readonly profile: DeviceProfile;
  readonly read: () => MeterTruth | null;
}): ProfileBank {
  const value = (what: string): CanonicalValue | undefined => {
    const truth = options.read();
    if (truth === null) return null;
    const phase = phaseOf(what);
    const power_mW = truth.power_mW[0] + truth.power_mW[1] + truth.power_mW[2];
    switch (phase === null ? what : what.slice(0, -3)) {
      case "voltage":
        return truth.voltage_mV[phase ?? 0];
      case "current":
        return truth.current_mA[phase ?? 0];
      case "power":
      case "apparent_power":
        return Math.round((phase === null ? power_mW : truth.power_mW[phase]) / 1000);
      case "reactive_power":
        return 0;
      case "power_factor":
        return 1;
      case "frequency":
        return 50;
      case "energy_import":
      case "energy_total":
        return phase === null ? truth.import_Wh : null;
      case "energy_export":
        return phase === null ? 0 : null;
      default:
        return undefined;
    }
  };
  return profileBank({
    profile: options.profile,
    now_ms: () => performance.now(),
    onWrite: () => undefined,
    values: value,
  });
}

function phaseOf(what: string): 0 | 1 | 2 | null {
  if (what.endsWith("_l1")) return 0;
  if (what.endsWith("_l2")) return 1;
  return what.endsWith("_l3") ? 2 : null;
}
