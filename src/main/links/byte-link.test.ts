import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createReconnectingLink, RECONNECT_PAUSE_ms, type AttemptEvents } from "./byte-link.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A link whose attempts a test decides. */
function scripted(random?: () => number): {
  link: ReturnType<typeof createReconnectingLink>;
  attempts: AttemptEvents[];
  written: Uint8Array[];
} {
  const attempts: AttemptEvents[] = [];
  const written: Uint8Array[] = [];
  const attempt = (events: AttemptEvents) => {
    attempts.push(events);
    return { write: (bytes: Uint8Array) => written.push(bytes), end: () => Promise.resolve() };
  };
  const link = createReconnectingLink("scripted", attempt, RECONNECT_PAUSE_ms, random);
  return { link, attempts, written };
}

test("attempts follow each other after at most 0.5, 1, 2, 5, 10 and then every 30 s", async () => {
  const { link, attempts } = scripted(() => 0);
  link.open();
  for (const pause_ms of [...RECONNECT_PAUSE_ms, 30_000]) {
    const before = attempts.length;
    attempts.at(-1)?.down("refused");
    await vi.advanceTimersByTimeAsync(pause_ms - 1);
    expect(attempts.length).toBe(before);
    await vi.advanceTimersByTimeAsync(1);
    expect(attempts.length).toBe(before + 1);
  }
});

test("two links that lose their wires together do not try again together", async () => {
  const [early, late] = [scripted(() => 0.999), scripted(() => 0)];
  for (const { link, attempts } of [early, late]) {
    link.open();
    attempts.at(-1)?.down("the switch lost its power");
  }
  await vi.advanceTimersByTimeAsync(399);
  expect([early.attempts.length, late.attempts.length]).toEqual([1, 1]);
  await vi.advanceTimersByTimeAsync(1);
  expect([early.attempts.length, late.attempts.length]).toEqual([2, 1]);
  await vi.advanceTimersByTimeAsync(100);
  expect(late.attempts.length).toBe(2);
});

test("success starts the pauses from the shortest again", async () => {
  const { link, attempts } = scripted();
  link.open();
  attempts.at(-1)?.down("refused");
  await vi.advanceTimersByTimeAsync(500);
  attempts.at(-1)?.up();
  attempts.at(-1)?.down("reset");
  await vi.advanceTimersByTimeAsync(500);
  expect(attempts).toHaveLength(3);
});

test("a peer that takes our connection and ends it again and again is not hammered, until it has said something", async () => {
  const { link, attempts } = scripted(() => 0);
  link.open();
  for (const pause_ms of RECONNECT_PAUSE_ms) {
    const before = attempts.length;
    attempts.at(-1)?.up();
    attempts.at(-1)?.down("reset by peer");
    await vi.advanceTimersByTimeAsync(pause_ms - 1);
    expect(attempts.length).toBe(before);
    await vi.advanceTimersByTimeAsync(1);
    expect(attempts.length).toBe(before + 1);
  }
  attempts.at(-1)?.up();
  attempts.at(-1)?.data(Uint8Array.of(1));
  const before = attempts.length;
  attempts.at(-1)?.down("reset by peer");
  await vi.advanceTimersByTimeAsync(500);
  expect(attempts.length).toBe(before + 1);
});

test("a loss reported twice counts once, and bytes of an old connection are dropped", async () => {
  const { link, attempts } = scripted();
  const heard: number[] = [];
  link.onData((bytes) => heard.push(bytes.length));
  link.open();
  const [first] = attempts;
  first?.up();
  first?.data(new Uint8Array(1));
  first?.down("closed");
  first?.down("closed again");
  await vi.advanceTimersByTimeAsync(500);
  first?.data(new Uint8Array(2));
  expect(attempts).toHaveLength(2);
  expect(heard).toEqual([1]);
});

test("nothing is written while the link is not up, and nothing is tried after closing", async () => {
  const { link, attempts, written } = scripted();
  link.open();
  expect(link.write(new Uint8Array(1))).toBe(false);
  attempts[0]?.up();
  expect(link.write(new Uint8Array(1))).toBe(true);
  await link.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(attempts).toHaveLength(1);
  expect(written).toHaveLength(1);
  expect(link.state.kind).toBe("down");
});
