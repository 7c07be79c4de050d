import type { EpochMs } from "../../../core/units/index.ts";

/** Meters speak every second; one that was alone for this long (time of the app's clock) is the one that is meant. */
export const ALONE_ms = 2_500;
/** Serial numbers kept for the hint; more meters than this nobody has. */
const SERIALS_MAX = 16;

/** Several meters speak, and the site does not say which is meant. `taken`: the one that was there first, alone. */
export type SeveralMeters = { readonly serials: readonly string[]; readonly taken: string | null };

/** Which of the meters of a group is meant by one that the site gives no serial number. */
export interface NamelessMeter {
  /** A meter speaks; whether it is the one that is meant. */
  heard(serial: string, at_ms: EpochMs): boolean;
  /** `null`: only one speaks. */
  readonly conflict: SeveralMeters | null;
}

/**
 * The meter that is alone, and from then on no other: values of two are never mixed. Where several speak from the
 * beginning it is none of them, for the wrong one would be believed. `named`: those that the site knows as others.
 */
export function createNamelessMeter(named: ReadonlySet<string>): NamelessMeter {
  const serials = new Set<string>();
  let first_ms: number | null = null;
  let taken: string | null = null;
  return {
    heard(serial, at_ms) {
      if (named.has(serial)) return false;
      first_ms ??= at_ms;
      if (serials.size < SERIALS_MAX) serials.add(serial);
      if (taken === null && serials.size === 1 && at_ms - first_ms >= ALONE_ms) taken = serial;
      return taken === serial;
    },
    get conflict() {
      return serials.size > 1 ? { serials: [...serials], taken } : null;
    },
  };
}

/** For the log and the device's page. */
export function severalWords({ serials, taken }: SeveralMeters): string {
  const name = `name one with serial (${serials.join(", ")})`;
  return taken === null ? `several meters speak here: ${name}` : `another meter speaks here beside ${taken}: ${name}`;
}
