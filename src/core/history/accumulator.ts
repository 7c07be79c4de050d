import { type EpochMs, epochMs, type WattHour, wattHour } from "../units/index.ts";
import { type QuarterHour, SLOT_ms, slotOf } from "./quarter-hour.ts";

// Second by second values in, quarter hours out. A value holds for the time since the sample before it.

/** Two samples further apart than this leave the time between them unseen: nobody knows what happened there. */
export const SAMPLE_GAP_ms_max = 30_000;

const Wms_PER_Wh = 3_600_000;

export type StationSample = {
  readonly stationId: string;
  /** Lifetime register; `null` when it was not read. */
  readonly register_Wh: WattHour | null;
  /** The most that can have flowed since its register before this one; left out: nobody knows. */
  readonly grown_Wh_max?: number;
  readonly power_W: number | null;
  /** `null`: the station is silent, so this time counts as unseen for it. */
  readonly plugged: boolean | null;
  readonly charging: boolean;
  readonly limited: boolean;
};

export type HistorySample = {
  readonly at_ms: EpochMs;
  /** Power at the main meter, import positive; `null` when unknown. */
  readonly site_W: number | null;
  /** Import register of the main meter where it has one; without it the power is integrated. */
  readonly siteRegister_Wh?: WattHour | null;
  /** The most that can have flowed since the main meter's register before this one; left out: nobody knows. */
  readonly siteGrown_Wh_max?: number;
  readonly stations: readonly StationSample[];
};

type Tally = {
  readonly booked_Wh: number | null;
  readonly register_Wh: WattHour | null;
  /** Sum of power × time and the time it was known for. */
  readonly power_Wms: number;
  readonly powered_ms: number;
  readonly import_Wms: number;
  readonly max_W: number | null;
  readonly seen_ms: number;
  readonly plugged_ms: number;
  readonly charging_ms: number;
  readonly limited_ms: number;
};

/** What has to be remembered between two samples; opaque to callers. */
export type HistoryState = {
  readonly slot_ms: EpochMs | null;
  readonly last_ms: EpochMs | null;
  readonly site: Tally;
  readonly stations: ReadonlyMap<string, Tally>;
};

const FRESH: Tally = {
  booked_Wh: null,
  register_Wh: null,
  power_Wms: 0,
  powered_ms: 0,
  import_Wms: 0,
  max_W: null,
  seen_ms: 0,
  plugged_ms: 0,
  charging_ms: 0,
  limited_ms: 0,
};

/**
 * State to begin with: `stored` are the rows already written for the slot that `now_ms` lies in, `registers` the values
 * up to which energy is booked per station ("" for the main meter). Energy that flowed while we were away is booked
 * into the slot where the register is read again.
 */
export function resumeHistory(
  now_ms: EpochMs,
  stored: readonly QuarterHour[],
  registers: ReadonlyMap<string, WattHour>,
): HistoryState {
  const slot_ms = slotOf(now_ms);
  const tallies = new Map([...registers].map(([id, register_Wh]): [string, Tally] => [id, { ...FRESH, register_Wh }]));
  for (const row of stored) {
    if (row.slot_ms === slot_ms) tallies.set(row.stationId, fromRow(row, registers.get(row.stationId) ?? null));
  }
  const site = tallies.get("") ?? FRESH;
  tallies.delete("");
  return { slot_ms, last_ms: null, site, stations: tallies };
}

function fromRow(row: QuarterHour, register_Wh: WattHour | null): Tally {
  // The time the power was known for is not stored; it differs from the time seen only while a meter was silent.
  const powered_ms = row.avg_W === null ? 0 : row.seen_ms;
  return {
    booked_Wh: row.stationId === "" ? row.site_Wh : row.ev_Wh,
    register_Wh: row.register_Wh ?? register_Wh,
    power_Wms: (row.avg_W ?? 0) * powered_ms,
    powered_ms,
    import_Wms: row.stationId === "" && (row.register_Wh ?? null) === null ? (row.site_Wh ?? 0) * Wms_PER_Wh : 0,
    max_W: row.max_W,
    seen_ms: row.seen_ms,
    plugged_ms: row.plugged_ms,
    charging_ms: row.charging_ms,
    limited_ms: row.limited_ms,
  };
}

/**
 * Takes in one sample. `closed` are the final rows of a slot that is over now, to be written once more. A slot is
 * (start, end]: what a register shows at 12:15:00 flowed before 12:15. A clock that runs backwards counts as standing.
 */
export function accumulate(
  state: HistoryState,
  sample: HistorySample,
): { readonly state: HistoryState; readonly closed: readonly QuarterHour[] } {
  const at_ms = epochMs(Math.max(sample.at_ms, state.last_ms ?? 0));
  const slot_ms = state.last_ms === null ? slotOf(at_ms) : slotOf(at_ms - 1);
  const elapsed = state.last_ms === null ? 0 : at_ms - state.last_ms;
  const covered_ms = elapsed > SAMPLE_GAP_ms_max ? 0 : elapsed;
  if (state.slot_ms === null || slot_ms <= state.slot_ms) {
    return {
      state: { ...addSample(state, sample, covered_ms), slot_ms: state.slot_ms ?? slot_ms, last_ms: at_ms },
      closed: [],
    };
  }
  const inNew_ms = Math.min(covered_ms, at_ms - slot_ms);
  const ended = addTime(state, sample, covered_ms - inNew_ms);
  const begun: HistoryState = {
    slot_ms,
    last_ms: at_ms,
    site: nextSlot(ended.site, true),
    stations: new Map([...ended.stations].map(([id, tally]) => [id, nextSlot(tally, false)])),
  };
  return { state: addSample(begun, sample, inNew_ms), closed: currentSlot(ended) };
}

