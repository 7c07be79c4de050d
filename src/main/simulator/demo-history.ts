import {
  assess,
  sessionId,
  type ClosedSession,
  type OpenedSession,
  type RegisterSample,
  type SessionEvidence,
  type StopMessage,
} from "../../core/session/index.ts";
import type { Station } from "../../core/site/index.ts";
import { flatTariff, price, type TariffVersion } from "../../core/tariff/index.ts";
import { assert, basisPoint, epochMs, watt, wattHour, type EpochMs } from "../../core/units/index.ts";
import type { QuarterHour, StoredSite, Stores } from "../storage/types.ts";
import { issueDemoInvoices } from "./demo-invoices.ts";
import { DEMO_CUSTOMERS, DEMO_GUEST_CARDS, DEMO_OLD_PRICE, DEMO_SELLER, DEMO_TARIFF } from "./demo-people.ts";
import { demoBays } from "./demo-site.ts";
import { chargePast, SLOT_ms, type PastSlot, type PastVisit } from "./past-charging.ts";
import { hash32 } from "./random.ts";
import { firstRegister } from "./simulated-site.ts";
import { localDay, startOfDay_ms, visitsOfDay, weekdayOf, type Visit } from "./visits.ts";

const DAY_ms = 86_400_000;
const DAYS = 365;
/** The price changed about this long ago. */
const PRICE_DAYS_AGO = 150;
/** Quarter hours written in one transaction. */
const SLOTS_PER_BATCH = 96 * 14;
const SAMPLE_EVERY = 4;
/** Wire and server together. */
const RECEIVED_AFTER_ms = 400;
/** One in so many sessions lost its stop, was only an attempt, or was stopped with another card. */
const LOST_ONE_IN = 700;
const ATTEMPT_ONE_IN = 120;
const OTHER_CARD_ONE_IN = 400;
const ATTEMPT_ms = 55_000;
/** 2020-01-01: transaction ids of the past follow the clock, as later ones do. */
const TRANSACTION_EPOCH_ms = 1_577_836_800_000;
const STATES_BACK_ms = 36 * 3_600_000;

export type FillOptions = {
  readonly stores: Stores;
  /** Runs several writes as one transaction. */
  readonly transaction: <T>(work: () => T) => T;
  readonly site: StoredSite;
  readonly now_ms: EpochMs;
  readonly seed: number;
};

/**
 * Writes one plausible year before `now_ms` into an empty folder: prices, customers, sessions, quarter hours, invoices
 * of all past months but the last. Afterwards the quarter hours of each station sum up to its sessions' energy, the
 * site's to its stations and the building, and every amount comes from the tariff engine. The same seed, site and time
 * give the same year. Nothing reaches beyond the last full quarter hour.
 */
export function fillDemoHistory(options: FillOptions): void {
  const { stores, transaction, site, now_ms, seed } = options;
  const { timezone } = site.model.identity;
  const to_ms = Math.floor(now_ms / SLOT_ms) * SLOT_ms;
  const today = localDay(now_ms, timezone);
  const from_ms = startOfDay_ms(today - DAYS, timezone);
  const tariffs = demoTariffs(today, timezone, from_ms);
  transaction(() => {
    for (const tariff of tariffs) stores.tariffs.add(tariff);
    stores.seller.save(DEMO_SELLER, epochMs(from_ms));
    addCustomers(stores, epochMs(from_ms));
  });
  const writer = createSlotWriter(options);
  const past = chargePast({
    site: site.model,
    seed,
    from_ms,
    to_ms,
    visits: pastVisits(options, today, to_ms),
    registers: new Map(site.model.stations.map(({ id }) => [id, firstRegister(seed, id)])),
    onSlot: writer.put,
  });
  writer.flush();
  writeSessions(options, past, tariffs);
  issueDemoInvoices(options);
}

