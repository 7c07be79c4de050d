import type { Station } from "../../core/site/index.ts";
import { milliamp } from "../../core/units/index.ts";
import type { Milliamp } from "../../core/units/index.ts";
import type { Clock, FailSafe, StationPort } from "../devices/ports.ts";

/** What a box keeps by itself when it hears nothing, as the balancer counts with it and the owner sees it. */
export type Fallback = {
  readonly kind: FailSafe["kind"];
  /** What the balancer counts with. */
  readonly current_mA: Milliamp;
  /** True when `current_mA` was read back from the box. */
  readonly proven: boolean;
  /** What the box itself shows; `null`: nothing. */
  readonly shown_mA: Milliamp | null;
  /** The box's own time until it falls back; `null`: it does not show one. */
  readonly timeout_ms: number | null;
  /** The same by the app's clock, where silence alone lets it pass. */
  readonly after_ms: number | null;
  readonly doubt: NonNullable<FailSafe["doubt"]> | null;
};

/** Boxes that call in are given a charging profile to keep, and have no way to show that they would. */
const TOLD_ONLY: FailSafe = { kind: "unknown", current_mA: null, timeout_ms: null, doubt: "told-only" };

/** Nothing asked yet: the site file's word. */
export const promised = (station: Pick<Station, "fallback_mA">): Fallback => ({
  kind: "unknown",
  current_mA: station.fallback_mA,
  proven: false,
  shown_mA: null,
  timeout_ms: null,
  after_ms: null,
  doubt: "not-asked",
});

/**
 * Read back, the box's own value counts, lower or higher than promised; a box that would go up by an amount nobody knows
 * counts with its maximum; where nothing is known the promise stands. `perSecond` is how fast the app's clock runs: boxes
 * count real time.
 */
export function fallbackOf(
  station: Pick<Station, "fallback_mA" | "current_mA_max">,
  failSafe: FailSafe,
  perSecond: number,
): Fallback {
  const { kind, timeout_ms, doubt = null, fedByAsking } = failSafe;
  const shown_mA = failSafe.current_mA === null ? null : milliamp(Math.max(0, Math.ceil(failSafe.current_mA)));
  const proven = kind !== "unknown" && shown_mA !== null;
  const unproven_mA = kind === "unsafe" ? station.current_mA_max : station.fallback_mA;
  // A car takes no more than the station is wired for, whatever number stands in the box.
  const current_mA = proven ? milliamp(Math.min(shown_mA, station.current_mA_max)) : unproven_mA;
  const falls = kind === "known" && timeout_ms !== null && fedByAsking !== true;
  return {
    kind,
    current_mA,
    proven,
    shown_mA,
    timeout_ms,
    after_ms: falls ? Math.ceil(timeout_ms * perSecond) : null,
    doubt,
  };
}

/** The part of a station's state that this is about. */
type Falling = { readonly station: Station; readonly port: StationPort | null; fallback: Fallback };

/** Asks every port anew what its box would do without us. A silent box is remembered as it last showed itself. */
export function followFallbacks(stations: Iterable<Falling>, clock: Pick<Clock, "real_ms">): void {
  const perSecond = 1_000 / clock.real_ms(1_000);
  for (const state of stations) {
    if (state.port === null) continue;
    state.fallback = fallbackOf(state.station, state.port.failSafe?.() ?? TOLD_ONLY, perSecond);
  }
}

/** What a car may have that must do without its meter: no more than was promised, nor than the box itself would keep. */
export const safe_mA = ({ station, fallback }: Pick<Falling, "station" | "fallback">): Milliamp =>
  milliamp(Math.min(station.fallback_mA, fallback.current_mA));
