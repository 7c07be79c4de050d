import {
  accumulate,
  currentSlot,
  resumeHistory,
  slotOf,
  type HistorySample,
  type StationSample,
} from "../../core/history/index.ts";
import { isHeldBack } from "../../core/site/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import type { MeterReading } from "../devices/ports.ts";
import { stationRating } from "../devices/station-rating.ts";
import type { HistoryStore } from "../storage/types.ts";
import { power_W } from "./box-view.ts";
import { sitePower_W } from "./live-view.ts";
import type { SiteState, StationState } from "./state.ts";
import { isPlugged } from "./state.ts";

/** What a crash may lose of the roll-ups; money does not hang on them. */
const WRITE_EVERY_MS = 60_000;
/** Meters and boxes are a little off their plates, and a register of whole kilowatt-hours moves at once by one. */
const POWER_MARGIN = 1.2;
const STEP_Wh = 1_000;
/** The largest building we expect to meter: 1000 A on three phases. */
const BUILDING_W_max = 700_000;

export type HistoryFeed = {
  /** Takes one sample of the whole site. */
  tick(now_ms: EpochMs): void;
  /** Writes what is known of the running slot. */
  flush(now_ms: EpochMs): void;
};

/** Rolls what the site shows every second into quarter hours, going on with the slot that ran when the process ended. */
export function createHistoryFeed(options: {
  readonly site: SiteState;
  readonly store: Pick<HistoryStore, "put" | "get" | "lastRegisters">;
  readonly started_at_ms: EpochMs;
}): HistoryFeed {
  const { site, store, started_at_ms } = options;
  const last = [...store.lastRegisters()];
  const registers = new Map(last.map(([id, { register_Wh }]) => [id, register_Wh]));
  let state = resumeHistory(started_at_ms, store.get(slotOf(started_at_ms)), registers);
  let written_at_ms = started_at_ms;
  // Another box or meter may hang there since: what its register has counted did not all flow in the meantime.
  const seen: SeenRegisters = new Map(
    last.map(([id, { slot_ms }]) => [id, { at_ms: slot_ms, received_at_ms: slot_ms }]),
  );
  const flush = (now_ms: EpochMs): void => {
    store.put(currentSlot(state));
    written_at_ms = now_ms;
  };
  return {
    tick: (now_ms) => {
      const root = [...site.circuits.values()].find((circuit) => circuit.circuit.parentId === null);
      const meterId = root?.circuit.meterId ?? null;
      const step = accumulate(state, {
        at_ms: now_ms,
        site_W: sitePower_W(site, now_ms),
        ...meterRegister(seen, meterId === null ? null : (site.meters.get(meterId)?.reading ?? null)),
        stations: [...site.stations.values()].map((station) => sampleOf(station, seen, now_ms)),
      });
      state = step.state;
      if (step.closed.length > 0) store.put(step.closed);
      if (now_ms - written_at_ms >= WRITE_EVERY_MS) flush(now_ms);
    },
    flush,
  };
}

type SeenRegister = { readonly at_ms: EpochMs; readonly received_at_ms: EpochMs };
/** Registers as they were seen last, by station; "" is the main meter. */
type SeenRegisters = Map<string, SeenRegister>;

/**
 * What can have flowed since this register before, by the longer of the device's clock and ours: values kept while a
 * box was alone come all at once. Nothing is said of the first one ever.
 */
function growthLimit(seen: SeenRegisters, id: string, register: SeenRegister | null, most_W: number): number {
  const before = seen.get(id);
  if (register === null) return Infinity;
  seen.set(id, register);
  if (before === undefined) return Infinity;
  const elapsed_ms = Math.max(0, register.at_ms - before.at_ms, register.received_at_ms - before.received_at_ms);
  return STEP_Wh + (most_W * POWER_MARGIN * elapsed_ms) / 3_600_000;
}

/** A reading without a register leaves the one before it where it was. */
function meterRegister(
  seen: SeenRegisters,
  reading: MeterReading | null,
): Pick<HistorySample, "siteRegister_Wh" | "siteGrown_Wh_max"> {
  const siteRegister_Wh = reading?.energyImport_Wh ?? null;
  if (reading === null || siteRegister_Wh === null) return { siteRegister_Wh };
  const at = { at_ms: reading.measured_at_ms, received_at_ms: reading.measured_at_ms };
  return { siteRegister_Wh, siteGrown_Wh_max: growthLimit(seen, "", at, BUILDING_W_max) };
}

function sampleOf(state: StationState, seen: SeenRegisters, now_ms: EpochMs): StationSample {
  const plugged = state.online ? isPlugged(state) : null;
  const { station, evse } = state;
  return {
    stationId: station.id,
    register_Wh: evse.register?.register_Wh ?? null,
    grown_Wh_max: growthLimit(seen, station.id, evse.register, stationRating(station).power_W_max),
    power_W: state.online ? power_W(state, now_ms) : null,
    plugged,
    charging: state.status === "Charging",
    limited: plugged === true && isHeldBack(state.grant.because),
  };
}
