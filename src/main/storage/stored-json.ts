import { z } from "zod";
import { type Because, PROTECTIVE_DEVICES, REASON_KINDS, SHARING_RULES } from "../../core/balancing/index.ts";
import type { Flag } from "../../core/session/index.ts";
import type { Cost, TariffVersion } from "../../core/tariff/index.ts";
import {
  assert,
  basisPoint,
  epochMs,
  type Milliamp,
  milliamp,
  millisecond,
  type PerPhase,
  perPhase,
  watt,
  wattHour,
} from "../../core/units/index.ts";
import { type Alert, type OcppFacts, ocppFactsSchema, type Seller, sellerSchema } from "../../contract/index.ts";
import { signalSchema } from "./stored-signal.ts";
import type { InvoiceDocument, StoredSite } from "./types.ts";

// What stands as JSON in a column, read back into exact types. It was written by us, so a mismatch is our own fault
// (or a damaged file) and throws.

const current = z.int().transform(milliamp);
const instant = z.int().transform(epochMs);
const energy = z.int().transform(wattHour);
const rate = z.int().transform(basisPoint);
const scalar = z.union([z.number(), z.string(), z.null()]);
const minorText = z
  .string()
  .regex(/^-?\d+$/u)
  .transform(BigInt);

const flagsSchema = z.array(
  z.object({
    rule: z.enum(["D01", "D02", "D03", "D04", "D05", "D06", "D08", "D09", "D10", "D11", "D13", "D14", "D21", "D22"]),
    severity: z.enum(["B", "W", "I"]),
    inputs: z.record(z.string(), scalar),
  }),
);

const dimension = z.enum(["ENERGY", "TIME", "FLAT", "PARKING_TIME"]);

const tariffSchema = z.object({
  id: z.string(),
  name: z.string(),
  currency: z.string(),
  valid_from_ms: instant,
  elements: z.array(
    z.object({
      priceComponents: z.array(
        z.object({ type: dimension, price: z.string(), vat_bp: rate.nullable(), stepSize: z.number() }),
      ),
    }),
  ),
});

const costSchema = z.object({
  currency: z.string(),
  lines: z.array(
    z.object({
      type: dimension,
      elementIndex: z.int(),
      componentIndex: z.int(),
      price: z.string(),
      vat_bp: rate.nullable(),
      metered: z.number(),
      billed: z.number(),
      net_minor: minorText,
    }),
  ),
  vat: z.array(z.object({ vat_bp: rate.nullable(), net_minor: minorText, tax_minor: minorText })),
  net_minor: minorText,
  tax_minor: minorText,
  gross_minor: minorText,
});

const becauseSchema = z.array(
  z.object({
    kind: z.enum(REASON_KINDS),
    ref: z.string(),
    phase: z.enum(["L1", "L2", "L3"]).exactOptional(),
    before_mA: current,
    after_mA: current,
  }),
);

const threeCurrents = z
  .tuple([current, current, current])
  .transform((values): PerPhase<Milliamp> => perPhase((_, index) => values[index]));

const sharingSchema = z.object({ rule: z.enum(SHARING_RULES), hold_ms: z.int().transform(millisecond) });

const planningSchema = z.object({
  prices: z
    .object({
      otherwise_micro_per_kWh: z.int(),
      hours: z.array(
        z.object({
          weekdays: z.array(z.int()).exactOptional(),
          from_minute: z.int(),
          until_minute: z.int(),
          price_micro_per_kWh: z.int(),
        }),
      ),
    })
    .exactOptional(),
  feedIn_micro_per_kWh: z.int().exactOptional(),
  peak: z.object({ price_micro_per_kW: z.int(), floor_W: z.int().transform(watt) }).exactOptional(),
  quarterLimit_W: z.int().transform(watt).exactOptional(),
});

const linkSchema = z.discriminatedUnion("kind", [
  z.object({
    id: z.string(),
    kind: z.literal("serial"),
    path: z.string(),
    baud: z.int(),
    parity: z.enum(["none", "even", "odd"]),
    dataBits: z.union([z.literal(7), z.literal(8)]),
    stopBits: z.union([z.literal(1), z.literal(2)]),
  }),
  z.object({
    id: z.string(),
    kind: z.enum(["rtu-over-tcp", "modbus-tcp", "udp", "tcp-raw"]),
    host: z.string(),
    port: z.int(),
  }),
  z.object({
    id: z.string(),
    kind: z.literal("http"),
    host: z.string(),
    port: z.int(),
    user: z.string().exactOptional(),
    password: z.string().exactOptional(),
  }),
  z.object({
    id: z.string(),
    kind: z.literal("udp-multicast"),
    group: z.string(),
    port: z.int(),
    interface: z.string().exactOptional(),
  }),
]);

