import { expect, test } from "vitest";
import { createClock, createVirtualClock } from "./clock.ts";

test("a clock at speed 60 runs about sixty times as fast as real time", async () => {
  const clock = createClock({ speed: 60, start_ms: 1_000_000 });
  const from = performance.now();
  await clock.sleep(6000);
  const took_ms = performance.now() - from;
  expect(took_ms).toBeGreaterThan(95);
  expect(took_ms).toBeLessThan(1000);
  expect(clock.now_ms()).toBeGreaterThanOrEqual(1_006_000);
  expect(clock.real_ms(6000)).toBe(100);
  clock.close();
});

test("when the process stalls the world stalls with it", () => {
  const clock = createClock({ speed: 10, start_ms: 0 });
  const before = clock.now_ms();
  const until = performance.now() + 300;
  while (performance.now() < until) clock.now_ms();
  expect(clock.now_ms() - before).toBeLessThanOrEqual(1000);
  clock.close();
});

test("time never runs backwards and sleepers wake in the order of their due times", async () => {
  const clock = createClock({ speed: 100, start_ms: 5 });
  const woken: number[] = [];
  const seen: number[] = [];
  const due = [900, 100, 500, 300, 700, 200, 2000, 50];
  await Promise.all(
    due.map(async (duration_ms) => {
      await clock.sleep(duration_ms);
      woken.push(duration_ms);
      seen.push(clock.now_ms());
    }),
  );
  expect(woken).toEqual(due.toSorted((a, b) => a - b));
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  clock.close();
});

test("a sleeper returns at once when its signal aborts, on every kind of clock", async () => {
  for (const clock of [createClock({ speed: 1 }), createClock({ speed: 1, start_ms: 0 }), createVirtualClock()]) {
    const stop = new AbortController();
    const slept = clock.sleep(3_600_000, stop.signal);
    stop.abort();
    await slept;
    await clock.sleep(3_600_000, stop.signal);
  }
});

test("closing a clock releases its sleepers", async () => {
  const wall = createClock({ speed: 1 });
  const scaled = createClock({ speed: 2 });
  const slept = Promise.all([wall.sleep(3_600_000), scaled.sleep(3_600_000)]);
  wall.close();
  scaled.close();
  await slept;
  await scaled.sleep(3_600_000);
});

test("ten thousand aborted sleeps leave the others in order", async () => {
  const clock = createVirtualClock(0);
  const stop = new AbortController();
  const woken: number[] = [];
  const aborted = Array.from({ length: 10_000 }, (_, i) => clock.sleep(1 + (i % 977), stop.signal));
  const kept = [30, 10, 20].map(async (duration_ms) => {
    await clock.sleep(duration_ms);
    woken.push(duration_ms);
  });
  stop.abort();
  await Promise.all(aborted);
  await clock.advance(30);
  await Promise.all(kept);
  expect(woken).toEqual([10, 20, 30]);
});

test("the virtual clock shows each sleeper its own instant, also in loops", async () => {
  const clock = createVirtualClock(1000);
  const seen: number[] = [];
  const loop = (async () => {
    for (let i = 0; i < 4; i += 1) {
      await clock.sleep(250);
      seen.push(clock.now_ms());
    }
  })();
  await clock.advance(1000);
  await loop;
  expect(seen).toEqual([1250, 1500, 1750, 2000]);
  expect(clock.now_ms()).toBe(2000);
});
