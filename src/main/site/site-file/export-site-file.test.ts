import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { SignalLimit, SiteSignal } from "../../../core/balancing/index.ts";
import { PROTECTIVE_DEVICES, SHARING_RULES, SIGNAL_RULES, WEEKDAYS } from "../../../core/balancing/index.ts";
import type { SitePlanning } from "../../../core/site/index.ts";
import type { TariffVersion } from "../../../core/tariff/index.ts";
import { basisPoint, epochMs, milliamp, millisecond, type PerPhase, watt } from "../../../core/units/index.ts";
import type { StoredSite } from "../../storage/types.ts";
import { exportSiteFile, parseSiteFile } from "./index.ts";
import { EXAMPLE, PROFILES } from "./site-file.example.ts";
import { ROTATIONS, siteJsonSchema } from "./schema.ts";

const toFlat = (price: string, vat_bp: number): TariffVersion => ({
  id: "t",
  name: "t",
  currency: "EUR",
  valid_from_ms: epochMs(0),
  elements: [{ priceComponents: [{ type: "ENERGY", price, vat_bp: basisPoint(vat_bp), stepSize: 1 }] }],
});

const mA = (min: number, max: number) => fc.integer({ min, max }).map(milliamp);
const threeOf = (min: number, max: number): fc.Arbitrary<PerPhase<ReturnType<typeof milliamp>>> => {
  const one = mA(min, max);
  return fc.oneof(
    one.map((value): PerPhase<typeof value> => [value, value, value]),
    fc.tuple(one, one, one),
  );
};
const named = fc
  .string({ minLength: 1, maxLength: 40, unit: "grapheme" })
  .filter((text) => text.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}\uFEFF]/u.test(text));

const anySharing = fc.record({
  rule: fc.constantFrom(...SHARING_RULES),
  hold_ms: fc.integer({ min: 15, max: 1440 }).map((minutes) => millisecond(minutes * 60_000)),
});

const micro = fc.integer({ min: 0, max: 999_999_999 });
const anyHours = fc
  .record(
    {
      weekdays: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      from_minute: fc.integer({ min: 0, max: 1439 }),
      until_minute: fc.integer({ min: 0, max: 1440 }),
      price_micro_per_kWh: micro,
    },
    { requiredKeys: ["from_minute", "until_minute", "price_micro_per_kWh"] },
  )
  .filter(({ from_minute, until_minute }) => from_minute !== until_minute);

const anyPlanning: fc.Arbitrary<SitePlanning> = fc.record(
  {
    prices: fc.record({ otherwise_micro_per_kWh: micro, hours: fc.array(anyHours, { maxLength: 4 }) }),
    feedIn_micro_per_kWh: micro,
    peak: fc.record({ price_micro_per_kW: micro, floor_W: fc.integer({ min: 0, max: 10_000_000 }).map(watt) }),
    quarterLimit_W: fc.integer({ min: 1, max: 10_000_000 }).map(watt),
  },
  { requiredKeys: ["prices"] },
);

const minuteOfDay = fc.nat(1439);
const onModbus = {
  linkId: fc.constantFrom("bus", "gw"),
  unitId: fc.integer({ min: 1, max: 247 }),
  address: fc.nat(65_535),
};
/** A token is never exported: what a caller presents has to be entered again. */
const anySource: fc.Arbitrary<SiteSignal["source"]> = fc.oneof(
  fc.record({
    kind: fc.constant("digital-input" as const),
    ...onModbus,
    table: fc.constantFrom("coil" as const, "discrete" as const),
    activeLow: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("register" as const),
    ...onModbus,
    table: fc.constantFrom("holding" as const, "input" as const),
    type: fc.constantFrom("uint16" as const, "uint32" as const),
    scale: fc.constantFrom(0.001, 0.1, 1, 230),
    unit: fc.constantFrom("A" as const, "W" as const),
    none: fc.option(fc.nat(0xffff_ffff)),
  }),
  fc.constant({ kind: "http" as const, tokenHash: null }),
  fc.record({
    kind: fc.constant("window" as const),
    windows: fc.array(
      fc.record({
        days: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1 }),
        from_min: minuteOfDay,
        to_min: minuteOfDay,
      }),
      { minLength: 1, maxLength: 3 },
    ),
  }),
);
const anyLimit: fc.Arbitrary<SignalLimit> = fc
  .record({
    limit_mA: fc.option(mA(0, 100_000)),
    limit_W: fc.option(fc.integer({ min: 4200, max: 1_000_000 }).map(watt)),
  })
  .filter(({ limit_mA, limit_W }) => limit_mA !== null || limit_W !== null);
const signals = (circuits: number): fc.Arbitrary<SiteSignal[]> =>
  fc.uniqueArray(
    fc.record({
      id: fc.nat(3).map((index) => `signal-${String(index)}`),
      name: named,
      circuitId: fc.nat(circuits - 1).map((circuit) => `c${String(circuit)}`),
      rule: fc.constantFrom(...SIGNAL_RULES),
      counts: fc.constantFrom("cars" as const, "all" as const),
      limit: anyLimit,
      failSafe: anyLimit,
      debounce_ms: fc.nat(60).map((s) => s * 1000),
      minimum_ms: fc.nat(86_400).map((s) => s * 1000),
      source: anySource,
    }),
    { selector: ({ id }) => id, minLength: 1, maxLength: 3 },
  );

