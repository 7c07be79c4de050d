import type { SerialLine } from "../../core/site/index.ts";
import type { AnyProfile, DeviceProfile } from "../devices/profile/index.ts";
import { createBusOwner, type BusOwner } from "../links/bus.ts";
import { createSerialLink } from "../links/serial-link.ts";
import { findOf, type ScanEvent } from "./find.ts";
import { createUnitAsker, identifyByRegisters, type ReadAsk } from "./identify-registers.ts";
import { linkUp } from "./link-up.ts";

/** How long a unit may take to answer, in real milliseconds; 247 units at one setting then take about 43 s. */
const UNIT_TIMEOUT_ms = 150;
const OPEN_TIMEOUT_ms = 5_000;
/** Most installers count from 1, so these are tried at every setting before the others. */
const USUAL_UNITS_max = 16;
const UNITS_max = 247;
const ALL_UNITS = Array.from({ length: UNITS_max }, (_, i) => i + 1);

export type SerialScan = {
  readonly path: string;
  readonly profiles: readonly AnyProfile[];
  /** Only these settings; left out: all that the profiles know, the usual ones first. */
  readonly lines?: readonly SerialLine[];
  readonly units?: readonly number[];
  readonly signal: AbortSignal;
};

/**
 * Looks for devices on a serial bus; only reads. Every setting that a profile knows is tried with units 1 to 16, then
 * with the others; a bus has one setting, so the first that finds anybody is the only one that goes on.
 */
export async function* scanSerial(scan: SerialScan): AsyncGenerator<ScanEvent, void> {
  const { path, signal } = scan;
  const profiles = scan.profiles.filter((profile) => profile.driver === "modbus");
  const units = scan.units ?? ALL_UNITS;
  const rounds = [units.filter((unit) => unit <= USUAL_UNITS_max), units.filter((unit) => unit > USUAL_UNITS_max)];
  let lines = scan.lines ?? knownLines(profiles);
  let done = 0;
  for (const [round, group] of rounds.entries()) {
    for (const line of lines) {
      const left = round === 0 ? units.length - group.length : 0;
      const total = (): number => done + group.length * (lines.length - lines.indexOf(line)) + left * lines.length;
      const opened = await openLine(path, line, signal);
      if (!opened.ok) {
        if (!signal.aborted) yield { kind: "failed", detail: opened.detail };
        return;
      }
      try {
        const total_now = total();
        for await (const event of scanUnits(opened.bus, { path, line, units: group, profiles, signal })) {
          if (event.kind === "progress") yield { kind: "progress", done: done + event.done, total: total_now };
          else yield event;
          if (event.kind === "found") lines = [line];
        }
      } finally {
        await opened.bus.close();
      }
      if (signal.aborted) return;
      done += group.length;
      if (lines.length === 1 && lines[0] === line) break;
    }
  }
}

/** Settings of all profiles for RS485, the most frequent first. */
export function knownLines(profiles: readonly DeviceProfile[]): readonly SerialLine[] {
  const found = new Map<string, { readonly line: SerialLine; count: number }>();
  for (const profile of profiles) {
    const line = lineOf(profile);
    if (line === null) continue;
    const entry = found.get(lineName(line)) ?? { line, count: 0 };
    found.set(lineName(line), { ...entry, count: entry.count + 1 });
  }
  return [...found.values()].toSorted((a, b) => b.count - a.count).map(({ line }) => line);
}

function lineOf({ transport }: DeviceProfile): SerialLine | null {
  const { rtu } = transport;
  if (rtu === undefined) return null;
  return { baud: rtu.baud, parity: rtu.parity, dataBits: rtu.data_bits, stopBits: rtu.stop_bits };
}

/** `19200-8E1`, as installers write it. */
export const lineName = ({ baud, parity, dataBits, stopBits }: SerialLine): string =>
  `${String(baud)}-${String(dataBits)}${parity.charAt(0).toUpperCase()}${String(stopBits)}`;

type UnitScan = {
  readonly path: string;
  readonly line: SerialLine;
  readonly units: readonly number[];
  readonly profiles: readonly DeviceProfile[];
  readonly signal: AbortSignal;
};

async function* scanUnits(
  bus: BusOwner,
  { path, line, units, profiles, signal }: UnitScan,
): AsyncGenerator<ScanEvent, void> {
  const here = profiles.toSorted((a, b) => fitsLine(b, line) - fitsLine(a, line));
  const first = firstQuestion(here);
  for (const [i, unitId] of units.entries()) {
    if (signal.aborted) return;
    const asker = createUnitAsker(bus, unitId, UNIT_TIMEOUT_ms);
    const reply = await asker.ask(first);
    if (reply.ok || reply.code === "exception") {
      const fits = await identifyByRegisters(asker, here.filter(isForLines), signal);
      yield { kind: "found", find: findOf({ kind: "serial", path, ...line, unitId }, fits) };
    }
    yield { kind: "progress", done: i + 1, total: units.length };
  }
}

const isForLines = ({ transport }: DeviceProfile): boolean =>
  transport.options.some((option) => option === "rtu" || option === "ascii" || option === "rtu-over-tcp");

function fitsLine(profile: DeviceProfile, line: SerialLine): number {
  const own = lineOf(profile);
  return own !== null && lineName(own) === lineName(line) ? 1 : 0;
}

/** The register that most profiles have: whoever is there answers it, if only with a refusal. */
function firstQuestion(profiles: readonly DeviceProfile[]): ReadAsk {
  const votes = new Map<string, { readonly ask: ReadAsk; readonly count: number }>();
  for (const { registers } of profiles.filter(isForLines)) {
    const register = registers.find((one) => one.fc > 2 && /^(?:voltage_l1|state)$/u.test(one.what[0] ?? ""));
    if (register === undefined) continue;
    const ask: ReadAsk = { fc: register.fc, address: register.address, count: register.type.endsWith("16") ? 1 : 2 };
    const name = `${String(ask.fc)}:${String(ask.address)}`;
    votes.set(name, { ask, count: (votes.get(name)?.count ?? 0) + 1 });
  }
  const [winner] = [...votes.values()].toSorted((a, b) => b.count - a.count);
  return winner?.ask ?? { fc: 3, address: 0, count: 1 };
}

type Opened = { readonly ok: true; readonly bus: BusOwner } | { readonly ok: false; readonly detail: string };

async function openLine(path: string, line: SerialLine, signal: AbortSignal): Promise<Opened> {
  const link = createSerialLink({ path, ...line });
  const framing = line.dataBits === 7 ? "ascii" : "rtu";
  const bus = createBusOwner({ link, framing, real_ms: (duration_ms) => duration_ms, baud: line.baud });
  const up = await linkUp(link, OPEN_TIMEOUT_ms, signal);
  if (up.ok) return { ok: true, bus };
  await bus.close();
  return up;
}
