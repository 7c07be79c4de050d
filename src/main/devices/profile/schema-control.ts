import { z } from "zod";
import { address, flag, note, numberType, readFc, text, wordOrder, writeFc, writeType } from "./schema-parts.ts";

const bitNumber = z.int().min(0).max(15);

const write = z.strictObject({
  fc: writeFc,
  address,
  type: writeType.default("u16"),
  value: z.union([z.number(), text]).optional(),
  scale: z.number().positive().optional(),
  set_bits: z.int().optional(),
  /** The value, 0 or 1, is this bit of the register; its other bits stay. */
  bit: bitNumber.optional(),
});

const step = z.strictObject({
  write: write.optional(),
  wait_ms: z.int().min(0).optional(),
  write_limit: z.number().optional(),
  command: text.optional(),
  /** Writes the last limit, or the last phase count, once more. */
  set_current: z.literal("last").optional(),
  phases: z.literal("last").optional(),
  once: flag,
  when: text.optional(),
  ...note,
});
const steps = z.array(step);

const setter = z.strictObject({
  fc: writeFc,
  fc_alt: writeFc.optional(),
  address: address.optional(),
  addresses: z.array(address).min(1).optional(),
  type: numberType,
  scale: z.number().positive().optional(),
  offset: z.number().optional(),
  unit: text,
  min: z.number().optional(),
  max: z.number().optional(),
  step: z.number().positive().optional(),
  raw_min: z.number().optional(),
  raw_max: z.number().optional(),
  /** The value stands in both bytes of the register. */
  pack: z.literal("both_bytes").optional(),
  round: z.literal("down").optional(),
  word_order: wordOrder.optional(),
  optional: flag,
  when: text.optional(),
  formula: text.optional(),
  bands: z.record(z.string(), z.array(z.number())).optional(),
  also: z.strictObject({ fc: writeFc, address, type: numberType, global: flag, ...note }).optional(),
  global: flag,
  ...note,
  /** Finer or coarser steps of the same box; the first whose `when` holds goes. */
  variants: z
    .array(z.strictObject({ when: text, scale: z.number().positive(), step: z.number().positive(), ...note }))
    .optional(),
});

const choice = z.strictObject({
  fc: writeFc,
  address,
  type: writeType.default("u16"),
  value: z.number().optional(),
  values: z.record(z.string(), z.number()).optional(),
  scale: z.number().optional(),
  unit: text.optional(),
  /** The values, 0 and 1, are this bit of the register; its other bits stay. Of `phases` only. */
  bit: bitNumber.optional(),
  prepare: steps.optional(),
  requires: text.optional(),
  settle_s: z.number().optional(),
  min_interval_s: z.number().optional(),
  read: text.optional(),
  procedure: text.optional(),
  optional: flag,
  global: flag,
  when: text.optional(),
  ...note,
});

const way = z.strictObject({
  write_limit: z.number().optional(),
  enable: z.enum(["on", "off"]).optional(),
  write_raw: write.optional(),
  steps: steps.optional(),
  when: text.optional(),
  /** Where `when` does not hold; without it the limit 0 is written. */
  otherwise: write.optional(),
  ...note,
});

export const control = z.strictObject({
  init: steps.optional(),
  set_current: setter.optional(),
  set_power: setter.optional(),
  enable: choice.optional(),
  pause: way.optional(),
  resume: way.optional(),
  phases: choice.optional(),
  wakeup: steps.optional(),
  lock: choice.optional(),
  session: choice.optional(),
  session_energy_limit: choice.optional(),
  suspend: choice.optional(),
  command: choice.optional(),
  mode: choice.optional(),
  availability: choice.optional(),
  reset: choice.optional(),
  unlock: choice.optional(),
  recover_error: steps.optional(),
  forbidden: z.array(z.looseObject({ reason: text })).optional(),
});

const watched = z.strictObject({
  /** Name of a register of this profile that shows the value, where nothing can be written. */
  read: text.optional(),
  fc: readFc.optional(),
  write_fc: writeFc.optional(),
  address: address.optional(),
  write_address: address.optional(),
  type: numberType.optional(),
  read_type: numberType.optional(),
  scale: z.number().positive().optional(),
  unit: text.optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  default: z.number().optional(),
  off: z.number().optional(),
  value: z.number().optional(),
  values: text.optional(),
  codes: z.record(z.string(), z.number()).optional(),
  global: flag,
  ...note,
});

export const failsafe = z.strictObject({
  /** What keeps the box's own watchdog content. */
  feed: z.enum(["any_request", "rewrite_setpoint", "heartbeat_write", "none", "unknown"]),
  enabled: watched.optional(),
  timeout: watched.optional(),
  current: watched.optional(),
  power: watched.optional(),
  phases: watched.optional(),
  heartbeat: z
    .strictObject({
      fc: writeFc.optional(),
      address: address.optional(),
      type: numberType.optional(),
      value: z.union([z.number(), text]).optional(),
      every_s: z.number().positive().optional(),
      every: z.enum(["timeout/2", "timeout/3", "timeout/4"]).optional(),
      must_be_below_s: z.number().positive().optional(),
      rewrite: z.enum(["set_current", "set_power"]).optional(),
      read: z.union([text, z.number()]).optional(),
      disabled_if_read: z.number().optional(),
      ...note,
    })
    .optional(),
  persist: watched.optional(),
  retained: z.record(z.string(), text).optional(),
  /** The box goes up to its maximum when it hears nothing: no fallback can be relied on. */
  on_expiry: z.literal("maximum").optional(),
  ...note,
});
