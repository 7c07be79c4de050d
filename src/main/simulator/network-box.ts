import type { ProfileOf } from "../devices/profile/index.ts";
import { createBoxBody, type BoxBody, type BoxBodyOptions } from "./box-body.ts";
import { createHttpUnit, createKebaUnit, type HttpUnit, type KebaUnit } from "./network/index.ts";
import type { SimulatedBox } from "./world.ts";

type NetworkBoxOptions = BoxBodyOptions & {
  readonly stationId: string;
  /** What its installer set: offered before anybody tells it, and when its own guard hears nothing. */
  readonly fallback_mA: number;
  /** Time of the box's own guard; real time unless a test says otherwise, as with boxes that speak registers. */
  readonly wire_ms?: () => number;
};

export type HttpBox = SimulatedBox & { readonly unit: HttpUnit; setFault(faulty: boolean): void };
export type KebaUdpBox = SimulatedBox & { readonly unit: KebaUnit; setFault(faulty: boolean): void };

/** A plug is in the box (1), and in the car as well and locked (7): KEBA's own numbers. */
const CABLE = { box: 1, car: 7 } as const;

/** A box that is asked and told over HTTP. One that cannot be told anything gives its car all it has. */
export function createHttpBox(
  options: NetworkBoxOptions & { readonly profile: ProfileOf<"http">; readonly unitId: number },
): HttpBox {
  const { profile, unitId, fallback_mA, current_mA_max, wire_ms = () => performance.now() } = options;
  const body = createBoxBody(options);
  const { heartbeat } = profile.failsafe ?? {};
  const setter = profile.control?.set_current;
  let heard_ms = wire_ms();
  const unit = createHttpUnit({
    profile,
    unitId,
    // Who wants its numbers as texts writes them so as well.
    numbersAsText: JSON.stringify(setter?.json ?? {}).includes(":text}"),
    values: (what) => wordedValue(body, what),
    onPhases: (phases) => {
      body.evse.usePhases(phases);
    },
    onHeartbeat: () => {
      heard_ms = wire_ms();
    },
  });
  const isAlone = (): boolean => heartbeat !== undefined && wire_ms() - heard_ms > heartbeat.every_s * 1_000;
  const start_mA = setter === undefined ? current_mA_max : fallback_mA;
  const offered_mA = (): number => (isAlone() ? fallback_mA : (unit.offered_mA ?? start_mA));
  return { ...inWorld(options.stationId, body, offered_mA), unit };
}

/** A KEBA box of the first generations, spoken to by text commands over UDP. */
export function createKebaUdpBox(options: NetworkBoxOptions & { readonly profile: ProfileOf<"keba-udp"> }): KebaUdpBox {
  const body = createBoxBody(options);
  const unit = createKebaUnit({
    profile: options.profile,
    values: (what) => wordedValue(body, what),
    now_ms: options.wire_ms ?? (() => performance.now()),
    start_mA: options.fallback_mA,
  });
  return { ...inWorld(options.stationId, body, () => unit.offered_mA), unit };
}

/** What boxes on the network tell beside what all boxes tell. */
function wordedValue(body: BoxBody, what: string): ReturnType<BoxBody["value"]> {
  switch (what) {
    case "plugged":
      return body.evse.plugged ? 1 : 0;
    case "charging_active":
      return body.state() === "charging" ? 1 : 0;
    case "cable_state":
      return body.evse.plugged ? CABLE.car : CABLE.box;
    case "current_limit":
      return body.evse.offered_mA;
    default:
      return body.value(what);
  }
}

const inWorld = (
  stationId: string,
  body: BoxBody,
  offered_mA: () => number,
): SimulatedBox & { setFault(faulty: boolean): void } => ({
  stationId,
  evse: body.evse,
  tick: () => {
    body.evse.offer(body.faulty ? 0 : offered_mA());
  },
  plugIn: (car) => {
    body.plugIn(car);
  },
  unplug: () => {
    body.unplug();
  },
  setFault: (faulty) => {
    body.setFault(faulty);
  },
});
