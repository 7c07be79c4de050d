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
  const all = createRing(max, LOG_CHARS_MAX);
  const errors = createRing(Math.ceil(max / ERRORS_SHARE), LOG_CHARS_MAX / ERRORS_SHARE);
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

type Ring = { readonly add: (exchange: Exchange) => void; readonly list: () => readonly Exchange[] };

function createRing(max: number, chars_max: number): Ring {
  const slots: (Exchange | null)[] = [];
  let first = 0;
  let count = 0;
  let chars = 0;
  const dropOldest = (): void => {
    chars -= sizeOf(slots[first]);
    slots[first] = null;
    first = (first + 1) % max;
    count -= 1;
  };
  return {
    add(exchange) {
      if (count === max) dropOldest();
      slots[(first + count) % max] = exchange;
      count += 1;
      chars += sizeOf(exchange);
      // Each exchange is dropped once only, so this costs no more than adding it did.
      while (chars > chars_max && count > 1) dropOldest();
    },
    list: () => [...slots.slice(first), ...slots.slice(0, first)].filter((one) => one !== null).slice(0, count),
  };
}

const sizeOf = (exchange: Exchange | null | undefined): number =>
  exchange === null || exchange === undefined
    ? 0
    : exchange.raw.length +
      exchange.summary.length +
      (exchange.problem?.length ?? 0) +
      exchange.decoded.reduce((sum, { name, value }) => sum + name.length + value.length, 0);

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
