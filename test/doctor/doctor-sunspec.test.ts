import { afterEach, beforeEach, expect, test } from "vitest";
import { createMemoryBank, createModbusServer } from "../../src/main/simulator/modbus/index.ts";
import { folder, run, type Folder, type Ran } from "./doctor-run.ts";

const TIMEOUT_ms = 120_000;
/** "SunS", then the common block (model 1) of 65 registers. */
const COMMON: readonly (readonly [address: number, word: number])[] = [
  [40_000, 0x5375],
  [40_001, 0x6e53],
  [40_002, 1],
  [40_003, 65],
];
const cleanups: (() => unknown)[] = [];
let here: Folder;

beforeEach(() => {
  here = folder();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  here.remove();
});

async function readFrom(registers: ReadonlyMap<number, number>): Promise<Ran> {
  const units = new Map([[1, createMemoryBank(registers)]]);
  const server = await createModbusServer({ transport: { kind: "tcp", port: 0, framing: "mbap" }, units });
  cleanups.push(() => server.close());
  const site = here.site(
    `{id: l1, kind: modbus-tcp, host: 127.0.0.1, port: ${String(server.port)}}`,
    "meters: [{id: m1, profile: sunspec-meter, link: l1, unitId: 1}]\nstations: []",
  );
  return run(["read", "--site", site, "--id", "m1"]);
}

/** A three-phase meter (model 203) of 105 registers with 2300 W, whose other values are not implemented. */
function meter(): ReadonlyMap<number, number> {
  const block = Array.from({ length: 107 }, (_, index) => [40_069 + index, 0x8000] as const);
  const set = [
    [40_069, 203],
    [40_070, 105],
    [40_087, 2_300],
    [40_091, 0],
    [40_176, 0xffff],
    [40_177, 0],
  ] as const;
  return new Map([...COMMON, ...block, ...set]);
}

test("a meter that describes itself is read at the first try: nothing is asked before the line stands", async () => {
  for (let time = 0; time < 4; time += 1) {
    expect(await readFrom(meter())).toMatchObject({
      code: 0,
      out: [{ ok: true, errors: 0, readings: { power_W: 2_300 } }],
    });
  }
}, 30_000);

test.each([
  ["no map at all", new Map([[0, 7]]), "it answers, but has no SunSpec map at 40000, 50000, 0"],
  [
    "an inverter without a meter",
    new Map([...COMMON, [40_069, 103], [40_070, 50], [40_121, 0xffff], [40_122, 0]]),
    "SunSpec, but no meter among its models 1, 103",
  ],
])("%s is told as what it is, and not as silence", { timeout: TIMEOUT_ms }, async (_, registers, expected) => {
  const { code, out, err } = await readFrom(registers);
  expect(code).toBe(1);
  expect(out).toMatchObject([{ ok: false, detail: expected }]);
  expect(err).toContain(expected);
});
