import { describe, expect, test } from "vitest";
import { createFormat, UNKNOWN } from "./format.ts";

const german = createFormat({ locale: "de", timezone: "Europe/Berlin", currency: "EUR" });
const english = createFormat({ locale: "en", timezone: "Europe/Berlin", currency: "EUR" });
const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/gu, " ");

test("an unknown quantity is a dash and never a zero", () => {
  const { energy, current, power, money, duration, age, time, dateTime, price, percent, month, voltage } = english;
  for (const format of [energy, current, power, money, duration, age, time, dateTime, percent, voltage]) {
    expect(format(null)).toBe(UNKNOWN);
    expect(format(undefined)).toBe(UNKNOWN);
    expect(format(Number.NaN)).toBe(UNKNOWN);
  }
  expect(price("about 3")).toBe(UNKNOWN);
  expect(month("2026-1")).toBe(UNKNOWN);
});

test("quantities carry their unit and the language's decimal mark", () => {
  expect(plain(english.energy(14_240))).toBe("14.2 kWh");
  expect(plain(german.energy(14_240, 2))).toBe("14,24 kWh");
  expect(plain(english.current(16_000))).toBe("16 A");
  expect(plain(german.current(7_300, 1))).toBe("7,3 A");
  expect(plain(english.exactCurrent(7_500))).toBe("7.5 A");
  expect(plain(english.exactCurrent(7_000))).toBe("7 A");
  expect(english.exactCurrent(null)).toBe(UNKNOWN);
  expect([43_470, 4_200, 22_000, 4_999, 0].map((limit_W) => plain(english.exactPower(limit_W)))).toEqual([
    "43.47 kW",
    "4.2 kW",
    "22 kW",
    "4.999 kW",
    "0 kW",
  ]);
  expect(english.exactPower(null)).toBe(UNKNOWN);
  expect(plain(english.power(11_040))).toBe("11.0 kW");
  expect(plain(english.voltage(230_400))).toBe("230 V");
});

test("a tiny negative value is shown as 0 and not as minus 0", () => {
  expect(english.currentValue(-200)).toBe("0");
});

describe("money", () => {
  test("comes from whole minor units with the currency's own places", () => {
    expect(plain(german.money(123_456))).toBe("1.234,56 €");
    expect(plain(english.money(1_234, "JPY"))).toBe("¥1,234");
    expect(plain(english.money(1_234, "KWD"))).toContain("1.234");
  });

  test("a price keeps every decimal it has", () => {
    expect(plain(german.price("0.4998"))).toBe("0,4998 €");
    expect(plain(german.price("0.5"))).toBe("0,50 €");
  });
});

describe("time", () => {
  const winter_ms = Date.UTC(2026, 10, 22, 13, 7, 5);

  test("is told in the site's zone whatever the viewer's is", () => {
    expect(german.time(winter_ms)).toBe("14:07");
    expect(german.timeSeconds(winter_ms)).toBe("14:07:05");
    expect(plain(german.dateTime(winter_ms))).toBe("22.11.2026, 14:07");
    expect(english.date(winter_ms)).toBe("22 Nov 2026");
    expect(german.month("2026-11")).toBe("November 2026");
  });

  test("names the zone only when the viewer sits in another one", () => {
    expect(german.zoneHint("Europe/Berlin")).toBe("");
    expect(german.zoneHint("America/New_York")).not.toBe("");
  });

  test("a duration is hours and minutes, rounded down, with days in front when there are any", () => {
    expect(english.duration(77 * 60_000 + 59_000)).toBe("1:17");
    expect(english.duration(0)).toBe("0:00");
    expect(english.duration((51 * 60 + 5) * 60_000)).toBe("2 d 3:05");
    expect(english.duration(-5)).toBe("0:00");
  });

  test("an age uses the largest unit that still says enough", () => {
    expect(plain(english.age(43_900))).toBe("43 sec");
    expect(plain(english.age(5 * 60_000))).toBe("5 min");
    expect(plain(english.age(3 * 3_600_000))).toBe("3 hr");
    expect(plain(english.age(72 * 3_600_000))).toBe("3 days");
  });
});

test("percentages come from hundredths of a per cent", () => {
  expect(plain(german.percent(1900))).toBe("19 %");
  expect(plain(english.percent(770))).toBe("7.7%");
});
