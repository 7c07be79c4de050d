import { assert, milliamp, millisecond, onPhase, perPhase, watt } from "../units/index.ts";
import type { PerPhase } from "../units/index.ts";
import type { AllocationCircuit, Policy } from "../balancing/index.ts";
import { charge, drawn_A, isDone } from "./car.ts";
import type { Car } from "./car.ts";
import { createChannelBox } from "./channel-box.ts";
import type { ChannelBox } from "./channel-box.ts";
import type { ChannelBay, ChannelController } from "./channel-controller.ts";
import { createChannelGuard } from "./channel-guard.ts";
import { createChannelJudge } from "./channel-judge.ts";
import type { ChannelJudge, Exposure } from "./channel-judge.ts";
import { createLine } from "./channel-line.ts";
import type { ChannelFaults, Line } from "./channel-line.ts";
import { createChance } from "./channel-random.ts";
import type { Chance } from "./channel-random.ts";
import { createKnowledge } from "./knowledge.ts";
import { measure } from "./measures.ts";
import { createOtherLoad } from "./other-load.ts";
import { carsOf } from "./replay.ts";
import type { Channel, Scenario, Simulation } from "./scenario.ts";
import { totalOtherLoad } from "./wires.ts";

// A site in seconds, with lines that lose and delay: the allocator and the guard of the product decide each second from
// what they were told; what flows in truth is judged apart from them.

const SECOND_MS = 1_000;
const HOUR_S = 3_600;
/** Boxes report what they measure this often, where nobody says otherwise. */
const READING_EVERY_S = 10;
const FALLBACK_A = 6;
const HOLD_MS = 3_600_000;
/** Below this no car charges, whatever the scenario's grid allows (IEC 61851-1). */
const LEAST_MA = 6_000;

export type ChannelOptions = {
  /** Told before and after each decision, for whoever measures how long it takes. */
  readonly decision?: { readonly begins: () => void; readonly ends: () => void };
  readonly faults?: ChannelFaults;
  readonly readingEvery_s?: number;
  /** Another way to decide, for comparison; left out: the product's own. */
  readonly controller?: (site: ChannelSite) => ChannelController;
  /** The main circuit's limit from a time on, in the order of time. */
  readonly limits?: readonly { readonly t_ms: number; readonly limit_A: PerPhase<number> }[];
};

/** What a controller knows of the site from its file. */
export type ChannelSite = {
  readonly bays: readonly ChannelBay[];
  readonly circuits: readonly AllocationCircuit[];
  readonly voltage_V: number;
  readonly policy: Policy;
};

export type ChannelSimulation = Simulation & {
  readonly exposure: Exposure;
  readonly charger_s: number;
  /** Setpoints sent per charger and hour. */
  readonly commands_per_h: number;
};

type Place = {
  readonly bay: ChannelBay;
  readonly line: Line;
  readonly box: ChannelBox;
  /** Sessions of this bay, in the order of arrival. */
  readonly cars: readonly Car[];
  next: number;
  car: Car | null;
};

type Run = {
  readonly scenario: Scenario;
  readonly channel: Channel;
  readonly faults: ChannelFaults;
  readonly readingEvery_s: number;
  readonly places: readonly Place[];
  readonly controller: ChannelController;
  readonly decision: ChannelOptions["decision"];
  readonly judge: ChannelJudge;
  readonly chance: Chance;
  readonly believed: (car: Car) => { readonly needed_Wh: number; readonly departure_ms: number } | null;
  commands: number;
};

/**
 * Replays the scenario second by second through its channel. Pure: the same scenario and seed give the same answer. The
 * main circuit (the first without a parent) has a meter, the others carry what the scenario says at most.
 */
