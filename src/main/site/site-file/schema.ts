import { z } from "zod";
import {
  HOLD_MS_MIN,
  PROTECTIVE_DEVICES,
  SHARING_RULES,
  SIGNAL_RULES,
  WEEKDAYS,
} from "../../../core/balancing/index.ts";
import { oneOf, price } from "./fields.ts";
import { planningSchema } from "./planning-schema.ts";

// Shape of a site file. Every message says what is expected there, because it is shown as that; the JSON Schema under
// resources/schemas is made from here. What one field alone cannot tell stands in `references.ts`.

/** IEC 61851-1: no station offers less than 6 A. */
export const CURRENT_MIN_A = 6;
const CURRENT_MAX_A = 1000;

const ID = "letters, digits, - and _, at most 64";
const NAME = "a text of 1 to 200 characters";

const id = z.string(ID).regex(/^[A-Za-z0-9_-]{1,64}$/u, ID);
const name = z.string(NAME).min(1, NAME).max(200, NAME);
const reference = (what: string) => z.string(`the id of ${what}`);

function current(from_A: number, what: string) {
  const expected = `${what}: a number of amperes from ${String(from_A)} to ${String(CURRENT_MAX_A)}`;
  return z.number(expected).min(from_A, expected).max(CURRENT_MAX_A, expected);
}

function perPhase(from_A: number, what: string) {
  const one = current(from_A, what);
  return z.union(
    [one, z.tuple([one, one, one])],
    `${what}: one number of amperes from ${String(from_A)} to 1000 or three [L1, L2, L3]`,
  );
}

function whole(from: number, to: number, what: string) {
  const expected = `${what}: a whole number from ${String(from)} to ${String(to)}`;
  return z.int(expected).min(from, expected).max(to, expected);
}

function isZone(text: string): boolean {
  // Only names: an offset such as +01:00 knows no summer time.
  return /^[A-Za-z]/u.test(text) && namesZone(text);
}

function namesZone(timezone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: timezone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf("currency"));
const REGIONS = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
const isCountry = (text: string): boolean => /^[A-Z]{2}$/u.test(text) && REGIONS.of(text) !== undefined;

const ZONE = "an IANA time zone such as Europe/Berlin";
const CURRENCY = "a currency of ISO 4217 in capitals such as EUR";
const COUNTRY = "a country of ISO 3166-1 in capitals such as DE";
const currency = z.string(CURRENCY).refine((text) => CURRENCIES.has(text), CURRENCY);

export const identitySchema = z.strictObject({
  name,
  timezone: z.string(ZONE).refine(isZone, ZONE),
  currency,
  country: z.string(COUNTRY).refine(isCountry, COUNTRY),
  nominal_V: whole(100, 400, "voltage from phase to neutral").default(230),
});

/** Longest hold: a day. */
const HOLD_MIN_MAX = 1440;

export const sharingSchema = z.strictObject({
  rule: oneOf(SHARING_RULES).describe(
    "need = what everybody needs first, then equally; need-by-time = who leaves first is served first",
  ),
  hold_min: whole(HOLD_MS_MIN / 60_000, HOLD_MIN_MAX, "minutes a running car keeps its place").default(60),
});

export const circuitSchema = z.strictObject({
  id,
  name,
  parent: reference("the circuit above").optional().describe("left out on the main fuse only"),
  fuse_A: perPhase(1, "fuse"),
  margin_A: current(0, "kept free below the fuse").default(0),
  meter: reference("the meter that measures this circuit").optional(),
  limit_kW: z
    .number("a number of kilowatts above 0")
    .positive("a number of kilowatts above 0")
    .max(10_000, "at most 10000 kilowatts")
    .optional(),
  other_load_max_A: perPhase(0, "largest load that is not a station")
    .optional()
    .describe("assumed while the meter is silent or absent"),
  protection: oneOf(PROTECTIVE_DEVICES).optional().describe("mcb-60898 when left out"),
  system: oneOf(["star", "delta"])
    .optional()
    .describe("delta = 230 V between the lines, no neutral; star when left out"),
  unbalance_A: current(1, "largest difference between two phases that cars may cause").optional(),
  sharing: sharingSchema.optional().describe("as the circuit above when left out"),
});

const PATH = "a serial port such as /dev/ttyUSB0 or COM3";
const HOST = "a host name or an IP address";
const GROUP = "an IPv4 multicast address from 224.0.0.0 to 239.255.255.255";
const ADDRESS = "the IPv4 address of one of our own network interfaces";
const SECRET = "a text of 1 to 128 characters";
const OCTET = "(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)";

const host = z.string(HOST).regex(/^[A-Za-z0-9.:_%-]{1,253}$/u, HOST);
const secret = z
  .string(SECRET)
  .min(1, SECRET)
  .max(128, SECRET)
  .regex(/^[^\p{Cc}]*$/u, SECRET);

