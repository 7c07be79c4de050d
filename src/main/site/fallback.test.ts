import { expect, test } from "vitest";
import type { Station } from "../../core/site/index.ts";
import { epochMs, milliamp, millisecond } from "../../core/units/index.ts";
import type { StationPort } from "../devices/ports.ts";
import type { FallbackTest } from "../storage/commissioning-types.ts";
import type { Fallback } from "./fallback.ts";
import { fallbackOf, followFallbacks, promised } from "./fallback.ts";

const station = { fallback_mA: milliamp(8_000), current_mA_max: milliamp(32_000) };
const whole: Station = {
  id: "P01",
  name: "Bay 1",
  circuitId: "main",
  phaseCount: 3,
  rotation: "L1L2L3",
  current_mA_min: milliamp(6_000),
  step_mA: milliamp(100),
  priority: 1,
  connection: { kind: "ocpp", identity: "P01", connectorId: 1 },
  ...station,
};
const refused = { ok: false, code: "offline", retry: true, detail: "" } as const;
const silentPort: StationPort = {
  stationId: "P01",
  reportsTransactions: true,
  setLimit: () => Promise.resolve(refused),
  start: () => Promise.resolve(refused),
  stop: () => Promise.resolve(refused),
  unlock: () => Promise.resolve(refused),
  reset: () => Promise.resolve(refused),
};

test("a value that was read back counts, also when it is lower than promised", () => {
  expect(fallbackOf(station, { kind: "known", current_mA: 6_000, timeout_ms: 60_000 }, 1)).toMatchObject({
    current_mA: 6_000,
    provenBy: "box",
    after_ms: 60_000,
  });
});

test("a box that shows more than promised counts with what it shows, and never lowers its reserve by silence", () => {
  const box = { kind: "unsafe", current_mA: 16_000, timeout_ms: 60_000, doubt: "more-than-promised" } as const;
  expect(fallbackOf(station, box, 1)).toMatchObject({ current_mA: 16_000, provenBy: "box", after_ms: null });
  expect(fallbackOf(station, { ...box, current_mA: 63_000 }, 1).current_mA).toBe(32_000);
});

test("a box that goes up by an amount nobody knows counts with its maximum", () => {
  const box = { kind: "unsafe", current_mA: null, timeout_ms: 600_000, doubt: "expires-up" } as const;
  expect(fallbackOf(station, box, 1)).toMatchObject({ current_mA: 32_000, provenBy: null, after_ms: null });
});

test("where nothing is known the promise of the site file stands, not proven", () => {
  const box = { kind: "unknown", current_mA: 6_000, timeout_ms: null, doubt: "switched-off" } as const;
  expect(fallbackOf(station, box, 1)).toMatchObject({ current_mA: 8_000, provenBy: null, after_ms: null });
});

test("boxes count real time: on a clock twenty times as fast the same wait is twenty times as long", () => {
  expect(fallbackOf(station, { kind: "known", current_mA: 6_000, timeout_ms: 30_000 }, 20).after_ms).toBe(600_000);
});

test("a box that our asking keeps awake may go on with its last limit for ever, though it falls back when we are gone", () => {
  const box = { kind: "known", current_mA: 6_000, timeout_ms: 15_000, fedByAsking: true } as const;
  expect(fallbackOf(station, box, 1)).toMatchObject({ current_mA: 6_000, provenBy: "box", after_ms: null });
});

const told = { kind: "unknown", current_mA: null, timeout_ms: null, doubt: "told-only" } as const;
const fell = { outcome: "fell-back", kept_mA: milliamp(7_900), silent_ms: millisecond(360_000) } as const;

test("a box that was cut off once and fell back is believed, from the end of that silence on", () => {
  expect(fallbackOf(station, told, 20, fell)).toMatchObject({
    current_mA: 8_000,
    unattended_mA: 8_000,
    provenBy: "test",
    after_ms: 7_200_000,
    doubt: null,
  });
  expect(fallbackOf(station, told, 1, { ...fell, kept_mA: milliamp(8_600) }).current_mA).toBe(8_600);
});

test("what a person saw is believed, but nobody knows how long it takes", () => {
  const seen = { outcome: "witnessed", kept_mA: milliamp(8_000), silent_ms: null } as const;
  expect(fallbackOf(station, told, 1, seen)).toMatchObject({ provenBy: "test", after_ms: null });
});

test("a box that went on with its last limit when it was cut off is not believed, whatever it shows", () => {
  const shows = { kind: "known", current_mA: 8_000, timeout_ms: 60_000 } as const;
  expect(fallbackOf(station, shows, 1, { ...fell, outcome: "kept-last" })).toMatchObject({
    current_mA: 8_000,
    unattended_mA: 32_000,
    provenBy: null,
    after_ms: null,
    doubt: "seen-keeping",
  });
  expect(fallbackOf(station, shows, 1, { ...fell, outcome: "rose" })).toMatchObject({
    kind: "unsafe",
    current_mA: 32_000,
    doubt: "seen-rising",
  });
});

test("a box that goes up by itself stays unsafe though it was once seen to fall back: its time may be longer", () => {
  const box = { kind: "unsafe", current_mA: null, timeout_ms: 600_000, doubt: "expires-up" } as const;
  expect(fallbackOf(station, box, 1, fell)).toMatchObject({ kind: "unsafe", current_mA: 32_000, provenBy: null });
});

test("a test that told nothing changes nothing", () => {
  const nothing = { outcome: "not-told", kept_mA: null, silent_ms: millisecond(300_000) } as const;
  expect(fallbackOf(station, told, 1, nothing)).toEqual(fallbackOf(station, told, 1));
});

const aTest: FallbackTest = {
  stationId: "P01",
  at_ms: epochMs(0),
  author: "technician",
  before_mA: milliamp(16_000),
  promised_mA: milliamp(8_000),
  serial: "A1",
  firmware: null,
  ...fell,
};

/** What is counted with where this was the last test, of the box that is there now. */
function followed(fallbackTest: FallbackTest, serial: string | null, promised_mA: number): Fallback {
  const port = { ...silentPort, failSafe: () => told };
  const now = { ...whole, fallback_mA: milliamp(promised_mA) };
  const state = { station: now, port, serial, fallbackTest, fallback: promised(now) };
  followFallbacks([state], { real_ms: (of_ms) => of_ms });
  return state.fallback;
}

test("a box that was seen not to fall back is not believed for being promised another current, but another box is", () => {
  const seen = { ...aTest, outcome: "kept-last", kept_mA: milliamp(15_900) } as const;
  const counted = (serial: string, promised_mA: number): unknown => followed(seen, serial, promised_mA).unattended_mA;
  expect(counted("A1", 8_000)).toBe(32_000);
  expect(counted("A1", 6_000)).toBe(32_000);
  expect(counted("B2", 6_000)).toBe(6_000);
});

test("a test of another box, or of another promise, counts no more", () => {
  const provenBy = (serial: string | null, promised_mA: number): unknown =>
    followed(aTest, serial, promised_mA).provenBy;
  expect(provenBy("A1", 8_000)).toBe("test");
  expect(provenBy(null, 8_000)).toBe("test");
  expect(provenBy("B2", 8_000)).toBeNull();
  expect(provenBy("A1", 6_000)).toBeNull();
});
