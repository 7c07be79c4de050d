import { readFileSync } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { allocateAnswerSchema, allocateJsonSchemas } from "./allocate-format.ts";
import { allocateCommand } from "./allocate.ts";

async function run(input: string | readonly string[], argv: readonly string[] = []) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const [out, err] = [text(stdout), text(stderr)];
  const stdin = Readable.from(typeof input === "string" ? [input] : input);
  const code = await allocateCommand(argv, { stdin, stdout, stderr });
  stdout.end();
  stderr.end();
  return { code, out: await out, err: await err };
}

const answersOf = (out: string) =>
  out
    .trim()
    .split("\n")
    .map((line) => allocateAnswerSchema.parse(JSON.parse(line)));

/** A main circuit of 63 A and a garage of 32 A with one bay. */
const request = {
  now_ms: 1_760_000_000_000,
  policy: { share: "equal", per: "current", hold_ms: 3_600_000 },
  circuits: [
    { id: "main", parent: null, limit_mA: [63_000, 63_000, 63_000], otherLoad_mA: [12_000, 30_000, 5000] },
    { id: "garage", parent: "main", limit_mA: [32_000, 32_000, 32_000], otherLoad_mA: [0, 0, 0], limit_W: null },
  ],
  evses: [
    {
      id: "P01",
      circuit: "garage",
      phases: ["L1", "L2", "L3"],
      min_mA: 6000,
      max_mA: 16_000,
      step_mA: 1000,
      weight: 1,
      plugged_at_ms: 1_759_990_000_000,
      charging_since_ms: null,
      attained_Wh: 0,
      needed_Wh: null,
      departure_ms: null,
    },
  ],
};

/** The request with the value at `path` replaced (or removed when `undefined`). */
function changed(path: readonly (string | number)[], value: unknown): unknown {
  const copy: unknown = structuredClone(request);
  let at: unknown = copy;
  for (const key of path.slice(0, -1)) at = Reflect.get(Object(at), key);
  Reflect.set(Object(at), path.at(-1) ?? "", value);
  return JSON.parse(JSON.stringify(copy));
}

describe("chargehand allocate", () => {
  test("a limit of power from outside can be told as on a running site, and is named", async () => {
    const main = { ...request.circuits[0], limit_W: 12_420, powerLimitedBy: { kind: "schedule", ref: "evening" } };
    const { code, out } = await run(JSON.stringify({ ...request, circuits: [main, request.circuits[1]] }));
    expect(code).toBe(0);
    const [answer] = answersOf(out);
    if (answer === undefined || "error" in answer) throw new Error("there is an answer");
    // 12 420 W are 54 A in all, of which the building has 47; no car of three phases has its minimum in the rest.
    expect(answer.queue[0]?.because).toEqual([{ kind: "min_current", ref: "main", before_mA: 6000, after_mA: 0 }]);
    const lax = { ...main, limit_W: 16_560 };
    const [more] = answersOf((await run(JSON.stringify({ ...request, circuits: [lax, request.circuits[1]] }))).out);
    if (more === undefined || "error" in more) throw new Error("there is an answer");
    expect(more.grants[0]?.because).toContainEqual({
      kind: "schedule",
      ref: "evening",
      before_mA: 16_000,
      after_mA: 8333,
    });
  });

  test("answers one request with grants, queue and what each circuit has left", async () => {
    const { code, out, err } = await run(JSON.stringify(request));
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(answersOf(out)).toEqual([
      {
        grants: [
          {
            evse: "P01",
            current_mA: 16_000,
            because: [{ kind: "evse_max", ref: "P01", before_mA: 32_000, after_mA: 16_000 }],
          },
        ],
        queue: [],
        circuits: [
          {
            id: "main",
            limit_mA: [63_000, 63_000, 63_000],
            granted_mA: [16_000, 16_000, 16_000],
            free_mA: [35_000, 17_000, 42_000],
          },
          {
            id: "garage",
            limit_mA: [32_000, 32_000, 32_000],
            granted_mA: [16_000, 16_000, 16_000],
            free_mA: [16_000, 16_000, 16_000],
          },
        ],
      },
    ]);
  });

  test("reads an object over many lines as one request, also several of them", async () => {
    const pretty = JSON.stringify(request, null, 2);
    const { code, out } = await run(`${pretty}\n\n${pretty}`);
    expect(code).toBe(0);
    expect(answersOf(out)).toHaveLength(2);
  });

  test("reads lines whatever the pieces they come in, with a byte order mark and Windows' line ends", async () => {
    const line = JSON.stringify(request);
    const { code, out } = await run(["\uFEFF", line.slice(0, 100), `${line.slice(100)}\r\n${line}`, "\r\n"]);
    expect(code).toBe(0);
    expect(answersOf(out)).toHaveLength(2);
  });

  test("answers a bad line in its place, goes on, and ends with 2", async () => {
    const good = JSON.stringify(request);
    const unknown = JSON.stringify(changed(["evses", 0, "circuit"], "x"));
    const { code, out, err } = await run(`${good}\n{"now_ms": \n${unknown}\nnonsense\n${good}\n`);
    const answers = answersOf(out);
    expect(code).toBe(2);
    expect(answers.map((answer) => ("error" in answer ? answer.error.line : "granted"))).toEqual([
      "granted",
      2,
      3,
      4,
      "granted",
    ]);
    expect(answers[2]).toMatchObject({ error: { field: "evses[0].circuit", line: 3 } });
    expect(err).toContain('line 3: evses[0].circuit: unknown circuit "x"\n');
  });

  test("does not let an object that is never closed swallow the requests behind it", async () => {
    const good = JSON.stringify(request);
    const { code, out } = await run(`{"now_ms": 1, "circuits": [\n${good}\n${good}`);
    expect(code).toBe(2);
    expect(answersOf(out).map((answer) => "error" in answer)).toEqual([true, false, false]);
  });

  test("says that an object is not finished", async () => {
    const { code, out } = await run('{"now_ms": 1,\n "circuits": [');
    expect(code).toBe(2);
    expect(answersOf(out)).toMatchObject([{ error: { line: 1, field: "" } }]);
  });

  test("ends with 2 when there is nothing to read, or words it does not know", async () => {
    expect(await run("\n \n")).toMatchObject({ code: 2, out: "" });
    expect(await run("", ["request.json"])).toMatchObject({ code: 2, out: "" });
    expect((await run("", ["--help"])).code).toBe(0);
  });

  test("writes thousands of answers in the order of their requests", async () => {
    const lines = Array.from({ length: 3000 }, (_, index) => changed(["evses", 0, "max_mA"], 6000 + index));
    const { code, out } = await run(lines.map((line) => `${JSON.stringify(line)}\n`));
    expect(code).toBe(0);
    const granted = answersOf(out).map((answer) => ("error" in answer ? -1 : (answer.grants[0]?.current_mA ?? -1)));
    expect(granted).toEqual(lines.map((_, index) => 6000 + Math.floor(index / 1000) * 1000));
  });
});

