import { z } from "zod";
import { INFORMATION_LEVELS, POLICY_NAMES } from "../../core/replay/index.ts";
import type { Scenario, ScenarioSession } from "../../core/replay/index.ts";
import { PHASES } from "../../core/units/index.ts";
import type { Phase } from "../../core/units/index.ts";
import { doubleIds, treeProblems } from "./circuit-tree.ts";
import { problemsOf } from "./json-input.ts";
import type { Problem } from "./json-input.ts";

// The file format of `chargehand simulate`: a site, the visits of cars and a policy. What has a usual value may be left out.

const CURRENT_A_MAX = 10_000;
const POWER_W_MAX = 100_000_000;
const ENERGY_WH_MAX = 100_000_000;
const AT_MS_MAX = 8_640_000_000_000_000;
const DAY_MS = 86_400_000;
const TICK_MS_MIN = 1000;
const TICKS_MAX = 5_000_000;
/** With a channel each second of each bay is replayed. */
const CHANNEL_MS_MAX = 35 * DAY_MS;
const CHANNEL_SESSIONS_MAX = 20_000;
const CIRCUITS_MAX = 1000;
const EVSES_MAX = 10_000;
const SESSIONS_MAX = 500_000;
const LOADS_MAX = 5_000_000;
const ID_CHARS_MAX = 200;

function number(what: string, from: number, to: number) {
  const expected = `expected ${what}, a number from ${String(from)} to ${String(to)}`;
  return z.number(expected).min(from, expected).max(to, expected);
}
function whole(what: string, from: number, to: number) {
  const expected = `expected ${what}, a whole number from ${String(from)} to ${String(to)}`;
  return z.int(expected).min(from, expected).max(to, expected);
}

const OBJECT = "expected an object";
const LIST = "expected a list";
const ID = `expected a text of 1 to ${String(ID_CHARS_MAX)} characters`;
const id = z.string(ID).min(1, ID).max(ID_CHARS_MAX, ID);
const current = number("A", 0, CURRENT_A_MAX);
const energy = number("Wh", 0, ENERGY_WH_MAX);
const instant = whole("ms", 0, AT_MS_MAX);
const LINES = "expected three values [L1, L2, L3]";
const perLine = <T extends z.ZodType>(one: T) => z.tuple([one, one, one], LINES);
const PHASE_LIST = 'expected one to three different phases, as in ["L1", "L3"]';
const phases = z
  .array(z.enum(PHASES, "expected L1, L2 or L3"), PHASE_LIST)
  .min(1, PHASE_LIST)
  .max(3, PHASE_LIST)
  .refine((list: readonly Phase[]) => new Set(list).size === list.length, PHASE_LIST);

const circuit = z.strictObject(
  {
    id,
    parent: id.nullable(),
    limit_A: perLine(current).describe("what it may carry: [L1, L2, L3]"),
    limit_W: number("W", 0, POWER_W_MAX).nullable().default(null),
    system: z.enum(["star", "delta"], "expected star or delta").default("star"),
  },
  OBJECT,
);
const evse = z.strictObject(
  { id, circuit: id, phases: phases.describe("the site's phases it is wired to"), max_A: current },
  OBJECT,
);
const otherLoad = z.strictObject(
  {
    t_ms: instant.describe("from here on, until the circuit's next entry"),
    circuit: id,
    load_A: perLine(number("A", -CURRENT_A_MAX, CURRENT_A_MAX)).describe("all but its EVSEs and sub-circuits' EVSEs"),
  },
  OBJECT,
);

