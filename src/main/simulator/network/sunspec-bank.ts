import { fromCanonical } from "../../devices/profile/index.ts";
import {
  FLOAT_OFFSETS,
  FLOAT_WORDS,
  INTEGER_OFFSETS,
  INTEGER_WORDS,
  SUNSPEC_MARKER,
} from "../../protocol/sunspec/index.ts";
import { createMemoryBank, type RegisterBank } from "../modbus/index.ts";
import type { MeterValues } from "./telegrams.ts";

const LENGTH = { common: 66, integer: 105, float: 124 } as const;
const PHASES = [0, 1, 2] as const;

export interface SunspecBank extends RegisterBank {
  /** Writes the values of this moment into the registers. */
  refresh(): void;
  /** Firmware was switched: from now on the other kind of model stands there. */
  rearrange(model: SunspecModel): void;
}
export type SunspecModel = "integer" | "float";

/** A meter that describes itself at `base`: marker, common block, meter block, end. */
export function createSunspecBank(options: {
  readonly base: number;
  readonly model: SunspecModel;
  readonly values: MeterValues;
}): SunspecBank {
  const { base, values } = options;
  const memory = createMemoryBank();
  const write = (address: number, words: readonly number[]): void => {
    words.forEach((word, index) => {
      memory.set(address + index, word & 0xffff);
    });
  };
  const meterAt = base + SUNSPEC_MARKER.length + 2 + LENGTH.common;
  let model = options.model;
  const refresh = (): void => {
    write(base, [...SUNSPEC_MARKER, 1, LENGTH.common]);
    write(meterAt, model === "integer" ? integerBlock(values) : floatBlock(values));
    write(meterAt + 2 + LENGTH[model], [0xffff, 0]);
  };
  refresh();
  return {
    answer: (request) => memory.answer(request),
    refresh,
    rearrange(next) {
      model = next;
      refresh();
    },
  };
}

function quantity(values: MeterValues, what: string, unit: string): number | null {
  const raw = fromCanonical(what, values(what) ?? null, unit);
  return typeof raw === "number" ? raw : null;
}

function integerBlock(values: MeterValues): number[] {
  const words = [203, LENGTH.integer, ...new Array<number>(INTEGER_WORDS - 2).fill(0x8000)];
  const put = (offset: number, value: number | null, exponent: number): void => {
    if (value !== null) words[offset] = Math.round(value * 10 ** -exponent);
  };
  for (const phase of PHASES) {
    const name = `_l${String(phase + 1)}`;
    put(INTEGER_OFFSETS.current[phase], quantity(values, `current${name}`, "A"), -2);
    put(INTEGER_OFFSETS.voltage[phase], quantity(values, `voltage${name}`, "V"), -1);
    put(INTEGER_OFFSETS.powerOfPhase[phase], quantity(values, `power${name}`, "W"), 1);
  }
  put(INTEGER_OFFSETS.power, quantity(values, "power", "W"), 1);
  words[INTEGER_OFFSETS.currentScale] = -2;
  words[INTEGER_OFFSETS.voltageScale] = -1;
  words[INTEGER_OFFSETS.powerScale] = 1;
  words[INTEGER_OFFSETS.energyScale] = 0;
  for (const [offset, what] of [
    [INTEGER_OFFSETS.imported, "energy_import"],
    [INTEGER_OFFSETS.exported, "energy_export"],
  ] as const) {
    const energy = Math.round(quantity(values, what, "Wh") ?? 0);
    words[offset] = Math.floor(energy / 0x1_0000);
    words[offset + 1] = energy % 0x1_0000;
  }
  return words;
}

function floatBlock(values: MeterValues): number[] {
  const words = [213, LENGTH.float, ...new Array<number>(FLOAT_WORDS - 2).fill(0x7fc0)];
  const view = new DataView(new ArrayBuffer(4));
  const put = (offset: number, value: number | null): void => {
    if (value === null) return;
    view.setFloat32(0, value);
    words[offset] = view.getUint16(0);
    words[offset + 1] = view.getUint16(2);
  };
  for (const phase of PHASES) {
    const name = `_l${String(phase + 1)}`;
    put(FLOAT_OFFSETS.current[phase], quantity(values, `current${name}`, "A"));
    put(FLOAT_OFFSETS.voltage[phase], quantity(values, `voltage${name}`, "V"));
    put(FLOAT_OFFSETS.powerOfPhase[phase], quantity(values, `power${name}`, "W"));
  }
  put(FLOAT_OFFSETS.power, quantity(values, "power", "W"));
  put(FLOAT_OFFSETS.imported, quantity(values, "energy_import", "Wh"));
  put(FLOAT_OFFSETS.exported, quantity(values, "energy_export", "Wh"));
  return words;
}
