import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { energyOf, heldEnergy, nextEnergy, NO_ENERGY, type EnergyRegister } from "./index.ts";

describe("an energy register", () => {
  const run = (readings: readonly (readonly [value_Wh: number | null, at_s: number])[]): EnergyRegister =>
    readings.reduce(
      (register, [value_Wh, at_s]) =>
        nextEnergy(register, { value_Wh, at_ms: at_s * 1_000, power_W_max: 22_000, isBilled: true }),
      NO_ENERGY,
    );

  test("runs up with what the box can draw", () => {
    expect(
      run([
        [1_000, 0],
        [1_090, 15],
      ]),
    ).toMatchObject({ accepted_Wh: 1_090, doubted_Wh: null });
  });

  test("that falls to zero or jumps is doubted, not shown", () => {
    expect(
      run([
        [1_000, 0],
        [0, 15],
      ]),
    ).toMatchObject({ accepted_Wh: 1_000, doubted_Wh: 0 });
    expect(
      run([
        [1_000, 0],
        [900_000, 15],
      ]),
    ).toMatchObject({ accepted_Wh: 1_000, doubted_Wh: 900_000 });
  });

  test("that was wrong once is believed again at once", () => {
    expect(
      run([
        [1_000, 0],
        [0, 15],
        [1_050, 30],
      ]),
    ).toMatchObject({ accepted_Wh: 1_050, doubted_Wh: null });
  });

  test("that agrees with itself three times was really reset", () => {
    expect(
      run([
        [1_000, 0],
        [0, 15],
        [20, 30],
        [60, 45],
      ]),
    ).toMatchObject({ accepted_Wh: 60, doubted_Wh: null });
    expect(
      run([
        [1_000, 0],
        [5, 15],
        [0, 30],
        [3, 45],
      ]),
    ).toMatchObject({ accepted_Wh: 1_000, doubted_Wh: 3 });
  });

  test("no value changes nothing", () => {
    expect(
      run([
        [1_000, 0],
        [null, 15],
      ]),
    ).toMatchObject({ accepted_Wh: 1_000 });
  });

  test("that begins with 0 is not believed until it has said so three times", () => {
    const first = run([[0, 0]]);
    expect(energyOf(first)).toBeNull();
    expect(heldEnergy("energy_import", first)).toEqual({
      what: "energy_import",
      code: "zero",
      value: 0,
      bound: null,
      at_ms: 0,
    });
    // It had only not read its own meter yet.
    expect(
      energyOf(
        run([
          [0, 0],
          [123_456, 1],
        ]),
      ),
    ).toBe(123_456);
    expect(
      energyOf(
        run([
          [0, 0],
          [0, 1],
          [0, 2],
        ]),
      ),
    ).toBe(0);
  });

  test.each([
    [0, "zero", 1_000],
    [999, "steps-back", 1_000],
    [900_000, "too-fast", 1_210],
  ])("that goes from 1000 to %i Wh in 15 s says that it is %s, and the bound", (value_Wh, code, bound) => {
    const doubted = run([
      [1_000, 0],
      [value_Wh, 15],
    ]);
    expect(energyOf(doubted)).toBeNull();
    expect(heldEnergy("energy_import", doubted)).toMatchObject({ code, value: value_Wh, bound, at_ms: 15_000 });
  });

  test("never lets a value through that its last one and the largest power do not allow, unless three agree", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(2_000_000), fc.integer({ min: 1, max: 600 })), { maxLength: 40 }),
        (steps) => {
          let register = NO_ENERGY;
          let at_ms = 0;
          let agreeing = 0;
          for (const [value_Wh, after_s] of steps) {
            at_ms += after_s * 1_000;
            const before = energyOf(register) ?? register.accepted_Wh;
            const before_ms = register.accepted_at_ms;
            const held = register.doubted_Wh;
            register = nextEnergy(register, { value_Wh, at_ms, power_W_max: 22_000, isBilled: true });
            agreeing = held !== null && value_Wh >= held ? agreeing + 1 : 0;
            const after = energyOf(register);
            if (before === null || after === null || agreeing >= 2) continue;
            expect(after).toBeGreaterThanOrEqual(before);
            expect(after).toBeLessThanOrEqual(before + 100 + (22_000 * 1.2 * (at_ms - before_ms)) / 3_600_000);
          }
        },
      ),
    );
  });
});
