import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSiteFile } from "./index.ts";
import { EXAMPLE, PROFILES } from "./site-file.example.ts";

const changed = (from: string, to: string): string => {
  expect(EXAMPLE).toContain(from);
  return EXAMPLE.replace(from, to);
};
const problemsOf = (text: string) => {
  const parsed = parseSiteFile(text, PROFILES);
  return parsed.ok ? [] : parsed.problems;
};
test("the example becomes a site with defaults filled in", () => {
  const parsed = parseSiteFile(EXAMPLE, PROFILES);
  expect(parsed).toMatchObject({
    ok: true,
    tariff: { currency: "EUR", perKWh: "0.42", vat_bp: 1900 },
    passwords: new Map(),
    warnings: [],
    site: {
      access: { cards: "any" },
      demo: false,
      model: {
        identity: { nominal_V: 230 },
        circuits: [
          { fuse_mA: [100_000, 100_000, 100_000], margin_mA: 2000, parentId: null, meterId: "grid" },
          { parentId: "main" },
        ],
        links: [{ dataBits: 8, stopBits: 1 }, { port: 4196 }, { port: 502 }],
        meters: [{ name: "grid", unitId: 1 }],
        stations: [
          {
            phaseCount: 3,
            rotation: "L1L2L3",
            current_mA_min: 6000,
            current_mA_max: 16_000,
            step_mA: 100,
            connection: { connectorId: 1 },
          },
          { phaseCount: 1, rotation: "L2", connection: { kind: "profile", unitId: 2 } },
        ],
      },
    },
  });
});

test("a password of a charger is told apart from the site, and not exported", () => {
  const parsed = parseSiteFile(changed("ocpp: CP-0001", 'ocpp: CP-0001, password: "open sesame"'), PROFILES);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  expect([...parsed.passwords]).toEqual([["CP-0001", "open sesame"]]);
  expect(JSON.stringify(parsed.site)).not.toContain("sesame");
});

