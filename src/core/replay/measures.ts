import type { Car } from "./car.ts";
import type { Simulation } from "./scenario.ts";

const WORST_PART = 0.05;

/** What a replay is judged by: energy, fairness over delivered/needed, and how often cars were started. */
export function measure(cars: readonly Car[]): Omit<Simulation, "violations" | "peak_A"> {
  const demanded_Wh = cars.reduce((sum, car) => sum + car.needed_Wh, 0);
  const delivered_Wh = cars.reduce((sum, car) => sum + car.delivered_Wh, 0);
  const satisfied = cars.flatMap((car) =>
    car.session.needed_Wh > 0 && car.needed_Wh > 0 ? [Math.min(1, car.delivered_Wh / car.needed_Wh)] : [],
  );
  return {
    demanded_Wh,
    delivered_Wh,
    energy_percent: demanded_Wh === 0 ? 100 : (delivered_Wh / demanded_Wh) * 100,
    jain: jainOf(satisfied),
    worst5: worstOf(satisfied),
    starts_per_session: cars.length === 0 ? 0 : cars.reduce((sum, car) => sum + car.starts, 0) / cars.length,
    sessions: cars.map(({ index, delivered_Wh: got_Wh, first_current_ms, starts }) => ({
      index,
      delivered_Wh: got_Wh,
      first_current_ms,
      starts,
    })),
  };
}

/** Jain's index: 1 when all are equal, 1/n when one has everything; 1 when nobody has anything. */
function jainOf(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return squares === 0 ? 1 : (sum * sum) / (values.length * squares);
}

/** Mean of the worst 5 %, at least one. */
function worstOf(values: readonly number[]): number {
  if (values.length === 0) return 1;
  const worst = [...values].sort((a, b) => a - b).slice(0, Math.max(1, Math.round(values.length * WORST_PART)));
  return worst.reduce((sum, value) => sum + value, 0) / worst.length;
}
