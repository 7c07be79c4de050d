import { readFile, stat } from "node:fs/promises";
import { optimumOf, replay, replayWithChannel } from "../../core/replay/index.ts";
import type { Scenario, Simulation } from "../../core/replay/index.ts";
import { createLpSolver } from "../planning/lp-solver.ts";
import type { CommandIo } from "./allocate.ts";
import { problemText } from "./json-input.ts";
import { readScenario } from "./simulate-format.ts";

const HELP = `chargehand simulate scenario.json

Lets the visits of a scenario happen in virtual time under a policy and writes what was delivered as one line of JSON.
With a channel each second is replayed, with messages that get lost or come late, and the guard. "-" reads stdin. The formats are resources/schemas/simulate-scenario.schema.json and simulate-answer.schema.json.
`;

type ExitCode = 0 | 1 | 2;
/** A year of a large site is about a tenth of it. */
const FILE_BYTES_MAX = 512 * 1024 * 1024;
/** For each time in which the site was never empty. */
const OPTIMUM_DEADLINE_ms = 300_000;

/** `chargehand simulate FILE`: 0 with the answer on stdout; 1 when the optimum was not found in time; 2 for bad input or use. */
export async function simulateCommand(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  if (argv.includes("--help") || argv.includes("-h")) {
    io.stdout.write(HELP);
    return 0;
  }
  const [file, ...more] = argv;
  if (file === undefined || more.length > 0) {
    io.stderr.write("simulate takes one file: chargehand simulate scenario.json\n");
    return 2;
  }
  const source = await readSource(file, io);
  if (!source.ok) return refuse(io, `${file} ${source.message}`);
  const parsed = parseJson(source.text);
  if (!parsed.ok) return refuse(io, `${file} is no JSON: ${parsed.message}`);
  const read = readScenario(parsed.value);
  if (!read.ok) return refuse(io, ...read.problems.map(problemText));
  const stopwatch = createStopwatch();
  const simulation = await simulate(read.scenario, stopwatch);
  if (simulation === null) {
    io.stderr.write("the optimum was not found in time: simulate a shorter time\n");
    return 1;
  }
  io.stdout.write(`${JSON.stringify(answerOf(simulation, stopwatch))}\n`);
  return 0;
}

/** The answer's own form: whole Wh, currents to the mA. */
function answerOf(simulation: Simulation, stopwatch: Stopwatch): object {
  const milli = (value: number): number => Math.round(value * 1000) / 1000;
  const { violations, sessions } = simulation;
  return {
    demanded_Wh: Math.round(simulation.demanded_Wh),
    delivered_Wh: Math.round(simulation.delivered_Wh),
    energy_percent: simulation.energy_percent,
    jain: simulation.jain,
    worst5: simulation.worst5,
    starts_per_session: simulation.starts_per_session,
    violations: { self_caused_s: milli(violations.self_caused_s), total_As: milli(violations.total_As) },
    peak_A: Object.fromEntries(Object.entries(simulation.peak_A).map(([id, peak]) => [id, peak.map(milli)])),
    sessions: sessions.map((one) => ({ ...one, delivered_Wh: Math.round(one.delivered_Wh) })),
    allocator_ms: stopwatch.taken_ms(),
  };
}

function refuse(io: CommandIo, ...messages: readonly string[]): 2 {
  for (const message of messages) io.stderr.write(`${message}\n`);
  return 2;
}

async function simulate(scenario: Scenario, stopwatch: Stopwatch): Promise<Simulation | null> {
  if (scenario.channel !== null) return replayWithChannel(scenario, { decision: stopwatch });
  if (scenario.policy.name === "optimum") return solveOptimum(scenario);
  return replay(scenario, { decision: stopwatch });
}

/** Solves the scenario's linear programs one after the other; `null` when one took too long. */
async function solveOptimum(scenario: Scenario): Promise<Simulation | null> {
  const solver = createLpSolver();
  try {
    const { parts, result } = optimumOf(scenario);
    for (const { program, take } of parts) {
      const answer = await solver.solve(program, { deadline_ms: OPTIMUM_DEADLINE_ms });
      if (answer.kind !== "optimal") return null;
      take(answer.values);
    }
    return result();
  } finally {
    await solver.close();
  }
}

type Source = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

async function readSource(file: string, { stdin }: CommandIo): Promise<Source> {
  if (file === "-") {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of stdin) {
      text += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
      if (text.length > FILE_BYTES_MAX) return { ok: false, message: "is too large" };
    }
    return { ok: true, text: text + decoder.decode() };
  }
  try {
    const about = await stat(file);
    if (!about.isFile()) return { ok: false, message: "is no file" };
    if (about.size > FILE_BYTES_MAX) return { ok: false, message: "is too large" };
    return { ok: true, text: await readFile(file, "utf8") };
  } catch (error) {
    if (error instanceof Error && "code" in error) return { ok: false, message: `cannot be read: ${error.message}` };
    throw error;
  }
}

function parseJson(
  text: string,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string } {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/u, ""));
    return { ok: true, value };
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false, message: error.message };
    throw error;
  }
}

type Stopwatch = {
  readonly begins: () => void;
  readonly ends: () => void;
  readonly taken_ms: () => { readonly mean: number; readonly p99: number };
};

/** Real time per decision, for information: it is the only part of the answer that differs from run to run. */
function createStopwatch(): Stopwatch {
  let taken = new Float64Array(1024);
  let count = 0;
  let begin_ms = 0;
  return {
    begins: () => {
      begin_ms = performance.now();
    },
    ends: () => {
      if (count === taken.length) {
        const larger = new Float64Array(2 * count);
        larger.set(taken);
        taken = larger;
      }
      taken[count] = performance.now() - begin_ms;
      count += 1;
    },
    taken_ms: () => {
      const sorted = taken.slice(0, count).sort();
      const sum = sorted.reduce((total, one) => total + one, 0);
      return { mean: count === 0 ? 0 : sum / count, p99: sorted[Math.ceil(0.99 * count) - 1] ?? 0 };
    },
  };
}
