import { describe, expect, test } from "vitest";
import { epochMs } from "../../core/units/index.ts";
import { createExchangeLog, RAW_CHARS_MAX, type Exchange } from "./exchanges.ts";

const exchange = (n: number, over: Partial<Exchange> = {}): Exchange => ({
  at_ms: epochMs(n),
  direction: "out",
  summary: `CALL ${String(n)}`,
  raw: "{}",
  decoded: [],
  problem: null,
  took_ms: null,
  ...over,
});
const times = (exchanges: readonly Exchange[]): readonly number[] => exchanges.map(({ at_ms }) => at_ms);

describe("a log of exchanges", () => {
  test("holds the newest, oldest first", () => {
    const log = createExchangeLog(3);
    expect(log.list()).toEqual([]);
    for (const n of [1, 2]) log.add(exchange(n));
    expect(times(log.list())).toEqual([1, 2]);
    for (const n of [3, 4, 5, 6, 7]) log.add(exchange(n));
    expect(times(log.list())).toEqual([5, 6, 7]);
  });

  test("keeps what went wrong when much went well since", () => {
    const log = createExchangeLog(8);
    log.add(exchange(1, { problem: "no answer" }));
    for (let n = 2; n < 50; n += 1) log.add(exchange(n));
    expect(times(log.list())).not.toContain(1);
    expect(times(log.errors())).toEqual([1]);
    for (const n of [50, 51, 52]) log.add(exchange(n, { problem: "bad CRC" }));
    expect(times(log.errors())).toEqual([51, 52]);
  });

  test("cuts a long text and gives up older ones before it grows beyond its size", () => {
    const log = createExchangeLog(1000);
    for (let n = 0; n < 1000; n += 1) log.add(exchange(n, { raw: "x".repeat(100_000) }));
    const kept = log.list();
    expect(kept.at(-1)?.raw).toHaveLength(RAW_CHARS_MAX);
    expect(kept.reduce((sum, { raw }) => sum + raw.length, 0)).toBeLessThanOrEqual(256 * 1024);
    expect(times(kept)).toEqual(Array.from(kept, (_, i) => 1000 - kept.length + i));
  });

  test("takes a device that says far too much with each of its words cut", () => {
    const log = createExchangeLog(2);
    const word = "y".repeat(5000);
    log.add(
      exchange(1, {
        summary: word,
        problem: word,
        decoded: Array.from({ length: 500 }, () => ({ name: word, value: word })),
      }),
    );
    const [kept] = log.list();
    expect(kept?.summary.length).toBeLessThanOrEqual(200);
    expect(kept?.problem?.length).toBeLessThanOrEqual(500);
    expect(kept?.decoded.length).toBeLessThanOrEqual(64);
  });

  test("has room for at least one", () => {
    expect(() => createExchangeLog(0)).toThrow();
  });
});
