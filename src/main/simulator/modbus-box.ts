import type { WattHour } from "../../core/units/index.ts";
import type { CanonicalState, DeviceProfile } from "../devices/profile/index.ts";
import { createBoxBody } from "./box-body.ts";
import { meterValue } from "./meter-values.ts";
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
  const body = createBoxBody(options);
  const { evse } = body;
  const bank = profileBank({
    profile: options.profile,
    now_ms: options.wire_ms ?? (() => performance.now()),
    fallback_mA: options.fallback_mA,
    onWrite: (write) => {
      if (write.kind === "phases") evse.usePhases(write.phases);
    },
    values: (what) => body.value(what),
  });
  return {
    stationId: options.stationId,
    evse,
    bank,
    state: () => body.state(),
    setFault: (faulty) => {
      body.setFault(faulty);
    },
    tick() {
      const setpoint_mA = bank.offered_mA() ?? 0;
      evse.offer(body.faulty ? 0 : setpoint_mA);
    },
    plugIn: (car) => {
      body.plugIn(car);
    },
    unplug: () => {
      body.unplug();
    },
  };
}

/** A meter whose values come from the world. */
export function createMeterBank(options: {
  readonly profile: DeviceProfile;
  readonly read: () => MeterTruth | null;
}): ProfileBank {
  return profileBank({
    profile: options.profile,
    now_ms: () => performance.now(),
    onWrite: () => undefined,
    values: (what) => meterValue(what, options.read()),
  });
}
