import { expect, test } from "vitest";
import { hashToken } from "../signals/signal-token.ts";
import { parseSiteFile } from "./index.ts";
import { EXAMPLE, PROFILES } from "./site-file.example.ts";

const withSignals = (lines: readonly string[]) =>
  parseSiteFile([EXAMPLE.trimEnd(), "signals:", ...lines.map((line) => `  - ${line}`), ""].join("\n"), PROFILES);
const mistakes = (line: string) => {
  const parsed = withSignals([line]);
  return parsed.ok ? [] : parsed.problems.map(({ field, code, line }) => ({ field, code, line }));
};
const LINE = EXAMPLE.trimEnd().split("\n").length + 2;
const INPUT = "source: { kind: digital-input, link: abb-7, unitId: 1, address: 0 }";
const signal = (more: string): string => `{ id: s, circuit: main, rule: limit, ${more} }`;

const read = (line: string) => {
  const parsed = withSignals([line]);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.site.model.signals?.[0];
};

test("a contact of the grid operator is read with what is usual for it", () => {
  expect(read(`{ id: steuerbox, circuit: main, rule: dim-14a, limit_kW: 16.8, ${INPUT} }`)).toEqual({
    id: "steuerbox",
    name: "steuerbox",
    circuitId: "main",
    rule: "dim-14a",
    counts: "cars",
    limit: { limit_mA: null, limit_W: 16_800 },
    failSafe: { limit_mA: null, limit_W: 16_800 },
    debounce_ms: 1_000,
    minimum_ms: 0,
    source: { kind: "digital-input", linkId: "abb-7", unitId: 1, address: 0, table: "discrete", activeLow: false },
  });
});

test("a register, a caller and windows are read exactly; of a token its hash alone is kept", () => {
  const register =
    "source: { kind: register, link: rs485-1, unitId: 3, address: 40, type: uint32, unit: A, scale: 0.1 }";
  expect(read(signal(`limit_A: 63, failsafe_A: 20, minimum_s: 60, ${register}`))).toMatchObject({
    counts: "all",
    limit: { limit_mA: 63_000, limit_W: null },
    failSafe: { limit_mA: 20_000, limit_W: null },
    debounce_ms: 0,
    minimum_ms: 60_000,
    source: { linkId: "rs485-1", table: "holding", type: "uint32", scale: 0.1, none: null },
  });
  const token = "sixteen or more characters";
  const caller = read(signal(`limit_A: 63, source: { kind: http, token: "${token}" }`));
  expect(caller?.source).toEqual({ kind: "http", tokenHash: hashToken(token) });
  expect(JSON.stringify(caller)).not.toContain(token);
  const window = '{ days: [mon, sun], from: "22:30", to: "06:00" }';
  expect(read(signal(`limit_A: 63, source: { kind: window, windows: [${window}] }`))?.source).toEqual({
    kind: "window",
    windows: [{ days: ["mon", "sun"], from_min: 1350, to_min: 360 }],
  });
});

const source = (fields: string): string => signal(`limit_A: 20, source: { ${fields} }`);
const BUS = "link: abb-7, unitId: 1, address: 0";

test.each([
  ["no limit at all", signal(INPUT), "limit_kW", "missing"],
  [
    "an unknown circuit",
    `{ id: s, circuit: cellar, rule: limit, limit_A: 20, ${INPUT} }`,
    "circuit",
    "unknown-reference",
  ],
  ["an unknown rule", `{ id: s, circuit: main, rule: dim-14, limit_A: 20, ${INPUT} }`, "rule", "invalid-value"],
  [
    "a dimming below 4.2 kW",
    `{ id: s, circuit: main, rule: dim-14a, limit_kW: 4.1, ${INPUT} }`,
    "limit_kW",
    "out-of-range",
  ],
  [
    "a fail-safe of a dimming below 4.2 kW",
    `{ id: s, circuit: main, rule: dim-14a, limit_kW: 5, failsafe_kW: 4, ${INPUT} }`,
    "failsafe_kW",
    "out-of-range",
  ],
  ["a negative limit", signal(`limit_A: -1, ${INPUT}`), "limit_A", "out-of-range"],
  ["a debounce of an hour", signal(`limit_A: 20, debounce_s: 3600, ${INPUT}`), "debounce_s", "out-of-range"],
  ["a minimum of more than a day", signal(`limit_A: 20, minimum_s: 86401, ${INPUT}`), "minimum_s", "out-of-range"],
  ["a field that is not known", signal(`limit_A: 20, delay_s: 1, ${INPUT}`), "delay_s", "unknown-field"],
  ["no source", signal("limit_A: 20"), "source", "missing"],
  ["a kind of source that is not known", source("kind: radio"), "source.kind", "wrong-type"],
  [
    "an unknown link",
    source("kind: digital-input, link: io, unitId: 1, address: 0"),
    "source.link",
    "unknown-reference",
  ],
  [
    "an address that no module has",
    source("kind: digital-input, link: abb-7, unitId: 1, address: 70000"),
    "source.address",
    "out-of-range",
  ],
  ["a register without a unit", source(`kind: register, ${BUS}`), "source.unit", "invalid-value"],
  ["a scale of nothing", source(`kind: register, ${BUS}, unit: A, scale: 0`), "source.scale", "out-of-range"],
  ["a token that can be guessed", source("kind: http, token: secret"), "source.token", "out-of-range"],
  ["no window", source("kind: window, windows: []"), "source.windows", "out-of-range"],
  [
    "a time that no clock shows",
    source('kind: window, windows: [{ days: [mon], from: "24:00", to: "06:00" }]'),
    "source.windows[0].from",
    "invalid-value",
  ],
  [
    "a day that is not known",
    source('kind: window, windows: [{ days: [monday], from: "22:00", to: "06:00" }]'),
    "source.windows[0].days[0]",
    "invalid-value",
  ],
])("%s is named at its own field", (_, line, field, code) => {
  expect(mistakes(line)).toEqual([{ field: `signals[0].${field}`, code, line: LINE }]);
});

test("two signals of one name are a mistake, and so is one over a link that carries no Modbus", () => {
  const twice = withSignals([signal(`limit_A: 20, ${INPUT}`), signal(`limit_A: 30, ${INPUT}`)]);
  expect(twice.ok ? [] : twice.problems.map(({ field }) => field)).toEqual(["signals[1].id"]);
  const calls = EXAMPLE.replace("links:\n", "links:\n  - { id: web, kind: http, host: 192.168.1.9, port: 80 }\n");
  const text = `${calls.trimEnd()}\nsignals:\n  - ${source("kind: digital-input, link: web, unitId: 1, address: 0")}\n`;
  const parsed = parseSiteFile(text, PROFILES);
  expect(parsed.ok ? [] : parsed.problems.map(({ field, code }) => ({ field, code }))).toEqual([
    { field: "signals[0].source.link", code: "wrong-link" },
  ]);
});
