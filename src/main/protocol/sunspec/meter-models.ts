/** What a meter block shows, in A, V, W, Hz and Wh; `null` where the meter has no such value. */
export type SunspecMeterValues = {
  readonly current_A: readonly [number | null, number | null, number | null];
  readonly voltage_V: readonly [number | null, number | null, number | null];
  readonly power_W: number | null;
  readonly powerOfPhase_W: readonly [number | null, number | null, number | null];
  readonly frequency_Hz: number | null;
  readonly import_Wh: number | null;
  readonly export_Wh: number | null;
};

type Three = readonly [number, number, number];

/** Offsets from the block's id, models 201 to 204 (SunSpec Information Model Specification, meter models). */
export const INTEGER_OFFSETS = {
  current: [3, 4, 5] satisfies Three,
  currentScale: 6,
  voltage: [8, 9, 10] satisfies Three,
  voltageScale: 15,
  frequency: 16,
  frequencyScale: 17,
  power: 18,
  powerOfPhase: [19, 20, 21] satisfies Three,
  powerScale: 22,
  exported: 38,
  imported: 46,
  energyScale: 54,
} as const;
/** Models 211 to 214. */
export const FLOAT_OFFSETS = {
  current: [4, 6, 8] satisfies Three,
  voltage: [12, 14, 16] satisfies Three,
  frequency: 26,
  power: 28,
  powerOfPhase: [30, 32, 34] satisfies Three,
  exported: 60,
  imported: 68,
} as const;

/** Registers of a block with its id and length, as far as its values reach. */
export const INTEGER_WORDS = 55;
export const FLOAT_WORDS = 70;

const SCALE_MAX = 10;
const NOT_IMPLEMENTED = -0x8000;

export const isIntegerMeter = (modelId: number): boolean => modelId >= 201 && modelId <= 204;
export const isFloatMeter = (modelId: number): boolean => modelId >= 211 && modelId <= 214;

/** Decodes the registers of a meter block that starts with its id; `null` when they are too few or another model's. */
export function decodeSunspecMeter(words: readonly number[]): SunspecMeterValues | null {
  const modelId = words[0] ?? 0;
  if (isIntegerMeter(modelId) && words.length >= INTEGER_WORDS) return integerMeter(words);
  if (isFloatMeter(modelId) && words.length >= FLOAT_WORDS) return floatMeter(words);
  return null;
}

const three = (
  offsets: Three,
  at: (offset: number) => number | null,
): [number | null, number | null, number | null] => [at(offsets[0]), at(offsets[1]), at(offsets[2])];

function integerMeter(words: readonly number[]): SunspecMeterValues {
  const signed = (offset: number): number => ((words[offset] ?? 0x8000) << 16) >> 16;
  const scaled =
    (scaleAt: number) =>
    (offset: number): number | null =>
      signed(offset) === NOT_IMPLEMENTED ? null : scale(signed(offset), signed(scaleAt));
  // An accumulator of 0 has never counted or is not there: SunSpec says "not accumulated".
  const energy = (offset: number): number | null => {
    const raw = (words[offset] ?? 0) * 0x1_0000 + (words[offset + 1] ?? 0);
    return raw === 0 ? null : scale(raw, signed(INTEGER_OFFSETS.energyScale));
  };
  const power = scaled(INTEGER_OFFSETS.powerScale);
  return {
    current_A: three(INTEGER_OFFSETS.current, scaled(INTEGER_OFFSETS.currentScale)),
    voltage_V: three(INTEGER_OFFSETS.voltage, scaled(INTEGER_OFFSETS.voltageScale)),
    power_W: power(INTEGER_OFFSETS.power),
    powerOfPhase_W: three(INTEGER_OFFSETS.powerOfPhase, power),
    frequency_Hz: scaled(INTEGER_OFFSETS.frequencyScale)(INTEGER_OFFSETS.frequency),
    import_Wh: energy(INTEGER_OFFSETS.imported),
    export_Wh: energy(INTEGER_OFFSETS.exported),
  };
}

/** A scale factor that is not there or beyond ±10 gives no value rather than a wrong one. */
function scale(raw: number, exponent: number): number | null {
  if (Math.abs(exponent) > SCALE_MAX) return null;
  return exponent < 0 ? raw / 10 ** -exponent : raw * 10 ** exponent;
}

function floatMeter(words: readonly number[]): SunspecMeterValues {
  const view = new DataView(new ArrayBuffer(4));
  const float = (offset: number): number | null => {
    view.setUint16(0, words[offset] ?? 0x7fff);
    view.setUint16(2, words[offset + 1] ?? 0xffff);
    const value = view.getFloat32(0);
    return Number.isFinite(value) ? value : null;
  };
  return {
    current_A: three(FLOAT_OFFSETS.current, float),
    voltage_V: three(FLOAT_OFFSETS.voltage, float),
    power_W: float(FLOAT_OFFSETS.power),
    powerOfPhase_W: three(FLOAT_OFFSETS.powerOfPhase, float),
    frequency_Hz: float(FLOAT_OFFSETS.frequency),
    import_Wh: float(FLOAT_OFFSETS.imported),
    export_Wh: float(FLOAT_OFFSETS.exported),
  };
}