const sites: fc.Arbitrary<StoredSite> = fc
  .record({
    name: named,
    circuits: fc.integer({ min: 1, max: 5 }),
    stations: fc.nat(8),
    cards: fc.constantFrom("any" as const, "listed" as const),
  })
  .chain(({ name, circuits, stations, cards }) =>
    fc.record({
      model: fc.record(
        {
          identity: fc.record({
            name: fc.constant(name),
            timezone: fc.constantFrom("Europe/Berlin", "America/New_York", "UTC"),
            currency: fc.constant("EUR"),
            country: fc.constantFrom("DE", "NO", "US"),
            nominal_V: fc.constantFrom(230, 120),
          }),
          circuits: fc.tuple(
            ...Array.from({ length: circuits }, (_, index) =>
              fc.record(
                {
                  id: fc.constant(`c${String(index)}`),
                  name: named,
                  parentId: index === 0 ? fc.constant(null) : fc.nat(index - 1).map((parent) => `c${String(parent)}`),
                  fuse_mA: threeOf(10_000, 1_000_000),
                  margin_mA: mA(0, 9_999),
                  meterId: fc.constant(index === 0 ? "grid" : null),
                  limit_W: fc.option(fc.integer({ min: 1, max: 1_000_000 }).map(watt)),
                  otherLoad_mA_max: fc.option(threeOf(0, 100_000)),
                  protection: fc.constantFrom(...PROTECTIVE_DEVICES),
                  system: fc.constantFrom("star" as const, "delta" as const),
                  unbalance_mA: mA(1000, 30_000),
                  sharing: anySharing,
                },
                {
                  requiredKeys: [
                    "id",
                    "name",
                    "parentId",
                    "fuse_mA",
                    "margin_mA",
                    "meterId",
                    "limit_W",
                    "otherLoad_mA_max",
                  ],
                },
              ),
            ),
          ),
          links: fc.tuple(
            fc.record({
              id: fc.constant("bus"),
              kind: fc.constant("serial" as const),
              path: fc.constantFrom("/dev/ttyUSB0", "COM3"),
              baud: fc.constantFrom(9600, 19_200),
              parity: fc.constantFrom("none" as const, "even" as const, "odd" as const),
              dataBits: fc.constantFrom(7 as const, 8 as const),
              stopBits: fc.constantFrom(1 as const, 2 as const),
            }),
            fc.record({
              id: fc.constant("gw"),
              kind: fc.constantFrom("rtu-over-tcp" as const, "modbus-tcp" as const),
              host: fc.constantFrom("10.0.0.1", "fe80::1", "gateway.lan"),
              port: fc.integer({ min: 1, max: 65_535 }),
            }),
          ),
          meters: fc.tuple(
            fc.record({
              id: fc.constant("grid"),
              name: named,
              profileId: fc.constant("eastron-sdm630"),
              linkId: fc.constant("bus"),
              unitId: fc.constant(247),
            }),
          ),
          stations: fc.tuple(
            ...Array.from({ length: stations }, (_, index) =>
              fc.record({
                id: fc.constant(`s-${String(index)}`),
                name: named,
                circuitId: fc.nat(circuits - 1).map((circuit) => `c${String(circuit)}`),
                phaseCount: fc.constant(1 as const),
                rotation: fc.constantFrom(...ROTATIONS),
                current_mA_min: mA(6000, 10_000),
                current_mA_max: mA(10_000, 80_000),
                step_mA: mA(1, 2000),
                fallback_mA: fc.oneof(fc.constant(milliamp(0)), mA(6000, 10_000)),
                priority: fc.integer({ min: 1, max: 10 }),
                connection: fc.constantFrom(
                  {
                    kind: "ocpp" as const,
                    identity: `CP/${String(index)}`.replace("/", "_"),
                    connectorId: 1 + (index % 2),
                  },
                  { kind: "profile" as const, profileId: "heidelberg-energy-control", linkId: "gw", unitId: index + 1 },
                ),
              }),
            ),
          ),
          sharing: anySharing,
          planning: anyPlanning,
          signals: signals(circuits),
        },
        { requiredKeys: ["identity", "circuits", "links", "meters", "stations"] },
      ),
      access: fc.constant({ cards }),
      demo: fc.constant(false),
    }),
  );

test("what is exported sets the same site up again", () => {
  const prices = fc.constantFrom("0.42", "0", "0.287500", "12.5");
  fc.assert(
    fc.property(sites, prices, fc.integer({ min: 0, max: 10_000 }), (site, price, vat_bp) => {
      const parsed = parseSiteFile(exportSiteFile(site, toFlat(price, vat_bp)), PROFILES);
      expect(parsed.ok ? [] : parsed.problems).toEqual([]);
      if (parsed.ok)
        expect({ site: parsed.site, tariff: parsed.tariff }).toEqual({
          site,
          tariff: { currency: "EUR", perKWh: price, vat_bp },
        });
    }),
  );
});

test("the example is exported as people write it, one line per entry", () => {
  const parsed = parseSiteFile(EXAMPLE, PROFILES);
  if (!parsed.ok) throw new Error("the example is right");
  const lines = exportSiteFile(parsed.site, toFlat("0.42", 1900)).split("\n");
  expect(lines).toContain("  - { id: main, name: Main fuse, fuse_A: 100, margin_A: 2, meter: grid }");
  expect(lines).toContain('  per_kWh: "0.42"');
});

test("the published JSON Schema is that of the code (else run: node scripts/write-schemas.mjs)", () => {
  const published: unknown = JSON.parse(
    readFileSync(new URL("../../../../resources/schemas/site.schema.json", import.meta.url), "utf8"),
  );
  expect(published).toEqual(siteJsonSchema());
});