const stationSchema = z.object({
  id: z.string(),
  name: z.string(),
  circuitId: z.string(),
  phaseCount: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  rotation: z.enum(["L1L2L3", "L2L3L1", "L3L1L2", "L1L3L2", "L2L1L3", "L3L2L1", "L1", "L2", "L3"]),
  current_mA_min: current,
  current_mA_max: current,
  step_mA: current,
  fallback_mA: current,
  priority: z.number(),
  connection: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("ocpp"), identity: z.string(), connectorId: z.int() }),
    z.object({
      kind: z.literal("profile"),
      profileId: z.string(),
      linkId: z.string(),
      unitId: z.int(),
      connector: z.int().exactOptional(),
    }),
  ]),
});

const siteSchema = z.object({
  model: z.object({
    identity: z.object({
      name: z.string(),
      timezone: z.string(),
      currency: z.string(),
      country: z.string(),
      nominal_V: z.number(),
    }),
    circuits: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        parentId: z.string().nullable(),
        fuse_mA: threeCurrents,
        margin_mA: current,
        meterId: z.string().nullable(),
        limit_W: z.int().transform(watt).nullable(),
        otherLoad_mA_max: threeCurrents.nullable(),
        protection: z.enum(PROTECTIVE_DEVICES).exactOptional(),
        system: z.enum(["star", "delta"]).exactOptional(),
        unbalance_mA: current.exactOptional(),
        sharing: sharingSchema.exactOptional(),
      }),
    ),
    links: z.array(linkSchema),
    meters: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        profileId: z.string(),
        linkId: z.string(),
        unitId: z.int(),
        serial: z.string().exactOptional(),
      }),
    ),
    stations: z.array(stationSchema),
    sharing: sharingSchema.exactOptional(),
    planning: planningSchema.exactOptional(),
    signals: z.array(signalSchema).exactOptional(),
  }),
  access: z.object({ cards: z.enum(["any", "listed"]) }),
  demo: z.boolean(),
});

const invoiceSchema = z.object({
  id: z.string(),
  number: z.string(),
  month: z.string(),
  issued_at_ms: instant,
  due_at_ms: instant,
  timezone: z.string(),
  currency: z.string(),
  locale: z.enum(["en", "de"]),
  demo: z.boolean(),
  siteName: z.string(),
  seller: sellerSchema,
  customer: z.object({ id: z.string(), name: z.string(), address: z.string(), vatId: z.string().nullable() }),
  lines: z.array(
    z.object({
      sessionId: z.string(),
      stationName: z.string(),
      started_at_ms: instant,
      ended_at_ms: instant,
      start_Wh: energy,
      stop_Wh: energy,
      energy_Wh: energy,
      cardAlias: z.string().nullable(),
      perKWh: z.string(),
      vat_bp: rate.nullable(),
      net_minor: z.int(),
    }),
  ),
  vat: z.array(z.object({ vat_bp: rate.nullable(), net_minor: z.int(), tax_minor: z.int() })),
  net_minor: z.int(),
  tax_minor: z.int(),
  gross_minor: z.int(),
});

const inputsSchema = z.record(z.string(), scalar);

export const readTariff = (json: string): TariffVersion => tariffSchema.parse(JSON.parse(json));
export const readCost = (json: string): Cost => costSchema.parse(JSON.parse(json));
export const readSite = (json: string): StoredSite => siteSchema.parse(JSON.parse(json));
export const readSeller = (json: string): Seller => sellerSchema.parse(JSON.parse(json));
export const readInvoice = (json: string): InvoiceDocument => invoiceSchema.parse(JSON.parse(json));
export const readBecause = (json: string): Because[] => becauseSchema.parse(JSON.parse(json));
export const readOcppFacts = (json: string): OcppFacts => ocppFactsSchema.parse(JSON.parse(json));
export const readInputs = (json: string): Alert["inputs"] => inputsSchema.parse(JSON.parse(json));
/** Most sessions have no flags: those are not worth parsing. */
export const readFlags = (json: string): Flag[] => (json === "[]" ? [] : flagsSchema.parse(JSON.parse(json)));

/** Amounts as decimal digits: JSON numbers would lose what bigint keeps. */
export const writeCost = (cost: Cost): string =>
  JSON.stringify(cost, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value));

/** An amount as the plain number the contract carries. */
export function minorNumber(amount_minor: bigint): number {
  const value = Number(amount_minor);
  assert(Number.isSafeInteger(value), "an amount fits a number exactly");
  return value;
}
