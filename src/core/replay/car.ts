import type { ScenarioSession } from "./scenario.ts";
import type { Uses } from "./wires.ts";

const HOUR_MS = 3_600_000;
/** What is missing below this is rounding noise, in Wh. */
const NOTHING_WH = 1e-6;

/** A car at its bay, and what has happened to it so far. */
export type Car = {
  readonly index: number;
  readonly session: ScenarioSession;
  readonly circuit: string;
  /** Most that bay and car allow. */
  readonly max_A: number;
  /** Power of one ampere of the setpoint: loads × volts. */
  readonly W_per_A: number;
  /** What it wants, clipped to what the bay could deliver during the stay. */
  readonly needed_Wh: number;
  readonly uses: Uses;
  delivered_Wh: number;
  /** What it was offered in the tick before, and what it drew at its end. */
  offered_A: number;
  drawn_A: number;
  charging_since_ms: number | null;
  first_current_ms: number | null;
  starts: number;
  /** Learned from what it did not take; `null`: took all. */
  bound_A: number | null;
  /** It hardly took anything when it was offered current: it comes after all others (balancing.md §3.3, rule 1). */
  trickles: boolean;
};

export const missing_Wh = (car: Car): number => Math.max(0, car.needed_Wh - car.delivered_Wh);
export const isDone = (car: Car): boolean => missing_Wh(car) <= NOTHING_WH;

/** Hours of [from_ms, to_ms] during which the car is there. */
export const presence_h = ({ session }: Car, from_ms: number, to_ms: number): number =>
  Math.max(0, Math.min(to_ms, session.departure_ms) - Math.max(from_ms, session.arrival_ms)) / HOUR_MS;

/** What it draws at once when offered this much. */
export function drawn_A(car: Car, offer_A: number): number {
  const { battery } = car.session;
  const offered_A = Math.min(offer_A, car.max_A);
  if (battery.kind === "ideal") return offered_A;
  const tail_Wh = battery.capacity_Wh * (1 - battery.taper_from_soc);
  const empty_Wh = Math.max(0, battery.capacity_Wh * (1 - battery.initial_soc) - car.delivered_Wh);
  return tail_Wh <= 0 ? offered_A : Math.min(offered_A, car.max_A * Math.min(1, empty_Wh / tail_Wh));
}

/** Charges for `duration_h` with this offer; afterwards `drawn_A` is what it draws at the end. */
export function charge(
  car: Car,
  offer: { readonly at_ms: number; readonly current_A: number },
  duration_h: number,
): void {
  const offered_A = Math.min(offer.current_A, car.max_A);
  const power_W = offered_A * car.W_per_A;
  const { energy_Wh, end_W } = taken(car, power_W, duration_h);
  const before_A = car.drawn_A;
  car.delivered_Wh += Math.min(energy_Wh, missing_Wh(car));
  car.drawn_A = offered_A <= 0 || car.W_per_A <= 0 ? 0 : end_W / car.W_per_A;
  car.offered_A = offered_A;
  if (offered_A <= 0 || energy_Wh <= 0) {
    car.charging_since_ms = null;
    car.drawn_A = 0;
    return;
  }
  if (before_A <= 0) {
    car.starts += 1;
    car.charging_since_ms = offer.at_ms;
    car.first_current_ms ??= Math.max(offer.at_ms, car.session.arrival_ms);
  }
}

/** Energy within `duration_h` at no more than `power_W`, and the power at the end. */
function taken(car: Car, power_W: number, duration_h: number): { readonly energy_Wh: number; readonly end_W: number } {
  const { battery } = car.session;
  if (battery.kind === "ideal") return { energy_Wh: power_W * duration_h, end_W: power_W };
  const { capacity_Wh, initial_soc, taper_from_soc } = battery;
  const empty_Wh = Math.max(0, capacity_Wh * (1 - initial_soc) - car.delivered_Wh);
  // Above `taper_from_soc` the car's own power falls linearly with what is still empty.
  const tail_Wh = capacity_Wh * (1 - taper_from_soc);
  const own_W = car.max_A * car.W_per_A;
  const constant_W = Math.min(power_W, own_W);
  if (tail_Wh <= 0) return { energy_Wh: Math.min(empty_Wh, constant_W * duration_h), end_W: constant_W };
  if (constant_W <= 0) return { energy_Wh: 0, end_W: 0 };
  const bend_Wh = (constant_W / own_W) * tail_Wh;
  const flat_h = Math.min(duration_h, Math.max(0, empty_Wh - bend_Wh) / constant_W);
  const left_Wh = empty_Wh - flat_h * constant_W;
  const after_Wh = left_Wh * Math.exp((-own_W / tail_Wh) * (duration_h - flat_h));
  return { energy_Wh: empty_Wh - after_Wh, end_W: Math.min(constant_W, (after_Wh / tail_Wh) * own_W) };
}
