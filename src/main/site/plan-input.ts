import type { AllocationEvse, AllocationRequest } from "../../core/balancing/index.ts";
import { FINISH_EARLY_ms, forecastBase, PLAN_SLOTS, planSlots } from "../../core/planning/index.ts";
import type {
  BaseForecast,
  PlanCar,
  PlanCircuit,
  PlanInput,
  PlanSlot,
  PowerSample,
} from "../../core/planning/index.ts";
import { SLOT_ms, slotOf } from "../../core/history/index.ts";
import type { SitePlanning } from "../../core/site/index.ts";
import { epochMs, milliamp, millisecond, onPhase, perPhase, watt, wattHour } from "../../core/units/index.ts";
import type { EpochMs, Milliamp, PerPhase, Watt, WattHour } from "../../core/units/index.ts";
import type { HistoryStore, PowerPoint } from "../storage/types.ts";
import { allocationRequest } from "./allocation-input.ts";
import { powerOfLines_W, workingLimit_mA, workingLimit_W } from "./circuit-view.ts";
import { QUARTER_REF } from "./quarter-watch.ts";
import type { SitePrices } from "./site-prices.ts";
import type { SiteState, StationState } from "./state.ts";

/** What a car is taken to want of which nobody knows anything. */
const USUAL_NEED_WH = 20_000;
/** Plans reach as far as the last departure that is known, and at least so far. */
const SLOTS_MIN = 32;
const WEEKS_MS = 8 * 7 * 86_400_000;
/** Four times a day. */
const READ_AGAIN_MS = 6 * 3_600_000;
/** More quarter hours than two months and eight weeks have. */
const POINTS_MAX = 10_000;

export type PlanSources = {
  readonly site: SiteState;
  readonly planning: SitePlanning;
  readonly history: Pick<HistoryStore, "power">;
  readonly prices: SitePrices;
  /** What the running quarter hour has used; `null`: nobody saw its beginning. */
  readonly usedInQuarter_Wh: (now_ms: EpochMs) => WattHour | null;
};

/** What the planner is told of the site; `null`: there is no car to plan for, or nothing that it could gain. */
export type ReadPlanInput = (now_ms: EpochMs) => PlanInput | null;

/** Reads the state, and of the stored quarter hours what is new. */
export function createPlanInput(sources: PlanSources): ReadPlanInput {
  const { site, planning, prices } = sources;
  const { timezone, nominal_V } = site.model.identity;
  const past = createPast(sources);
  return (now_ms) => {
    const request = allocationRequest(site, now_ms);
    const cars = request.evses.flatMap((evse) => carOf(site, evse) ?? []);
    if (cars.length === 0) return null;
    const slots = planSlots(now_ms, slotCount(cars, now_ms));
    const { import_micro_per_kWh } = prices.of(slots);
    const { peak, quarterLimit_W } = planning;
    if (import_micro_per_kWh === null && peak === undefined && quarterLimit_W === undefined) return null;
    const { forecast, monthPeak_W, lastMonthPeak_W } = past(now_ms);
    const load = loadOf(request, forecast, slots, nominal_V);
    return {
      now_ms,
      voltage_V: nominal_V,
      slots,
      circuits: circuitsOf(site, request, load.high_mA),
      cars,
      otherNet_W: load.expected_W,
      import_micro_per_kWh,
      export_micro_per_kWh: planning.feedIn_micro_per_kWh ?? 0,
      peak:
        peak === undefined ? null : { ...peak, monthPeak_W, lastMonthPeak_W, days_left: daysLeft(now_ms, timezone) },
      quarter: quarterLimit_W === undefined ? null : { limit_W: quarterLimit_W, ref: QUARTER_REF },
      usedInQuarter_Wh: sources.usedInQuarter_Wh(now_ms),
      limits: [],
      finishEarly_ms: millisecond(FINISH_EARLY_ms),
    };
  };
}

