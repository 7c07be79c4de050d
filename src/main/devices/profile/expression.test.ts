import { describe, expect, test } from "vitest";
import { holds, parseExpression, type Operand } from "./expression.ts";

const value = (source: string, names: Readonly<Record<string, Operand>> = {}): Operand => {
  const parsed = parseExpression(source);
  if (!parsed.ok) throw new Error(parsed.expected);
  return parsed.expression.value((name) => names[name] ?? null);
};

describe("an expression of a document", () => {
  test("reckons with the usual precedence", () => {
    expect(value("1 + 2 * 3 - 4 / 2")).toBe(5);
    expect(value("(1 + 2) * 3")).toBe(9);
    expect(value("import - export", { import: 700, export: 100 })).toBe(600);
  });

  test("compares versions part by part, and numbers as numbers", () => {
    expect(value("firmware >= 5.9", { firmware: "5.22" })).toBe(true);
    expect(value("firmware >= 55.6", { firmware: "V55.5-rc1" })).toBe(false);
    expect(value("firmware >= 3.156", { firmware: "3.156.0" })).toBe(true);
    expect(value("firmware >= 0x5200", { firmware: 0x5201 })).toBe(true);
    expect(value("firmware < 10201", { firmware: 10_200 })).toBe(true);
  });

  test("chooses by bits", () => {
    const source = 'bit(word, 1) ? "charging" : bit(word, 0) ? "connected" : "none"';
    expect([0, 1, 2, 3].map((word) => value(source, { word }))).toEqual(["none", "connected", "charging", "charging"]);
  });

  test("looks things up in a list", () => {
    expect(value('model in ["4You", "4Business"]', { model: "4You" })).toBe(true);
    expect(value('model in ["4You", "4Business"]', { model: "Charge Control" })).toBe(false);
  });

  test("what is unknown stays unknown, unless the rest decides", () => {
    expect(value("a + b", { a: 1 })).toBeNull();
    expect(value("a > 1 and b > 1", { b: 0 })).toBe(false);
    expect(value("a > 1 or b > 1", { b: 2 })).toBe(true);
    expect(value("not a")).toBeNull();
    expect(holds("firmware >= 1", () => null)).toBe(false);
    expect(holds(undefined, () => null)).toBe(true);
  });

  test.each(["1 +", "firmware >= ", "bit(word)", "a b", "a ? b", "§", '"open', "1".repeat(301)])(
    "%s is refused",
    (source) => {
      expect(parseExpression(source)).toMatchObject({ ok: false });
    },
  );
});
