import {
  acknowledged,
  allocate,
  countedOtherLoad_mA,
  escalate,
  forgotten,
  isStubborn,
  missed,
  noEscalation,
  noHeadroom,
  noOtherLoad,
  observeHeadroom,
  observeOtherLoad,
  plan,
  rangeOfBox,
  sent,
  settled,
  shed,
  unknownEntry,
  worstCase_mA,
} from "../balancing/index.ts";
import type {
  Allocation,
  AllocationCircuit,
  AllocationEvse,
  BoxView,
  DrawRange,
  Escalation,
  HeadroomState,
  LedgerEntry,
  OtherLoadState,
  Policy,
  Sheddable,
} from "../balancing/index.ts";
import { epochMs, milliamp, onPhase, perPhase, wattHour } from "../units/index.ts";
import type { EpochMs, Milliamp, PerPhase } from "../units/index.ts";
import type { Arrival, ChannelBay, ChannelController, Order } from "./channel-controller.ts";

// The product's own way: the estimate of the building, the allocator, the account and its plan, on values instead of
// devices. What `main/site` does with them each second is done here the same way.

const READING_AGE_MS_MAX = 35_000;
const METER_AGE_MS_NO_RAISE = 3_000;

export type ChannelGuardOptions = {
  readonly bays: readonly ChannelBay[];
  /** The main circuit first; others carry what the site file says besides their bays. */
  readonly circuits: readonly AllocationCircuit[];
  readonly voltage_V: number;
  readonly policy: Policy;
};

type Bay = {
  readonly fixed: ChannelBay;
  entry: LedgerEntry;
  escalation: Escalation;
  car: Arrival | null;
  reading: { readonly drawn_mA: Milliamp; readonly at_ms: EpochMs } | null;
  attained_Wh: number;
  charging_since_ms: EpochMs | null;
};

type Main = {
  limit_mA: PerPhase<Milliamp>;
  otherLoad: OtherLoadState;
  headroom: HeadroomState;
  meter: { readonly current_mA: PerPhase<number>; readonly at_ms: EpochMs } | null;
  counted_mA: PerPhase<number> | null;
};

/** The allocator and the guard, deciding for a site on lossy lines. */
export function createChannelGuard(options: ChannelGuardOptions): ChannelController {
  const bays = options.bays.map((fixed): Bay => ({
    fixed,
    entry: unknownEntry({ max_mA: milliamp(fixed.max_mA) }),
    escalation: noEscalation,
    car: null,
    reading: null,
    attained_Wh: 0,
    charging_since_ms: null,
  }));
  const limit_mA = options.circuits[0]?.limit_mA ?? ([milliamp(0), milliamp(0), milliamp(0)] as const);
  const main: Main = {
    limit_mA,
    otherLoad: noOtherLoad,
    headroom: noHeadroom(limit_mA),
    meter: null,
    counted_mA: null,
  };
  const at = (bay: number, change: (state: Bay) => void): void => {
    const state = bays[bay];
    if (state !== undefined) change(state);
  };
  return {
    plugged: (bay, car) => {
      at(bay, (state) => {
        Object.assign(state, { car, attained_Wh: 0, charging_since_ms: null, reading: null });
      });
    },
    reading: (bay, drawn_mA, attained_Wh, measured_ms) => {
      at(bay, (state) => {
        state.reading = { drawn_mA: milliamp(Math.round(drawn_mA)), at_ms: epochMs(Math.round(measured_ms)) };
        state.attained_Wh = attained_Wh;
        if (drawn_mA > 0) state.charging_since_ms ??= state.reading.at_ms;
      });
    },
    meter: (current_mA, measured_ms) => {
      observeMain(main, bays, { current_mA, at_ms: epochMs(Math.round(measured_ms)) });
    },
    answered: (bay, call, now_ms) => {
      at(bay, (state) => {
        const current_mA = milliamp(call.current_mA);
        state.entry = acknowledged(state.entry, current_mA, epochMs(now_ms), call.commandNumber);
      });
    },
    unanswered: (bay, call) => {
      at(bay, (state) => {
        state.entry = missed(state.entry, call.commandNumber);
      });
    },
    restarted: (bay) => {
      at(bay, (state) => {
        state.entry = forgotten(state.entry, { max_mA: milliamp(state.fixed.max_mA) });
      });
    },
    limit: (lowered_mA) => {
      main.limit_mA = perPhase((phase) => milliamp(Math.floor(onPhase(lowered_mA, phase))));
      main.counted_mA = null;
    },
    decide: (now_ms) => decide(options, bays, main, epochMs(now_ms)),
    counted_mA: () => main.counted_mA,
  };
}

function viewOf(bay: Bay, now_ms: EpochMs): BoxView {
  const fresh = bay.reading !== null && now_ms - bay.reading.at_ms <= READING_AGE_MS_MAX ? bay.reading : null;
  return {
    online: true,
    unplugged: bay.car === null,
    drawn_mA: bay.car === null ? milliamp(0) : (fresh?.drawn_mA ?? null),
    drawn_at_ms: fresh?.at_ms ?? null,
    max_mA: milliamp(bay.fixed.max_mA),
    fallback_mA: milliamp(bay.fixed.fallback_mA),
  };
}