type Case = readonly [
  what: string,
  from: string,
  to: string,
  line: number,
  field: string,
  code: string,
  expected: RegExp,
];
const CASES: readonly Case[] = [
  [
    "a mistyped field",
    "fallback_A: 6, ocpp",
    "falback_A: 6, ocpp",
    12,
    "stations[0].falback_A",
    "unknown-field",
    /fallback_A/u,
  ],
  ["a mistyped section", "stations:", "staitons:", 11, "staitons", "unknown-field", /stations/u],
  ["a text for a number", "max_A: 16", "max_A: sixteen", 12, "stations[0].max_A", "wrong-type", /amperes from 6/u],
  ["too little current", "max_A: 16", "max_A: 5", 12, "stations[0].max_A", "out-of-range", /from 6/u],
  [
    "a safe current above the maximum",
    "max_A: 16, fallback_A: 6",
    "max_A: 16, fallback_A: 20",
    12,
    "stations[0].fallback_A",
    "out-of-range",
    /16 A/u,
  ],
  [
    "a safe current that no box can keep",
    "max_A: 16, fallback_A: 6",
    "max_A: 16, fallback_A: 3",
    12,
    "stations[0].fallback_A",
    "out-of-range",
    /0 or at least 6/u,
  ],
  [
    "a minimum above the maximum",
    "max_A: 16",
    "min_A: 17, max_A: 16",
    12,
    "stations[0].min_A",
    "out-of-range",
    /16 A/u,
  ],
  ["an id twice", "id: P02", "id: P01", 13, "stations[1].id", "duplicate-id", /P01/u],
  ["an id with a space", "id: P02", 'id: "P 02"', 13, "stations[1].id", "invalid-value", /letters, digits/u],
  [
    "an unknown circuit",
    "circuit: garage-a, phases: 3",
    "circuit: garage-b, phases: 3",
    12,
    "stations[0].circuit",
    "unknown-reference",
    /garage-a/u,
  ],
  ["an unknown parent", "parent: main", "parent: roof", 4, "circuits[1].parent", "unknown-reference", /main/u],
  [
    "an unknown link",
    "link: rs485-1, unitId: 2",
    "link: rs485-9, unitId: 2",
    13,
    "stations[1].link",
    "unknown-reference",
    /rs485-1/u,
  ],
  ["an unknown meter", "meter: grid", "meter: gird", 3, "circuits[0].meter", "unknown-reference", /grid/u],
  [
    "an unknown profile",
    "profile: heidelberg-energy-control",
    "profile: heidelberg",
    13,
    "stations[1].profile",
    "unknown-reference",
    /heidelberg-energy-control/u,
  ],
  ["a second main fuse", "parent: main, ", "", 4, "circuits[1].parent", "several-roots", /main/u],
  [
    "a circuit below itself",
    "name: Main fuse",
    "name: Main fuse, parent: garage-a",
    3,
    "circuits[0].parent",
    "cycle",
    /not below/u,
  ],
  [
    "two fuses",
    "fuse_A: [63, 63, 63]",
    "fuse_A: [63, 63]",
    4,
    "circuits[1].fuse_A",
    "wrong-type",
    /three \[L1, L2, L3\]/u,
  ],
  ["no fuse", ", fuse_A: 100", "", 3, "circuits[0].fuse_A", "missing", /fuse/u],
  ["a margin that leaves nothing", "margin_A: 2", "margin_A: 100", 3, "circuits[0].margin_A", "out-of-range", /100 A/u],
  [
    "a rotation that does not exist",
    "rotation: L1L2L3",
    "rotation: L1L1L3",
    12,
    "stations[0].rotation",
    "invalid-value",
    /L2L3L1/u,
  ],
  ["three phases on one", "rotation: L1L2L3", "rotation: L1", 12, "stations[0].rotation", "phase-mismatch", /L1L2L3/u],
  [
    "one phase, nobody knows which",
    "phases: 1, rotation: L2",
    "phases: 1",
    13,
    "stations[1].rotation",
    "missing",
    /L1, L2 or L3/u,
  ],
  ["four phases", "phases: 3", "phases: 4", 12, "stations[0].phases", "invalid-value", /1, 2 or 3/u],
  ["an address beyond Modbus", "unitId: 2", "unitId: 256", 13, "stations[1].unitId", "out-of-range", /0 to 255/u],
  ["one address for two devices", "unitId: 2", "unitId: 1", 13, "stations[1].unitId", "address-clash", /grid/u],
  [
    "one OCPP connector for two",
    "profile: heidelberg-energy-control, link: rs485-1, unitId: 2",
    "ocpp: CP-0001",
    13,
    "stations[1].ocpp",
    "address-clash",
    /P01/u,
  ],
  [
    "one wire for two links",
    "kind: modbus-tcp, host: 192.168.1.31, port: 502",
    "kind: modbus-tcp, host: 192.168.1.20, port: 4196",
    8,
    "links[2].host",
    "address-clash",
    /gw-1/u,
  ],
  [
    "both kinds of connection",
    "ocpp: CP-0001",
    "ocpp: CP-0001, unitId: 9",
    12,
    "stations[0].unitId",
    "contradiction",
    /either/u,
  ],
  [
    "a password for a device that is asked by us",
    ", unitId: 2",
    ", unitId: 2, password: secret",
    13,
    "stations[1].password",
    "contradiction",
    /only with ocpp/u,
  ],
  ["no connection", ", ocpp: CP-0001", "", 12, "stations[0].ocpp", "missing", /how to reach/u],
  ["half a connection", ", unitId: 2", "", 13, "stations[1].unitId", "missing", /unitId/u],
  [
    "a link of another kind",
    "kind: rtu-over-tcp",
    "kind: bluetooth",
    7,
    "links[1].kind",
    "invalid-value",
    /serial, rtu-over-tcp, modbus-tcp, http, udp, tcp-raw or udp-multicast/u,
  ],
  ["an impossible parity", "parity: none", "parity: mark", 6, "links[0].parity", "invalid-value", /none, even or odd/u],
  ["a city that is no zone", "Europe/Berlin", "Berlin", 1, "site.timezone", "invalid-value", /IANA/u],
  ["an offset instead of a zone", "Europe/Berlin", '"+01:00"', 1, "site.timezone", "invalid-value", /IANA/u],
  [
    "a currency that does not exist",
    "currency: EUR, country",
    "currency: EURO, country",
    1,
    "site.currency",
    "invalid-value",
    /ISO 4217/u,
  ],
  ["a country in words", "country: DE", "country: Germany", 1, "site.country", "invalid-value", /ISO 3166/u],
  [
    "another currency for the price",
    "tariff: { currency: EUR",
    "tariff: { currency: CHF",
    14,
    "tariff.currency",
    "currency-mismatch",
    /EUR/u,
  ],
  ["a price with a comma", '"0.42"', '"0,42"', 14, "tariff.per_kWh", "invalid-value", /decimal/u],
  ["a negative price", '"0.42"', '"-0.42"', 14, "tariff.per_kWh", "invalid-value", /decimal/u],
  ["more tax than price", "vat_percent: 19", "vat_percent: 190", 14, "tariff.vat_percent", "out-of-range", /0 to 100/u],
  ["unknown access", "cards: any", "cards: some", 15, "access.cards", "invalid-value", /any or listed/u],
];