/** Old and present price; a session belongs to the one in force at its start. */
function demoTariffs(today: number, timezone: string, from_ms: number): readonly [TariffVersion, TariffVersion] {
  const changed = Temporal.Instant.fromEpochMilliseconds(
    startOfDay_ms(today - PRICE_DAYS_AGO, timezone),
  ).toZonedDateTimeISO(timezone);
  const changed_at_ms = changed.with({ day: 1 }).startOfDay().epochMilliseconds;
  const common = { currency: DEMO_TARIFF.currency, vat_bp: basisPoint(DEMO_TARIFF.vat_bp) };
  return [
    flatTariff({
      ...common,
      id: "demo-old",
      name: "Standard (alt)",
      perKWh: DEMO_OLD_PRICE,
      valid_from_ms: epochMs(from_ms),
    }),
    flatTariff({
      ...common,
      id: "demo-now",
      name: "Standard",
      perKWh: DEMO_TARIFF.perKWh,
      valid_from_ms: epochMs(changed_at_ms),
    }),
  ];
}

function addCustomers(stores: Stores, at_ms: EpochMs): void {
  for (const { cards, ...customer } of DEMO_CUSTOMERS) {
    const saved = stores.customers.save({ id: null, ...customer }, at_ms);
    assert(saved !== null, "a new customer is saved");
    for (const idToken of cards) stores.customers.assignCard(saved.id, idToken, at_ms);
  }
}

/** How busy a day of the past was, in thousandths: the site became known, and people go on vacation. */
function busy_permille(day: number, today: number): number {
  const { month, day: dayOfMonth } = Temporal.Instant.fromEpochMilliseconds(day * DAY_ms).toZonedDateTimeISO("UTC");
  const known = 1000 - Math.round((300 * (today - day)) / DAYS);
  const holidays = (month === 12 && dayOfMonth >= 23) || (month === 1 && dayOfMonth <= 3);
  const season = holidays ? 350 : month === 8 ? 700 : month === 12 || month <= 2 ? 1000 : 930;
  return Math.round((known * season) / 1000);
}

/** Visits of the year that were over by `to_ms`, with the odd attempt that came to nothing. */
function pastVisits({ site, seed }: FillOptions, today: number, to_ms: number): readonly Visit[] {
  const visits: Visit[] = [];
  for (const bay of demoBays(site.model)) {
    let free_ms = 0;
    for (let day = today - DAYS; day <= today; day += 1) {
      const midnight_ms = startOfDay_ms(day, site.model.identity.timezone);
      for (const visit of visitsOfDay(bay, day, midnight_ms, seed, busy_permille(day, today))) {
        if (visit.arrive_ms < free_ms || visit.depart_ms > to_ms) continue;
        const attempt =
          hash32(seed, "attempt", visit.stationId, visit.arrive_ms) % ATTEMPT_ONE_IN === 0 && weekdayOf(day) < 6;
        const kept = attempt ? { ...visit, wanted_Wh: 0, depart_ms: visit.arrive_ms + ATTEMPT_ms } : visit;
        // The bay turns over at most once a quarter hour.
        free_ms = (Math.floor(kept.depart_ms / SLOT_ms) + 1) * SLOT_ms;
        visits.push(kept);
      }
    }
  }
  return visits;
}

function createSlotWriter({ stores, transaction }: FillOptions) {
  let batch: QuarterHour[] = [];
  let slots = 0;
  const flush = (): void => {
    transaction(() => {
      stores.history.put(batch);
    });
    batch = [];
    slots = 0;
  };
  return {
    put: (slot: PastSlot): void => {
      batch.push(...quarterHours(slot));
      slots += 1;
      if (slots >= SLOTS_PER_BATCH) flush();
    },
    flush,
  };
}

function quarterHours({ slot_ms, stations, building_Wh, buildingPeak_W }: PastSlot): QuarterHour[] {
  const sum = { ev_Wh: 0, max_W: 0, plugged_ms: 0, charging_ms: 0, limited_ms: 0 };
  const at = epochMs(slot_ms);
  const rows = [...stations].map(([stationId, slot]): QuarterHour => {
    sum.ev_Wh += slot.ev_Wh;
    sum.max_W += slot.max_W;
    sum.plugged_ms += slot.plugged_ms;
    sum.charging_ms += slot.charging_ms;
    sum.limited_ms += slot.limited_ms;
    return {
      ...slot,
      slot_ms: at,
      stationId,
      ev_Wh: wattHour(slot.ev_Wh),
      site_Wh: null,
      avg_W: slot.ev_Wh * 4,
      max_W: Math.max(slot.max_W, slot.ev_Wh * 4),
      seen_ms: SLOT_ms,
    };
  });
  const site_Wh = sum.ev_Wh + building_Wh;
  const { plugged_ms, charging_ms, limited_ms } = sum;
  const max_W = Math.max(site_Wh * 4, sum.max_W + buildingPeak_W);
  rows.push({
    slot_ms: at,
    stationId: "",
    ev_Wh: wattHour(sum.ev_Wh),
    site_Wh: wattHour(site_Wh),
    avg_W: site_Wh * 4,
    max_W,
    seen_ms: SLOT_ms,
    plugged_ms,
    charging_ms,
    limited_ms,
  });
  return rows;
}

