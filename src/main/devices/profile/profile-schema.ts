import { z } from "zod";

// The document form of a device, schema 1. Addresses are those of the wire (counted from 0), never 3xxxx or 4xxxx.

const address = z.int().min(0).max(0xffff);
const numberType = z.enum(["u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64"]);
const wordOrder = z.enum(["msw", "lsw"]);
const flag = z.boolean().optional();
const text = z.string().min(1);
const note = { note: text.optional(), unverified: flag };
const count = z.int().min(1);
const scalar = z.union([z.number(), z.string(), z.boolean()]);
const readFc = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]);
const writeFc = z.union([z.literal(5), z.literal(6), z.literal(15), z.literal(16)]);
const writeType = z.union([numberType, z.literal("bit")]);

export const POLL_GROUPS = ["fast", "normal", "slow", "once"] as const;
export type PollGroup = (typeof POLL_GROUPS)[number];

export const CANONICAL_STATES = [
  "none",
  "connected",
  "waiting_auth",
  "paused",
  "charging",
  "finished",
  "error",
  "unavailable",
  "unknown",
] as const;
export type CanonicalState = (typeof CANONICAL_STATES)[number];

const register = z
  .strictObject({
    what: z.union([text, z.array(text).min(1)]),
    fc: readFc,
    address,
    type: z.union([numberType, z.enum(["ascii", "utf16", "hex", "bits", "bit"])]),
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
    char: text.optional(),
    format: text.optional(),
    values: z.record(z.string(), scalar).optional(),
    /** Raw numbers that mean "no value"; `nan` stands for every NaN. */
    invalid: z.array(z.union([z.number(), z.string()])).optional(),
    poll: z.enum([...POLL_GROUPS, "on_connect"]).default("normal"),
    optional: flag,
    when: text.optional(),
    fc_alt: readFc.optional(),
    single_reads: flag,
    read_from: z.strictObject({ address, count, word: z.int().min(0) }).optional(),
    plausibility: text.optional(),
    global: flag,
    connector_stride: count.optional(),
    unit_id: z.int().min(0).max(255).optional(),
    ...note,
  })
  .transform(({ what, poll, ...rest }) => ({
    ...rest,
    what: typeof what === "string" ? [what] : what,
    poll: poll === "on_connect" ? ("once" as const) : poll,
  }));

const write = z.strictObject({
  fc: writeFc,
  address,
  type: writeType.default("u16"),
  value: z.union([z.number(), text]).optional(),
  scale: z.number().positive().optional(),
  set_bits: z.int().optional(),
});

const step = z.strictObject({
  write: write.optional(),
  wait_ms: z.int().min(0).optional(),
  write_limit: z.number().optional(),
  command: text.optional(),
  set_current: text.optional(),
  phases: text.optional(),
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
  pack: text.optional(),
  round: text.optional(),
  word_order: wordOrder.optional(),
  optional: flag,
  when: text.optional(),
  formula: text.optional(),
  bands: z.record(z.string(), z.array(z.number())).optional(),
  also: z.strictObject({ fc: writeFc, address, type: numberType, global: flag, ...note }).optional(),
  global: flag,
  ...note,
});

const choice = z.strictObject({
  fc: writeFc,
  address,
  type: writeType.default("u16"),
  value: z.number().optional(),
  values: z.record(z.string(), z.number()).optional(),
  scale: z.number().optional(),
  unit: text.optional(),
  bit: z.int().optional(),
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
  ...note,
});