test.each(CASES)("%s is told with line and field", (_what, from, to, line, field, code, expected) => {
  const problems = problemsOf(changed(from, to));
  expect(problems.map((problem) => ({ line: problem.line, field: problem.field, code: problem.code }))).toContainEqual({
    line,
    field,
    code,
  });
  expect(problems.find((problem) => problem.field === field)?.expected).toMatch(expected);
  expect(problems.every((problem) => (problem.column ?? 0) >= 1)).toBe(true);
});

test("all mistakes are told at once in the order of the lines, also within one entry", () => {
  const text = changed("Europe/Berlin", "Berlin")
    .replace("parent: main, name", "parent: main, name")
    .replace("fuse_A: [63, 63, 63]", "fuse_A: none")
    .replace("parent: main", "parent: mian")
    .replace("rotation: L2", "rotation: L4")
    .replace("unitId: 2", "unitId: 1")
    .replace("vat_percent: 19", "vat: 19");
  expect(problemsOf(text).map(({ line, field }) => `${String(line)} ${field}`)).toEqual([
    "1 site.timezone",
    "4 circuits[1].parent",
    "4 circuits[1].fuse_A",
    "13 stations[1].rotation",
    "13 stations[1].unitId",
    "14 tariff.vat_percent",
    "14 tariff.vat",
  ]);
});

test("a fuse larger than the one above it is a warning only", () => {
  const parsed = parseSiteFile(changed("[63, 63, 63]", "[63, 125, 63]"), PROFILES);
  expect(parsed).toMatchObject({
    ok: true,
    warnings: [{ line: 4, field: "circuits[1].fuse_A", code: "fuse-larger-than-parent" }],
  });
});

test("a one-phase box may name all three of its terminals", () => {
  const parsed = parseSiteFile(changed("rotation: L2", "rotation: L3L1L2"), PROFILES);
  expect(parsed).toMatchObject({
    ok: true,
    site: { model: { stations: [{}, { rotation: "L3L1L2", phaseCount: 1 }] } },
  });
});

test("a price without quotes is taken as it is written", () => {
  expect(parseSiteFile(changed('"0.42"', "0.42"), PROFILES)).toMatchObject({ ok: true, tariff: { perKWh: "0.42" } });
});

describe("texts that are no site file", () => {
  test("a syntax error names its line", () => {
    expect(problemsOf(changed("country: DE }", "country: DE"))[0]).toMatchObject({ code: "syntax", line: 2 });
    expect(problemsOf(changed("meters:", "circuits:"))[0]).toMatchObject({ code: "syntax", line: 9 });
  });

  test.each([
    ["nothing", "", "wrong-type"],
    ["a list", "- 1", "wrong-type"],
    ["more than 1 MB", `# ${"x".repeat(1_000_000)}`, "too-large"],
    ["a hundred thousand brackets", "[".repeat(100_000), "too-deep"],
    ["a hundred thousand dashes", "- ".repeat(100_000), "too-deep"],
    [
      "a thousand steps inwards",
      Array.from({ length: 1200 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"),
      "too-deep",
    ],
    ["aliases without end", `a: &a [1]\nb: [${"*a, ".repeat(60)}1]`, "too-many-aliases"],
    [
      "aliases that multiply",
      "a: &a [1,1,1,1]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: [*c,*c,*c,*c]",
      "too-many-aliases",
    ],
    ["an alias of nothing", "a: *nobody", "syntax"],
    ["two documents", `${EXAMPLE}---\na: 1\n`, "syntax"],
  ])("%s is refused", (_what, text, code) => {
    expect(problemsOf(text)[0]).toMatchObject({ code });
  });

  test("no text makes the reader throw", () => {
    const pieces = fc.array(fc.oneof(fc.string(), fc.constantFrom(...EXAMPLE.split(/(?<=[\s:,{}])/u))), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(pieces, (parts) => {
        expect(typeof parseSiteFile(parts.join(""), PROFILES).ok).toBe("boolean");
      }),
    );
  });

  test("an example with one line broken is refused or whole, never half", () => {
    fc.assert(
      fc.property(fc.nat(EXAMPLE.length - 1), fc.nat(3), fc.string({ maxLength: 3 }), (at, cut, put) => {
        const parsed = parseSiteFile(EXAMPLE.slice(0, at) + put + EXAMPLE.slice(at + cut), PROFILES);
        if (!parsed.ok) expect(parsed.problems.length).toBeGreaterThan(0);
      }),
    );
  });
});