const SESSIONS_PER_BATCH = 500;

function writeSessions(
  options: FillOptions,
  past: readonly PastVisit[],
  tariffs: readonly [TariffVersion, TariffVersion],
): void {
  const ordered = past.toSorted(
    (a, b) => a.visit.arrive_ms - b.visit.arrive_ms || (a.visit.stationId < b.visit.stationId ? -1 : 1),
  );
  const previous = new Map<string, ClosedSession>();
  const stations = new Map(options.site.model.stations.map((station) => [station.id, station]));
  let transactionId = 0;
  for (let from = 0; from < ordered.length; from += SESSIONS_PER_BATCH) {
    options.transaction(() => {
      for (const one of ordered.slice(from, from + SESSIONS_PER_BATCH)) {
        const station = stations.get(one.visit.stationId);
        if (station === undefined) continue;
        transactionId = Math.max(transactionId + 1, Math.floor((one.visit.arrive_ms - TRANSACTION_EPOCH_ms) / 1000));
        const closed = writeSession(options, one, {
          station,
          transactionId,
          tariffs,
          previous: previous.get(station.id) ?? null,
        });
        previous.set(station.id, closed);
      }
    });
  }
}

type Circumstances = {
  readonly station: Station;
  readonly transactionId: number;
  readonly tariffs: readonly [TariffVersion, TariffVersion];
  readonly previous: ClosedSession | null;
};

const moment = (at_ms: number) => ({ at_ms: epochMs(at_ms), received_at_ms: epochMs(at_ms + RECEIVED_AFTER_ms) });

function writeSession({ stores, seed, now_ms }: FillOptions, past: PastVisit, at: Circumstances): ClosedSession {
  const { station, previous } = at;
  const { opened, evidence } = evidenceOf(past, at, seed);
  const judged = assess(evidence);
  const closed: ClosedSession = {
    ...opened,
    ...judged,
    endReason: evidence.stop === null ? "Lost" : "EVDisconnected",
    endedBy: evidence.endedBy,
  };
  const [old, present] = at.tariffs;
  const tariff = opened.started_at_ms >= present.valid_from_ms ? present : old;
  stores.sessions.open(opened, tariff.id);
  for (const sample of evidence.registers) stores.sessions.addRegister(opened.id, sample);
  for (const { at_ms, activity } of evidence.activities) stores.sessions.addActivity(opened.id, at_ms, activity);
  const { energy_Wh, charging_ms, parked_ms } = judged;
  stores.sessions.close(closed, energy_Wh === null ? null : price(tariff, { energy_Wh, charging_ms, parked_ms }).cost);
  assert(previous === null || previous.ended_at_ms <= opened.started_at_ms, "a bay serves one car at a time");
  if (opened.started_at_ms > now_ms - STATES_BACK_ms) logStates(stores, station.id, closed, past);
  if (opened.idToken !== null && DEMO_GUEST_CARDS.some((guest) => guest === opened.idToken)) {
    stores.customers.sawUnknownCard(opened.idToken, station.id, opened.started_at_ms);
  }
  return closed;
}

