import { onPhase, PHASES } from "../units/index.ts";
import type { AllocationRequest, CircuitUse } from "./types.ts";

// What the last weeks say of a site: whether one phase is full while another idles, and how far demand exceeds what there
// is. Both decide who is admitted first (balancing.md §2.2).

const WEEK_MS = 7 * 24 * 3_600_000;
/** Until so much time with charging cars has been seen, nothing is said. */
const SEEN_MS_MIN = 24 * 3_600_000;
/** A phase is full when less than this part of it is left. */
const FULL = 0.03;
const OFTEN_FULL = 0.5;
const IDLE = 0.6;
/** A building that takes nearly all for a moment makes no site that is short for weeks: so much is always counted. */
const LEFT_MIN = 0.2;

export type SiteUsage = {
  /** Time with charging cars, halved every week, as all times here. */
  readonly seen_ms: number;
  readonly full_ms: readonly number[];
  /** How much of each phase was used while phase p was full: entry `3 p + q`, as time × part. */
  readonly beside_ms: readonly number[];
  /** Highest demand without control as a multiple of the capacity, fading by half in four weeks; `null`: never seen. */
  readonly overload: number | null;
};

export const noUsage: SiteUsage = {
  seen_ms: 0,
  full_ms: [0, 0, 0],
  beside_ms: [0, 0, 0, 0, 0, 0, 0, 0, 0],
  overload: null,
};

/** Takes what the root circuit handed out for `duration_ms`. Time without charging cars says nothing. */
export function observeUsage(state: SiteUsage, use: CircuitUse, duration_ms: number): SiteUsage {
  if (duration_ms <= 0 || use.granted_mA.every((granted) => granted === 0)) return state;
  const decay = 0.5 ** (duration_ms / WEEK_MS);
  const used = PHASES.map((phase) => {
    const granted = onPhase(use.granted_mA, phase);
    const has = granted + onPhase(use.free_mA, phase);
    return has === 0 ? 1 : granted / has;
  });
  // What the building alone fills, or a phase that is hardly there, says nothing of cars.
  const full = used.map((part, index) => part >= 1 - FULL && (use.granted_mA[index] ?? 0) > 0);
  return {
    ...state,
    seen_ms: state.seen_ms * decay + duration_ms,
    full_ms: state.full_ms.map((before, phase) => before * decay + (full[phase] === true ? duration_ms : 0)),
    beside_ms: state.beside_ms.map((before, index) => {
      const counts = full[Math.floor(index / 3)] === true;
      return before * decay + (counts ? (used[index % 3] ?? 0) * duration_ms : 0);
    }),
  };
}

/** Takes what all cars that want current could draw now, against what the root circuit has for them. */
export function observeDemand(state: SiteUsage, request: AllocationRequest, duration_ms: number): SiteUsage {
  const root = request.circuits.find(({ parent }) => parent === null);
  if (root === undefined) return state;
  const wanting = request.evses.filter(({ finished }) => finished !== true);
  const now = Math.max(
    ...PHASES.map((phase) => {
      const demand = wanting.reduce((sum, { phases, max_mA }) => sum + (phases.includes(phase) ? max_mA : 0), 0);
      const limit = onPhase(root.limit_mA, phase);
      const has = Math.max(limit - onPhase(root.otherLoad_mA, phase), limit * LEFT_MIN);
      return has <= 0 ? 0 : demand / has;
    }),
  );
  if (now <= 0) return state;
  const faded = (state.overload ?? 0) * 0.5 ** (Math.max(0, duration_ms) / (4 * WEEK_MS));
  return { ...state, overload: Math.max(now, faded) };
}

/** True when one phase was full more than half of the time while another one was used below 60 % meanwhile. */
export const isSkewed = ({ seen_ms, full_ms, beside_ms }: SiteUsage): boolean =>
  seen_ms >= SEEN_MS_MIN &&
  full_ms.some(
    (full, phase) =>
      full > OFTEN_FULL * seen_ms && beside_ms.slice(3 * phase, 3 * phase + 3).some((used) => used < IDLE * full),
  );
