import type { SiteModel } from "../../core/site/index.ts";
import { pathToRoot, wiredPhases } from "../../core/site/index.ts";
import { epochMs, phaseIndex, wattHour, type EpochMs, type PerPhase, type WattHour } from "../../core/units/index.ts";
import type { Clock } from "../devices/ports.ts";
import { buildingLoad_mA, createLocalTime } from "./building-load.ts";
import type { Evse, PlugIn } from "./evse.ts";
import { hash32 } from "./random.ts";

/** What the world needs of a simulated box, whatever it speaks. */
export type SimulatedBox = {
  readonly stationId: string;
  readonly evse: Evse;
  /** Lets the box decide what it offers and says, as of this instant. */
  tick(now_ms: number): void;
  plugIn(car: PlugIn, idToken: string | null): void;
  unplug(): void;
};

/** True currents against the fuse; what no wire can distort. */
export type CircuitTruth = {
  readonly circuitId: string;
  readonly fuse_mA: PerPhase<number>;
  readonly current_mA: PerPhase<number>;
  readonly peak_mA: PerPhase<number>;
  /** Longest unbroken stretch above the fuse so far. */
  readonly longestOver_ms: PerPhase<number>;
  /** Ampere-seconds above the fuse. */
  readonly over_As: PerPhase<number>;
};
export type StayTruth = {
  readonly stationId: string;
  readonly idToken: string | null;
  readonly plugged_at_ms: EpochMs;
  readonly unplugged_at_ms: EpochMs | null;
  readonly received_Wh: number;
};
export type WorldTruth = {
  readonly at_ms: EpochMs;
  readonly circuits: readonly CircuitTruth[];
  readonly stations: readonly {
    readonly stationId: string;
    readonly plugged: boolean;
    readonly offered_mA: number;
    readonly current_mA: PerPhase<number>;
    readonly register_Wh: WattHour;
    readonly delivered_Wh: number;
  }[];
  readonly meters: readonly MeterTruth[];
  /** The last ones, running ones included. */
  readonly stays: readonly StayTruth[];
};
export type MeterTruth = {
  readonly meterId: string;
  readonly current_mA: PerPhase<number>;
  readonly voltage_mV: PerPhase<number>;
  readonly power_mW: PerPhase<number>;
  readonly import_Wh: WattHour;
  /** The same, phase by phase; what the register began with is shared evenly. */
  readonly importOfPhase_Wh: PerPhase<WattHour>;
};

/** One step of the physical world, in clock milliseconds. */
export const STEP_ms = 250;
/** A longer gap is walked through in steps of at most this. */
const STEP_ms_max = 1000;
/** After a gap longer than this the world goes on from now: nobody lived through it. */
const GAP_ms_max = 60_000;
const STAYS_MAX = 2000;
const NOMINAL_mV = 230_000;
const UJ_PER_MWH = 3_600_000;

type Sums = [number, number, number];
type Node = {
  id: string;
  fuse: PerPhase<number>;
  now: Sums;
  peak: Sums;
  over_ms: Sums;
  longest_ms: Sums;
  over_mAms: Sums;
  meterId: string | null;
  import_mWh: Sums;
  rest_uJ: Sums;
};
type Placed = {
  box: SimulatedBox;
  own: readonly (0 | 1 | 2)[];
  path: readonly Node[];
  started_Wh: number;
  current: Sums;
};
type Stay = {
  stationId: string;
  idToken: string | null;
  plugged_at_ms: EpochMs;
  unplugged_at_ms: EpochMs | null;
  received_Wh: number;
};

export type WorldOptions = {
  readonly clock: Clock;
  readonly seed: number;
  readonly site: SiteModel;
  readonly boxes: readonly SimulatedBox[];
  /** Circuit the building hangs on; `null`: nothing but cars. */
  readonly buildingCircuitId: string | null;
  /** What the building draws on [L1, L2, L3]; left out: an office with its day. */
  readonly building_mA?: (at_ms: number) => readonly [number, number, number];
  /** A grid that stands still; left out: one that breathes. */
  readonly steadyVoltage_mV?: number;
  /** Import registers of meters to go on from, by meter id. */
  readonly registers?: ReadonlyMap<string, WattHour>;
};

