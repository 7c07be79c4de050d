import type { SerialLine } from "../../core/site/index.ts";
import type { AnyProfile, DeviceProfile } from "../devices/profile/index.ts";
import { createBusOwner, type BusOwner } from "../links/bus.ts";
import { createSerialLink } from "../links/serial-link.ts";
import type { FoundAt, ScanEvent } from "./find.ts";
import { linkUp } from "./link-up.ts";
import { scanUnits, unitRounds, type UnitScan } from "./scan-units.ts";

/** How long a unit may take to answer, in real milliseconds; 247 units at one setting then take about 43 s. */
const UNIT_TIMEOUT_ms = 150;
const OPEN_TIMEOUT_ms = 5_000;
/** Whoever else asks on this line does so within this time (real): RTU has no arbitration between two who ask. */
const LISTEN_ms = 5_000;
/** Plugging an adapter in, or an open line without bias, makes a byte or two. */
const TRAFFIC_BYTES_min = 4;
const OTHER_MASTER =
  "somebody else speaks on this line while we are silent: another controller or a box that manages others; take it off the line first";

export type SerialScan = {
  readonly path: string;
  readonly profiles: readonly AnyProfile[];
  /** Only these settings; left out: all that the profiles know, the usual ones first. */
  readonly lines?: readonly SerialLine[];
  readonly units?: readonly number[];
  /** Real time in which we only listen before we ask. */
  readonly listen_ms?: number;
  readonly signal: AbortSignal;
};

/** How a line is spoken on: its settings, and whether its frames are bytes or characters. */
type Setting = { readonly line: SerialLine; readonly framing: "rtu" | "ascii" };

/**
 * Looks for devices on a serial bus; only reads, and not at all where somebody else asks there already. Every setting that a profile knows is tried with the units that
 * installers and makers give, then with the others; a bus has one setting, so the first that finds anybody is the only
 * one that goes on.
 */
export async function* scanSerial(scan: SerialScan): AsyncGenerator<ScanEvent, void> {
  const { path, signal } = scan;
  const profiles = scan.profiles.filter((profile) => profile.driver === "modbus");
  let settings = settingsOf(profiles, scan.lines);
  const rounds = unitRounds(profiles, scan.units);
  const unitsInAll = rounds[0].length + rounds[1].length;
  let done = 0;
  for (const [round, group] of rounds.entries()) {
    for (const setting of settings) {
      const left = round === 0 ? unitsInAll - group.length : 0;
      const total = done + group.length * (settings.length - settings.indexOf(setting)) + left * settings.length;
      const opened = await openLine(path, setting, signal);
      if (!opened.ok) {
        if (!signal.aborted) yield { kind: "failed", detail: opened.detail };
        return;
      }
      let asked = 0;
      try {
        if (done === 0 && (await hearsOthers(opened.bus, scan.listen_ms ?? LISTEN_ms, signal))) {
          yield { kind: "failed", detail: `${path}: ${OTHER_MASTER}` };
          return;
        }
        for await (const find of scanUnits(unitScan(opened.bus, setting, group, { path, profiles, signal }))) {
          if (find !== null) yield { kind: "found", find };
          if (find !== null) settings = [setting];
          asked = Math.min(asked + 1, group.length);
          yield { kind: "progress", done: done + asked, total };
        }
      } finally {
        await opened.bus.close();
      }
      if (signal.aborted) return;
      done += group.length;
      if (settings.length === 1 && settings[0] === setting) break;
    }
  }
}

function unitScan(
  bus: BusOwner,
  { line, framing }: Setting,
  units: readonly number[],
  {
    path,
    profiles,
    signal,
  }: { readonly path: string; readonly profiles: readonly DeviceProfile[]; readonly signal: AbortSignal },
): UnitScan {
  const here = profiles
    .filter((profile) => speaks(profile, framing))
    .toSorted((a, b) => fitsLine(b, line) - fitsLine(a, line));
  const at = (unitId: number): FoundAt => ({ kind: "serial", path, ...line, unitId });
  return { bus, units, profiles: here, timeout_ms: UNIT_TIMEOUT_ms, at, signal };
}

/** Settings of all profiles for RS485, the most frequent first; of `lines` where these are given. */
function settingsOf(profiles: readonly DeviceProfile[], lines: readonly SerialLine[] | undefined): readonly Setting[] {
  const found = new Map<string, { readonly setting: Setting; count: number }>();
  for (const profile of profiles) {
    const line = lineOf(profile);
    if (line === null) continue;
    const setting: Setting = { line, framing: profile.transport.options.includes("ascii") ? "ascii" : "rtu" };
    const name = `${lineName(line)} ${setting.framing}`;
    found.set(name, { setting, count: (found.get(name)?.count ?? 0) + 1 });
  }
  const known = [...found.values()].toSorted((a, b) => b.count - a.count).map(({ setting }) => setting);
  if (lines === undefined) return known;
  return lines.flatMap((line): readonly Setting[] => {
    // RTU needs all 8 bits of a byte (Modbus over Serial Line 2.5.1).
    if (line.dataBits === 7) return [{ line, framing: "ascii" }];
    const spokenInCharacters = known.some(
      (setting) => setting.framing === "ascii" && lineName(setting.line) === lineName(line),
    );
    return [{ line, framing: "rtu" }, ...(spokenInCharacters ? [{ line, framing: "ascii" } as const] : [])];
  });
}

const speaks = ({ transport }: DeviceProfile, framing: Setting["framing"]): boolean =>
  transport.options.some((option) => option === framing || (framing === "rtu" && option === "rtu-over-tcp"));

function lineOf({ transport }: DeviceProfile): SerialLine | null {
  const { rtu } = transport;
  if (rtu === undefined) return null;
  return { baud: rtu.baud, parity: rtu.parity, dataBits: rtu.data_bits, stopBits: rtu.stop_bits };
}

/** `19200-8E1`, as installers write it. */
const lineName = ({ baud, parity, dataBits, stopBits }: SerialLine): string =>
  `${String(baud)}-${String(dataBits)}${parity.charAt(0).toUpperCase()}${String(stopBits)}`;

function fitsLine(profile: DeviceProfile, line: SerialLine): number {
  const own = lineOf(profile);
  return own !== null && lineName(own) === lineName(line) ? 1 : 0;
}

/** Whether bytes come while nobody of us asks. Whatever its settings are, a line that is spoken on is not silent. */
async function hearsOthers(bus: BusOwner, listen_ms: number, signal: AbortSignal): Promise<boolean> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, listen_ms);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
  return bus.health().total.staleBytes >= TRAFFIC_BYTES_min;
}

type Opened = { readonly ok: true; readonly bus: BusOwner } | { readonly ok: false; readonly detail: string };

async function openLine(path: string, { line, framing }: Setting, signal: AbortSignal): Promise<Opened> {
  const link = createSerialLink({ path, ...line });
  const bus = createBusOwner({ link, framing, real_ms: (duration_ms) => duration_ms, baud: line.baud });
  const up = await linkUp(link, OPEN_TIMEOUT_ms, signal);
  if (up.ok) return { ok: true, bus };
  await bus.close();
  return up;
}
