import {
  firstMark,
  hasFirstMark,
  lastMark,
  type RegisterReading,
  type RegisterSample,
  registerStep_Wh,
  type SilenceEvidence,
  type Span,
} from "../../core/site/index.ts";
import { epochMs, milliamp, millivolt, wattHour } from "../../core/units/index.ts";
import type { EpochMs, Milliamp, Millivolt } from "../../core/units/index.ts";
import type { StationReading } from "../devices/ports.ts";
import type { StationState } from "./state.ts";

/** What its car drew in the last readings of this long is what it drew before. */
const BEFORE_MS = 60_000;
/** So long after its return a car that still draws its safe current shows that the box was at that. */
const RETURN_MS = 30_000;
/** Looks that are kept of each stage; they are a second apart. */
const LOOKS_MAX = 900;
/** A voltage outside this is none between line and neutral. */
const VOLTAGE_MV = { least: 180_000, most: 280_000 } as const;

type Look = { readonly at_ms: EpochMs; readonly drawn_mA: number | null; readonly setpoint_mA: Milliamp | null };
type Timed = RegisterSample & { readonly received_at_ms: EpochMs };
/** When the link was cut, by what we noticed, and when it was back. */
export type Silence = Pick<SilenceEvidence, "heard_at_ms" | "silent_at_ms" | "back_at_ms">;

/** What is seen of a bay before its link is cut and after it is back. */
export type Witness = {
  /** One look at a bay whose box answers, before the cut. */
  before(now_ms: EpochMs): void;
  /** What its car drew in the last minute before `heard_at_ms`; `null`: no reading shows it. */
  before_mA(heard_at_ms: EpochMs): Span | null;
  /** One look after the return. */
  afterwards(now_ms: EpochMs, silence: Silence): void;
  /** True when nothing more has to be seen. */
  isComplete(silence: Silence): boolean;
  /** `null`: it was not seen what its register or its car did. */
  evidence(silence: Silence, timeout_ms: number | null): SilenceEvidence | null;
};

type Seen = {
  readonly promised_mA: Milliamp;
  /** OCPP boxes write the time of each register value. */
  readonly isTimed: boolean;
  readonly looks: Look[];
  readonly returned: Look[];
  readonly registers: Timed[];
  readonly later: Timed[];
  voltage_mV: Millivolt | null;
  atReturn_mA: number | null;
  /** After the return. */
  highest_mA: number;
};

/** Watches one bay; `nominal_V` is used where its box measures no voltage. */
export function createWitness(state: StationState, nominal_V: number): Witness {
  const seen: Seen = {
    promised_mA: state.station.fallback_mA,
    isTimed: state.port?.reportsTransactions === true,
    looks: [],
    returned: [],
    registers: [],
    later: [],
    voltage_mV: null,
    atReturn_mA: null,
    highest_mA: 0,
  };
  return {
    before(now_ms) {
      keep(seen.looks, lookAt(state, now_ms));
      takeRegister(seen.registers, state);
      seen.voltage_mV = loadedVoltage_mV(state, nominal_V) ?? seen.voltage_mV;
    },
    before_mA: (heard_at_ms) => spanBefore(seen.looks, heard_at_ms),
    afterwards(now_ms, silence) {
      takeRegister(seen.later, state, seen.registers.at(-1));
      keep(seen.returned, lookAt(state, now_ms, silence.back_at_ms));
      lookAfterwards(seen, state, now_ms, silence);
    },
    isComplete(silence) {
      const before = spanBefore(seen.looks, silence.heard_at_ms);
      const how = readingOf(seen, before);
      if (before === null || how === null) return true;
      return hasRecovered(seen, before) && hasFirstMark(readAfter(seen, silence), how);
    },
    evidence: (silence, timeout_ms) => evidenceOf(seen, silence, timeout_ms),
  };
}

/** Of boxes that keep what they measure until they can tell it the last of that comes first: it is from the silence. */
function lookAfterwards(seen: Seen, state: StationState, now_ms: EpochMs, silence: Silence): void {
  const { heard_at_ms, silent_at_ms, back_at_ms } = silence;
  const { drawn_mA, setpoint_mA } = lookAt(state, now_ms, silent_at_ms);
  const before = spanBefore(seen.looks, heard_at_ms);
  if (drawn_mA === null || before === null) return;
  const isSilent = (state.reading?.measured_at_ms ?? 0) <= back_at_ms;
  if (!isSilent) seen.highest_mA = Math.max(seen.highest_mA, drawn_mA);
  // Told less by us, what its car draws says nothing of what the box was at.
  const isTold = setpoint_mA === null || setpoint_mA > middle_mA(seen, before);
  if (isSilent || (isTold && now_ms - back_at_ms <= RETURN_MS))
    seen.atReturn_mA = Math.min(seen.atReturn_mA ?? drawn_mA, drawn_mA);
}

function evidenceOf(seen: Seen, silence: Silence, timeout_ms: number | null): SilenceEvidence | null {
  const { promised_mA, isTimed, voltage_mV, atReturn_mA } = seen;
  const before = spanBefore(seen.looks, silence.heard_at_ms);
  const how = readingOf(seen, before);
  if (before === null || how === null || voltage_mV === null) return null;
  const known = seen.registers.map((one) => ours(seen, one)).filter(({ at_ms }) => at_ms <= silence.heard_at_ms);
  const [from, to] = [lastMark(known, how), firstMark(readAfter(seen, silence), how)];
  if (from === null || to === null) return null;
  return {
    ...silence,
    before_mA: before,
    promised_mA,
    timeout_ms,
    voltage_mV,
    from,
    // A register that lags behind does so afterwards, too.
    to: isTimed ? { ...to, error_Wh: wattHour(Math.max(to.error_Wh, from.error_Wh)) } : to,
    afterwards: flowed(seen.returned, silence.back_at_ms, to.at_ms, before.most),
    atReturn_mA: atReturn_mA === null ? null : milliamp(Math.round(atReturn_mA)),
    recovered: hasRecovered(seen, before),
  };
}

