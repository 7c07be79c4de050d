import type { BayFallback, Commissioning } from "../../../contract/index.ts";
import { troubleCode } from "../../lib/client/index.ts";
import { troubleData } from "../../lib/data/trouble.ts";

type Problem = Commissioning["problems"][number];

/** One or more phases of a circuit that carry the same, with the chargers of all of them and those of the first. */
export type Conflict = Omit<Problem, "phase"> & {
  readonly phases: readonly Problem["phase"][];
  readonly firstIds: readonly string[];
};

/** IEC 61851-1: no charger can offer less and still charge. */
const LEAST_mA = 6_000;
const REASON_CHARS_MIN = 10;

/** Problems that are one to the reader: the same circuit with the same numbers on several phases. The order stays. */
export function conflictsOf(problems: readonly Problem[]): readonly Conflict[] {
  const keyOf = ({ circuitId, basis, sum_mA, limit_mA, otherLoad_mA, stationIds }: Problem): string =>
    JSON.stringify([circuitId, basis, sum_mA, limit_mA, otherLoad_mA, stationIds.length]);
  return [...Map.groupBy(problems, keyOf).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const { phase: _, ...rest } = first;
    const stationIds = [...new Set(same.flatMap((problem) => problem.stationIds))];
    return [{ ...rest, stationIds, phases: same.map(({ phase }) => phase), firstIds: first.stationIds }];
  });
}

/** What stands against a release, not only against calling it proven. */
export const isBlocking = ({ basis }: Pick<Problem, "basis">): boolean => basis === "configured";

/** The one to name where there is room for one: blocking before merely seen, then the one with most too much. */
export function worstOf(conflicts: readonly Conflict[]): Conflict | null {
  const over_mA = ({ sum_mA, limit_mA }: Conflict): number => sum_mA - limit_mA;
  return (
    conflicts.toSorted((a, b) => Number(isBlocking(b)) - Number(isBlocking(a)) || over_mA(b) - over_mA(a))[0] ?? null
  );
}

/** Boxes that have not shown yet what they do without us. */
export const unproven = (bays: readonly BayFallback[]): readonly BayFallback[] =>
  bays.filter(({ provenBy }) => provenBy === null);

/** What would make it fit, from what the other load leaves for boxes. */
export type Advice =
  | { readonly kind: "no-room" }
  | { readonly kind: "not-by-telling" }
  | { readonly kind: "lower"; readonly each_mA: number }
  | { readonly kind: "some"; readonly keep: number; readonly count: number };

/**
 * Whole amperes for every box, where that is enough to charge with; else how many may keep the least. Boxes that keep
 * something whatever they are told are taken as they are.
 */
export function adviceFor(
  { sum_mA, limit_mA, otherLoad_mA, firstIds }: Conflict,
  bays: readonly BayFallback[],
): Advice {
  const told = bays.filter((bay) => firstIds.includes(bay.stationId) && isAsTold(bay));
  const told_mA = told.reduce((sum, { counted_mA }) => sum + counted_mA, 0);
  const room_mA = limit_mA - (sum_mA - told_mA);
  const count = told.length;
  if (otherLoad_mA > limit_mA) return { kind: "no-room" };
  if (room_mA < 0 || count === 0) return { kind: "not-by-telling" };
  const each_mA = Math.floor(room_mA / count / 1_000) * 1_000;
  return each_mA >= LEAST_mA
    ? { kind: "lower", each_mA }
    : { kind: "some", keep: Math.floor(room_mA / LEAST_mA), count };
}

/** Boxes of a conflict that count with more than they are told to keep: telling them less changes nothing. */
export const beyondTelling = (
  { stationIds }: Pick<Conflict, "stationIds">,
  bays: readonly BayFallback[],
): readonly BayFallback[] =>
  bays.filter(({ stationId, counted_mA, promised_mA }) => counted_mA > promised_mA && stationIds.includes(stationId));

/** How what a box keeps is known; `outdated`: a test told something once, of another box or another safe current. */
export type Knowledge = "box" | "tested" | "witnessed" | "keeps" | "rises" | "outdated" | "unknown";

/** `max_mA`: the charger's maximum, which counts for one that was seen not to fall back. */
export function knowledgeOf({ provenBy, lastTest, counted_mA }: BayFallback, max_mA: number): Knowledge {
  if (provenBy === "box") return "box";
  if (provenBy === "test") return lastTest?.outcome === "witnessed" ? "witnessed" : "tested";
  switch (lastTest?.outcome) {
    case "kept-last":
      return counted_mA === max_mA ? "keeps" : "outdated";
    case "rose":
      return counted_mA === max_mA ? "rises" : "outdated";
    case "fell-back":
    case "witnessed":
      return "outdated";
    case undefined:
    case "not-cut":
    case "too-short":
    case "not-told":
    case "car-stopped":
    case "not-back":
    case "cancelled":
    case "box-replaced":
      return "unknown";
  }
}

/** What the person at the charger is to do now; `back`: nothing but wait, its register is being read. */
export type Instruction = "cut" | "silent" | "reconnect" | "back";

export const instructionOf = (
  { stage }: Pick<NonNullable<Commissioning["running"]>, "stage">,
  isOnline: boolean,
): Instruction => (stage === "reconnect" && isOnline ? "back" : stage);

export const isReasonEnough = (reason: string): boolean => reason.trim().length >= REASON_CHARS_MIN;

/** Amperes as typed, when they are a safe current that every chosen box can have; else `null`. `max_mA`: the least of their maxima. */
export function safeCurrentOf(typed_A: number | string, max_mA: number): number | null {
  const current_mA = currentOf(typed_A);
  if (current_mA === null) return null;
  return current_mA === 0 || (current_mA >= LEAST_mA && current_mA <= max_mA) ? current_mA : null;
}