function observeMain(
  main: Main,
  bays: readonly Bay[],
  sample: { readonly current_mA: PerPhase<number>; readonly at_ms: EpochMs },
): void {
  const { at_ms } = sample;
  main.meter = sample;
  const ranges = bays.map((bay): DrawRange => rangeOfBox(bay.entry, viewOf(bay, at_ms), at_ms));
  const cars = perPhase((phase): DrawRange => {
    let least_mA = 0;
    let most_mA = 0;
    ranges.forEach((range, index) => {
      if (bays[index]?.fixed.phases.includes(phase) !== true) return;
      least_mA += range.least_mA;
      most_mA += range.most_mA;
    });
    return { least_mA, most_mA };
  });
  const meter_mA = perPhase((phase) => Math.round(onPhase(sample.current_mA, phase)));
  main.otherLoad = observeOtherLoad(main.otherLoad, { at_ms, meter_mA, cars });
  main.headroom = observeHeadroom(main.headroom, {
    at_ms,
    value_mA: main.otherLoad.estimate_mA,
    counted_mA: countedOtherLoad_mA(main.otherLoad),
    margin_mA: milliamp(0),
  });
}

function decide(options: ChannelGuardOptions, bays: readonly Bay[], main: Main, now_ms: EpochMs): readonly Order[] {
  for (const bay of bays) {
    const view = viewOf(bay, now_ms);
    bay.entry = settled(bay.entry, view, now_ms);
    bay.escalation = escalate(bay.escalation, bay.entry, view, now_ms).state;
  }
  const circuits = options.circuits.map((circuit, index): AllocationCircuit =>
    index > 0
      ? circuit
      : {
          ...circuit,
          limit_mA: main.limit_mA,
          otherLoad_mA: main.headroom.reserved_mA ?? main.limit_mA,
        },
  );
  const evses = bays.flatMap((bay) => asEvse(bay, now_ms) ?? []);
  const allocation = allocate({ now_ms, policy: options.policy, voltage_V: options.voltage_V, circuits, evses });
  const wanted = sheddables(bays, allocation, now_ms);
  const age_ms = main.meter === null ? Number.POSITIVE_INFINITY : now_ms - main.meter.at_ms;
  const people = shed(circuits, wanted, {
    now_ms,
    voltage_V: options.voltage_V,
    over_mA: (id) => (id === circuits[0]?.id && age_ms <= METER_AGE_MS_NO_RAISE ? overOf(main) : null),
  });
  const commands = plan(circuits, people, {
    now_ms,
    voltage_V: options.voltage_V,
    shared: circuits,
    raisesAllowed: () => age_ms <= METER_AGE_MS_NO_RAISE,
  });
  if (commands.some(({ kind }) => kind === "increase")) main.counted_mA = main.headroom.reserved_mA;
  return commands.map(({ evse, current_mA }): Order => {
    const index = bays.findIndex((bay) => bay.fixed.id === evse);
    const bay = bays[index];
    if (bay === undefined) return { bay: -1, current_mA, commandNumber: 0 };
    bay.entry = sent(bay.entry, current_mA, now_ms);
    if (current_mA === 0) bay.charging_since_ms = null;
    return { bay: index, current_mA, commandNumber: bay.entry.commandNumber };
  });
}

function overOf(main: Main): PerPhase<number> | null {
  const { meter } = main;
  if (meter === null) return null;
  const over = perPhase((phase) => Math.max(0, onPhase(meter.current_mA, phase) - onPhase(main.limit_mA, phase)));
  return over.some((excess) => excess > 0) ? over : null;
}

function asEvse(bay: Bay, now_ms: EpochMs): AllocationEvse | null {
  const { fixed, car, entry } = bay;
  if (car === null) return null;
  const deaf = isStubborn(entry);
  return {
    id: fixed.id,
    circuit: fixed.circuit,
    phases: fixed.phases,
    min_mA: milliamp(fixed.min_mA),
    max_mA: milliamp(Math.min(fixed.max_mA, car.max_mA)),
    step_mA: milliamp(fixed.step_mA),
    weight: 1,
    plugged_at_ms: epochMs(Math.floor(car.at_ms)),
    charging_since_ms: bay.charging_since_ms,
    attained_Wh: wattHour(Math.floor(bay.attained_Wh)),
    needed_Wh: car.needed_Wh === null ? null : wattHour(Math.ceil(car.needed_Wh)),
    departure_ms: car.departure_ms === null ? null : epochMs(Math.floor(car.departure_ms)),
    reserved: deaf ? { current_mA: worstCase_mA(entry, viewOf(bay, now_ms), now_ms), kind: "stubborn" } : null,
  };
}

function sheddables(bays: readonly Bay[], allocation: Allocation, now_ms: EpochMs): readonly Sheddable[] {
  let next = 0;
  return bays.map((bay, index): Sheddable => {
    const { fixed, car, entry, escalation } = bay;
    // Grants come in the order of the EVSEs, and these in the order of the bays.
    const grant = car === null ? undefined : allocation.grants[next++];
    const granted = milliamp(grant?.current_mA ?? 0);
    const target = isStubborn(entry) ? milliamp(Math.min(granted, fixed.fallback_mA)) : granted;
    return {
      id: fixed.id,
      circuit: fixed.circuit,
      phases: fixed.phases,
      min_mA: milliamp(fixed.min_mA),
      step_mA: milliamp(fixed.step_mA),
      entry,
      box: viewOf(bay, now_ms),
      target_mA: escalation.stage === "none" || escalation.stage === "alarm" ? target : milliamp(0),
      booked_mA: granted,
      commandable: true,
      rank: car === null ? 0 : car.at_ms + index,
    };
  });
}
