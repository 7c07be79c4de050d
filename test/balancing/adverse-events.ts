import fc from "fast-check";

// What can happen to the site of `adverse-world.ts`.

export type Event =
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "targets"; readonly targets: readonly number[] }
  | { readonly do: "deliver"; readonly box: number; readonly reply: "now" | "late" | "lost"; readonly twice: boolean }
  | { readonly do: "reply"; readonly box: number }
  | { readonly do: "lose"; readonly box: number }
  | { readonly do: "reading"; readonly box: number; readonly permille: number }
  | { readonly do: "plug"; readonly box: number }
  | { readonly do: "reboot"; readonly box: number; readonly to: "last" | "safe" | "max"; readonly told: boolean }
  | { readonly do: "told"; readonly box: number }
  | { readonly do: "cut"; readonly box: number; readonly falls: boolean }
  | { readonly do: "back"; readonly box: number }
  | { readonly do: "sample" }
  | { readonly do: "base"; readonly current_mA: number }
  | { readonly do: "limit"; readonly circuit: number; readonly current_mA: number }
  | { readonly do: "jump"; readonly ms: number };

const box = fc.nat({ max: 3 });
const current = fc.constantFrom(0, 6_000, 6_000, 8_000, 10_000, 16_000, 32_000);
/** A draw over everything that can happen; commands on their way come often, or nothing is ever confirmed. */
export const anEvent: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("wait"),
      ms: fc.constantFrom(500, 1_000, 3_000, 6_000, 11_000, 21_000, 61_000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("targets"), targets: fc.array(current, { minLength: 4, maxLength: 4 }) }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constant("deliver"),
      box,
      reply: fc.constantFrom("now", "now", "now", "late", "lost"),
      twice: fc.constantFrom(false, false, false, true),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("reply"), box }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lose"), box }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("reading"), box, permille: fc.constantFrom(0, 300, 900, 1_000, 1_000) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("plug"), box }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("reboot"),
      box,
      to: fc.constantFrom("last", "safe", "max"),
      told: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("told"), box }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cut"), box, falls: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("back"), box }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("sample") }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("base"), current_mA: fc.constantFrom(0, 5_000, 20_000, 50_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("limit"),
      circuit: fc.nat({ max: 1 }),
      current_mA: fc.constantFrom(10_000, 25_000, 40_000, 63_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("jump"), ms: fc.constantFrom(-3_600_000, -5_000, 120_000, 36_000_000) }),
  },
);