const SEEN_MAX_A = 100;

/** Amperes as typed, in mA; `null` where no current was typed. */
export const currentOf = (typed_A: number | string): number | null =>
  typeof typed_A === "number" && typed_A >= 0 && typed_A <= SEEN_MAX_A ? Math.round(typed_A * 1_000) : null;

/** A conductor as it would be, or several with the same numbers. */
export type Outlook = Pick<Conflict, "circuitId" | "name" | "phases" | "limit_mA"> & {
  readonly before_mA: number;
  readonly after_mA: number;
  readonly fits: boolean;
};

/** Each problem once the chosen boxes keep `current_mA`. What a box keeps whatever it is told stays counted. */
export function outlookOf(
  problems: readonly Problem[],
  bays: readonly BayFallback[],
  chosen: ReadonlySet<string>,
  current_mA: number,
): readonly Outlook[] {
  // Conductors are one to the reader when before and after are the same on both.
  const after = problems.map((problem) => ({
    ...problem,
    stationIds: [],
    otherLoad_mA: problem.sum_mA,
    sum_mA: sumWith(problem, bays, chosen, current_mA),
  }));
  return conflictsOf(after).map(({ circuitId, name, phases, limit_mA, otherLoad_mA: before_mA, sum_mA: after_mA }) => ({
    circuitId,
    name,
    phases,
    limit_mA,
    before_mA,
    after_mA,
    fits: after_mA <= limit_mA,
  }));
}

function sumWith(
  { sum_mA, stationIds }: Problem,
  bays: readonly BayFallback[],
  chosen: ReadonlySet<string>,
  current_mA: number,
): number {
  return bays
    .filter((bay) => chosen.has(bay.stationId) && stationIds.includes(bay.stationId) && isAsTold(bay))
    .reduce((sum, { counted_mA }) => sum + current_mA - counted_mA, sum_mA);
}

const isAsTold = ({ counted_mA, promised_mA }: BayFallback): boolean => counted_mA === promised_mA;

/** Boxes and the safe current that would settle a conflict. */
export type Proposal = { readonly stationIds: readonly string[]; readonly current_mA: number };

/**
 * The highest safe current that all can have where that is enough; else as few boxes as will do that wait without us,
 * of those on most conductors the last. `null`: telling boxes something does not settle it.
 */
export function proposalFor(
  conflict: Conflict,
  problems: readonly Problem[],
  bays: readonly BayFallback[],
): Proposal | null {
  const advice = adviceFor(conflict, bays);
  const own = problems.filter(({ circuitId, basis }) => circuitId === conflict.circuitId && basis === conflict.basis);
  const told = bays.filter((bay) => isAsTold(bay) && own.some(({ stationIds }) => stationIds.includes(bay.stationId)));
  switch (advice.kind) {
    case "no-room":
    case "not-by-telling":
      return null;
    case "lower": {
      const { each_mA } = advice;
      const stationIds = told.filter(({ counted_mA }) => counted_mA > each_mA).map(({ stationId }) => stationId);
      return { stationIds, current_mA: each_mA };
    }
    case "some":
      return { stationIds: fewestThatSettle(own, told), current_mA: 0 };
  }
}

function fewestThatSettle(problems: readonly Problem[], told: readonly BayFallback[]): readonly string[] {
  const chosen = new Set<string>();
  const all = new Set(told.map(({ stationId }) => stationId));
  // Nobody is made to wait for what would not fit all the same.
  const solvable = problems.filter((problem) => sumWith(problem, told, all, 0) <= problem.limit_mA);
  for (;;) {
    const open = solvable.filter((problem) => sumWith(problem, told, chosen, 0) > problem.limit_mA);
    const worth = ({ stationId, counted_mA }: BayFallback): number =>
      chosen.has(stationId) ? 0 : counted_mA * open.filter(({ stationIds }) => stationIds.includes(stationId)).length;
    const best = told.reduce<BayFallback | null>(
      (found, bay) => (worth(bay) > 0 && worth(bay) >= (found === null ? 1 : worth(found)) ? bay : found),
      null,
    );
    if (best === null) return [...chosen];
    chosen.add(best.stationId);
  }
}

const AUTHORS = ["owner", "technician", "billing", "viewer", "system"] as const;
type Author = (typeof AUTHORS)[number];

/** A decision carries the role it was made in; anything else is shown as it stands. */
export const knownAuthor = (author: string): Author | null => AUTHORS.find((one) => one === author) ?? null;

const REFUSALS = ["busy", "offline", "no-car", "no-register", "too-little"] as const;
export type Refusal =
  (typeof REFUSALS)[number] | "forbidden" | "lost" | "gone" | "not-needed" | "invalid" | "restarting" | "other";

/** Why an action was not done; `null`: nothing went wrong. */
export function refusalOf(error: unknown): Refusal | null {
  if (error === null || error === undefined) return null;
  switch (troubleCode(error)) {
    case "REFUSED":
      return REFUSALS.find((one) => one === reasonOf(troubleData(error))) ?? "other";
    case "FORBIDDEN":
      return "forbidden";
    case "CONNECTION_LOST":
      return "lost";
    case "NOT_FOUND":
      return "gone";
    case "NOT_NEEDED":
      return "not-needed";
    case "INVALID":
      return "invalid";
    case "BUSY":
    case "NO_SITE":
      return "restarting";
    default:
      return "other";
  }
}

const reasonOf = (data: unknown): unknown =>
  typeof data === "object" && data !== null && "reason" in data ? data.reason : null;
