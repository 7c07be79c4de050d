import { z } from "zod";
import { REASON_KINDS } from "../../core/balancing/index.ts";
import type { Allocation, AllocationRequest } from "../../core/balancing/index.ts";
import { epochMs, milliamp, millisecond, PHASES, watt, wattHour } from "../../core/units/index.ts";
import type { Phase } from "../../core/units/index.ts";
import { doubleIds, treeProblems } from "./circuit-tree.ts";
import { problemsOf } from "./json-input.ts";
import type { Problem } from "./json-input.ts";

// The file format of `chargehand allocate`: what is read from stdin, and what is answered. Nothing beyond it is accepted,
// because a misspelt limit must not be no limit.

const CURRENT_MA_MAX = 10_000_000;
const POWER_W_MAX = 100_000_000;
const ENERGY_WH_MAX = 100_000_000;
const AT_MS_MAX = 8_640_000_000_000_000;
const CIRCUITS_MAX = 10_000;
const EVSES_MAX = 20_000;
const ID_CHARS_MAX = 200;
const WEIGHT_MAX = 1_000_000;

function whole(what: string, from: number, to: number) {
  const expected = `expected ${what}, a whole number from ${String(from)} to ${String(to)}`;
  return z.int(expected).min(from, expected).max(to, expected);
}

const current = whole("mA", 0, CURRENT_MA_MAX).transform(milliamp);
/** Below zero where the sun feeds in. */
const load = whole("mA", -CURRENT_MA_MAX, CURRENT_MA_MAX).transform(milliamp);
const power = whole("W", 0, POWER_W_MAX).transform(watt);
const energy = whole("Wh", 0, ENERGY_WH_MAX).transform(wattHour);
const instant = whole("ms since 1970 (UTC)", 0, AT_MS_MAX).transform(epochMs);
const duration = whole("ms", 0, AT_MS_MAX).transform(millisecond);
const ID = `expected a text of 1 to ${String(ID_CHARS_MAX)} characters`;
const id = z.string(ID).min(1, ID).max(ID_CHARS_MAX, ID);
const yesOrNo = z.boolean("expected true or false");
const kind = z.enum(REASON_KINDS, `expected one of ${REASON_KINDS.join(", ")}`);
const phase = z.enum(PHASES, "expected L1, L2 or L3");
const LINES = "expected three values [L1, L2, L3]";
const perLine = <T extends z.ZodType>(one: T) => z.tuple([one, one, one], LINES);

const PHASE_LIST = 'expected one to three different phases, as in ["L1", "L3"]';
const phases = z
  .array(phase, PHASE_LIST)
  .min(1, PHASE_LIST)
  .max(3, PHASE_LIST)
  .refine((list: readonly Phase[]) => new Set(list).size === list.length, PHASE_LIST);

const OBJECT = "expected an object";
const policy = z.strictObject(
  {
    share: z.enum(["need", "equal"], "expected need or equal"),
    per: z.enum(["current", "energy"], "expected current or energy"),
    hold_ms: duration,
    order: z
      .enum(["fair", "first-come", "priority", "departure"], "expected fair, first-come, priority or departure")
      .exactOptional(),
  },
  OBJECT,
);

const circuit = z.strictObject(
  {
    id,
    parent: id.nullable(),
    limit_mA: perLine(current).describe("what the circuit may carry: [L1, L2, L3]"),
    otherLoad_mA: perLine(load).describe("everything on it that is not one of its EVSEs or its sub-circuits' EVSEs"),
    limit_W: power.nullable().exactOptional(),
    limitedBy: z.strictObject({ kind, ref: id }, OBJECT).nullable().exactOptional(),
    powerLimitedBy: z.strictObject({ kind, ref: id }, OBJECT).nullable().exactOptional(),
    system: z.enum(["star", "delta"], "expected star or delta").exactOptional(),
    unbalance_mA: current.nullable().exactOptional(),
    policy: policy.exactOptional(),
  },
  OBJECT,
);

