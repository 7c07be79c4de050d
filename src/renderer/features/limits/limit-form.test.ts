import { describe, expect, test } from "vitest";
import type { LimitSetting, LimitSettings } from "../../../contract/index.ts";
import {
  limitForm,
  limitFormMistakes,
  milli,
  minuteOf,
  newLimitForm,
  pricingForm,
  pricingFormMistakes,
  pricingOf,
  settingOf,
  timeText,
} from "./limit-form.ts";

const SETTINGS: LimitSettings = {
  limits: [],
  circuits: [
    {
      circuitId: "main",
      name: "Main",
      parentId: null,
      fuse_mA: [63_000, 63_000, 63_000],
      fuse_W: 43_470,
      protection: "gg",
      limit_W: null,
    },
  ],
  links: [],
  pricing: { prices: null, feedIn_micro_per_kWh: null, peak: null, quarterLimit_W: null },
  priceFile: { found: false },
  silentAfter_ms: 120_000,
};
const NONE = { limit_mA: null, limit_W: null };

describe("times of day", () => {
  test.each([
    ["17:00", 1_020],
    ["7.30", 450],
    ["0:00", 0],
    ["24:00", 1_440],
    ["1745", 1_065],
    [" 6 ", 360],
  ])("%s is read", (text, minute) => {
    expect(minuteOf(text)).toBe(minute);
  });

  test.each(["", "25:00", "24:01", "17:60", "five", "17:0", "-1:00", "17:00:00"])("%j is no time", (text) => {
    expect(minuteOf(text)).toBeNull();
  });

  test("what is read is written the same way", () => {
    for (const text of ["00:00", "09:05", "24:00"]) expect(timeText(minuteOf(text) ?? -1)).toBe(text);
  });
});

test("nothing typed is no number, and half an ampere is five hundred milliamperes", () => {
  expect([milli(""), milli("-"), milli(0), milli("0.5"), milli(22)]).toEqual([null, null, 0, 500, 22_000]);
});

test("a new limit is a window on the main fuse without a limit yet", () => {
  const setting = settingOf(newLimitForm(SETTINGS), null);
  expect(setting).toMatchObject({ circuitId: "main", limit: NONE, failSafe: NONE, debounce_ms: 0, minimum_ms: 0 });
  expect(setting.source).toEqual({
    kind: "window",
    windows: [{ days: ["mon", "tue", "wed", "thu", "fri"], from_min: 1_020, to_min: 1_200 }],
  });
});

test("what is opened and saved unchanged stays as it is", () => {
  const common = { name: "One", circuitId: "main", minimum_ms: 60_000, counts: "cars", rule: "dim-14a" } as const;
  const limit = { limit_mA: null, limit_W: 4_200 };
  const wire = { linkId: "l1" };
  const contact: LimitSetting = {
    ...common,
    limit,
    failSafe: { limit_mA: 6_000, limit_W: null },
    debounce_ms: 2_000,
    source: { kind: "digital-input", wire, unitId: 3, address: 7, table: "coil", activeLow: true },
  };
  const register: LimitSetting = {
    ...common,
    limit,
    failSafe: limit,
    debounce_ms: 0,
    source: {
      kind: "register",
      wire,
      unitId: 1,
      address: 10,
      table: "input",
      type: "uint32",
      scale: 0.1,
      unit: "A",
      none: 65_535,
    },
  };
  // The form of a window asks for none of what a site file can tell besides.
  const window: LimitSetting = {
    ...common,
    limit,
    failSafe: NONE,
    debounce_ms: 1_000,
    minimum_ms: 900_000,
    source: { kind: "window", windows: [{ days: ["sat"], from_min: 0, to_min: 1_440 }] },
  };
  for (const setting of [contact, register, window]) expect(settingOf(limitForm(setting), setting)).toEqual(setting);
});

test("a part of a minute is whole seconds, which is what a site can be told", () => {
  const form = { ...newLimitForm(SETTINGS), kind: "http", minimum_min: 0.333 } as const;
  expect(settingOf(form, null).minimum_ms).toBe(20_000);
});

test("a time that cannot be read is told at its field", () => {
  const form = newLimitForm(SETTINGS);
  const windows = [...form.windows, { days: [], from: "x", to: "12:00" }];
  expect(limitFormMistakes({ ...form, windows })).toEqual([{ field: "windows.1.from", code: "bad-time" }]);
  expect(limitFormMistakes({ ...form, kind: "http", windows })).toEqual([]);
});

describe("prices", () => {
  const empty = pricingForm(SETTINGS.pricing);

  test("nothing typed plans for nothing", () => {
    expect(pricingOf(empty)).toEqual(SETTINGS.pricing);
    expect(pricingFormMistakes(empty)).toEqual([]);
  });

  test("hours need a price for all other hours, and each its own", () => {
    const hours = [{ days: ["sun" as const], from: "22:00", to: "six", price: "" }];
    expect(pricingFormMistakes({ ...empty, hours, floor_kW: 5 })).toEqual([
      { field: "hours.0.to", code: "bad-time" },
      { field: "otherwise", code: "missing" },
      { field: "peak", code: "missing" },
      { field: "hours.0.price", code: "missing" },
    ]);
  });

  test("prices are exact to a millionth", () => {
    const form = { ...empty, otherwise: "0.287543", peak: 12.5, floor_kW: 2.5, quarter_kW: 40 };
    expect(pricingOf(form)).toEqual({
      prices: { otherwise_micro_per_kWh: 287_543, hours: [] },
      feedIn_micro_per_kWh: null,
      peak: { price_micro_per_kW: 12_500_000, floor_W: 2_500 },
      quarterLimit_W: 40_000,
    });
  });
});
