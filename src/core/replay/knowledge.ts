import { expectStay } from "../balancing/index.ts";
import type { Declared } from "../balancing/index.ts";
import { epochMs, wattHour } from "../units/index.ts";
import type { Car } from "./car.ts";
import { missing_Wh } from "./car.ts";
import { createPast, hourOf } from "./history.ts";
import type { Scenario, ScenarioSession } from "./scenario.ts";

/** What a policy may believe of a car: when it leaves and what it needs in all. */
export type Known = { readonly departure_ms: number; readonly needed_Wh: number };

/** A car that still takes current after what was typed is taken to want so much more, again and again. */
const LITTLE_MORE_WH = 500;
const HOUR_MS = 3_600_000;

/**
 * What is known of each car, asked once when it arrives and in the order of arrivals; `null`: nothing. What the site
 * expects from the past alone, or from that and what was typed; the past is the scenario's own where it has no other, and
 * then only of visits that were over at the midnight before.
 */
export function createKnowledge(scenario: Scenario): (car: Car) => Known | null {
  const { information } = scenario.policy;
  switch (information) {
    case "none":
      return () => null;
    case "truth":
      return ({ session, needed_Wh }) => ({ departure_ms: session.departure_ms, needed_Wh });
    case "declared":
    case "history": {
      const past = createPast(scenario);
      return ({ session: { driver, arrival_ms, declared } }) => {
        const arrival = { driver, hour: hourOf(arrival_ms), plugged_at_ms: epochMs(Math.floor(arrival_ms)) };
        return expectStay(past(arrival_ms), arrival, information === "history" ? null : typedBy(declared));
      };
    }
  }
}

const typedBy = (declared: ScenarioSession["declared"]): Declared | null =>
  declared === null
    ? null
    : {
        departure_ms: epochMs(Math.floor(declared.departure_ms)),
        needed_Wh: wattHour(Math.round(declared.needed_Wh)),
      };

/** Most current that makes sense in a tick, in A: with truth or what the driver typed, what finishes the rest within it. */
export function usefulCurrent_A(scenario: Scenario, car: Car, known: Known | null, present_h: number): number {
  const { information } = scenario.policy;
  if (known === null || (information !== "truth" && information !== "declared")) return car.max_A;
  if (present_h <= 0) return car.max_A;
  const typed_Wh = Math.max(LITTLE_MORE_WH, (car.session.declared?.needed_Wh ?? known.needed_Wh) - car.delivered_Wh);
  const rest_Wh = information === "truth" ? missing_Wh(car) : typed_Wh;
  return Math.min(car.max_A, rest_Wh / (present_h * car.W_per_A));
}

/** Time to spare, in h: until the departure less what the rest takes at full current. A departure that passed is now. */
export function laxity_h(car: Car, known: Known, now_ms: number): number {
  const left_h = Math.max(0, known.departure_ms - now_ms) / HOUR_MS;
  return left_h - Math.max(0, known.needed_Wh - car.delivered_Wh) / (car.max_A * car.W_per_A);
}
