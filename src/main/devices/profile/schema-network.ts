import { z } from "zod";
import { count, flag, header, intList, textList, note, pace, text } from "./schema-parts.ts";

// Documents of devices that are not read by registers: HTTP, KEBA's UDP, and meters that speak by themselves.

const reading = {
  what: textList,
  scale: z.number().optional(),
  unit: text.optional(),
  optional: flag,
  /** The device only estimates this energy, or its maker says that no bill may be made of it. */
  not_for_billing: flag,
  ...note,
};
const feed = z.enum(["any_request", "rewrite_setpoint", "heartbeat_write", "none", "unknown"]);

const httpRequest = {
  method: z.enum(["GET", "POST", "PUT"]),
  path: z.string(),
  json: z.record(z.string(), z.unknown()).optional(),
  form: z.record(z.string(), z.string()).optional(),
  /** `empty`: a POST with no body at all, and its length said. */
  body: z.literal("empty").optional(),
};
const request = z.strictObject({ ...httpRequest, ...note });
const httpSteps = z.array(z.strictObject({ http: request, ...note }));

/** A device read and told over HTTP; `{amps}`, `{deciamps}`, `{1|2}` … in a request stand for the value. */
export const httpSchema = z.strictObject({
  ...header,
  driver: z.literal("http"),
  limits: z.strictObject(pace),
  requests: z.record(z.string(), request),
  readings: z
    .array(
      z.strictObject({
        ...reading,
        request: text,
        path: textList,
        /** Where the device says of each value whether it is one: what it calls `false` is unknown. */
        valid: textList.optional(),
      }),
    )
    .min(1),
  control: z
    .strictObject({
      init: httpSteps.optional(),
      set_current: z
        .strictObject({
          ...httpRequest,
          scale: z.number().positive().optional(),
          min: z.number().optional(),
          max: z.number().optional(),
          step: z.number().positive().optional(),
          /** How a box that shows a value for `when` is told instead. */
          instead: z.strictObject({ ...httpRequest, when: text, ...note }).optional(),
          ...note,
        })
        .optional(),
      pause: request.optional(),
      resume: request.optional(),
      phases: z
        .strictObject({
          ...httpRequest,
          method: httpRequest.method.optional(),
          path: httpRequest.path.optional(),
          values: z.record(z.string(), z.number()).optional(),
          /** Sent first, while no current flows. */
          prepare: httpSteps.optional(),
          /** OpenEVSE's own command instead of a request, and the one that shows whether it is supported. */
          rapi: text.optional(),
          probe: text.optional(),
          procedure: text.optional(),
          ...note,
        })
        .optional(),
      wakeup: httpSteps.optional(),
      /** An answer that does not begin with this text is a refusal. */
      success_prefix: text.optional(),
    })
    .optional(),
  failsafe: z
    .strictObject({
      feed,
      heartbeat: z.strictObject({ ...httpRequest, every_s: z.number().positive(), ...note }).optional(),
      ...note,
    })
    .optional(),
});

/** KEBA's text commands over UDP. */
export const kebaUdpSchema = z.strictObject({
  ...header,
  driver: z.literal("keba-udp"),
  limits: z.strictObject(pace),
  messages: z.strictObject({ poll: z.array(text).min(1), identify: z.array(text), ack: text }),
  readings: z
    .array(
      z
        .strictObject({ ...reading, report: count, key: text.optional(), keys: z.array(text).min(1).optional() })
        .transform(({ key, keys, ...rest }) => ({ ...rest, keys: keys ?? (key === undefined ? [] : [key]) })),
    )
    .min(1),
  control: z.strictObject({
    set_current: z.strictObject({
      command: text,
      scale: z.number().positive(),
      unit: z.literal("A"),
      raw_min: z.int(),
      raw_max: z.int(),
      ...note,
    }),
    enable: z.strictObject({ command: text, ...note }),
    authorise: z.strictObject({ command: text, ...note }).optional(),
    timed: z.strictObject({ command: text, ...note }).optional(),
  }),
  failsafe: z.strictObject({
    feed,
    command: text,
    timeout: z.strictObject({
      min: z.number(),
      max: z.number(),
      off: z.number(),
      unit: z.literal("s"),
      ...note,
    }),
    current: z.strictObject({ values: text, ...note }).optional(),
    ...note,
  }),
});

/** A Dutch or Belgian meter's P1 port: OBIS codes in text telegrams. */
export const p1Schema = z.strictObject({
  ...header,
  driver: z.literal("p1"),
  telegram: z.strictObject({
    start: text,
    end: text,
    period_s: z.number(),
    period_v4_s: z.number(),
    timeout_s: z.number(),
  }),
  readings: z.array(z.strictObject({ ...reading, obis: textList, combine: text.optional() })).min(1),
});

/** A German meter's infrared port: OBIS codes in SML messages. */
export const smlSchema = z.strictObject({
  ...header,
  driver: z.literal("sml"),
  telegram: z.strictObject({ start: text, end: text, crc: text, period_s: text }),
  readings: z
    .array(
      z.strictObject({
        ...reading,
        obis: textList,
        scaler: text.optional(),
        /** Only of meters that send none of these. */
        unless: textList.optional(),
      }),
    )
    .min(1),
  /** Meters, by the beginning of their id and their serial numbers, that send a number unsigned and call it signed. */
  unsigned_as_signed: z
    .array(
      z.strictObject({
        server_id: z.string().regex(/^(?:[0-9a-f]{2})+$/u),
        serials: z.array(z.tuple([z.int().min(0), z.int().min(0)])).min(1),
        obis: text,
        /** Sent in more bytes than these its sign is right. */
        bytes_max: z.int().min(1).max(6),
        ...note,
      }),
    )
    .optional(),
});

/** SMA's multicast telegrams. */
export const speedwireSchema = z.strictObject({
  ...header,
  driver: z.literal("speedwire"),
  telegram: z.strictObject({
    magic: text,
    protocol_id: z.int(),
    protocol_offset: z.int(),
    susy_id_offset: z.int(),
    serial_offset: z.int(),
    ticker_offset: z.int(),
    data_offset: z.int(),
    byte_order: z.literal("big"),
    length: count,
    period_s: z.number(),
  }),
  readings: z
    .array(
      z.strictObject({
        ...reading,
        channel: intList,
        type: z.int(),
        size: z.union([z.literal(4), z.literal(8)]),
      }),
    )
    .min(1),
});

const offsets = z.record(z.string(), intList);

/** Meters that describe themselves in SunSpec blocks; offsets count from a block's id. */
export const sunspecSchema = z.strictObject({
  ...header,
  driver: z.literal("sunspec"),
  word_order: z.literal("msw").default("msw"),
  limits: z.strictObject({ ...pace, max_read: count.max(125), max_gap: z.int().min(0) }),
  discovery: z.strictObject({
    base_addresses: z.array(z.int().min(0).max(0xffff)).min(1),
    marker: z.tuple([z.int(), z.int()]),
    chain: text,
    fc: z.union([z.literal(3), z.literal(4)]),
  }),
  /** Models 201 to 204: value × 10^scale factor. */
  models_int: offsets,
  /** Models 211 to 214: f32. */
  models_float: offsets,
});