/** What the wires told about a visit: start, hourly registers, stop, and what the car was doing. */
function evidenceOf(
  past: PastVisit,
  { station, transactionId, previous }: Circumstances,
  seed: number,
): { opened: OpenedSession; evidence: SessionEvidence } {
  const { visit } = past;
  const isOcpp = station.connection.kind === "ocpp";
  const { at_ms: started_at_ms, received_at_ms } = moment(visit.arrive_ms);
  const start_Wh = wattHour(Math.floor(past.startRegister_mWh / 1000));
  const id = isOcpp ? transactionId : null;
  const opened: OpenedSession = {
    id: sessionId(station.id, 1, started_at_ms, id),
    stationId: station.id,
    evseId: 1,
    transactionId: id,
    idToken: isOcpp ? visit.idToken : null,
    started_at_ms,
    received_at_ms,
    start_Wh,
  };
  const last = past.samples.at(-1);
  const stop_Wh = last === undefined ? start_Wh : wattHour(Math.floor(last.register_mWh / 1000));
  // A box that lost its power never said stop; the last register we have is its last sample.
  const lost = isOcpp && last !== undefined && hash32(seed, "lost", opened.id) % LOST_ONE_IN === 0;
  const otherCard = isOcpp && hash32(seed, "card", opened.id) % OTHER_CARD_ONE_IN === 0;
  const stop: StopMessage | null = lost
    ? null
    : { ...moment(visit.depart_ms), register_Wh: stop_Wh, idToken: otherCard ? DEMO_GUEST_CARDS[0] : opened.idToken };
  const evidence: SessionEvidence = {
    opened,
    stop,
    registers: registersOf(past, start_Wh, stop),
    activities: activitiesOf(past),
    previousStop_Wh: previous?.stop_Wh ?? null,
    previousEnded_at_ms: previous?.ended_at_ms ?? null,
    ratedPower_W: watt(Math.round((station.current_mA_max * station.phaseCount * 230) / 1000)),
    endedBy: lost ? "server" : "station",
  };
  return { opened, evidence };
}

function registersOf(past: PastVisit, start_Wh: number, stop: StopMessage | null): RegisterSample[] {
  const samples = past.samples.filter(
    (_, index) => index % SAMPLE_EVERY === SAMPLE_EVERY - 1 || index === past.samples.length - 1,
  );
  const registers = [
    { ...moment(past.visit.arrive_ms), register_Wh: wattHour(start_Wh) },
    ...samples.map(({ at_ms, register_mWh }) => ({
      ...moment(at_ms),
      register_Wh: wattHour(Math.floor(register_mWh / 1000)),
    })),
  ];
  const lastRead_Wh = stop?.register_Wh ?? null;
  if (stop !== null && lastRead_Wh !== null)
    registers.push({ at_ms: stop.at_ms, received_at_ms: stop.received_at_ms, register_Wh: lastRead_Wh });
  // One value per instant: the last sample may be the stop.
  return [...new Map(registers.map((sample) => [sample.at_ms, sample])).values()];
}

function activitiesOf(past: PastVisit): SessionEvidence["activities"] {
  const changes: { at_ms: EpochMs; activity: "charging" | "suspended-ev" | "held-by-operator" }[] = [
    {
      at_ms: epochMs(past.visit.arrive_ms),
      activity: past.held[0] === past.visit.arrive_ms ? "held-by-operator" : "charging",
    },
  ];
  past.held.forEach((from_ms, index) => {
    if (index > 0 || from_ms !== past.visit.arrive_ms)
      changes.push({ at_ms: epochMs(from_ms), activity: "held-by-operator" });
    const until_ms = (Math.floor(from_ms / SLOT_ms) + 1) * SLOT_ms;
    if (past.held[index + 1] !== until_ms && until_ms < past.visit.depart_ms)
      changes.push({ at_ms: epochMs(until_ms), activity: "charging" });
  });
  if (past.full_at_ms !== null) changes.push({ at_ms: epochMs(past.full_at_ms), activity: "suspended-ev" });
  return changes.toSorted((a, b) => a.at_ms - b.at_ms);
}

function logStates(stores: Stores, stationId: string, closed: ClosedSession, past: PastVisit): void {
  stores.stationLog.addState(stationId, closed.started_at_ms, "charging", "Charging");
  if (past.full_at_ms !== null && past.full_at_ms < closed.ended_at_ms) {
    stores.stationLog.addState(stationId, epochMs(past.full_at_ms), "occupied", "SuspendedEV");
  }
  stores.stationLog.addState(stationId, closed.ended_at_ms, "free", "Available");
}
