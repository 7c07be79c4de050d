import { expect, test } from "vitest";
import { epochMs, milliamp } from "../units/index.ts";
import type { BlackBoxEffect, BlackBoxRow } from "./black-box.ts";
import { emptyBlackBox, observeBlackBox } from "./black-box.ts";

const START = Date.UTC(2026, 5, 10, 6);
const LIMIT = milliamp(63_000);

const row = (second: number, current_mA: number): BlackBoxRow => ({
  at_ms: epochMs(START + second * 1000),
  current_mA: [current_mA, 0, 0],
  limit_mA: [LIMIT, LIMIT, LIMIT],
  otherLoad_mA: [0, 0, 0],
  granted_mA: [0, 0, 0],
  action: "normal",
});

function run(rows: readonly BlackBoxRow[]): readonly BlackBoxEffect[] {
  let state = emptyBlackBox;
  const all: BlackBoxEffect[] = [];
  for (const one of rows) {
    const { state: next, effects } = observeBlackBox(state, one);
    state = next;
    all.push(...effects);
    expect(state.ring.length + (state.running?.rows.length ?? 0)).toBeLessThanOrEqual(120);
  }
  return all;
}

const rowsOf = (effects: readonly BlackBoxEffect[]): readonly BlackBoxRow[] =>
  effects.flatMap((effect) => (effect.do === "close" ? [] : effect.rows));

test("without an overload nothing is written, however long", () => {
  expect(run(Array.from({ length: 1_000 }, (_, second) => row(second, 63_000)))).toEqual([]);
});

test("an overload is kept from a minute before to five after, second by second, with its peak", () => {
  const over = new Map([
    [200, 70_000],
    [201, 90_000],
    [202, 64_000],
  ]);
  const effects = run(Array.from({ length: 900 }, (_, second) => row(second, over.get(second) ?? 50_000)));
  const rows = rowsOf(effects);
  expect(rows.map(({ at_ms }) => at_ms)).toEqual(Array.from({ length: 363 }, (_, i) => START + (140 + i) * 1000));
  expect(effects.at(-1)).toEqual({ do: "close", ended_at_ms: START + 202_000, peak_permille: 1429 });
  expect(effects.filter((effect) => effect.do === "open")).toHaveLength(1);
});

test("another overload in the five minutes after belongs to the same record, one that lasts is cut after an hour", () => {
  const effects = run(Array.from({ length: 5_000 }, (_, second) => row(second, second < 10 ? 50_000 : 70_000)));
  expect(effects.map((effect) => effect.do).filter((what) => what !== "append")).toEqual(["open", "close", "open"]);
  const two = run(Array.from({ length: 900 }, (_, second) => row(second, [100, 300].includes(second) ? 70_000 : 0)));
  expect(two.filter((effect) => effect.do === "open")).toHaveLength(1);
  expect(two.at(-1)).toMatchObject({ do: "close", ended_at_ms: START + 300_000 });
});