export function replayWithChannel(scenario: Scenario, options: ChannelOptions = {}): ChannelSimulation {
  const { channel } = scenario;
  assert(channel !== null, "a replay with messages has a channel");
  const site = siteOf(scenario);
  const cars = carsOf(scenario);
  const places = site.bays.map((bay, index) => placeOf({ scenario, channel, options, cars }, bay, index));
  const run: Run = {
    scenario,
    channel,
    faults: options.faults ?? {},
    readingEvery_s: options.readingEvery_s ?? READING_EVERY_S,
    places,
    controller: (options.controller ?? createChannelGuard)(site),
    decision: options.decision,
    judge: createChannelJudge(scenario),
    chance: createChance(scenario.seed, 0),
    believed: createKnowledge(scenario),
    commands: 0,
  };
  const otherLoad = createOtherLoad(scenario);
  const begin_ms = beginOf(scenario, cars);
  const end_ms = Math.max(begin_ms, ...cars.map(({ session }) => session.departure_ms), lastLoad_ms(scenario));
  const limits = options.limits ?? [];
  let seconds = 0;
  for (let now_ms = begin_ms; now_ms < end_ms; now_ms += SECOND_MS) {
    for (const next of limits.filter(({ t_ms }) => t_ms <= now_ms && t_ms > now_ms - SECOND_MS)) {
      run.judge.limit(next.limit_A, now_ms);
      run.controller.limit(
        perPhase((phase) => onPhase(next.limit_A, phase) * 1000),
        now_ms,
      );
    }
    liveSecond(run, otherLoad.at(now_ms).total_A, now_ms, seconds);
    seconds += 1;
  }
  const exposure = run.judge.exposure();
  return {
    ...measure(cars),
    violations: { self_caused_s: exposure.self_caused_s, total_As: exposure.total_As },
    peak_A: run.judge.peak_A(),
    exposure,
    charger_s: seconds * places.length,
    commands_per_h: seconds === 0 ? 0 : run.commands / ((seconds / HOUR_S) * Math.max(1, places.length)),
  };
}

function liveSecond(run: Run, load_A: ReadonlyMap<string, PerPhase<number>>, now_ms: number, second: number): void {
  const { controller, judge, places, scenario } = run;
  places.forEach((place, index) => {
    comeAndGo(run, place, index, now_ms);
    hear(run, place, index, now_ms);
    restart(run, place, index, now_ms);
  });
  judge.begin(load_A, now_ms);
  places.forEach((place, index) => {
    const { car } = place;
    const followed_mA = place.box.followed_mA(now_ms);
    const offer_A = followed_mA < LEAST_MA && scenario.min_A > 0 ? 0 : followed_mA / 1000;
    const flows_A = car === null || isDone(car) ? 0 : drawn_A(car, offer_A);
    judge.add(car, flows_A);
    if (car !== null && !isDone(car)) charge(car, { at_ms: now_ms, current_A: offer_A }, 1 / HOUR_S);
    if (car !== null && (second + index) % run.readingEvery_s === 0 && !run.chance.happens(run.channel.loss))
      controller.reading(index, flows_A * 1000, car.delivered_Wh, now_ms);
  });
  judge.end(now_ms, controller.counted_mA());
  controller.meter(judge.main_mA(), now_ms);
  run.decision?.begins();
  const orders = controller.decide(now_ms);
  run.decision?.ends();
  for (const order of orders) {
    places[order.bay]?.line.send(order, now_ms);
    run.commands += 1;
  }
}

function comeAndGo(run: Run, place: Place, index: number, now_ms: number): void {
  const { car } = place;
  if (car !== null && car.session.departure_ms <= now_ms) {
    place.car = null;
    place.box.unplug();
    run.controller.plugged(index, null, now_ms);
  }
  const next = place.cars[place.next];
  if (place.car !== null || next === undefined || next.session.arrival_ms > now_ms) return;
  place.next += 1;
  if (next.session.departure_ms <= now_ms) return;
  place.car = next;
  place.box.plug(now_ms);
  run.controller.plugged(index, arrivalOf(run, next), now_ms);
}

function arrivalOf(run: Run, car: Car) {
  const known = run.believed(car);
  return {
    at_ms: car.session.arrival_ms,
    needed_Wh: known?.needed_Wh ?? null,
    departure_ms: known?.departure_ms ?? null,
    phases: car.session.phases,
    max_mA: Math.floor(car.max_A * 1000),
  };
}

