import type { WattHour } from "../../core/units/index.ts";
import type { CanonicalState, CanonicalValue } from "../devices/profile/index.ts";
import { OFFER_mA_min } from "./car.ts";
import { createEvse, type Evse, type PlugIn } from "./evse.ts";

export type BoxBodyOptions = {
  readonly phases: 1 | 2 | 3;
  readonly current_mA_max: number;
  readonly register_Wh: WattHour;
};

/** What every box has behind its wire, whatever it speaks. */
export interface BoxBody {
  readonly evse: Evse;
  readonly faulty: boolean;
  /** What the box says of itself, in the profiles' words. */
  state(): CanonicalState;
  /** A value by its name in the profiles, in our units; `undefined`: the box has no opinion of its own. */
  value(what: string): CanonicalValue | undefined;
  plugIn(car: PlugIn): void;
  unplug(): void;
  setFault(faulty: boolean): void;
}

export function createBoxBody(options: BoxBodyOptions): BoxBody {
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
  return {
    evse,
    get faulty() {
      return faulty;
    },
    state,
    value: (what) =>
      boxValue(what, { evse, state: state(), plugged_at_Wh, powerOn_Wh, current_mA_max: options.current_mA_max }),
    plugIn(car) {
      plugged_at_Wh = evse.register_Wh;
      evse.plugIn(car);
    },
    unplug() {
      evse.unplug();
    },
    setFault(next) {
      faulty = next;
    },
  };
}

type BoxFacts = {
  readonly evse: Evse;
  readonly state: CanonicalState;
  readonly plugged_at_Wh: number;
  readonly powerOn_Wh: number;
  readonly current_mA_max: number;
};

function boxValue(what: string, box: BoxFacts): CanonicalValue | undefined {
  const { evse } = box;
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
      return phase === null ? reading.register_Wh : shareOf(reading.register_Wh, phase);
    case "energy_since_power_on":
      return reading.register_Wh - box.powerOn_Wh;
    case "energy_session":
      return evse.plugged ? reading.register_Wh - box.plugged_at_Wh : 0;
    case "hw_current_max":
      return box.current_mA_max;
    case "hw_current_min":
      return OFFER_mA_min;
    case "phases_active":
      return evse.phases;
    case "temperature":
      return 28;
    case "frequency":
      return 50;
    default:
      return undefined;
  }
}

/** Boxes that count phase by phase have one counter here: its parts are even and add up to it. */
function shareOf(register_Wh: number, phase: 0 | 1 | 2): number {
  const third_Wh = Math.floor(register_Wh / 3);
  return phase === 0 ? register_Wh - 2 * third_Wh : third_Wh;
}

/** Index of the phase that a name ends with; `null` when it is of no single phase. */
export function phaseOf(what: string): 0 | 1 | 2 | null {
  if (what.endsWith("_l1")) return 0;
  if (what.endsWith("_l2")) return 1;
  return what.endsWith("_l3") ? 2 : null;
}