const part = number("a part", 0, 1);
const battery = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ kind: z.literal("ideal") }, OBJECT),
    z.strictObject(
      {
        kind: z.literal("taper"),
        capacity_Wh: number("Wh", 1, ENERGY_WH_MAX),
        initial_soc: part,
        taper_from_soc: part.describe("from here to full the power falls linearly to nothing"),
      },
      OBJECT,
    ),
  ],
  "expected kind ideal or taper",
);
const declared = z.strictObject({ departure_ms: instant, needed_Wh: energy }, OBJECT);
const session = z.strictObject(
  {
    evse: id,
    arrival_ms: instant,
    departure_ms: instant,
    needed_Wh: energy.describe("is clipped to what the EVSE could deliver during the stay"),
    phases: phases.exactOptional().describe("those of its EVSE that the car uses; left out: all"),
    max_A: current,
    battery: battery.default({ kind: "ideal" }),
    declared: declared.nullable().default(null).describe("what the driver typed"),
    driver: id.nullable().default(null).describe("for predictions from history"),
  },
  OBJECT,
);
const visit = z.strictObject(
  {
    driver: id.nullable().default(null),
    arrival_ms: instant,
    departure_ms: instant,
    needed_Wh: energy,
    declared: declared.nullable().default(null).describe("what the driver typed then"),
  },
  OBJECT,
);

const rangeOf = (one: z.ZodNumber) => z.tuple([one, one], "expected two values [least, most]");
const channel = z.strictObject(
  {
    loss: part.describe("probability that a message is lost"),
    latency_ms: rangeOf(number("ms", 0, DAY_MS)),
    ev_ms: rangeOf(number("ms", 0, DAY_MS)).describe("until the car follows its setpoint"),
  },
  OBJECT,
);

export const scenarioSchema = z.strictObject(
  {
    site: z.strictObject(
      {
        voltage_V: number("volts", 1, 1000).default(230).describe("line to neutral; between the lines of a delta"),
        circuits: z.array(circuit, LIST).min(1, "expected at least the main circuit").max(CIRCUITS_MAX),
        evses: z.array(evse, LIST).max(EVSES_MAX),
        otherLoad: z.array(otherLoad, LIST).max(LOADS_MAX).default([]),
      },
      OBJECT,
    ),
    sessions: z.array(session, LIST).max(SESSIONS_MAX),
    history: z
      .array(visit, LIST)
      .max(SESSIONS_MAX)
      .nullable()
      .default(null)
      .describe("what information history and declared learn from; null: the finished sessions of the 31 days before"),
    tick_ms: whole("ms", TICK_MS_MIN, DAY_MS).default(300_000),
    min_A: current.default(6).describe("below it no car charges; 0 with step_A 0: any current"),
    step_A: current.default(1),
    policy: z.strictObject(
      {
        name: z.enum(POLICY_NAMES, `expected one of ${POLICY_NAMES.join(", ")}`),
        information: z.enum(INFORMATION_LEVELS, `expected one of ${INFORMATION_LEVELS.join(", ")}`).default("none"),
      },
      OBJECT,
    ),
    channel: channel.nullable().default(null),
    seed: whole("a seed", 0, Number.MAX_SAFE_INTEGER).default(1),
  },
  OBJECT,
);

const perCircuit = z.record(z.string(), perLine(z.number()));
/** What `chargehand simulate` answers. */
export const simulationSchema = z.strictObject({
  demanded_Wh: z.number(),
  delivered_Wh: z.number(),
  energy_percent: z.number(),
  jain: z.number(),
  worst5: z.number(),
  starts_per_session: z.number(),
  violations: z.strictObject({ self_caused_s: z.number(), total_As: z.number() }),
  peak_A: perCircuit,
  sessions: z.array(
    z.strictObject({
      index: z.int(),
      delivered_Wh: z.number(),
      first_current_ms: z.number().nullable(),
      starts: z.int(),
    }),
  ),
  allocator_ms: z.strictObject({ mean: z.number(), p99: z.number() }).describe("real time per decision"),
});

export type ReadScenario =
  { readonly ok: true; readonly scenario: Scenario } | { readonly ok: false; readonly problems: readonly Problem[] };