const WEIGHT = `expected a number above 0, at most ${String(WEIGHT_MAX)}`;
const evse = z.strictObject(
  {
    id,
    circuit: id,
    phases: phases.describe("the site's phases the car may draw on, after rotation"),
    min_mA: current,
    max_mA: current,
    step_mA: current.describe("grid above min_mA; 0: any current"),
    weight: z.number(WEIGHT).positive(WEIGHT).max(WEIGHT_MAX, WEIGHT),
    plugged_at_ms: instant,
    charging_since_ms: instant.nullable(),
    attained_Wh: energy,
    needed_Wh: energy.nullable().describe("in all, with what it has attained; null: unknown"),
    departure_ms: instant.nullable(),
    priorityClass: whole("a class, higher goes first", -1000, 1000).exactOptional(),
    neverPause: yesOrNo.exactOptional(),
    finished: yesOrNo.exactOptional(),
    bounds: z
      .array(z.strictObject({ max_mA: current, kind, ref: id }, OBJECT), "expected a list")
      .max(100)
      .exactOptional(),
    reserved: z.strictObject({ current_mA: current, kind }, OBJECT).nullable().exactOptional(),
  },
  OBJECT,
);

const VOLTAGE = "expected volts, a number above 0, at most 1000";
const OVERLOAD = "expected null or a number from 0 to 1000000";
export const allocateRequestSchema = z.strictObject(
  {
    now_ms: instant,
    policy,
    voltage_V: z.number(VOLTAGE).positive(VOLTAGE).max(1000, VOLTAGE).exactOptional(),
    usage: z
      .strictObject(
        { overload: z.number(OVERLOAD).min(0, OVERLOAD).max(1_000_000, OVERLOAD).nullable(), skewed: yesOrNo },
        OBJECT,
      )
      .exactOptional(),
    circuits: z.array(circuit, "expected a list").min(1, "expected at least the main circuit").max(CIRCUITS_MAX),
    evses: z.array(evse, "expected a list").max(EVSES_MAX),
  },
  OBJECT,
) satisfies z.ZodType<AllocationRequest>;

const rung = z.strictObject({
  kind,
  ref: id,
  phase: phase.exactOptional(),
  before_mA: z.int(),
  after_mA: z.int(),
});
const ladder = z.array(rung);

/** What is answered to one request, or in its place. */
export const allocateAnswerSchema = z.union([
  z.strictObject({
    grants: z.array(z.strictObject({ evse: id, current_mA: z.int().min(0), because: ladder })),
    queue: z.array(z.strictObject({ evse: id, place: z.int().min(1), because: ladder })),
    circuits: z.array(
      z.strictObject({
        id,
        limit_mA: perLine(z.int()),
        granted_mA: perLine(z.int()),
        free_mA: perLine(z.int()),
      }),
    ),
  }),
  z.strictObject({
    error: z.strictObject({
      line: z.int().min(1).describe("line of stdin on which the request begins"),
      field: z.string().describe("first field that is wrong; empty: the request as a whole"),
      message: z.string(),
      problems: z.array(z.strictObject({ field: z.string(), message: z.string() })),
    }),
  }),
]);
export type AllocateError = {
  readonly line: number;
  readonly field: string;
  readonly message: string;
  readonly problems: readonly Problem[];
};
export type AllocateAnswer = Allocation | { readonly error: AllocateError };

export type ReadRequest =
  | { readonly ok: true; readonly request: AllocationRequest }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Checks one request: each field, then what fits together. */
export function readAllocateRequest(input: unknown): ReadRequest {
  const parsed = allocateRequestSchema.safeParse(input);
  if (!parsed.success) return { ok: false, problems: problemsOf(parsed.error) };
  const problems = referenceProblems(parsed.data);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, request: parsed.data };
}

function referenceProblems({ circuits, evses }: AllocationRequest): readonly Problem[] {
  const problems: Problem[] = [...treeProblems(circuits), ...doubleIds(evses, "evses")];
  const known = new Set(circuits.map((one) => one.id));
  evses.forEach(({ circuit: at, min_mA, max_mA }, index) => {
    const field = `evses[${String(index)}]`;
    if (!known.has(at)) problems.push({ field: `${field}.circuit`, message: `unknown circuit "${at}"` });
    if (min_mA > max_mA)
      problems.push({ field: `${field}.min_mA`, message: `${String(min_mA)} is above max_mA ${String(max_mA)}` });
  });
  return problems;
}

/** The published JSON Schemas of request and answer. */
export const allocateJsonSchemas = (): { readonly request: object; readonly answer: object } => ({
  request: z.toJSONSchema(allocateRequestSchema, { io: "input", target: "draft-2020-12" }),
  answer: z.toJSONSchema(allocateAnswerSchema, { io: "output", target: "draft-2020-12" }),
});
