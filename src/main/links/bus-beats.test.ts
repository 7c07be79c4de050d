import { describe, expect, test } from "vitest";
import { createBeatBook, PROBE_ms_min } from "./bus-beats.ts";

const HELD_max = 5_000;
const book = (gone: readonly number[] = []): ReturnType<typeof createBeatBook> =>
  createBeatBook((unitId) => gone.includes(unitId), HELD_max);
const probe = { timeout_ms: 2_000, held_ms: 0 };

describe("who is silent", () => {
  test("is waited for as long as its time-out says where nobody needs a sign of life", () => {
    expect(book().mayProbe(probe, 0)).toBe(true);
    expect(book().patience_ms(2_000, 0, 0)).toBe(2_000);
  });

  test("is asked right after a sign of life, and not waited for beyond the next", () => {
    const beats = book();
    beats.expect(1, 2_000, 10_000);
    expect(beats.mayProbe(probe, 10_100)).toBe(true);
    expect(beats.patience_ms(2_000, 0, 10_100)).toBe(1_800);
    expect(beats.mayProbe(probe, 11_500)).toBe(false);
    beats.expect(1, 2_000, 11_600);
    expect(beats.mayProbe(probe, 11_650)).toBe(true);
  });

  test("is asked in the time that is left where many need one, and then only shortly", () => {
    const beats = book();
    for (const [unitId, at_ms] of [0, 500, 1_000, 1_500].entries()) beats.expect(unitId, 2_000, at_ms);
    expect(beats.mayProbe(probe, 1_500)).toBe(false);
    expect(beats.mayProbe({ ...probe, held_ms: 2_100 }, 1_500)).toBe(true);
    expect(beats.patience_ms(2_000, 0, 1_500)).toBe(400);
  });

  test("is not forgotten where there is never room, and listened for as briefly as in a scan", () => {
    const beats = book();
    beats.expect(1, 200, 0);
    expect(beats.mayProbe({ ...probe, held_ms: HELD_max }, 90)).toBe(false);
    expect(beats.mayProbe({ ...probe, held_ms: HELD_max + 1 }, 90)).toBe(true);
    expect(beats.patience_ms(2_000, 0, 90)).toBe(PROBE_ms_min);
  });

  test("is given what it was seen to need", () => {
    const beats = book();
    beats.expect(1, 1_000, 0);
    expect(beats.patience_ms(2_000, 700, 500)).toBe(700);
  });

  test("is not held back by a box that is gone itself, or has long ceased to need a sign of life", () => {
    const gone = book([1]);
    gone.expect(1, 2_000, 0);
    expect(gone.patience_ms(2_000, 0, 1_900)).toBe(2_000);
    const ceased = book();
    ceased.expect(1, 2_000, 0);
    expect(ceased.patience_ms(2_000, 0, 2_500)).toBe(PROBE_ms_min);
    expect(ceased.patience_ms(2_000, 0, 8_001)).toBe(2_000);
  });
});