/** Half way from its safe current to what it drew before. */
const middle_mA = ({ promised_mA }: Seen, before: Span): number => (before.least + promised_mA) / 2;

const hasRecovered = (seen: Seen, before: Span): boolean => seen.highest_mA >= middle_mA(seen, before);

const readingOf = ({ registers, later, voltage_mV, isTimed }: Seen, before: Span | null): RegisterReading | null =>
  voltage_mV === null || before === null
    ? null
    : {
        step_Wh: registerStep_Wh([...registers, ...later].map(({ register_Wh }) => register_Wh)),
        drawn_mA: before.most,
        voltage_mV,
        isTimed,
      };

/** What waited in the box's queue was read before. */
const readAfter = (seen: Seen, { back_at_ms }: Silence): readonly RegisterSample[] =>
  seen.later.map((one) => ours(seen, one)).filter(({ at_ms }) => at_ms >= back_at_ms);

/** By our clock: a box's own may be behind, as is seen where no queue was between. */
function ours({ registers, isTimed }: Seen, { at_ms, received_at_ms, register_Wh }: Timed): RegisterSample {
  const behind_ms = registers.map((one) => one.received_at_ms - one.at_ms);
  const corrected_ms = isTimed && behind_ms.length > 0 ? at_ms + Math.min(...behind_ms) : at_ms;
  return { at_ms: epochMs(Math.min(corrected_ms, received_at_ms)), register_Wh };
}

/** Highest current of the phases that the box has, 0 where none is known. */
export const highest_mA = ({ reading }: Pick<StationState, "reading">): number =>
  Math.max(0, ...(reading?.current_mA ?? []).map((current) => current ?? 0));

/** A current that was measured before `since_ms` is not one of now. */
function lookAt(state: StationState, at_ms: EpochMs, since_ms = 0): Look {
  const { reading, ledger } = state;
  const isKnown = reading?.current_mA.some((current) => current !== null) === true && reading.measured_at_ms > since_ms;
  return { at_ms, drawn_mA: isKnown ? highest_mA(state) : null, setpoint_mA: ledger.setpoint_mA };
}

function keep<T>(kept: T[], one: T): void {
  kept.push(one);
  if (kept.length > LOOKS_MAX) kept.shift();
}

/** Each value that the box sent is taken once. */
function takeRegister(taken: Timed[], { evse }: StationState, before?: Timed): void {
  const sample = evse.running?.lastRegister ?? null;
  const last = taken.at(-1) ?? before;
  if (sample === null || (last?.at_ms === sample.at_ms && last.register_Wh === sample.register_Wh)) return;
  keep(taken, sample);
}

/** What the car drew in the last readings, and what it was told where that changed: it may have been on its way. */
function spanBefore(looks: readonly Look[], heard_at_ms: EpochMs): Span | null {
  const last = looks.filter(({ at_ms }) => at_ms >= heard_at_ms - BEFORE_MS);
  const drawn = last.flatMap(({ drawn_mA }) => drawn_mA ?? []);
  if (drawn.length === 0) return null;
  // What we sent into the silence may have arrived.
  const told = new Set(last.flatMap(({ setpoint_mA }) => setpoint_mA ?? []));
  const setpoint_mA = last.at(-1)?.setpoint_mA ?? Number.POSITIVE_INFINITY;
  const all = [...drawn, ...(told.size > 1 ? told : [])];
  return { least: Math.min(...all, setpoint_mA), most: Math.max(...all) };
}

/**
 * Power of its phases for each milliampere of the highest one, in millivolts: each with its own voltage. Where a phase is
 * not measured the box's own power tells; `null`: nothing tells.
 */
export function loadedVoltage_mV({ reading, station }: StationState, nominal_V: number): Millivolt | null {
  const most_mA = highest_mA({ reading });
  if (reading === null || most_mA === 0) return null;
  const own = reading.current_mA.slice(0, station.phaseCount);
  if (own.every((current) => current !== null)) {
    const power = own.reduce<number>((sum, current, i) => sum + current * voltageOf(reading, i, nominal_V), 0);
    return millivolt(Math.round(power / most_mA));
  }
  return reading.power_W === null || reading.power_W <= 0
    ? null
    : millivolt(Math.round((reading.power_W * 1_000_000) / most_mA));
}

function voltageOf({ voltage_mV }: StationReading, index: number, nominal_V: number): number {
  const measured_mV: number = voltage_mV.at(index) ?? 0;
  const isOne = measured_mV >= VOLTAGE_MV.least && measured_mV <= VOLTAGE_MV.most;
  return isOne ? measured_mV : nominal_V * 1_000;
}

/** Charge that flowed between two instants; where nothing was measured, anything up to `most_mA`. */
function flowed(looks: readonly Look[], from_ms: EpochMs, to_ms: EpochMs, most_mA: number): Span {
  let [least, most] = [0, 0];
  let before: Pick<Look, "at_ms" | "drawn_mA"> = { at_ms: from_ms, drawn_mA: null };
  for (const look of [...looks, { at_ms: to_ms, drawn_mA: null }]) {
    const until_ms = Math.min(look.at_ms, to_ms);
    const passed_ms = Math.max(0, until_ms - before.at_ms);
    const ends = [before.drawn_mA, look.drawn_mA];
    least += passed_ms * Math.min(...ends.map((one) => one ?? 0));
    most += passed_ms * Math.max(...ends.map((one) => one ?? most_mA));
    before = look;
    if (look.at_ms >= to_ms) break;
  }
  return { least, most };
}