export const linkSchemas = {
  serial: z.strictObject({
    id,
    kind: z.literal("serial"),
    path: z.string(PATH).min(1, PATH).max(255, PATH),
    baud: whole(300, 1_000_000, "baud"),
    parity: oneOf(["none", "even", "odd"]).default("none"),
    dataBits: z.literal([7, 8], "7 or 8").default(8),
    stopBits: z.literal([1, 2], "1 or 2").default(1),
  }),
  tcp: z.strictObject({
    id,
    kind: oneOf(["rtu-over-tcp", "modbus-tcp"]),
    host,
    port: whole(1, 65_535, "TCP port").default(502),
  }),
  http: z.strictObject({
    id,
    kind: z.literal("http"),
    host,
    port: whole(1, 65_535, "TCP port").default(80),
    user: secret.regex(/^[^:]*$/u, "a name without a colon").optional(),
    password: secret.optional().describe("never shown again and not part of an exported file"),
  }),
  udp: z.strictObject({
    id,
    kind: z.literal("udp"),
    host,
    port: whole(1, 65_535, "UDP port").default(7090),
  }),
  tcpRaw: z.strictObject({
    id,
    kind: z.literal("tcp-raw").describe("a gateway that repeats a meter's serial port as it is"),
    host,
    port: whole(1, 65_535, "TCP port"),
  }),
  multicast: z.strictObject({
    id,
    kind: z.literal("udp-multicast"),
    group: z
      .string(GROUP)
      .regex(new RegExp(`^2(?:2[4-9]|3\\d)(?:\\.${OCTET}){3}$`, "u"), GROUP)
      .default("239.12.255.254"),
    port: whole(1, 65_535, "UDP port").default(9522),
    interface: z
      .string(ADDRESS)
      .regex(new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`, "u"), ADDRESS)
      .optional(),
  }),
};

// Devices on the network also use 0 and 255, which a serial line cannot.
const unitId = whole(0, 255, "Modbus address");

const SERIAL = "a serial number as a text in quotes";

export const meterSchema = z.strictObject({
  id,
  name: name.optional(),
  profile: reference("a device profile"),
  link: reference("a link"),
  unitId: unitId.optional().describe("needed on Modbus; 1 when left out elsewhere"),
  serial: z
    .string(SERIAL)
    .regex(/^[A-Za-z0-9-]{1,64}$/u, SERIAL)
    .optional()
    .describe("tells meters apart that speak without being asked"),
});

const IDENTITY = "an OCPP identity of 1 to 64 characters without spaces and slashes";

export const ROTATIONS = ["L1L2L3", "L2L3L1", "L3L1L2", "L1L3L2", "L2L1L3", "L3L2L1", "L1", "L2", "L3"] as const;

export const stationSchema = z.strictObject({
  id,
  name,
  circuit: reference("a circuit"),
  phases: z.literal([1, 2, 3], "1, 2 or 3"),
  rotation: oneOf(ROTATIONS)
    .optional()
    .describe("site phases that the station's own L1, L2, L3 hang on; L1L2L3 when left out"),
  min_A: current(CURRENT_MIN_A, "smallest current").default(CURRENT_MIN_A),
  max_A: current(CURRENT_MIN_A, "largest current"),
  step_A: current(0, "step").max(32, "a step of at most 32 A").default(0.1),
  fallback_A: current(0, "current that the station keeps when it hears nothing"),
  priority: whole(1, 10, "priority").default(1),
  ocpp: z
    .string(IDENTITY)
    .regex(/^[^\s/?#]{1,64}$/u, IDENTITY)
    .optional(),
  password: secret
    .optional()
    .describe("what a station with OCPP must present when it dials in; never shown again and not exported"),
  connector: whole(1, 100, "connector").optional().describe("which socket of the box; 1 when left out"),
  profile: reference("a device profile").optional(),
  link: reference("a link").optional(),
  unitId: unitId.optional().describe("needed on Modbus; 1 when left out elsewhere"),
});

const VAT = "per cent from 0 to 100 with at most two decimals";

export const tariffSchema = z.strictObject({
  currency: currency.optional().describe("the site's currency when left out"),
  per_kWh: price,
  vat_percent: z
    .number(VAT)
    .min(0, VAT)
    .max(100, VAT)
    .refine((percent) => Math.abs(percent * 100 - Math.round(percent * 100)) < 1e-6, VAT),
});

export const accessSchema = z.strictObject({
  cards: oneOf(["any", "listed"]).describe("any = every card may charge; listed = only cards of customers"),
});

const kilowatts = (from_kW: number, what: string) => {
  const expected = `${what}: a number of kilowatts from ${String(from_kW)} to 10000`;
  return z.number(expected).min(from_kW, expected).max(10_000, expected);
};
const seconds = (to: number, what: string) => whole(0, to, `${what} in seconds`);
const TIME = "a time such as 17:00";
const timeOfDay = z.string(TIME).regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/u, TIME);
const TOKEN = "a text of 16 to 128 characters that only the caller knows";
const WINDOWS_MAX = 50;
const DAY_S = 86_400;

const windowSchema = z.strictObject({
  days: z.array(oneOf(WEEKDAYS)).min(1, "at least one day").max(7, "at most seven days"),
  from: timeOfDay,
  to: timeOfDay.describe("at or before from: on the next day"),
});

const ON_MODBUS = {
  link: reference("a link that carries Modbus"),
  unitId,
  address: whole(0, 65_535, "address"),
};
const signalSourceSchema = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({
      kind: z.literal("digital-input"),
      ...ON_MODBUS,
      table: oneOf(["coil", "discrete"]).default("discrete"),
      active: oneOf(["high", "low"]).default("high").describe("low = the limit holds while the input reads 0"),
    }),
    z.strictObject({
      kind: z.literal("register"),
      ...ON_MODBUS,
      table: oneOf(["holding", "input"]).default("holding"),
      type: oneOf(["uint16", "uint32"]).default("uint16"),
      unit: oneOf(["A", "W"]),
      scale: z
        .number("a number above 0")
        .positive("a number above 0")
        .max(1_000_000, "at most 1000000")
        .default(1)
        .describe("raw value times this = limit in unit"),
      none: whole(0, 4_294_967_295, "raw value that means no limit").optional(),
    }),
    z.strictObject({
      kind: z.literal("http"),
      token: z
        .string(TOKEN)
        .min(16, TOKEN)
        .max(128, TOKEN)
        .optional()
        .describe("what the caller must present; never shown again and not exported"),
    }),
    z.strictObject({
      kind: z.literal("window"),
      windows: z.array(windowSchema).min(1, "at least one window").max(WINDOWS_MAX, "at most 50 windows"),
    }),
  ],
  "a source of kind digital-input, register, http or window",
);

/** Limits from outside. They only ever lower what the site uses. */
export const signalSchema = z.strictObject({
  id,
  name: name.optional().describe("the id when left out"),
  circuit: reference("the circuit that is limited"),
  rule: oneOf(SIGNAL_RULES).describe(
    "dim-14a = dimming of § 14a EnWG; g100 = import limit of UK G100; limit = any other",
  ),
  counts: oneOf(["cars", "all"])
    .optional()
    .describe("what the limit bounds; cars with dim-14a, everything on the circuit otherwise"),
  limit_A: current(0, "limit per phase").optional(),
  limit_kW: kilowatts(0, "limit").optional(),
  failsafe_A: current(0, "limit while the source is silent").optional(),
  failsafe_kW: kilowatts(0, "limit while the source is silent")
    .optional()
    .describe("as the limit when both are left out"),
  debounce_s: seconds(60, "how long a change must stand")
    .optional()
    .describe("1 with a digital input, 0 otherwise when left out"),
  minimum_s: seconds(DAY_S, "how long a limit stands at least").default(0),
  source: signalSourceSchema,
});

export const LIST_MAX = 500;

/** The whole file, for the published JSON Schema. */
export const siteFileSchema = z
  .strictObject({
    site: identitySchema,
    circuits: z.array(circuitSchema).min(1).max(LIST_MAX),
    links: z
      .array(
        z.discriminatedUnion("kind", [
          linkSchemas.serial,
          linkSchemas.tcp,
          linkSchemas.http,
          linkSchemas.udp,
          linkSchemas.tcpRaw,
          linkSchemas.multicast,
        ]),
      )
      .max(LIST_MAX)
      .optional(),
    meters: z.array(meterSchema).max(LIST_MAX).optional(),
    stations: z.array(stationSchema).max(LIST_MAX).optional(),
    tariff: tariffSchema,
    access: accessSchema.optional(),
    sharing: sharingSchema.optional().describe("need, with a hold of 60 minutes, when left out"),
    signals: z.array(signalSchema).max(LIST_MAX).optional().describe("limits from outside the site"),
    planning: planningSchema.optional().describe("nothing is planned ahead when left out"),
  })
  .meta({ title: "Chargehand site file" });

/** The published JSON Schema: what `resources/schemas/site.schema.json` must hold. */
export const siteJsonSchema = (): object => z.toJSONSchema(siteFileSchema, { io: "input", target: "draft-2020-12" });

export type IdentityEntry = z.infer<typeof identitySchema>;
export type CircuitEntry = z.infer<typeof circuitSchema>;
export type LinkEntry = z.infer<(typeof linkSchemas)[keyof typeof linkSchemas]>;
export type MeterEntry = z.infer<typeof meterSchema>;
export type StationEntry = z.infer<typeof stationSchema>;
export type TariffEntry = z.infer<typeof tariffSchema>;
export type SharingEntry = z.infer<typeof sharingSchema>;
export type SignalEntry = z.infer<typeof signalSchema>;
export type AccessEntry = z.infer<typeof accessSchema>;
