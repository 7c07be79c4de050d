import { milliamp } from "../../core/units/index.ts";
import type { CarModel } from "./car.ts";
import type { PlugIn } from "./evse.ts";
import { createRandom, type Random } from "./random.ts";

/** One car at one bay, from plug-in to plug-out. */
export type Visit = {
  readonly stationId: string;
  readonly arrive_ms: number;
  readonly depart_ms: number;
  readonly car: PlugIn;
  readonly wanted_Wh: number;
  /** The card its driver holds to the reader. */
  readonly idToken: string;
};

/** Who parks at a bay. `visitors` come round the clock: for tests and for bays by the entrance. */
export type Pattern = "office" | "residents" | "visitors";
export type Bay = {
  readonly stationId: string;
  readonly pattern: Pattern;
  /** Cards that come here; the first ones more often. */
  readonly cards: readonly [string, ...string[]];
};

const HOUR_ms = 3_600_000;
/** A bay stays free at least this long between two cars. */
const TURNOVER_ms = 4 * 60_000;

const CARS: readonly [CarModel, ...CarModel[]] = [
  car("City 42", 3, 16_000, 42_000),
  car("Estate 77", 3, 16_000, 77_000),
  car("Saloon 60", 3, 16_000, 60_000),
  { ...car("Compact 52", 3, 32_000, 52_000), pausesItself: true },
  car("Plug-in 14", 1, 16_000, 14_000),
  car("Classic 30", 1, 32_000, 30_000),
  { ...car("Twin 64", 2, 16_000, 64_000), resume_ms: 8000 },
];

function car(name: string, phases: 1 | 2 | 3, current_mA: number, battery_Wh: number): CarModel {
  return {
    name,
    phases,
    current_mA_max: milliamp(current_mA),
    battery_Wh,
    target_permille: 1000,
    follow_ms: [2000, 5000],
    resume_ms: 4000,
    pausesItself: false,
    overdraw_permille: 0,
  };
}

/** Number of days since 1970-01-01, and midnight of such a day in a zone. */
export const localDay = (at_ms: number, timezone: string): number =>
  Math.round(
    Date.parse(
      `${Temporal.Instant.fromEpochMilliseconds(at_ms).toZonedDateTimeISO(timezone).toPlainDate().toString()}T00:00:00Z`,
    ) / 86_400_000,
  );

export function startOfDay_ms(day: number, timezone: string): number {
  const date = Temporal.Instant.fromEpochMilliseconds(day * 86_400_000)
    .toZonedDateTimeISO("UTC")
    .toPlainDate();
  return date.toZonedDateTime(timezone).epochMilliseconds;
}

/** Monday 1 … Sunday 7 of a day number; 1970-01-01 was a Thursday. */
export const weekdayOf = (day: number): number => ((((day + 3) % 7) + 7) % 7) + 1;

/**
 * Cars that arrive at a bay on a local day, in order and without overlap. The same seed, bay and day give the same
 * visits. `busy_permille` thins them out (vacation, a site that is only getting known).
 */
export function visitsOfDay(
  bay: Bay,
  day: number,
  midnight_ms: number,
  seed: number,
  busy_permille = 1000,
): readonly Visit[] {
  const random = createRandom(seed, "visits", bay.stationId, day);
  const weekend = weekdayOf(day) >= 6;
  const visits: Visit[] = [];
  let free_ms = 0;
  for (const stay of stays(bay.pattern, weekend, random)) {
    const come = random.chance(busy_permille / 1000);
    const visit = visitOf(bay, midnight_ms + stay.arrive_ms, midnight_ms + stay.depart_ms, random, seed);
    if (!come || visit.arrive_ms < free_ms) continue;
    free_ms = visit.depart_ms + TURNOVER_ms;
    visits.push(visit);
  }
  return visits;
}

/** Milliseconds after local midnight; a visit of the day before never reaches into the day's first arrival. */
function stays(pattern: Pattern, weekend: boolean, random: Random): { arrive_ms: number; depart_ms: number }[] {
  const hours = (arrive_h: number, depart_h: number) => ({
    arrive_ms: Math.round(arrive_h * HOUR_ms),
    depart_ms: Math.round(Math.max(arrive_h + 0.3, depart_h) * HOUR_ms),
  });
  const all: { arrive_ms: number; depart_ms: number }[] = [];
  switch (pattern) {
    case "office": {
      const arrive_h = random.around(8.1, 0.9);
      const stay_h = random.around(7.6, 1.4);
      if (random.chance(weekend ? 0.12 : 0.88)) all.push(hours(arrive_h, arrive_h + stay_h));
      const late_h = random.around(18.4, 0.7);
      if (random.chance(weekend ? 0.2 : 0.3)) all.push(hours(late_h, late_h + random.between(1, 3)));
      return all;
    }
    case "residents": {
      const noon_h = random.around(11.5, 1.5);
      if (random.chance(weekend ? 0.4 : 0.15)) all.push(hours(noon_h, noon_h + random.between(1, 3)));
      const evening_h = random.around(18.2, 1.2);
      if (random.chance(weekend ? 0.6 : 0.82)) all.push(hours(evening_h, 24 + random.around(7.4, 0.8)));
      return all;
    }
    case "visitors": {
      for (let hour = random.between(0, 1.5); hour < 21.5;) {
        const stay_h = random.between(0.7, 3.2);
        if (random.chance(hour < 6 ? 0.35 : 0.9)) all.push(hours(hour, Math.min(hour + stay_h, 23.7)));
        hour += stay_h + random.between(0.15, 1.2);
      }
      return all;
    }
  }
}

/** A car that wants about as much as its driver has driven since the last charge. */
export function visitOf(bay: Bay, arrive_ms: number, depart_ms: number, random: Random, seed: number): Visit {
  const model = random.pick(CARS);
  const target_permille = random.chance(0.5) ? 1000 : random.pick([800, 850, 900]);
  const wanted_Wh = Math.round(
    Math.min(model.battery_Wh * (target_permille / 1000 - 0.1), random.between(5000, model.battery_Wh * 0.75)),
  );
  const soc_permille = target_permille - (1000 * wanted_Wh) / model.battery_Wh;
  // Regulars hold the bay's first cards.
  const card = bay.cards[Math.floor(random.uniform() ** 1.6 * bay.cards.length)] ?? bay.cards[0];
  return {
    stationId: bay.stationId,
    arrive_ms,
    depart_ms,
    wanted_Wh,
    idToken: card,
    car: { model: { ...model, target_permille }, soc_permille, seed: random.whole(0, 0xffff_ffff) ^ seed },
  };
}

/** The visit that stands or comes next at a bay, at or after an instant. Asked again after each departure. */
export function createVisitPlan(bay: Bay, timezone: string, seed: number) {
  let day = -Infinity;
  let visits: readonly Visit[] = [];
  const DAYS_AHEAD_MAX = 60;
  return {
    /** First visit that departs after `at_ms`; `null` when the bay stays empty for two months. */
    next(at_ms: number): Visit | null {
      const today = localDay(at_ms, timezone);
      for (let ahead = -1; ahead < DAYS_AHEAD_MAX; ahead += 1) {
        if (day !== today + ahead) {
          day = today + ahead;
          visits = visitsOfDay(bay, day, startOfDay_ms(day, timezone), seed);
        }
        const found = visits.find((visit) => visit.depart_ms > at_ms);
        if (found !== undefined) return found;
      }
      return null;
    },
  };
}
