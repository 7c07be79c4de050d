import { z } from "zod";

// Words that all parts of a device's document share. Addresses are those of the wire (from 0), never 3xxxx or 4xxxx.

export const address = z.int().min(0).max(0xffff);
export const numberType = z.enum(["u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64"]);
export const wordOrder = z.enum(["msw", "lsw"]);
export const flag = z.boolean().optional();
export const text = z.string().min(1);
export const note = { note: text.optional(), unverified: flag };
export const count = z.int().min(1);
export const port = count.max(65_535);
export const readFc = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)], "1, 2, 3 or 4 (a read)");
export const writeFc = z.union([z.literal(5), z.literal(6), z.literal(15), z.literal(16)], "5, 6, 15 or 16 (a write)");
export const writeType = z.union([numberType, z.literal("bit")]);
/** One word, or several that belong to the several names of `what` in order. */
export const textList = z
  .union([text, z.array(text).min(1)], "a name, or a list of names")
  .transform((value) => (typeof value === "string" ? [value] : value));
export const intList = z
  .union([z.int(), z.array(z.int()).min(1)])
  .transform((value) => (typeof value === "number" ? [value] : value));

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

const stateMeaning = z.strictObject({
  s: z.enum(CANONICAL_STATES),
  iec: text.optional(),
  /** The state alone does not tell; a car is connected when this register is at least this large, else none is. */
  connected_if: z.strictObject({ what: text, at_least: z.number() }).optional(),
  ...note,
});
const stateMeanings = z.record(z.string(), stateMeaning);

export const enums = z.looseObject({
  state: stateMeanings.optional(),
  /** Tells the state where the device has no `state` register. */
  state_alt: z.strictObject({ what: text, values: stateMeanings }).optional(),
});

const serialLine = {
  baud: count,
  data_bits: z.union([z.literal(7), z.literal(8)]),
  parity: z.enum(["none", "even", "odd"]),
  stop_bits: z.union([z.literal(1), z.literal(2)]),
};

export const transport = z.strictObject({
  options: z
    .array(z.enum(["rtu", "ascii", "tcp", "rtu-over-tcp", "udp", "http", "serial", "udp-multicast", "tcp-raw"]))
    .min(1),
  rtu: z.strictObject({ ...serialLine, baud_options: z.union([text, z.array(count)]).optional(), ...note }).optional(),
  serial: z.strictObject({ ...serialLine, invert: flag, ...note }).optional(),
  tcp: z.strictObject({ port, ...note }).optional(),
  /** Services under which the device announces itself in the local network (DNS-SD): `_name._tcp` or `_name._udp`. */
  mdns: z
    .array(z.string().regex(/^_[a-z0-9-]{1,32}\._(?:tcp|udp)$/u))
    .min(1)
    .optional(),
  udp: z
    .strictObject({ port, bind_port: port.optional(), group: text.optional(), bind: text.optional(), ...note })
    .optional(),
  http: z
    .strictObject({ port, base: z.string().optional(), auth: text.optional(), keep_alive: flag, ...note })
    .optional(),
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
  /** How the parts of a box with several sockets are told apart; addresses move by `base + (n - 1) * stride`. */
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

/** What every document begins and ends with. */
export const header = {
  schema: z.literal(1),
  id: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/u, "small letters, digits and single dashes, as my-box-2"),
  kind: z.enum(["charger", "meter"]),
  vendor: text,
  models: z.array(z.union([text, z.number()])).min(1),
  evidence: z.enum(["vendor-doc", "vendor-doc+multi", "vendor-source", "multi", "single"]),
  transport,
  enums: enums.optional(),
  /** Values computed from others, as expressions over our names and units. */
  derived: z.record(z.string(), text).optional(),
  map_document: text.optional(),
  quirks: z.array(text).optional(),
  sources: z.array(text).min(1),
  ...note,
};

/** Pace and patience; times in milliseconds. */
export const pace = {
  min_gap_ms: z.int().min(0).default(0),
  min_poll_ms: z.int().min(0).optional(),
  min_write_ms: z.int().min(0).default(0),
  timeout_ms: z.int().min(50).max(10_000).optional(),
  max_connections: count.optional(),
  ...note,
};
