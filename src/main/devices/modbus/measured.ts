import {
  milliamp,
  millivolt,
  perPhase,
  watt,
  type Milliamp,
  type PerPhase,
  type Watt,
} from "../../../core/units/index.ts";
import type { StationReading } from "../ports.ts";
import type { DeviceLoop } from "./device-loop.ts";
import type { RegisterReader } from "./register-reader.ts";

export const mA = (value: number | string | null): Milliamp | null =>
  typeof value === "number" ? milliamp(value) : null;

/** Currents, voltages and power as far as they are fresh; in the device's own phase order. */
export function electrical(
  loop: Pick<DeviceLoop, "fresh">,
  reader: Pick<RegisterReader, "has">,
): { current_mA: PerPhase<Milliamp | null>; voltage_mV: StationReading["voltage_mV"]; power_W: Watt | null } {
  const of = (what: string): number | null => {
    const value = loop.fresh(what);
    return typeof value === "number" ? value : null;
  };
  const phases = [of("power_l1"), of("power_l2"), of("power_l3")].filter((_, i) =>
    reader.has(`power_l${String(i + 1)}`),
  );
  const sum = phases.reduce<number | null>(
    (total, one) => (total === null || one === null ? null : total + one),
    phases.length > 0 ? 0 : null,
  );
  const power = reader.has("power") ? of("power") : sum;
  return {
    current_mA: perPhase((_, i) => mA(of(`current_l${String(i + 1)}`))),
    voltage_mV: perPhase((_, i) => {
      const value = of(`voltage_l${String(i + 1)}`);
      return value === null ? null : millivolt(value);
    }),
    power_W: power === null ? null : watt(power),
  };
}

/** A phase that carries more than this is one the car charges on. */
const IN_USE_mA = 1_000;
const NOMINAL_V = 230;

/** Phases the car charges on now; `null` while it draws nothing, or the box does not measure it. */
export function phasesInUse(loop: Pick<DeviceLoop, "fresh">): 1 | 2 | 3 | null {
  const phases = [1, 2, 3].filter((phase) => Number(loop.fresh(`current_l${String(phase)}`) ?? 0) > IN_USE_mA).length;
  if (phases > 0) return phases === 1 ? 1 : phases === 2 ? 2 : 3;
  // Boxes with one current for all phases: power tells how many there are.
  const [current_mA, power_W] = [loop.fresh("current"), loop.fresh("power")];
  if (typeof current_mA !== "number" || typeof power_W !== "number" || current_mA <= IN_USE_mA) return null;
  const share = Math.round((power_W * 1000) / (current_mA * NOMINAL_V));
  return share <= 1 ? 1 : share === 2 ? 2 : 3;
}

/** Largest phase current; `null` where none is measured. */
export function drawn_mA(loop: Pick<DeviceLoop, "fresh">): number | null {
  const values = [1, 2, 3].flatMap((phase) => {
    const value = loop.fresh(`current_l${String(phase)}`);
    return typeof value === "number" ? [value] : [];
  });
  return values.length === 0 ? null : Math.max(...values);
}
