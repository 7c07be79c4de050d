import { milliamp, wattHour, type Milliamp, type PerPhase, type WattHour } from "../../core/units/index.ts";
import { OFFER_mA_min, pluggedCar, stepCar, type CarModel, type CarState } from "./car.ts";

/** The electrical half of a simulated box: contactor, car and the lifetime register. */
export type PlugIn = { readonly model: CarModel; readonly soc_permille: number; readonly seed: number };

export type EvseReading = {
  /** In the box's own phase order. */
  readonly drawn_mA: PerPhase<Milliamp>;
  readonly voltage_mV: PerPhase<number>;
  readonly power_W: number;
  readonly register_Wh: WattHour;
};

const UJ_PER_MWH = 3_600_000;
const NOTHING: PerPhase<Milliamp> = [milliamp(0), milliamp(0), milliamp(0)];

/** Counts in mWh with the rest kept in µJ: a lifetime of µJ would not fit a double. */
function createRegister(start_Wh: WattHour): { add(energy_uJ: number): void; value_Wh(): WattHour } {
  let register_mWh = start_Wh * 1000;
  let rest_uJ = 0;
  return {
    add(energy_uJ) {
      rest_uJ += energy_uJ;
      const whole_mWh = Math.floor(rest_uJ / UJ_PER_MWH);
      register_mWh += whole_mWh;
      rest_uJ -= whole_mWh * UJ_PER_MWH;
    },
    value_Wh: () => wattHour(Math.floor(register_mWh / 1000)),
  };
}

/** One charging part; the station above it decides what it offers, the world moves it on. */
export function createEvse(box: {
  readonly phases: 1 | 2 | 3;
  readonly current_mA_max: number;
  readonly register_Wh: WattHour;
}) {
  const register = createRegister(box.register_Wh);
  let car: { model: CarModel; state: CarState } | null = null;
  let offered_mA = 0;
  let drawn_mA = NOTHING;
  let voltage_mV: PerPhase<number> = [230_000, 230_000, 230_000];
  let power_mW = 0;
  let phases = box.phases;

  return {
    plugIn({ model, soc_permille, seed }: PlugIn): void {
      car = { model, state: pluggedCar(model, soc_permille, seed) };
    },
    unplug(): void {
      car = null;
      drawn_mA = NOTHING;
      power_mW = 0;
    },
    /** Sets the pilot; below 6 A the box offers nothing. */
    offer(current_mA: number): void {
      offered_mA = current_mA < OFFER_mA_min ? 0 : Math.min(current_mA, box.current_mA_max);
    },
    /** Switches contactors: no more phases than it is wired for, and one or three of them. */
    usePhases(count: number): void {
      phases = count <= 1 ? 1 : box.phases;
    },
    /** Phases a car could charge on now. */
    get phases(): 1 | 2 | 3 {
      return phases;
    },
    get offered_mA(): number {
      return offered_mA;
    },
    get plugged(): boolean {
      return car !== null;
    },
    get carMode(): CarState["mode"] | null {
      return car === null ? null : car.state.mode;
    },
    /** Wh the car has taken since it was plugged in. */
    get received_Wh(): number {
      return car === null ? 0 : Math.floor(car.state.received_mWh / 1000);
    },
    get register_Wh(): WattHour {
      return register.value_Wh();
    },
    reading: (): EvseReading => ({
      drawn_mA,
      voltage_mV,
      power_W: Math.round(power_mW / 1000),
      register_Wh: register.value_Wh(),
    }),
    /** Moves car and register on. `voltage` in the box's own phase order. Answers what flowed. */
    step(
      now_ms: number,
      dt_ms: number,
      voltage: PerPhase<number>,
    ): { readonly drawn_mA: PerPhase<Milliamp>; readonly power_mW: number } {
      voltage_mV = voltage;
      if (car === null) return { drawn_mA: NOTHING, power_mW: 0 };
      const result = stepCar(car.model, car.state, { now_ms, dt_ms, offered_mA, wiredPhases: phases, voltage_mV });
      car.state = result.state;
      drawn_mA = result.drawn_mA;
      power_mW = result.power_mW;
      register.add(result.energy_uJ);
      return { drawn_mA, power_mW };
    },
  };
}
export type Evse = ReturnType<typeof createEvse>;