/** A car that may charge and wants something; `null`: nothing can be planned for this one. */
function carOf(site: SiteState, evse: AllocationEvse): PlanCar | null {
  const state = site.stations.get(evse.id);
  if (state === undefined || (evse.reserved ?? null) !== null || state.finishedAt_ms !== null) return null;
  const max_mA = Math.min(evse.max_mA, ...(evse.bounds ?? []).map((bound) => bound.max_mA));
  if (max_mA < evse.min_mA) return null;
  const remaining_Wh = evse.needed_Wh === null ? USUAL_NEED_WH : evse.needed_Wh - evse.attained_Wh;
  return {
    evse: evse.id,
    circuit: evse.circuit,
    phases: evse.phases,
    min_mA: evse.min_mA,
    max_mA: milliamp(max_mA),
    plugged_at_ms: evse.plugged_at_ms,
    remaining_Wh: wattHour(Math.max(0, remaining_Wh)),
    departure_ms: knownDeparture_ms(state),
  };
}

/** When it leaves, told by somebody or by what was before; a mere guess holds no car back. */
function knownDeparture_ms({ expected, declared }: StationState): EpochMs | null {
  if (expected === null || expected.from === "usual") return null;
  return expected.from === "declared" && (declared?.departure_ms ?? null) === null ? null : expected.departure_ms;
}

function slotCount(cars: readonly PlanCar[], now_ms: EpochMs): number {
  const last_ms = Math.max(...cars.map(({ departure_ms }) => departure_ms ?? 0));
  const reach = Math.ceil((last_ms - slotOf(now_ms)) / SLOT_ms);
  return Math.min(PLAN_SLOTS, Math.max(SLOTS_MIN, reach));
}

/** Limits that stand for long; that of the running quarter hour is the plan's own. */
function circuitsOf(
  site: SiteState,
  request: AllocationRequest,
  high_mA: readonly PerPhase<Milliamp>[],
): readonly PlanCircuit[] {
  return request.circuits.flatMap((circuit): PlanCircuit[] => {
    const state = site.circuits.get(circuit.id);
    if (state === undefined) return [];
    const lasting = { ...state, imposed: state.imposed.filter(({ ref }) => ref !== QUARTER_REF) };
    return [
      {
        id: circuit.id,
        parent: circuit.parent,
        limit_mA: workingLimit_mA(lasting),
        limit_W: workingLimit_W(lasting),
        otherLoad_mA: circuit.parent === null ? high_mA : high_mA.map(() => circuit.otherLoad_mA),
        ...(circuit.system === undefined ? {} : { system: circuit.system }),
      },
    ];
  });
}

type Load = { readonly expected_W: readonly Watt[]; readonly high_mA: readonly PerPhase<Milliamp>[] };

/** The building in each slot: forecast, spread over the phases as it is now; without history as it is now. */
function loadOf(
  request: AllocationRequest,
  forecast: ((slot: PlanSlot) => { readonly expected_W: Watt; readonly high_W: Watt } | null) | null,
  slots: readonly PlanSlot[],
  voltage_V: number,
): Load {
  const zero: PerPhase<Milliamp> = [milliamp(0), milliamp(0), milliamp(0)];
  const main = request.circuits.find(({ parent }) => parent === null);
  const now_mA = main?.otherLoad_mA ?? zero;
  const sum_mA = now_mA.reduce<number>((sum, load) => sum + load, 0);
  const inPower_W = (current_mA: number): number => powerOfLines_W(main ?? {}, current_mA, voltage_V);
  const now_W = watt(Math.round(inPower_W(sum_mA)));
  const spread = (power_W: number): PerPhase<Milliamp> =>
    perPhase((phase) => {
      const share = sum_mA === 0 ? 1 / 3 : onPhase(now_mA, phase) / sum_mA;
      return milliamp(Math.round((Math.max(0, power_W) / inPower_W(1)) * share));
    });
  const at = slots.map((slot) => forecast?.(slot) ?? null);
  return {
    expected_W: at.map((known) => known?.expected_W ?? now_W),
    high_mA: at.map((known) => (known === null ? now_mA : spread(known.high_W))),
  };
}

type Past = {
  readonly forecast: Parameters<typeof loadOf>[1];
  readonly monthPeak_W: Watt | null;
  readonly lastMonthPeak_W: Watt | null;
};