const control = z.strictObject({
  init: steps.optional(),
  set_current: setter.optional(),
  set_current_alt: setter.partial().optional(),
  set_current_fine: setter.partial().optional(),
  set_current_wallbe: setter.partial().optional(),
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

const failsafe = z.strictObject({
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
  on_expiry: text.optional(),
  ...note,
});

const limits = z.strictObject({
  max_read: count.max(125),
  fallback_max_read: count.max(125).optional(),
  max_gap: z.int().min(0),
  min_gap_ms: z.int().min(0).default(0),
  min_poll_ms: z.int().min(0).optional(),
  min_write_ms: z.int().min(0).default(0),
  timeout_ms: z.int().min(50).max(10_000).optional(),
  max_connections: count.optional(),
  max_connection_s: count.optional(),
  single_value_reads: flag,
  align: z.literal("value").optional(),
  even_count: flag,
  send_twice: flag,
  broadcast: flag,
  read_fcs: z.array(readFc).optional(),
  write_fcs: z.array(writeFc).optional(),
  ...note,
});

const stateMeaning = z.strictObject({
  s: z.enum(CANONICAL_STATES),
  iec: text.optional(),
  /** The state alone does not tell; a car is connected when this register is at least this large, else none is. */
  connected_if: z.strictObject({ what: text, at_least: z.number() }).optional(),
  ...note,
});

const rtu = z.strictObject({
  baud: count,
  data_bits: z.union([z.literal(7), z.literal(8)]),
  parity: z.enum(["none", "even", "odd"]),
  stop_bits: z.union([z.literal(1), z.literal(2)]),
  baud_options: z.union([text, z.array(count)]).optional(),
  ...note,
});

const transport = z.strictObject({
  options: z
    .array(z.enum(["rtu", "ascii", "tcp", "rtu-over-tcp", "udp", "http", "serial", "udp-multicast", "tcp-raw"]))
    .min(1),
  rtu: rtu.optional(),
  tcp: z.strictObject({ port: count.max(65_535), ...note }).optional(),
  udp: z.strictObject({ port: count.max(65_535), ...note }).optional(),
  unit_id: z
    .strictObject({
      default: z.int().min(0).max(255),
      min: z.int().optional(),
      max: z.int().optional(),
      alternatives: z.array(z.int()).optional(),
      any: flag,
      broadcast: z.int().optional(),
      rtu_default: z.int().optional(),
      sockets: z.record(z.string(), z.int()).optional(),
      station: z.int().optional(),
      known: z.record(z.string(), z.int()).optional(),
      set_by: text.optional(),
      ...note,
    })
    .optional(),
  connectors: z
    .strictObject({
      by: z.enum(["address_offset", "unit_id", "tcp_port"]),
      base: z.int().optional(),
      stride: z.int().optional(),
      ports: z.record(z.string(), z.int()).optional(),
      max: count.optional(),
      first_is_zero: flag,
      ...note,
    })
    .optional(),
});

/** A device profile whose registers are read over Modbus. Other drivers' documents are refused by their `driver`. */
export const profileSchema = z.strictObject({
  schema: z.literal(1),
  id: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/u),
  kind: z.enum(["charger", "meter"]),
  vendor: text,
  models: z.array(z.union([text, z.number()])).min(1),
  driver: z.enum(["modbus", "sunspec"]),
  evidence: z.enum(["vendor-doc", "vendor-doc+multi", "vendor-source", "multi", "single"]),
  transport,
  word_order: wordOrder.default("msw"),
  limits,
  registers: z.array(register).min(1),
  station_registers: z.array(register).optional(),
  enums: z.looseObject({ state: z.record(z.string(), stateMeaning).optional() }).optional(),
  derived: z.record(z.string(), text).optional(),
  control: control.optional(),
  failsafe: failsafe.optional(),
  config: z.record(z.string(), z.unknown()).optional(),
  invalid_default: z.record(z.string(), z.array(z.union([z.number(), z.string()]))).optional(),
  discovery: z.record(z.string(), z.unknown()).optional(),
  map_document: text.optional(),
  quirks: z.array(text).optional(),
  sources: z.array(text).min(1),
  ...note,
});

export type DeviceProfile = z.infer<typeof profileSchema>;
export type ProfileRegister = DeviceProfile["registers"][number];
export type ProfileWrite = z.infer<typeof write>;
export type ProfileStep = z.infer<typeof step>;
export type ProfileSetter = z.infer<typeof setter>;
