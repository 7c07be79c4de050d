import type { Station } from "../../core/site/index.ts";
import { milliamp } from "../../core/units/index.ts";
import type { Milliamp } from "../../core/units/index.ts";
import type { Clock, FailSafe, StationPort } from "../devices/ports.ts";
import type { FallbackTest } from "../storage/commissioning-types.ts";

/** What a box keeps by itself when it hears nothing, as the balancer counts with it and the owner sees it. */
export type Fallback = {
  readonly kind: FailSafe["kind"];
  /** What the balancer counts with. */
  readonly current_mA: Milliamp;
  /** What it may be left at when nobody is there any more. */
  readonly unattended_mA: Milliamp;
  /** `box`: `current_mA` was read back from it. `test`: it was cut off once and did fall back. `null`: nobody knows. */
  readonly provenBy: "box" | "test" | null;
  /** What the box itself shows; `null`: nothing. */
  readonly shown_mA: Milliamp | null;
  /** The box's own time until it falls back; `null`: it does not show one. */
  readonly timeout_ms: number | null;
  /** The same by the app's clock, where silence alone lets it pass. */
  readonly after_ms: number | null;
  readonly doubt: NonNullable<FailSafe["doubt"]> | SeenDoubt | null;
};

/** It was cut off once, and went on with its last limit, or offered more. */
export type SeenDoubt = "seen-keeping" | "seen-rising";

export const isProven = ({ provenBy }: Pick<Fallback, "provenBy">): boolean => provenBy !== null;

/** Boxes that call in are given a charging profile to keep, and have no way to show that they would. */
const TOLD_ONLY: FailSafe = { kind: "unknown", current_mA: null, timeout_ms: null, doubt: "told-only" };

/** Nothing asked yet: the site file's word. */
export const promised = (station: Pick<Station, "fallback_mA">): Fallback => ({
  kind: "unknown",
  current_mA: station.fallback_mA,
  unattended_mA: station.fallback_mA,
  provenBy: null,
  shown_mA: null,
  timeout_ms: null,
  after_ms: null,
  doubt: "not-asked",
});

/**
 * Read back, the box's own value counts, lower or higher than promised; a box that would go up by an amount nobody knows
 * counts with its maximum; where nothing is known the promise stands. A test in which it was cut off proves a promise, and
 * outweighs what the box shows where it did otherwise. `perSecond` is how fast the app's clock runs: boxes count real time.
 */
export function fallbackOf(
  station: Pick<Station, "fallback_mA" | "current_mA_max">,
  failSafe: FailSafe,
  perSecond: number,
  test: Pick<FallbackTest, "outcome" | "kept_mA" | "silent_ms"> | null = null,
): Fallback {
  const { kind, timeout_ms, doubt = null, fedByAsking } = failSafe;
  const shown_mA = failSafe.current_mA === null ? null : milliamp(Math.max(0, Math.ceil(failSafe.current_mA)));
  const max_mA = station.current_mA_max;
  if (test?.outcome === "kept-last" || test?.outcome === "rose") {
    const rises = test.outcome === "rose";
    return {
      kind: rises ? "unsafe" : "unknown",
      current_mA: rises ? max_mA : station.fallback_mA,
      unattended_mA: max_mA,
      provenBy: null,
      shown_mA,
      timeout_ms,
      after_ms: null,
      doubt: rises ? "seen-rising" : "seen-keeping",
    };
  }
  const shows = kind !== "unknown" && shown_mA !== null;
  const tested = kind === "unknown" && (test?.outcome === "fell-back" || test?.outcome === "witnessed");
  const tested_mA = tested ? Math.max(station.fallback_mA, test.kept_mA ?? 0) : null;
  const unproven_mA = kind === "unsafe" ? max_mA : station.fallback_mA;
  // A car takes no more than the station is wired for, whatever number stands in the box.
  const current_mA = milliamp(Math.min(max_mA, shows ? shown_mA : (tested_mA ?? unproven_mA)));
  // What a test has shown was true when its silence ended, at the latest.
  const falls_ms = tested ? test.silent_ms : kind === "known" ? timeout_ms : null;
  return {
    kind,
    current_mA,
    unattended_mA: current_mA,
    provenBy: shows ? "box" : tested ? "test" : null,
    shown_mA,
    timeout_ms,
    after_ms: falls_ms === null || fedByAsking === true ? null : Math.ceil(falls_ms * perSecond),
    doubt: tested ? null : doubt,
  };
}

/** The part of a station's state that this is about. */
type Falling = {
  readonly station: Station;
  readonly port: StationPort | null;
  readonly serial: string | null;
  readonly fallbackTest: FallbackTest | null;
  fallback: Fallback;
};

/** Asks every port anew what its box would do without us. A silent box is remembered as it last showed itself. */
export function followFallbacks(stations: Iterable<Falling>, clock: Pick<Clock, "real_ms">): void {
  const perSecond = 1_000 / clock.real_ms(1_000);
  for (const state of stations) {
    if (state.port === null) continue;
    const failSafe = state.port.failSafe?.() ?? TOLD_ONLY;
    state.fallback = fallbackOf(state.station, failSafe, perSecond, validTest(state));
  }
}

/** A test tells of the box that was there then. That it does as it is told it tells only of what it had been told then. */
function validTest({ station, serial, fallbackTest }: Falling): FallbackTest | null {
  if (fallbackTest === null) return null;
  const isOther = serial !== null && fallbackTest.serial !== null && fallbackTest.serial !== serial;
  const hasFailed = fallbackTest.outcome === "kept-last" || fallbackTest.outcome === "rose";
  return isOther || (!hasFailed && fallbackTest.promised_mA !== station.fallback_mA) ? null : fallbackTest;
}

/** What a car may have that must do without its meter: no more than was promised, nor than the box itself would keep. */
export const safe_mA = ({ station, fallback }: Pick<Falling, "station" | "fallback">): Milliamp =>
  milliamp(Math.min(station.fallback_mA, fallback.current_mA));