/** Rows of the slot under way as far as known: written every minute, and replaced until the slot is over. */
export function currentSlot(state: HistoryState): readonly QuarterHour[] {
  const { slot_ms } = state;
  if (slot_ms === null) return [];
  const stations = [...state.stations]
    .filter(([, tally]) => tally.booked_Wh !== null || tally.seen_ms > 0)
    .map(([stationId, tally]): QuarterHour => ({
      ...commonFields(slot_ms, tally),
      stationId,
      ev_Wh: tally.booked_Wh === null ? null : wattHour(tally.booked_Wh),
      site_Wh: null,
    }));
  const total = (value: (row: QuarterHour) => number): number => stations.reduce((sum, row) => sum + value(row), 0);
  const site: QuarterHour = {
    ...commonFields(slot_ms, state.site),
    stationId: "",
    ev_Wh: stations.every((row) => row.ev_Wh === null) ? null : wattHour(total((row) => row.ev_Wh ?? 0)),
    site_Wh: siteEnergy(state.site),
    plugged_ms: total((row) => row.plugged_ms),
    charging_ms: total((row) => row.charging_ms),
    limited_ms: total((row) => row.limited_ms),
  };
  return [site, ...stations];
}

const commonFields = (slot_ms: EpochMs, tally: Tally) => ({
  slot_ms,
  avg_W: tally.powered_ms === 0 ? null : Math.round(tally.power_Wms / tally.powered_ms),
  max_W: tally.max_W,
  seen_ms: tally.seen_ms,
  plugged_ms: tally.plugged_ms,
  charging_ms: tally.charging_ms,
  limited_ms: tally.limited_ms,
  register_Wh: tally.register_Wh,
});

/** By the register where there is one, else integrated power in whole watt-hours; the rest goes on to the next slot. */
function siteEnergy(site: Tally): WattHour | null {
  if (site.register_Wh !== null) return site.booked_Wh === null ? null : wattHour(site.booked_Wh);
  return site.powered_ms === 0 ? null : wattHour(Math.floor(site.import_Wms / Wms_PER_Wh));
}

const nextSlot = (tally: Tally, integrates: boolean): Tally => ({
  ...FRESH,
  register_Wh: tally.register_Wh,
  import_Wms: integrates ? tally.import_Wms % Wms_PER_Wh : 0,
});

function addSample(state: HistoryState, sample: HistorySample, duration_ms: number): HistoryState {
  const timed = addTime(state, sample, duration_ms);
  const stations = new Map(timed.stations);
  for (const { stationId, register_Wh, grown_Wh_max } of sample.stations) {
    stations.set(stationId, bookRegister(stations.get(stationId) ?? FRESH, register_Wh, grown_Wh_max));
  }
  const site = bookRegister(timed.site, sample.siteRegister_Wh ?? null, sample.siteGrown_Wh_max);
  return { ...timed, site, stations };
}

/**
 * A register that has fallen, or has jumped further than energy can flow, starts anew: what flowed meanwhile is not
 * known, and never negative.
 */
function bookRegister(tally: Tally, register_Wh: WattHour | null, grown_Wh_max = Infinity): Tally {
  if (register_Wh === null) return tally;
  const grown_Wh = tally.register_Wh === null ? 0 : register_Wh - tally.register_Wh;
  const booked_Wh = grown_Wh < 0 || grown_Wh > grown_Wh_max ? 0 : grown_Wh;
  return { ...tally, register_Wh, booked_Wh: (tally.booked_Wh ?? 0) + booked_Wh };
}

function addTime(state: HistoryState, sample: HistorySample, duration_ms: number): HistoryState {
  if (duration_ms === 0) return state;
  const stations = new Map(state.stations);
  for (const station of sample.stations) {
    const tally = stations.get(station.stationId) ?? FRESH;
    if (station.plugged === null) continue;
    stations.set(station.stationId, {
      ...addPower(tally, station.power_W, duration_ms),
      seen_ms: seen(tally, duration_ms),
      plugged_ms: tally.plugged_ms + (station.plugged ? duration_ms : 0),
      charging_ms: tally.charging_ms + (station.charging ? duration_ms : 0),
      limited_ms: tally.limited_ms + (station.limited ? duration_ms : 0),
    });
  }
  const site = { ...addPower(state.site, sample.site_W, duration_ms), seen_ms: seen(state.site, duration_ms) };
  return { ...state, site, stations };
}

const seen = (tally: Tally, duration_ms: number): number => Math.min(SLOT_ms, tally.seen_ms + duration_ms);

function addPower(tally: Tally, power_W: number | null, duration_ms: number): Tally {
  if (power_W === null) return tally;
  return {
    ...tally,
    power_Wms: tally.power_Wms + power_W * duration_ms,
    powered_ms: tally.powered_ms + duration_ms,
    import_Wms: tally.import_Wms + Math.max(0, power_W) * duration_ms,
    max_W: Math.max(tally.max_W ?? -Infinity, Math.round(power_W)),
  };
}