function hear(run: Run, { line, box }: Place, index: number, now_ms: number): void {
  for (const event of line.until(now_ms)) {
    if (event.kind === "arrived") box.take(event.call.current_mA, event.at_ms);
    else if (event.kind === "answered") run.controller.answered(index, event.call, now_ms);
    else run.controller.unanswered(index, event.call, now_ms);
  }
}

function restart(run: Run, { line, box, bay }: Place, index: number, now_ms: number): void {
  if (!run.chance.happens((run.faults.reboots_per_h ?? 0) / HOUR_S)) return;
  line.reset();
  // A box that comes back with more than it had is as much nobody's order as a load of the building.
  if (box.offered_mA() < bay.fallback_mA) run.judge.excuse(now_ms);
  box.take(bay.fallback_mA, now_ms);
  run.controller.restarted(index, now_ms);
}

function siteOf(scenario: Scenario): ChannelSite {
  const { site } = scenario;
  const whole = (values: PerPhase<number>) => perPhase((phase) => milliamp(Math.floor(onPhase(values, phase) * 1000)));
  const root = site.circuits.find(({ parent }) => parent === null);
  const circuits = [...site.circuits].sort((a, b) => Number(b === root) - Number(a === root));
  const highest = totalOtherLoad(site, highestTold(site));
  return {
    voltage_V: site.voltage_V,
    policy: {
      share: scenario.policy.name === "max-min" ? "equal" : "need",
      per: "current",
      hold_ms: millisecond(HOLD_MS),
    },
    circuits: circuits.map(({ id, parent, limit_A, limit_W, system }): AllocationCircuit => ({
      id,
      parent,
      limit_mA: whole(limit_A),
      otherLoad_mA: perPhase((phase) => milliamp(Math.ceil(1000 * onPhase(highest.get(id) ?? NO_LOAD, phase)))),
      limit_W: limit_W === null ? null : watt(Math.floor(limit_W)),
      system,
    })),
    bays: site.evses.map(({ id, circuit, phases, max_A }): ChannelBay => ({
      id,
      circuit,
      phases,
      min_mA: Math.round(scenario.min_A * 1000),
      max_mA: Math.floor(max_A * 1000),
      step_mA: Math.round(scenario.step_A * 1000),
      fallback_mA: Math.min(FALLBACK_A, max_A) * 1000,
    })),
  };
}

/** Circuits below the main one have no meter here: for them the most that is ever told of each line is counted. */
function highestTold({ otherLoad }: Scenario["site"]): ReadonlyMap<string, PerPhase<number>> {
  const highest = new Map<string, PerPhase<number>>();
  for (const { circuit, load_A } of otherLoad) {
    const before = highest.get(circuit) ?? NO_LOAD;
    highest.set(
      circuit,
      perPhase((phase) => Math.max(onPhase(before, phase), onPhase(load_A, phase))),
    );
  }
  return highest;
}

function placeOf(
  site: {
    readonly scenario: Scenario;
    readonly channel: Channel;
    readonly options: ChannelOptions;
    readonly cars: readonly Car[];
  },
  bay: ChannelBay,
  index: number,
): Place {
  const { scenario, channel, options, cars } = site;
  const chance = createChance(scenario.seed, index + 1);
  return {
    bay,
    line: createLine(channel, options.faults ?? {}, chance),
    box: createChannelBox(channel, bay.fallback_mA, chance),
    cars: cars
      .filter(({ session }) => session.evse === bay.id)
      .sort((a, b) => a.session.arrival_ms - b.session.arrival_ms),
    next: 0,
    car: null,
  };
}

const NO_LOAD: PerPhase<number> = [0, 0, 0];
const lastLoad_ms = ({ site }: Scenario): number => site.otherLoad.reduce((last, { t_ms }) => Math.max(last, t_ms), 0);

function beginOf({ site }: Scenario, cars: readonly Car[]): number {
  const first = Math.min(...cars.map(({ session }) => session.arrival_ms), ...site.otherLoad.map(({ t_ms }) => t_ms));
  return Number.isFinite(first) ? Math.floor(first / SECOND_MS) * SECOND_MS : 0;
}
