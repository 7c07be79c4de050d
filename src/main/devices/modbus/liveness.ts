/** A device counts as gone after this many unanswered polls in a row … */
export const MISSES_TO_OFFLINE = 3;
/** … or after this long without any answer, in time of the app's clock. */
export const SILENCE_TO_OFFLINE_ms = 15_000;
/** Pauses between attempts to reach a device that is gone, in time of the app's clock; the last one repeats. */
export const PROBE_PAUSE_ms = [5_000, 10_000, 30_000, 60_000] as const;

export type Liveness =
  | { readonly kind: "online" | "degraded"; readonly misses: number; readonly answered_at_ms: number }
  | { readonly kind: "offline"; readonly probes: number };

export const NOT_YET_REACHED: Liveness = { kind: "offline", probes: 0 };

/** A device that has just answered and been set up. */
export const reached = (at_ms: number): Liveness => ({ kind: "online", misses: 0, answered_at_ms: at_ms });

/** A poll was not answered; `silence_ms_max` is longer than 15 s where a time-out alone takes that long on this clock. */
export function missed(liveness: Liveness, at_ms: number, silence_ms_max: number): Liveness {
  if (liveness.kind === "offline") return { kind: "offline", probes: liveness.probes + 1 };
  const misses = liveness.misses + 1;
  if (misses >= MISSES_TO_OFFLINE || at_ms - liveness.answered_at_ms >= silence_ms_max)
    return { kind: "offline", probes: 1 };
  return { ...liveness, kind: "degraded", misses };
}

/** How long to wait before the next attempt to reach a device that is gone. */
export const probePause_ms = (liveness: Liveness): number =>
  liveness.kind === "offline"
    ? (PROBE_PAUSE_ms[Math.min(Math.max(liveness.probes - 1, 0), PROBE_PAUSE_ms.length - 1)] ?? 0)
    : 0;