/** Cars, boxes, building and meters that hang together by current. Nothing happens until `run` or `stepTo`. */
export class World {
  readonly #options: WorldOptions;
  readonly #nodes: readonly Node[];
  readonly #placed: readonly Placed[];
  readonly #buildingPath: readonly Node[];
  readonly #localTime: (at_ms: number) => { weekday: number; hour: number; minute: number };
  readonly #stays: Stay[] = [];
  readonly #running = new Map<string, Stay>();
  #at_ms: number;
  #voltage: Sums = [NOMINAL_mV, NOMINAL_mV, NOMINAL_mV];
  #stop = new AbortController();

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#at_ms = options.clock.now_ms();
    this.#localTime = createLocalTime(options.site.identity.timezone);
    const circuits = new Map(options.site.circuits.map((circuit) => [circuit.id, circuit]));
    const nodes = new Map(options.site.circuits.map((circuit) => [circuit.id, nodeOf(circuit, options.registers)]));
    const path = (circuitId: string): Node[] =>
      pathToRoot(circuits, circuitId).flatMap((circuit) => nodes.get(circuit.id) ?? []);
    this.#nodes = [...nodes.values()];
    this.#buildingPath = options.buildingCircuitId === null ? [] : path(options.buildingCircuitId);
    this.#placed = options.boxes.flatMap((box) => {
      const station = options.site.stations.find((one) => one.id === box.stationId);
      if (station === undefined) return [];
      const own = wiredPhases(station).map(phaseIndex);
      return [
        {
          box,
          own,
          path: path(station.circuitId),
          started_Wh: box.evse.register_Wh,
          current: [0, 0, 0] satisfies Sums,
        },
      ];
    });
  }

  /** Lives by the clock until `close`. `onStep` runs before each step: arrivals and departures. */
  async run(onStep: (now_ms: number) => void): Promise<void> {
    const { clock } = this.#options;
    const stopped = (): boolean => this.#stop.signal.aborted;
    while (!stopped()) {
      await clock.sleep(STEP_ms, this.#stop.signal);
      if (stopped()) return;
      const now_ms = clock.now_ms();
      onStep(now_ms);
      this.stepTo(now_ms);
    }
  }

  close(): void {
    this.#stop.abort();
  }

  /** Moves everything on to `now_ms`. */
  stepTo(now_ms: number): void {
    if (now_ms - this.#at_ms > GAP_ms_max) this.#at_ms = now_ms - STEP_ms;
    while (this.#at_ms < now_ms) {
      const dt_ms = Math.min(STEP_ms_max, now_ms - this.#at_ms);
      this.#at_ms += dt_ms;
      this.#step(this.#at_ms, dt_ms);
    }
  }

  /** Plugs a car in and remembers the stay. False when the bay is taken. */
  plugIn(stationId: string, car: PlugIn, idToken: string | null): boolean {
    const placed = this.#placed.find((one) => one.box.stationId === stationId);
    if (placed === undefined || placed.box.evse.plugged) return false;
    placed.box.plugIn(car, idToken);
    const stay: Stay = {
      stationId,
      idToken,
      plugged_at_ms: epochMs(this.#at_ms),
      unplugged_at_ms: null,
      received_Wh: 0,
    };
    this.#running.set(stationId, stay);
    this.#stays.push(stay);
    if (this.#stays.length > STAYS_MAX) this.#stays.shift();
    return true;
  }

  unplug(stationId: string): void {
    const placed = this.#placed.find((one) => one.box.stationId === stationId);
    const stay = this.#running.get(stationId);
    if (placed === undefined || stay === undefined) return;
    stay.received_Wh = placed.box.evse.received_Wh;
    stay.unplugged_at_ms = epochMs(this.#at_ms);
    this.#running.delete(stationId);
    placed.box.unplug();
    placed.current = [0, 0, 0];
  }

  isPlugged(stationId: string): boolean {
    return this.#running.has(stationId);
  }

  /** What a meter on its circuit measures now; `null` for an unknown one. */
  meter(meterId: string): MeterTruth | null {
    const node = this.#nodes.find((one) => one.meterId === meterId);
    if (node === undefined) return null;
    const voltage = this.#voltage;
    const power = (phase: 0 | 1 | 2): number => Math.round((node.now[phase] * voltage[phase]) / 1000);
    return {
      meterId,
      current_mA: [...node.now],
      voltage_mV: [...voltage],
      power_mW: [power(0), power(1), power(2)],
      ...importOf(node),
    };
  }

  truth(): WorldTruth {
    for (const [stationId, stay] of this.#running) {
      const evse = this.#placed.find((one) => one.box.stationId === stationId)?.box.evse;
      if (evse !== undefined) stay.received_Wh = evse.received_Wh;
    }
    return {
      at_ms: epochMs(this.#at_ms),
      circuits: this.#nodes.map(circuitTruth),
      stations: this.#placed.map(({ box, current, started_Wh }) => ({
        stationId: box.stationId,
        plugged: box.evse.plugged,
        offered_mA: box.evse.offered_mA,
        current_mA: [...current],
        register_Wh: box.evse.register_Wh,
        delivered_Wh: box.evse.register_Wh - started_Wh,
      })),
      meters: this.#nodes.flatMap((node) => (node.meterId === null ? [] : (this.meter(node.meterId) ?? []))),
      stays: this.#stays.map((stay) => ({ ...stay })),
    };
  }

  #step(now_ms: number, dt_ms: number): void {
    const { steadyVoltage_mV: steady } = this.#options;
    this.#voltage = steady === undefined ? voltage_mV(now_ms) : [steady, steady, steady];
    for (const node of this.#nodes) node.now[0] = node.now[1] = node.now[2] = 0;
    for (const placed of this.#placed) this.#stepBox(placed, now_ms, dt_ms);
    if (this.#buildingPath.length > 0) {
      const { seed, building_mA } = this.#options;
      const load_mA = building_mA?.(now_ms) ?? buildingLoad_mA(seed, now_ms, this.#localTime(now_ms));
      for (const node of this.#buildingPath) addTo(node.now, load_mA);
    }
    for (const node of this.#nodes) account(node, this.#voltage, dt_ms);
  }

  #stepBox(placed: Placed, now_ms: number, dt_ms: number): void {
    const { box, own, path, current } = placed;
    box.tick(now_ms);
    if (!box.evse.plugged) return;
    const voltageOf = (index: number): number => this.#voltage[own[index] ?? 0];
    const { drawn_mA } = box.evse.step(now_ms, dt_ms, [voltageOf(0), voltageOf(1), voltageOf(2)]);
    current[0] = current[1] = current[2] = 0;
    own.forEach((phase, index) => {
      current[phase] += drawn_mA[index === 0 ? 0 : index === 1 ? 1 : 2];
    });
    for (const node of path) addTo(node.now, current);
  }
}

function nodeOf(circuit: SiteModel["circuits"][number], registers: ReadonlyMap<string, WattHour> | undefined): Node {
  const register_Wh = circuit.meterId === null ? 0 : (registers?.get(circuit.meterId) ?? 0);
  return {
    id: circuit.id,
    fuse: circuit.fuse_mA,
    now: [0, 0, 0],
    peak: [0, 0, 0],
    over_ms: [0, 0, 0],
    longest_ms: [0, 0, 0],
    over_mAms: [0, 0, 0],
    meterId: circuit.meterId,
    import_mWh: thirds(register_Wh * 1000),
    rest_uJ: [0, 0, 0],
  };
}

function addTo(sums: Sums, more: PerPhase<number>): void {
  sums[0] += more[0];
  sums[1] += more[1];
  sums[2] += more[2];
}

const INDEXES = [0, 1, 2] as const;

function account(node: Node, voltage: Sums, dt_ms: number): void {
  for (const phase of INDEXES) {
    const current = node.now[phase];
    const over = current - node.fuse[phase];
    if (current > node.peak[phase]) node.peak[phase] = current;
    node.over_ms[phase] = over > 0 ? node.over_ms[phase] + dt_ms : 0;
    if (node.over_ms[phase] > node.longest_ms[phase]) node.longest_ms[phase] = node.over_ms[phase];
    if (over > 0) node.over_mAms[phase] += over * dt_ms;
    node.rest_uJ[phase] += Math.round((current * voltage[phase]) / 1000) * dt_ms;
    const whole_mWh = Math.floor(node.rest_uJ[phase] / UJ_PER_MWH);
    node.import_mWh[phase] += whole_mWh;
    node.rest_uJ[phase] -= whole_mWh * UJ_PER_MWH;
  }
}

/** The register and its phases, which add up to it. */
function importOf({ import_mWh: [l1, l2, l3] }: Node): Pick<MeterTruth, "import_Wh" | "importOfPhase_Wh"> {
  const whole = (mWh: number): number => Math.floor(mWh / 1000);
  const [sum_Wh, l1_Wh, l2_Wh] = [whole(l1 + l2 + l3), whole(l1), whole(l2)];
  return {
    import_Wh: wattHour(sum_Wh),
    importOfPhase_Wh: [wattHour(l1_Wh), wattHour(l2_Wh), wattHour(sum_Wh - l1_Wh - l2_Wh)],
  };
}

function thirds(whole: number): Sums {
  const third = Math.floor(whole / 3);
  return [third, third, whole - 2 * third];
}

function circuitTruth(node: Node): CircuitTruth {
  const amp_s = (phase: 0 | 1 | 2): number => Math.round(node.over_mAms[phase] / 1000) / 1000;
  return {
    circuitId: node.id,
    fuse_mA: node.fuse,
    current_mA: [...node.now],
    peak_mA: [...node.peak],
    longestOver_ms: [...node.longest_ms],
    over_As: [amp_s(0), amp_s(1), amp_s(2)],
  };
}

/** A grid that breathes: within 1 % of 230 V, slowly, each phase by itself. */
function voltage_mV(at_ms: number): Sums {
  const phase = (index: number): number =>
    Math.round(
      NOMINAL_mV +
        1600 * Math.sin(at_ms / 97_000 + 2.1 * index) +
        (hash32(index, Math.floor(at_ms / 1000)) % 401) -
        200,
    );
  return [phase(0), phase(1), phase(2)];
}
