import type { BusCounters, RecentLine } from "./bus-counters.ts";
import type { Framing } from "./bus-framing.ts";
import type { LinkState } from "./byte-link.ts";

export type BusHealth = {
  readonly name: string;
  readonly state: LinkState;
  readonly medium: "serial" | "network";
  readonly framing: Framing;
  readonly queued: number;
  readonly total: BusCounters;
  readonly units: ReadonlyMap<number, BusCounters>;
  /** About the last 400 requests. */
  readonly recent: RecentLine;
  /** How often the connection was lost, not by us, in the last ten minutes of real time. */
  readonly recentLosses: number;
  /** What an electrician should look at; empty on a good line. */
  readonly hints: readonly BusHint[];
};

/** What the numbers of a line point to. Codes and numbers only; words are the screen's. */
export type BusHint =
  /** More than 2 % damaged answers: termination at both ends, bias at one point, shield, or noise. */
  | {
      readonly code: "termination-or-bias";
      readonly crcErrors: number;
      readonly frames: number;
      readonly share_permille: number;
    }
  /** Nobody answers: A and B swapped, wrong baud rate or parity, or a dead adapter. */
  | { readonly code: "ab-swap-or-baud"; readonly unitIds: readonly number[] }
  /** Several answered once and none does any more: the wire is cut or off its adapter, or all are without power. */
  | { readonly code: "line-cut"; readonly unitIds: readonly number[] }
  /** Most of what was asked of late brought bytes that are no answer: another protocol, framing, speed or device. */
  | { readonly code: "not-modbus"; readonly foreign: number; readonly frames: number }
  /** One does not answer while others do: two devices with one address, its own wires, or no power. */
  | { readonly code: "address-clash-or-cabling"; readonly unitId: number; readonly failedInARow: number }
  /** The adapter hears itself. Handled, but its own "no echo" switch makes the line faster. */
  | { readonly code: "adapter-echoes"; readonly echoes: number }
  /** The device keeps ending our connection, as those with room for one client do when a second one calls. */
  | { readonly code: "another-client"; readonly losses: number };

/** Share of damaged answers above which a line is not well. */
const CRC_SHARE_permille_max = 20;
/** Shares of fewer requests than this mean nothing. */
const FRAMES_MIN = 50;
/** More damaged answers than this, and devices that seem silent are not: what they say is lost on the way. */
const GARBLED_SHARE = 0.5;
/** A unit is silent after this many failures in a row. */
const SILENT_FAILURES = 3;
const LOSSES_MIN = 3;

/** Reads the counters as an electrician would; the most telling hint first. */
export function busHints(health: Omit<BusHealth, "hints">): readonly BusHint[] {
  return [...silence(health), ...strangeness(health), ...damage(health), ...echo(health), ...resets(health)];
}

function silence(health: Omit<BusHealth, "hints">): readonly BusHint[] {
  const { units, framing } = health;
  if (isForeign(health)) return [];
  const silent = [...units].filter(([, unit]) => unit.failedInARow >= SILENT_FAILURES);
  // Behind a transaction id there are no wires of ours; a silent unit is a wrong unit id or a device without power.
  const isLine = framing !== "mbap";
  const nobody = silent.length > 0 && silent.length === units.size;
  if (isLine && nobody) {
    if (isGarbled(health)) return [];
    const unitIds = silent.map(([unitId]) => unitId);
    if (silent.every(([, unit]) => unit.replies === 0)) return [{ code: "ab-swap-or-baud", unitIds }];
    // A wire that carried answers was wired right; of a single device it may be the device.
    if (silent.length > 1) return [{ code: "line-cut", unitIds }];
  }
  return silent.map(([unitId, { failedInARow }]) => ({ code: "address-clash-or-cabling", unitId, failedInARow }));
}

/** Whether most of what was asked of late came back damaged. */
const isGarbled = ({ recent }: Pick<BusHealth, "recent">): boolean =>
  recent.frames >= SILENT_FAILURES && recent.crcErrors > recent.frames * GARBLED_SHARE;

/** Whether most of what was asked of late brought bytes that are no Modbus. */
const isForeign = ({ recent }: Pick<BusHealth, "recent">): boolean =>
  recent.frames >= SILENT_FAILURES && recent.foreign > recent.frames * GARBLED_SHARE;

const strangeness = (health: Omit<BusHealth, "hints">): readonly BusHint[] =>
  isForeign(health)
    ? [
        {
          code: "not-modbus",
          foreign: Math.round(health.recent.foreign),
          frames: Math.round(health.recent.frames),
        },
      ]
    : [];

function damage(health: Omit<BusHealth, "hints">): readonly BusHint[] {
  const { recent } = health;
  const frames = Math.round(recent.frames);
  const crcErrors = Math.round(recent.crcErrors);
  if (frames < FRAMES_MIN && !isGarbled(health)) return [];
  const share_permille = Math.round((1000 * recent.crcErrors) / recent.frames);
  return share_permille > CRC_SHARE_permille_max
    ? [{ code: "termination-or-bias", crcErrors, frames, share_permille }]
    : [];
}

const echo = ({ total }: Omit<BusHealth, "hints">): readonly BusHint[] =>
  total.echoes > 0 ? [{ code: "adapter-echoes", echoes: total.echoes }] : [];

/** A serial adapter that comes and goes has a loose plug, which the state of the line shows. */
const resets = ({ medium, recentLosses }: Omit<BusHealth, "hints">): readonly BusHint[] =>
  medium === "network" && recentLosses >= LOSSES_MIN ? [{ code: "another-client", losses: recentLosses }] : [];
