import { z } from "zod";
import { ocppFactsSchema } from "./ocpp.ts";
import { current_mA, duration_ms, identifier, instant_ms } from "./quantities.ts";

/** A device is named by what it is and its id: a meter and a charger may share an id. */
export const DEVICE_KINDS = ["station", "meter", "link"] as const;
export const deviceKey = z.object({ kind: z.enum(DEVICE_KINDS), id: identifier });
export type DeviceKey = z.infer<typeof deviceKey>;

const count = z.int().min(0);

/**
 * What keeps a device on HTTP from being read, most telling first. `number` of a hint is the answer's status, or how many
 * milliseconds were waited.
 */
export const HTTP_TROUBLES = [
  "http-refused",
  "http-no-route",
  "http-name-unknown",
  "http-timeout",
  "http-tls",
  "http-broken",
  "http-password-missing",
  "http-password-wrong",
  "http-not-found",
  "http-server-error",
  "http-status",
  "http-not-json",
  "http-other-device",
  "http-too-large",
] as const;
export type HttpTrouble = { readonly code: (typeof HTTP_TROUBLES)[number]; readonly number: number | null };

/** What the numbers of a line point to; words and remedies are the page's. */
export const deviceHintSchema = z.discriminatedUnion("code", [
  /** Damaged answers of about the last 400 requests. */
  z.object({
    code: z.literal("termination-or-bias"),
    crcErrors: count,
    frames: count,
    share_permille: z.int().min(0),
  }),
  /** None of these units answers. */
  z.object({ code: z.literal("ab-swap-or-baud"), unitIds: z.array(z.int()) }),
  /** None of these answers any more, though some did. */
  z.object({ code: z.literal("line-cut"), unitIds: z.array(z.int()) }),
  /** Of about the last 400 requests so many brought bytes that are no Modbus answer. */
  z.object({ code: z.literal("not-modbus"), foreign: count, frames: count }),
  /** This one does not answer while others do. */
  z.object({ code: z.literal("address-clash-or-cabling"), unitId: z.int(), failedInARow: count }),
  z.object({ code: z.literal("adapter-echoes"), echoes: count }),
  /** Connections lost, not by us, within ten minutes. */
  z.object({ code: z.literal("another-client"), losses: count }),
  /** It answers, but not this often in a row did it take the sign of life it needs; `answer` is empty where none came. */
  z.object({ code: z.literal("life-signs-untaken"), inARow: count, answer: z.string() }),
  /** Of meters that speak by themselves: the site names none. `taken`: the one that was alone at first; `null`: none. */
  z.object({ code: z.literal("several-meters"), serials: z.array(z.string()), taken: z.string().nullable() }),
  z.object({ code: z.enum(HTTP_TROUBLES), number: count.nullable() }),
]);
export type DeviceHint = z.infer<typeof deviceHintSchema>;

export const deviceSummarySchema = deviceKey.extend({
  name: z.string(),
  /** `null`: this is a link, or an OCPP station. */
  profileId: z.string().nullable(),
  /** The wire or address it hangs on; `null`: it calls us. */
  linkId: z.string().nullable(),
  /** The wire or address in words, such as a path, a host with port, or an OCPP identity. */
  place: z.string(),
  /** `null`: it has no address of its own on its wire. */
  unitId: z.int().nullable(),
  /** `degraded`: its last answers did not come, but it does not count as gone yet. */
  state: z.enum(["online", "degraded", "offline"]),
  /** On the site's clock; `null`: nothing was ever heard. */
  lastExchange_ms: instant_ms.nullable(),
  exchanges: count,
  errors: count,
  /** Of about the last 400 exchanges; `null`: there were none. */
  recentErrors_permille: z.int().min(0).max(1000).nullable(),
  hints: z.array(deviceHintSchema),
  /** What the device or the system said is wrong, in its own words. */
  problem: z.string().nullable(),
});
export type DeviceSummary = z.infer<typeof deviceSummarySchema>;

/** What a line has been through since it was opened. */
export const wireCountersSchema = z.object({
  frames: count,
  replies: count,
  crcErrors: count,
  timeouts: count,
  /** Requests that brought bytes, but no answer, whole or damaged. */
  foreign: count,
  staleBytes: count,
  exceptions: count,
  retries: count,
  wrongUnit: count,
  echoes: count,
  /** Real milliseconds. */
  latency_ms_max: z.number().min(0),
  latency_ms_p99: z.number().min(0),
});
export type WireCounters = z.infer<typeof wireCountersSchema>;

export const deviceDetailSchema = deviceSummarySchema.extend({
  vendor: z.string().nullable(),
  model: z.string().nullable(),
  serial: z.string().nullable(),
  firmware: z.string().nullable(),
  /** A charger's own guard against our silence; `null`: this is no charger. */
  failSafe: z
    .object({
      kind: z.enum(["known", "unknown", "unsafe"]),
      current_mA: current_mA.nullable(),
      timeout_ms: duration_ms.nullable(),
    })
    .nullable(),
  /** Of this device, or of the whole line for a link; `null`: nobody counts this finely there. */
  counters: wireCountersSchema.nullable(),
  /** Values that could not be, since it runs. */
  quarantined: count.nullable(),
  /** Registers of its document it does not have, as function code and address. */
  missing: z.array(z.string()),
  /** What a charger could be told and is not, for its document does not vouch for how. */
  unsure: z.array(z.enum(["session", "phases", "wakeup", "unlock", "reset"])),
  ocpp: ocppFactsSchema.nullable(),
});
export type DeviceDetail = z.infer<typeof deviceDetailSchema>;

/**
 * What can be wrong on a wire: nothing came in time; bytes came after we had given up; part of an answer; a checksum
 * that does not fit; somebody else's answer; no answer at all in what came; bytes before the answer that belong to
 * nothing; a Modbus exception; no connection; the device refuses; a telegram that is none; more than can be meant.
 */
const WIRE_PROBLEMS = [
  "silence",
  "late",
  "truncated",
  "bad-checksum",
  "wrong-unit",
  "garbled",
  "stray-bytes",
  "exception",
  "line-down",
  "refused",
  "dropped",
  "too-large",
] as const;
export type WireProblem = (typeof WIRE_PROBLEMS)[number];

/** What can be wrong with an exchange: with the wire, or what the device says in its own words. */
export const EXCHANGE_PROBLEMS = [...WIRE_PROBLEMS, "said"] as const;

export const exchangeSchema = z.object({
  at_ms: instant_ms,
  /** Seen from the site. */
  direction: z.enum(["out", "in"]),
  summary: z.string(),
  /** Hex digits, JSON or text as it went over the wire. */
  raw: z.string(),
  decoded: z.array(z.object({ name: z.string(), value: z.string() })),
  problem: z.object({ code: z.enum(EXCHANGE_PROBLEMS), detail: z.string() }).nullable(),
  /** Real milliseconds from a request to its reply. */
  took_ms: z.int().min(0).nullable(),
});
export type ExchangeView = z.infer<typeof exchangeSchema>;

export const deviceRawSchema = z.object({
  /** Newest first. */
  exchanges: z.array(exchangeSchema),
  /** Those with a problem, newest first; they are kept longer. */
  errors: z.array(exchangeSchema),
  /** What the device showed last. */
  values: z.array(
    z.object({
      name: z.string(),
      value: z.union([z.number(), z.string(), z.null()]),
      /** `null`: a word, a count or a ratio. */
      unit: z.string().nullable(),
      /** Hex; `null` where it is no register. */
      raw: z.string().nullable(),
      age_ms: duration_ms,
    }),
  ),
});
export type DeviceRaw = z.infer<typeof deviceRawSchema>;
