import { z } from "zod";
import {
  address,
  count,
  flag,
  header,
  textList,
  note,
  numberType,
  pace,
  POLL_GROUPS,
  readFc,
  text,
  wordOrder,
  writeFc,
} from "./schema-parts.ts";
import { control, failsafe } from "./schema-control.ts";

const scalar = z.union([z.number(), z.string(), z.boolean()]);

const register = z
  .strictObject({
    what: textList,
    fc: readFc,
    address,
    type: z.union(
      [numberType, z.enum(["ascii", "utf16", "hex", "bits", "bit"])],
      "one of u16 s16 u32 s32 u64 s64 f32 f64 ascii utf16 hex bits bit",
    ),
    count: count.max(125).optional(),
    /** Registers from one value to the next where `what` is a list. */
    stride: count.optional(),
    scale: z.number().optional(),
    offset: z.number().optional(),
    unit: text.optional(),
    word_order: wordOrder.optional(),
    byte_order: z.enum(["big", "little", "lsb_first"]).optional(),
    mask: z.int().optional(),
    shift: z.int().min(0).max(63).optional(),
    /** Which byte of a word holds a single character. */
    char: z.enum(["low", "high"]).optional(),
    /** How a number is shown: as hexadecimal digits, or its two bytes with a dot between. */
    format: z.enum(["hex", "high.low"]).optional(),
    values: z.record(z.string(), scalar).optional(),
    /** Raw numbers that mean "no value"; `nan` stands for every NaN. */
    invalid: z.array(z.union([z.number(), z.enum(["nan", "all_ones", "max_signed"])])).optional(),
    poll: z.enum([...POLL_GROUPS, "on_connect"]).default("normal"),
    optional: flag,
    /** The value exists only where this expression holds. */
    when: text.optional(),
    fc_alt: readFc.optional(),
    single_reads: flag,
    /** The only read by which the device gives this value. */
    read_from: z.strictObject({ address, count, word: z.int().min(0) }).optional(),
    /** Readings above `above` are multiplied by `scale`: some batches count in other steps. */
    plausibility: z.strictObject({ above: z.number(), scale: z.number(), ...note }).optional(),
    /** Belongs to the station, not to one of its connectors: its address does not move. */
    global: flag,
    connector_stride: count.optional(),
    unit_id: z.int().min(0).max(255).optional(),
    /** The device only estimates this energy, or its maker says that no bill may be made of it. */
    not_for_billing: flag,
    ...note,
  })
  .transform(({ poll, ...rest }) => ({
    ...rest,
    poll: poll === "on_connect" ? ("once" as const) : poll,
  }));

const limits = z.strictObject({
  ...pace,
  /** Registers per request. */
  max_read: count.max(125),
  /** … where long reads stay unanswered. */
  fallback_max_read: count.max(125).optional(),
  /** Registers the document does not name that a read may reach across. */
  max_gap: z.int().min(0),
  max_connection_s: count.optional(),
  single_value_reads: flag,
  align: z.literal("value").optional(),
  even_count: flag,
  /** A sleeping controller misses the first request. */
  send_twice: flag,
  broadcast: flag,
  read_fcs: z.array(readFc).optional(),
  write_fcs: z.array(writeFc).optional(),
});

/** A device read and told by Modbus registers. */
export const modbusSchema = z.strictObject({
  ...header,
  driver: z.literal("modbus"),
  word_order: wordOrder.default("msw"),
  limits,
  registers: z.array(register).min(1),
  /** Values of the whole station under their own unit id. */
  station_registers: z.array(register).optional(),
  control: control.optional(),
  failsafe: failsafe.optional(),
  config: z.record(z.string(), z.unknown()).optional(),
  invalid_default: z.record(z.string(), z.array(z.union([z.number(), z.string()]))).optional(),
});
