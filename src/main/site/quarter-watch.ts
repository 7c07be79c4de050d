import { quarterCap } from "../../core/planning/index.ts";
import { SLOT_ms, slotOf } from "../../core/history/index.ts";
import { elapsed_ms, epochMs, onPhase, PHASES, watt, wattHour } from "../../core/units/index.ts";
import type { EpochMs, Watt, WattHour } from "../../core/units/index.ts";
import type { PlanningState } from "../../contract/index.ts";
import { minimum_mA } from "./allocation-input.ts";
import { activePhases } from "./box-view.ts";
import { allocationCircuit, otherLoad_mA, powerOfLines_W, stationsBelow, workingLimit_W } from "./circuit-view.ts";
import { mainCircuit } from "./quarter-use.ts";
import type { QuarterUse } from "./quarter-use.ts";
import type { CircuitState, ImposedLimit, SiteState } from "./state.ts";

/** Name of the limit that this file imposes. */
export const QUARTER_REF = "quarter-hour";
/** At the end of the quarter a small difference of energy is a large one of power: nothing is raised any more. */
const LAST_MS = 30_000;
/** Parts of the limit that the cap moves in, so that boxes are not told another current every second. */
const STEPS = 50;

export type QuarterWatch = {
  /** Lowers the main circuit to what the running quarter hour has left by what was followed. It never raises. */
  readonly follow: (now_ms: EpochMs) => void;
  /** What the running quarter hour has used; counted in full where nobody saw its beginning. */
  readonly used_Wh: (now_ms: EpochMs) => WattHour;
  readonly view: (now_ms: EpochMs) => NonNullable<PlanningState["quarter"]>;
};

/** Keeps the mean power of every quarter hour at or below `limit_W` (balancing.md §3.6); `use` is followed by its owner. */
export function createQuarterWatch(site: SiteState, limit_W: Watt, use: QuarterUse): QuarterWatch {
  let cap_W = limit_W;
  let quarter_ms: EpochMs | null = null;

  const exactCap_W = (now_ms: EpochMs, root: CircuitState): number => {
    const asked = {
      now_ms,
      target_W: limit_W,
      limit_W: connection_W(site, root),
      committed_W: committed_W(site, root, now_ms),
    };
    const caps = use.states(now_ms).map((state) => quarterCap(state, asked).cap_W);
    return caps.length === 0 ? limit_W : Math.min(...caps);
  };
  return {
    follow: (now_ms) => {
      const root = mainCircuit(site);
      if (root === null) return;
      const isNew = quarter_ms !== slotOf(now_ms);
      quarter_ms = slotOf(now_ms);
      cap_W = steadied(exactCap_W(now_ms, root), isNew ? null : cap_W, { now_ms, limit_W });
      const limit = imposed(watt(cap_W + kept_W(site, root, now_ms)));
      root.imposed = [...root.imposed.filter(({ ref }) => ref !== QUARTER_REF), limit];
    },
    used_Wh: (now_ms) =>
      use.used_Wh(now_ms) ?? wattHour(Math.ceil((limit_W * elapsed_ms(slotOf(now_ms), now_ms)) / 3_600_000)),
    view: (now_ms) => ({
      limit_W,
      cap_W,
      used_Wh: use.used_Wh(now_ms),
      ends_at_ms: epochMs(slotOf(now_ms) + SLOT_ms),
    }),
  };
}

const imposed = (limit_W: Watt): ImposedLimit => ({ limit_mA: null, limit_W, kind: "schedule", ref: QUARTER_REF });

/** Down at once, up in steps, and not at all in the last half minute: the quarter hour after it begins at the limit again. */
function steadied(
  cap_W: number,
  before_W: Watt | null,
  { now_ms, limit_W }: { readonly now_ms: EpochMs; readonly limit_W: Watt },
): Watt {
  const step_W = Math.max(1, limit_W / STEPS);
  // The small part: 50 steps of a fiftieth are the whole.
  const whole_W = watt(Math.max(0, Math.floor(Math.floor(cap_W / step_W + 1e-6) * step_W + 1e-6)));
  if (before_W === null || whole_W <= before_W) return whole_W;
  const left_ms = slotOf(now_ms) + SLOT_ms - now_ms;
  return left_ms <= LAST_MS || cap_W < before_W + 2 * step_W ? before_W : whole_W;
}

/**
 * Room that is kept below a fuse for the building to rise: a mean needs none, what the building takes more now leaves the
 * cars less later. It is taken from the limit when current is shared, so it is added here.
 */
function kept_W(site: SiteState, root: CircuitState, now_ms: EpochMs): number {
  const load = otherLoad_mA(site, root, now_ms);
  const { otherLoad_mA: reserved } = allocationCircuit(site, root, now_ms);
  const kept_mA = PHASES.reduce((sum, phase) => sum + Math.max(0, onPhase(reserved, phase) - onPhase(load, phase)), 0);
  return Math.floor(powerOfLines_W(root.circuit, kept_mA, site.model.identity.nominal_V));
}

/** What the connection carries without this limit. */
function connection_W(site: SiteState, root: CircuitState): Watt {
  const others = { ...root, imposed: root.imposed.filter(({ ref }) => ref !== QUARTER_REF) };
  const fuses_mA = root.circuit.fuse_mA.reduce<number>((sum, fuse) => sum + fuse, 0);
  return (
    workingLimit_W(others) ?? watt(Math.floor(powerOfLines_W(root.circuit, fuses_mA, site.model.identity.nominal_V)))
  );
}

/** The building, and the minimum of cars that would not wake up after a pause. */
function committed_W(site: SiteState, root: CircuitState, now_ms: EpochMs): Watt {
  const { nominal_V } = site.model.identity;
  const other_mA = otherLoad_mA(site, root, now_ms).reduce<number>((sum, load) => sum + load, 0);
  const kept_mA = stationsBelow(site, root.circuit.id)
    .filter((state) => state.habits.neverPause && state.chargingSince_ms !== null)
    .reduce((sum, state) => sum + minimum_mA(state) * activePhases(state).length, 0);
  return watt(Math.ceil(powerOfLines_W(root.circuit, other_mA, nominal_V) + (kept_mA / 1000) * nominal_V));
}
