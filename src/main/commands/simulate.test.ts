import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, describe, expect, test } from "vitest";
import { simulateJsonSchemas, simulationSchema } from "./simulate-format.ts";
import { simulateCommand } from "./simulate.ts";

const folder = mkdtempSync(join(tmpdir(), "chargehand-simulate-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function run(argv: readonly string[], input = "") {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const [out, err] = [text(stdout), text(stderr)];
  const code = await simulateCommand(argv, { stdin: Readable.from([input]), stdout, stderr });
  stdout.end();
  stderr.end();
  return { code, out: await out, err: await err };
}

const HOUR = 3_600_000;
/** One bay on L1 and one car that needs 24 kWh within 8 hours. */
const scenario = {
  site: {
    voltage_V: 230,
    circuits: [
      { id: "main", parent: null, limit_A: [100, 100, 100] },
      { id: "A", parent: "main", limit_A: [60, 60, 60] },
    ],
    evses: [{ id: "S00", circuit: "A", phases: ["L1"], max_A: 32 }],
    otherLoad: [{ t_ms: 0, circuit: "main", load_A: [3.2, 8, 5.1] }],
  },
  sessions: [
    {
      evse: "S00",
      arrival_ms: 0,
      departure_ms: 8 * HOUR,
      needed_Wh: 24_000,
      phases: ["L1"],
      max_A: 32,
      battery: { kind: "ideal" },
      declared: { departure_ms: 30_000_000, needed_Wh: 30_000 },
    },
  ],
  tick_ms: 300_000,
  min_A: 6,
  step_A: 1,
  policy: { name: "chargehand", information: "truth" },
  channel: null,
  seed: 1,
};

const CHANNEL = { loss: 0, latency_ms: [1, 2], ev_ms: [1, 2] };

function changed(path: readonly (string | number)[], value: unknown): string {
  const copy: unknown = structuredClone(scenario);
  let at: unknown = copy;
  for (const key of path.slice(0, -1)) at = Reflect.get(Object(at), key);
  Reflect.set(Object(at), path.at(-1) ?? "", value);
  return JSON.stringify(copy);
}

describe("chargehand simulate", () => {
  test("answers a scenario file", async () => {
    const file = join(folder, "scenario.json");
    writeFileSync(file, JSON.stringify(scenario));
    const { code, out, err } = await run([file]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(simulationSchema.parse(JSON.parse(out))).toMatchObject({
      demanded_Wh: 24_000,
      delivered_Wh: 24_000,
      energy_percent: 100,
      jain: 1,
      worst5: 1,
      starts_per_session: 1,
      violations: { self_caused_s: 0, total_As: 0 },
      peak_A: { main: [35.2, 8, 5.1], A: [32, 0, 0] },
      sessions: [{ index: 0, delivered_Wh: 24_000, first_current_ms: 0, starts: 1 }],
    });
  });

  test.each(["max-min", "edf", "llf", "fcfs", "rr", "static", "uncontrolled", "optimum"])(
    "knows the policy %s, and one car alone gets all of it",
    async (name) => {
      const { code, out } = await run(["-"], changed(["policy", "name"], name));
      expect(code).toBe(0);
      expect(simulationSchema.parse(JSON.parse(out)).energy_percent).toBeCloseTo(100, 3);
    },
  );

  test("replays messages that get lost and come late without an overload of its own", async () => {
    const channel = { loss: 0.05, latency_ms: [100, 3000], ev_ms: [500, 5000] };
    const { code, out, err } = await run(["-"], changed(["channel"], channel));
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const { violations, energy_percent } = simulationSchema.parse(JSON.parse(out));
    expect(violations).toEqual({ self_caused_s: 0, total_As: 0 });
    expect(energy_percent).toBeGreaterThan(95);
  });

  test("fills in what is usual", async () => {
    const [session] = scenario.sessions;
    const short = {
      site: {
        circuits: [scenario.site.circuits[0]],
        evses: [{ id: "S00", circuit: "main", phases: ["L1"], max_A: 16 }],
      },
      sessions: [{ evse: "S00", arrival_ms: 0, departure_ms: session?.departure_ms, needed_Wh: 1000, max_A: 32 }],
      policy: { name: "chargehand" },
    };
    const { code, out } = await run(["-"], JSON.stringify(short));
    expect(code).toBe(0);
    expect(simulationSchema.parse(JSON.parse(out)).delivered_Wh).toBe(1000);
  });

  test.each<[string, readonly (string | number)[], unknown, string]>([
    ["an unknown circuit", ["site", "evses", 0, "circuit"], "x", 'site.evses[0].circuit: unknown circuit "x"'],
    ["load on an unknown circuit", ["site", "otherLoad", 0, "circuit"], "x", "site.otherLoad[0].circuit"],
    ["an unknown EVSE", ["sessions", 0, "evse"], "x", 'sessions[0].evse: unknown EVSE "x"'],
    ["a phase that is not wired", ["sessions", 0, "phases"], ["L2"], "sessions[0].phases"],
    ["a departure before the arrival", ["sessions", 0, "arrival_ms"], 9 * HOUR, "sessions[0].departure_ms"],
    ["a cycle", ["site", "circuits", 0, "parent"], "A", "site.circuits[0].parent"],
    ["a negative limit", ["site", "circuits", 0, "limit_A", 1], -1, "site.circuits[0].limit_A[1]"],
    ["a tick of no time", ["tick_ms"], 0, "tick_ms"],
    ["more ticks than anybody waits for", ["sessions", 0, "departure_ms"], 9e12, "tick_ms"],
    ["an unknown policy", ["policy", "name"], "magic", "policy.name"],
    ["unknown information", ["policy", "information"], "gossip", "policy.information"],
    ["an unknown battery", ["sessions", 0, "battery"], { kind: "infinite" }, "sessions[0].battery"],
    ["a channel that loses more than all", ["channel"], { loss: 2, latency_ms: [1, 2], ev_ms: [1, 2] }, "channel.loss"],
    ["a latency that begins with the most", ["channel"], { ...CHANNEL, latency_ms: [2, 1] }, "channel.latency_ms"],
    ["a misspelt field", ["minimum_A"], 6, "minimum_A"],
  ])("%s is refused and the field is named", async (_, path, value, expected) => {
    const { code, out, err } = await run(["-"], changed(path, value));
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(expected);
  });

  test("tells what is wrong with the file itself", async () => {
    expect(await run([])).toMatchObject({ code: 2, out: "" });
    expect(await run([join(folder, "missing.json")])).toMatchObject({ code: 2, out: "" });
    expect(await run([folder])).toMatchObject({ code: 2, out: "" });
    expect(await run(["-"], "{")).toMatchObject({ code: 2, out: "" });
    expect((await run(["--help"])).code).toBe(0);
  });

  test("what is published as JSON Schema is what the command reads and answers", () => {
    const published = (name: string): unknown =>
      JSON.parse(readFileSync(new URL(`../../../resources/schemas/${name}.schema.json`, import.meta.url), "utf8"));
    const made = simulateJsonSchemas();
    expect(published("simulate-scenario")).toEqual(made.scenario);
    expect(published("simulate-answer")).toEqual(made.answer);
  });
});