const [p01] = request.evses;
const [main, garage] = request.circuits;
test.each<[string, readonly (string | number)[], unknown, string]>([
  ["an unknown circuit", ["evses", 0, "circuit"], "x", "evses[0].circuit"],
  ["a negative limit", ["circuits", 1, "limit_mA", 2], -1, "circuits[1].limit_mA[2]"],
  ["a fraction of a mA", ["circuits", 0, "limit_mA", 0], 16_000.5, "circuits[0].limit_mA[0]"],
  ["two phases only", ["circuits", 0, "limit_mA"], [1, 2], "circuits[0].limit_mA"],
  ["a minimum above the maximum", ["evses", 0, "min_mA"], 16_001, "evses[0].min_mA"],
  ["a cycle", ["circuits", 0, "parent"], "garage", "circuits[0].parent"],
  ["an unknown parent", ["circuits", 1, "parent"], "attic", "circuits[1].parent"],
  ["two main circuits", ["circuits", 1, "parent"], null, "circuits[1].parent"],
  ["no circuit", ["circuits"], [], "circuits"],
  ["the same circuit twice", ["circuits"], [main, garage, garage], "circuits[2].id"],
  ["the same EVSE twice", ["evses"], [p01, p01], "evses[1].id"],
  ["an unknown phase", ["evses", 0, "phases"], ["L4"], "evses[0].phases[0]"],
  ["the same phase twice", ["evses", 0, "phases"], ["L1", "L1"], "evses[0].phases"],
  ["no phase", ["evses", 0, "phases"], [], "evses[0].phases"],
  ["a weight of nothing", ["evses", 0, "weight"], 0, "evses[0].weight"],
  ["a text for a number", ["evses", 0, "max_mA"], "16000", "evses[0].max_mA"],
  ["a missing value", ["evses", 0, "attained_Wh"], undefined, "evses[0].attained_Wh"],
  ["an unknown policy", ["policy", "share"], "greedy", "policy.share"],
  ["a misspelt field", ["evses", 0, "limit_ma"], 5, "evses[0].limit_ma"],
  ["no time", ["now_ms"], null, "now_ms"],
])("%s is refused and the field is named", async (_, path, value, field) => {
  const { code, out, err } = await run(JSON.stringify(changed(path, value)));
  expect(code).toBe(2);
  const [answer] = answersOf(out);
  expect(answer).toBeDefined();
  expect(answer !== undefined && "error" in answer ? answer.error.problems.map((one) => one.field) : []).toContain(
    field,
  );
  expect(err).not.toBe("");
});

test("what is published as JSON Schema is what the command reads and answers", () => {
  const published = (name: string): unknown =>
    JSON.parse(readFileSync(new URL(`../../../resources/schemas/${name}.schema.json`, import.meta.url), "utf8"));
  const made = allocateJsonSchemas();
  expect(published("allocate-request")).toEqual(made.request);
  expect(published("allocate-answer")).toEqual(made.answer);
});
