import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { chainStep, decodeSunspecMeter, FLOAT_OFFSETS, FLOAT_WORDS, INTEGER_OFFSETS, INTEGER_WORDS } from "./index.ts";

function integerBlock(values: Readonly<Record<number, number>>): number[] {
  const words = new Array<number>(INTEGER_WORDS).fill(0x8000);
  words.fill(0, INTEGER_OFFSETS.exported, INTEGER_OFFSETS.energyScale);
  words[0] = 203;
  words[1] = 105;
  for (const [offset, value] of Object.entries(values)) words[Number(offset)] = value & 0xffff;
  return words;
}

describe("a meter with scale factors", () => {
  test("gives values in A, V, W and Wh; what it does not implement is null", () => {
    const block = integerBlock({ 3: 1234, 6: -2, 8: 2301, 15: -1, 18: -750, 22: 1, 46: 1, 47: 0x86a0, 54: 0 });
    expect(decodeSunspecMeter(block)).toEqual({
      current_A: [12.34, null, null],
      voltage_V: [230.1, null, null],
      power_W: -7500,
      powerOfPhase_W: [null, null, null],
      frequency_Hz: null,
      import_Wh: 100_000,
      export_Wh: null,
    });
  });

  test("without its scale factor has no value", () => {
    expect(decodeSunspecMeter(integerBlock({ 18: 750 }))?.power_W).toBeNull();
    expect(decodeSunspecMeter(integerBlock({ 18: 750, 22: 11 }))?.power_W).toBeNull();
  });
});

test("a meter with floats gives its numbers, and not-a-number is no value", () => {
  const words = new Array<number>(FLOAT_WORDS).fill(0);
  words[0] = 213;
  const view = new DataView(new ArrayBuffer(4));
  const put = (offset: number, value: number): void => {
    view.setFloat32(0, value);
    words[offset] = view.getUint16(0);
    words[offset + 1] = view.getUint16(2);
  };
  put(FLOAT_OFFSETS.power, -1234.5);
  put(FLOAT_OFFSETS.current[0], NaN);
  put(FLOAT_OFFSETS.imported, 65_536);
  expect(decodeSunspecMeter(words)).toMatchObject({ power_W: -1234.5, current_A: [null, 0, 0], import_Wh: 65_536 });
});

test("the chain goes from block to block and ends or breaks, never beyond the last register", () => {
  expect(chainStep(40_002, [1, 66])).toEqual({
    kind: "block",
    block: { modelId: 1, address: 40_002, length: 66 },
    nextAddress: 40_070,
  });
  expect(chainStep(40_070, [0xffff, 0])).toEqual({ kind: "end" });
  expect(chainStep(40_070, [203, 0])).toEqual({ kind: "broken" });
  expect(chainStep(40_070, [203])).toEqual({ kind: "broken" });
  expect(chainStep(65_000, [203, 600])).toEqual({ kind: "broken" });
});

test("any registers give finite numbers or null, never a throw", () => {
  fc.assert(
    fc.property(fc.constantFrom(201, 204, 211, 214, 103), fc.array(fc.nat(0xffff), { maxLength: 126 }), (id, rest) => {
      const values = decodeSunspecMeter([id, ...rest]);
      const numbers = Object.values(values ?? {}).flat();
      expect(numbers.every((value) => value === null || Number.isFinite(value))).toBe(true);
      if (id === 103) expect(values).toBeNull();
    }),
  );
});

test("the offsets are those of the published profile", () => {
  const file = new URL("../../../../resources/devices/meters/sunspec-meter.yaml", import.meta.url);
  expect(parse(readFileSync(file, "utf8"))).toMatchObject({
    models_int: {
      AphA_B_C: INTEGER_OFFSETS.current,
      A_SF: INTEGER_OFFSETS.currentScale,
      PhVphA_B_C: INTEGER_OFFSETS.voltage,
      V_SF: INTEGER_OFFSETS.voltageScale,
      Hz: INTEGER_OFFSETS.frequency,
      W: INTEGER_OFFSETS.power,
      WphA_B_C: INTEGER_OFFSETS.powerOfPhase,
      W_SF: INTEGER_OFFSETS.powerScale,
      TotWhExp: INTEGER_OFFSETS.exported,
      TotWhImp: INTEGER_OFFSETS.imported,
      TotWh_SF: INTEGER_OFFSETS.energyScale,
    },
    models_float: {
      AphA_B_C: FLOAT_OFFSETS.current,
      PhVphA_B_C: FLOAT_OFFSETS.voltage,
      W: FLOAT_OFFSETS.power,
      WphA_B_C: FLOAT_OFFSETS.powerOfPhase,
      TotWhExp: FLOAT_OFFSETS.exported,
      TotWhImp: FLOAT_OFFSETS.imported,
    },
  });
});
