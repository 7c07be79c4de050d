import { expect, test } from "vitest";
import { milliamp, millisecond } from "../units/index.ts";
import { noOverdraw, observeOverdraw } from "./overdraw.ts";

const reading = (drawn: number, offered: number, told = 30_000) => ({
  told_ms: millisecond(told),
  drawn_mA: milliamp(drawn),
  offered_mA: milliamp(offered),
});

test("a car a little above its setpoint is known by how much, and is no box that ignores limits", () => {
  expect(observeOverdraw(noOverdraw, reading(17_200, 16_000))).toEqual({
    over_mA: 1_200,
    over_permille: 75,
    ignores: false,
    anyway_mA: null,
  });
  expect(observeOverdraw(noOverdraw, reading(16_400, 16_000))).toEqual(noOverdraw);
});

test("what a car takes above its setpoint is remembered while it draws less, so that it is there when it is raised", () => {
  const zoe = observeOverdraw(noOverdraw, reading(17_200, 16_000));
  expect(observeOverdraw(zoe, reading(6_400, 6_000))).toMatchObject({ over_mA: 0, over_permille: 75, ignores: false });
});

test("a box that goes on as before ignores its limit, but only once it has had its time", () => {
  expect(observeOverdraw(noOverdraw, reading(16_000, 8_000, 12_000)).ignores).toBe(false);
  expect(observeOverdraw(noOverdraw, reading(16_000, 8_000))).toMatchObject({ ignores: true, over_permille: 0 });
});

test("a car that takes the same whatever it is told is remembered through a pause, until it charges with less", () => {
  const started = observeOverdraw(noOverdraw, { ...reading(30_000, 6_000, 12_000), proven: true });
  expect(started.anyway_mA).toBe(30_000);
  const paused = observeOverdraw(started, { ...reading(0, 0), proven: true });
  expect(paused).toMatchObject({ over_mA: 0, anyway_mA: 30_000 });
  expect(observeOverdraw(paused, { ...reading(30_000, 30_000), proven: true }).anyway_mA).toBe(30_000);
  expect(observeOverdraw(paused, { ...reading(6_200, 6_000), proven: true }).anyway_mA).toBeNull();
});

test("a car that may still be following an earlier setpoint is not taken for one that follows none", () => {
  expect(observeOverdraw(noOverdraw, { ...reading(16_000, 6_000, 12_000), proven: false }).anyway_mA).toBeNull();
});

test("a box that ignored its limit is believed again when it follows, not when the limit comes close", () => {
  const deaf = observeOverdraw(noOverdraw, reading(16_000, 8_000));
  expect(observeOverdraw(deaf, reading(16_000, 15_000)).ignores).toBe(true);
  expect(observeOverdraw(deaf, reading(6_000, 6_000)).ignores).toBe(false);
});
