import type { WireProblem } from "../../contract/index.ts";
import { assert, type EpochMs } from "../../core/units/index.ts";

// What was said on a wire lately, for the person who looks for a fault: one record for registers, JSON and frames alike.

/** One request, reply or message as it went over the wire. */
export type Exchange = {
  readonly at_ms: EpochMs;
  /** Seen from us. */
  readonly direction: "out" | "in";
  /** In a line: "FC3 unit 1 address 257 x 4" or "CALL SetChargingProfile". */
  readonly summary: string;
  /** Hex digits or JSON, cut at `RAW_CHARS_MAX`. */
  readonly raw: string;
  readonly decoded: readonly { readonly name: string; readonly value: string }[];
  /** What was wrong with it; `null`: nothing. */
  readonly problem: string | null;
  /** What kind of problem, where it is the wire's and not one that the device tells in its own words. */
  readonly code?: WireProblem;
  /** Real milliseconds from the request to its reply; `null`: this is no reply. */
  readonly took_ms: number | null;
};

/** The last exchanges of one device, bounded in count and size. */
export interface ExchangeLog {
  /** Takes the place of the oldest where the log is full. */
  add(exchange: Exchange): void;
  /** Oldest first. */
  list(): readonly Exchange[];
  /** Those with a problem, oldest first. They are kept longer: what goes well does not push them out. */
  errors(): readonly Exchange[];
}

/** An exchange keeps this much of its raw text. */
export const RAW_CHARS_MAX = 4096;
const SUMMARY_CHARS_MAX = 200;
const PROBLEM_CHARS_MAX = 500;
const DECODED_MAX = 64;
const DECODED_CHARS_MAX = 200;
/** Characters all exchanges of a log may have together; older ones go first. */
const LOG_CHARS_MAX = 256 * 1024;
/** Of `max` exchanges, this part are kept of those with a problem. */
const ERRORS_SHARE = 4;

/** A log of at most `max` exchanges (and a quarter of it more with problems). `add` takes the same time however full it is. */
export function createExchangeLog(max: number): ExchangeLog {
  assert(Number.isSafeInteger(max) && max > 0, "a log has room for at least one exchange");
  const all = createRing({ max, size_max: LOG_CHARS_MAX, sizeOf });
  const errors = createRing({
    max: Math.ceil(max / ERRORS_SHARE),
    size_max: LOG_CHARS_MAX / ERRORS_SHARE,
    sizeOf,
  });
  return {
    add(exchange) {
      const kept = cut(exchange);
      all.add(kept);
      if (kept.problem !== null) errors.add(kept);
    },
    list: all.list,
    errors: errors.list,
  };
}

export type Ring<T> = { readonly add: (item: T) => void; readonly list: () => readonly T[] };

/** The last items, at most `max` and together at most `size_max`, but always one; `list` gives the oldest first. */
export function createRing<T extends object>(bounds: {
  readonly max: number;
  readonly size_max: number;
  readonly sizeOf: (item: T) => number;
}): Ring<T> {
  const { max, size_max, sizeOf } = bounds;
  const slots: (T | null)[] = [];
  let first = 0;
  let count = 0;
  let size = 0;
  const dropOldest = (): void => {
    const oldest = slots[first] ?? null;
    size -= oldest === null ? 0 : sizeOf(oldest);
    slots[first] = null;
    first = (first + 1) % max;
    count -= 1;
  };
  return {
    add(item) {
      if (count === max) dropOldest();
      slots[(first + count) % max] = item;
      count += 1;
      size += sizeOf(item);
      // Each item is dropped once only, so this costs no more than adding it did.
      while (size > size_max && count > 1) dropOldest();
    },
    list: () => [...slots.slice(first), ...slots.slice(0, first)].filter((one) => one !== null).slice(0, count),
  };
}

const sizeOf = ({ raw, summary, problem, decoded }: Exchange): number =>
  raw.length +
  summary.length +
  (problem?.length ?? 0) +
  decoded.reduce((sum, { name, value }) => sum + name.length + value.length, 0);

function cut(exchange: Exchange): Exchange {
  const { summary, raw, decoded, problem } = exchange;
  return {
    ...exchange,
    summary: summary.slice(0, SUMMARY_CHARS_MAX),
    // Through bytes, because a slice alone would keep the whole text in memory.
    raw: raw.length > RAW_CHARS_MAX ? `${Buffer.from(raw.slice(0, RAW_CHARS_MAX - 1)).toString()}…` : raw,
    decoded: decoded.slice(0, DECODED_MAX).map(({ name, value }) => ({
      name: name.slice(0, DECODED_CHARS_MAX),
      value: value.slice(0, DECODED_CHARS_MAX),
    })),
    problem: problem === null ? null : problem.slice(0, PROBLEM_CHARS_MAX),
  };
}
