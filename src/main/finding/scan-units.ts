import { EXCEPTION } from "../protocol/modbus/index.ts";
import { valueWidth, type DeviceProfile } from "../devices/profile/index.ts";
import type { BusOwner } from "../links/bus.ts";
import { findOf, type Find, type FoundAt } from "./find.ts";
import { createUnitAsker, identifyByRegisters, type ReadAsk } from "./identify-registers.ts";

/** Most installers count from 1, so these are asked before the others. */
const USUAL_UNITS_max = 16;
const UNITS_max = 247;
/** More damaged answers than this, where others are undamaged, come from two who speak at once. */
const DAMAGED_min = 2;
/** Bytes behind whole answers: at least two more answers of the shortest kind. */
const SURPLUS_BYTES_min = 10;

/** The units of a line in the order in which they are asked: those that installers and makers give first. */
export function unitRounds(
  profiles: readonly DeviceProfile[],
  units: readonly number[] = Array.from({ length: UNITS_max }, (_, i) => i + 1),
): readonly [first: readonly number[], rest: readonly number[]] {
  const givenByMakers = new Set(profiles.map(({ transport: { unit_id } }) => unit_id?.rtu_default ?? unit_id?.default));
  const isUsual = (unit: number): boolean => unit <= USUAL_UNITS_max || givenByMakers.has(unit);
  return [units.filter(isUsual), units.filter((unit) => !isUsual(unit))];
}

export type UnitScan = {
  readonly bus: BusOwner;
  readonly units: readonly number[];
  /** Those that can stand on this wire, the likeliest first. */
  readonly profiles: readonly DeviceProfile[];
  readonly timeout_ms: number;
  readonly at: (unitId: number) => FoundAt;
  readonly signal: AbortSignal;
};

/**
 * Asks each unit for one register, and who answers for those that tell what it is; never writes. Yields one event per
 * unit. Two devices with one address answer at once and damage each other: that is told where others answer well.
 */
export async function* scanUnits({
  bus,
  units,
  profiles,
  timeout_ms,
  at,
  signal,
}: UnitScan): AsyncGenerator<Find | null> {
  const first = firstQuestion(profiles);
  const wakes = profiles.some(({ limits }) => limits.send_twice === true);
  const damagedUnits: number[] = [];
  let isRightLine = false;
  for (const unitId of units) {
    if (signal.aborted) return;
    const asker = createUnitAsker({ bus, unitId, timeout_ms, wakes });
    const reply = await asker.ask(first);
    const answers = reply.ok || (reply.code === "exception" && !isFromGateway(reply.exception));
    if (!answers) {
      if (reply.code === "garbled") damagedUnits.push(unitId);
      yield null;
      continue;
    }
    const fits = await identifyByRegisters(asker, profiles, signal);
    isRightLine ||= fits.length > 0;
    const find = findOf(at(unitId), fits);
    yield speaksTwice(bus, unitId) ? { ...find, clash: true } : find;
  }
  // At a wrong setting every answer is damaged; at the right one only that of two who answer together.
  if (isRightLine) for (const unitId of damagedUnits) yield { ...findOf(at(unitId), []), clash: true };
}

/** A gateway says that it reaches nobody under this address. */
export const isFromGateway = (exception: number): boolean =>
  exception === EXCEPTION.gatewayPathUnavailable || exception === EXCEPTION.gatewayTargetFailed;

/** Whether more came from this unit than one device says: damaged answers, or a second one behind each. */
function speaksTwice(bus: BusOwner, unitId: number): boolean {
  const counters = bus.health().units.get(unitId);
  if (counters === undefined) return false;
  // A slow device's late answers are surplus bytes too, but then a question went unanswered.
  const hasSurplus = counters.staleBytes >= SURPLUS_BYTES_min && counters.timeouts === 0;
  return counters.crcErrors >= DAMAGED_min || hasSurplus;
}

/** The register that most profiles have: whoever is there answers it, if only with a refusal. */
function firstQuestion(profiles: readonly DeviceProfile[]): ReadAsk {
  const votes = new Map<string, { readonly ask: ReadAsk; readonly count: number }>();
  for (const { registers } of profiles) {
    const register = registers.find((one) => one.fc > 2 && /^(?:voltage_l1|state)$/u.test(one.what[0] ?? ""));
    if (register === undefined) continue;
    const question: ReadAsk = { fc: register.fc, address: register.address, count: valueWidth(register) };
    const name = `${String(question.fc)}:${String(question.address)}`;
    votes.set(name, { ask: question, count: (votes.get(name)?.count ?? 0) + 1 });
  }
  const [winner] = [...votes.values()].toSorted((a, b) => b.count - a.count);
  return winner?.ask ?? { fc: 3, address: 0, count: 1 };
}