/**
 * What the stored quarter hours say of the next ones and of the months' peaks. Eight weeks are read some times a day (a
 * habit does not change by the hour); in between, each quarter hour, only what has come since.
 */
function createPast({ site, history }: PlanSources): (now_ms: EpochMs) => Past {
  const { timezone } = site.model.identity;
  let known: { readonly read_ms: EpochMs; readonly until_ms: EpochMs; readonly past: Past } | null = null;
  return (now_ms) => {
    const slot_ms = slotOf(now_ms);
    const month_ms = monthOf(slot_ms, timezone).epochMilliseconds;
    if (
      known === null ||
      slot_ms < known.until_ms ||
      slot_ms - known.read_ms >= READ_AGAIN_MS ||
      known.read_ms < month_ms
    )
      known = { read_ms: slot_ms, until_ms: slot_ms, past: readPast(history, slot_ms, timezone) };
    if (known.until_ms < slot_ms) {
      const since = seenPoints(history, known.until_ms, slot_ms);
      const monthPeak_W = highest([known.past.monthPeak_W, ...since.map(({ avg_W }) => avg_W)]);
      known = { ...known, until_ms: slot_ms, past: { ...known.past, monthPeak_W } };
    }
    return known.past;
  };
}

const monthOf = (at_ms: number, timezone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(at_ms).toZonedDateTimeISO(timezone).with({ day: 1 }).startOfDay();

/** Whole quarter hours that somebody saw. */
const seenPoints = (history: PlanSources["history"], from_ms: number, slot_ms: EpochMs): readonly PowerPoint[] =>
  history
    .power({ from_ms, to_ms: slot_ms }, POINTS_MAX, slot_ms)
    .points.filter(({ quality, at_ms }) => quality !== "missing" && at_ms < slot_ms);

/** Import only: what flows back is no peak. */
function highest(means_W: readonly (number | null)[]): Watt | null {
  const known = means_W.filter((mean) => mean !== null);
  return known.length === 0 ? null : watt(Math.max(0, Math.round(Math.max(...known))));
}

function readPast(history: PlanSources["history"], slot_ms: EpochMs, timezone: string): Past {
  const month = monthOf(slot_ms, timezone);
  const month_ms = month.epochMilliseconds;
  const lastMonth_ms = month.subtract({ months: 1 }).epochMilliseconds;
  const seen = seenPoints(history, Math.max(0, Math.min(lastMonth_ms, slot_ms - WEEKS_MS)), slot_ms);
  const samples = seen.map(({ at_ms, avg_W, ev_avg_W }): PowerSample => ({
    slot_ms: epochMs(at_ms),
    power_W: avg_W === null ? null : avg_W - (ev_avg_W ?? 0),
  }));
  const slots = planSlots(slot_ms, PLAN_SLOTS + READ_AGAIN_MS / SLOT_ms);
  const base = forecastBase(samples, slots, { now_ms: slot_ms, timezone });
  const peak = (since_ms: number, until_ms: number): Watt | null =>
    highest(seen.filter(({ at_ms }) => at_ms >= since_ms && at_ms < until_ms).map(({ avg_W }) => avg_W));
  return {
    forecast: base === null ? null : at(base, slot_ms),
    monthPeak_W: peak(month_ms, slot_ms),
    lastMonthPeak_W: peak(lastMonth_ms, month_ms),
  };
}

const at =
  ({ expected_W, high_W }: BaseForecast, first_ms: EpochMs): NonNullable<Past["forecast"]> =>
  ({ start_ms }) => {
    const index = Math.round((slotOf(start_ms) - first_ms) / SLOT_ms);
    const [expected, high] = [expected_W[index], high_W[index]];
    return expected === undefined || high === undefined ? null : { expected_W: expected, high_W: high };
  };

/** Days until the month ends in the site's zone, today included. */
function daysLeft(now_ms: EpochMs, timezone: string): number {
  const today = Temporal.Instant.fromEpochMilliseconds(now_ms).toZonedDateTimeISO(timezone);
  return today.daysInMonth - today.day + 1;
}