/** Checks a scenario: each field, then what fits together; fills in what was left out. */
export function readScenario(input: unknown): ReadScenario {
  const parsed = scenarioSchema.safeParse(input);
  if (!parsed.success) return { ok: false, problems: problemsOf(parsed.error) };
  const { data } = parsed;
  const wired = new Map(data.site.evses.map((one) => [one.id, one.phases]));
  const sessions = data.sessions.map((one): ScenarioSession => ({
    ...one,
    phases: one.phases ?? wired.get(one.evse) ?? [],
  }));
  const scenario = { ...data, sessions };
  const problems = [...siteProblems(scenario), ...sessionProblems(scenario), ...runProblems(scenario)];
  return problems.length > 0 ? { ok: false, problems } : { ok: true, scenario };
}

function siteProblems({ site }: Scenario): readonly Problem[] {
  const known = new Set(site.circuits.map((one) => one.id));
  const unknown = (things: readonly { readonly circuit: string }[], field: string): readonly Problem[] =>
    things.flatMap(({ circuit: at }, index) =>
      known.has(at) ? [] : [{ field: `${field}[${String(index)}].circuit`, message: `unknown circuit "${at}"` }],
    );
  return [
    ...treeProblems(site.circuits, "site.circuits"),
    ...doubleIds(site.evses, "site.evses"),
    ...unknown(site.evses, "site.evses"),
    ...unknown(site.otherLoad, "site.otherLoad"),
  ];
}

function sessionProblems({ site, sessions, history }: Scenario): readonly Problem[] {
  const wired = new Map(site.evses.map((one) => [one.id, one.phases]));
  const problems: Problem[] = [];
  sessions.forEach((one, index) => {
    const field = `sessions[${String(index)}]`;
    const lines = wired.get(one.evse);
    if (lines === undefined) problems.push({ field: `${field}.evse`, message: `unknown EVSE "${one.evse}"` });
    const foreign = one.phases.find((phase) => lines !== undefined && !lines.includes(phase));
    if (foreign !== undefined)
      problems.push({ field: `${field}.phases`, message: `EVSE "${one.evse}" is not wired to ${foreign}` });
    if (one.departure_ms < one.arrival_ms)
      problems.push({ field: `${field}.departure_ms`, message: "lies before arrival_ms" });
  });
  history?.forEach((past, index) => {
    if (past.departure_ms < past.arrival_ms)
      problems.push({ field: `history[${String(index)}].departure_ms`, message: "lies before arrival_ms" });
  });
  return problems;
}

function runProblems({ sessions, tick_ms, channel: messages, policy }: Scenario): readonly Problem[] {
  const problems: Problem[] = [];
  const begin_ms = sessions.reduce((first, { arrival_ms }) => Math.min(first, arrival_ms), Number.POSITIVE_INFINITY);
  const end_ms = sessions.reduce((last, { departure_ms }) => Math.max(last, departure_ms), 0);
  if ((end_ms - begin_ms) / tick_ms > TICKS_MAX)
    problems.push({
      field: "tick_ms",
      message: `is too short: the sessions last more than ${String(TICKS_MAX)} ticks`,
    });
  if (messages !== null && end_ms - begin_ms > CHANNEL_MS_MAX)
    problems.push({ field: "channel", message: "is replayed second by second: the sessions may last 35 days at most" });
  if (messages !== null && sessions.length > CHANNEL_SESSIONS_MAX)
    problems.push({ field: "channel", message: `takes at most ${String(CHANNEL_SESSIONS_MAX)} sessions` });
  for (const field of ["latency_ms", "ev_ms"] as const) {
    const [least = 0, most = 0] = messages?.[field] ?? [];
    if (least > most)
      problems.push({ field: `channel.${field}`, message: "begins with the least and ends with the most" });
  }
  if (messages !== null && policy.name !== "chargehand" && policy.name !== "max-min")
    problems.push({ field: "policy.name", message: `"${policy.name}" knows no messages: leave channel null` });
  return problems;
}

/** The published JSON Schemas of scenario and answer. */
export const simulateJsonSchemas = (): { readonly scenario: object; readonly answer: object } => ({
  scenario: z.toJSONSchema(scenarioSchema, { io: "input", target: "draft-2020-12" }),
  answer: z.toJSONSchema(simulationSchema, { io: "output", target: "draft-2020-12" }),
});
