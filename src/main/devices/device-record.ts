import { epochMs, type EpochMs } from "../../core/units/index.ts";
import { createRing, type Exchange } from "./exchanges.ts";
import type { Clock } from "./ports.ts";
import type { CanonicalValue } from "./profile/index.ts";

// What was said with one device lately. While it runs only bytes are kept; hex, words and values are made of them when
// somebody looks.

/** What a device showed last by one name. */
export type ShownValue = {
  readonly what: string;
  readonly value: CanonicalValue;
  /** Of `value`; `null`: a word, a count or a ratio. */
  readonly unit: string | null;
  /** Words of the wire in hex; `null` where it is no register. */
  readonly raw: string | null;
  readonly at_ms: EpochMs;
};

/** Something said on the wire. */
export type Said = {
  /** Roughly what it takes in memory. */
  readonly bytes: number;
  readonly failed: boolean;
  /** Request and reply as exchanges, oldest first. Called when somebody looks. */
  readonly shown: () => readonly Exchange[];
};

/** For the person who looks for a fault. All lists are oldest first. */
export interface DeviceRecord {
  readonly exchanges: () => readonly Exchange[];
  /** Those with a problem; they are kept longer. */
  readonly errors: () => readonly Exchange[];
  /** What the device showed last by each name. */
  readonly values: () => readonly ShownValue[];
  /** About the last 400 exchanges, so that a good morning does not hide a bad hour. */
  readonly recent: () => { readonly exchanges: number; readonly errors: number };
}

/** Exchanges (request with its reply) kept per device, and half as many bytes of memory as that may take at worst. */
export const EXCHANGES_KEPT_max = 100;
const BYTES_KEPT_max = 256 * 1024;
/** Of those with a problem. */
const ERRORS_KEPT_max = 25;
const RECENT_max = 400;

/**
 * When a request was sent whose answer came at `at_ms` after `took_ms` real milliseconds; never before what was heard at
 * `before_ms`, because a wire carries one exchange at a time.
 */
export const sentAt = (clock: Pick<Clock, "real_ms">, at_ms: EpochMs, took_ms: number, before_ms: number): EpochMs =>
  epochMs(Math.min(at_ms, Math.max(before_ms, Math.floor(at_ms - took_ms / Math.max(clock.real_ms(1), 1e-3)))));

/** A record of one device; `add` costs the same however long it runs. */
export function createDeviceRecord(
  values: () => readonly ShownValue[],
): DeviceRecord & { readonly add: (said: Said) => void } {
  const sizeOf = ({ bytes }: Said): number => bytes;
  const all = createRing<Said>({ max: EXCHANGES_KEPT_max, size_max: BYTES_KEPT_max, sizeOf });
  const failed = createRing<Said>({ max: ERRORS_KEPT_max, size_max: BYTES_KEPT_max / 4, sizeOf });
  let recent = { exchanges: 0, errors: 0 };
  return {
    add(said) {
      all.add(said);
      if (said.failed) failed.add(said);
      const share = recent.exchanges >= RECENT_max ? 0.5 : 1;
      recent = { exchanges: recent.exchanges * share + 1, errors: recent.errors * share + (said.failed ? 1 : 0) };
    },
    exchanges: () => all.list().flatMap((said) => said.shown()),
    errors: () => failed.list().flatMap((said) => said.shown()),
    values,
    recent: () => recent,
  };
}
