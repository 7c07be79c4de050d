import type { BayFallback, Commissioning } from "../../../contract/index.ts";
import { troubleCode } from "../../lib/client/index.ts";
import { troubleData } from "../../lib/data/trouble.ts";

type Problem = Commissioning["problems"][number];

/** One or more phases of a circuit that carry the same. */
export type Conflict = Omit<Problem, "phase"> & { readonly phases: readonly Problem["phase"][] };

/** IEC 61851-1: no charger can offer less and still charge. */
const LEAST_mA = 6_000;
const REASON_CHARS_MIN = 10;

/** Problems that are one to the reader: the same circuit with the same numbers on several phases. The order stays. */
export function conflictsOf(problems: readonly Problem[]): readonly Conflict[] {
  const keyOf = ({ circuitId, basis, sum_mA, limit_mA, otherLoad_mA, stationIds }: Problem): string =>
    JSON.stringify([circuitId, basis, sum_mA, limit_mA, otherLoad_mA, stationIds]);
  return [...Map.groupBy(problems, keyOf).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const { phase: _, ...rest } = first;
    return [{ ...rest, phases: same.map(({ phase }) => phase) }];
  });
}

/** What stands against a release, not only against calling it proven. */
export const isBlocking = ({ basis }: Pick<Problem, "basis">): boolean => basis === "configured";

/** The conductor to name where there is room for one: blocking before merely seen, then the one with most too much. */
export function worstOf(problems: readonly Problem[]): Problem | null {
  const over_mA = ({ sum_mA, limit_mA }: Problem): number => sum_mA - limit_mA;
  return (
    problems.toSorted((a, b) => Number(isBlocking(b)) - Number(isBlocking(a)) || over_mA(b) - over_mA(a))[0] ?? null
  );
}

/** How many boxes have not shown yet what they do without us. */
export const unprovenCount = (bays: readonly BayFallback[]): number =>
  bays.filter(({ provenBy }) => provenBy === null).length;

/** What would make it fit, from what the other load leaves for boxes. */
export type Advice =
  | { readonly kind: "no-room" }
  | { readonly kind: "lower"; readonly each_mA: number }
  | { readonly kind: "some"; readonly keep: number; readonly count: number };

/** Whole amperes for every box, where that is enough to charge with; else how many may keep the least. */
export function adviceFor({ limit_mA, otherLoad_mA, stationIds }: Omit<Conflict, "phases">): Advice {
  const room_mA = limit_mA - otherLoad_mA;
  const count = stationIds.length;
  if (room_mA < 0 || count === 0) return { kind: "no-room" };
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

export function knowledgeOf({ provenBy, lastTest, counted_mA, promised_mA }: BayFallback): Knowledge {
  if (provenBy === "box") return "box";
  if (provenBy === "test") return lastTest?.outcome === "witnessed" ? "witnessed" : "tested";
  switch (lastTest?.outcome) {
    case "kept-last":
      return counted_mA > promised_mA ? "keeps" : "outdated";
    case "rose":
      return counted_mA > promised_mA ? "rises" : "outdated";
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
      return "unknown";
  }
}

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

/** A conflict as it would be. */
export type Outlook = { readonly conflict: Conflict; readonly sum_mA: number; readonly fits: boolean };

/** Each conflict once the chosen boxes keep `current_mA`. What a box keeps whatever it is told stays counted. */
export function outlookOf(
  conflicts: readonly Conflict[],
  bays: readonly BayFallback[],
  chosen: ReadonlySet<string>,
  current_mA: number,
): readonly Outlook[] {
  const change_mA = ({ stationId, counted_mA, promised_mA }: BayFallback): number =>
    chosen.has(stationId) && counted_mA === promised_mA ? current_mA - counted_mA : 0;
  return conflicts.map((conflict) => {
    const below = bays.filter(({ stationId }) => conflict.stationIds.includes(stationId));
    const sum_mA = below.reduce((sum, bay) => sum + change_mA(bay), conflict.sum_mA);
    return { conflict, sum_mA, fits: sum_mA <= conflict.limit_mA };
  });
}

const AUTHORS = ["owner", "technician", "billing", "viewer", "system"] as const;
type Author = (typeof AUTHORS)[number];

/** A decision carries the role it was made in; anything else is shown as it stands. */
export const knownAuthor = (author: string): Author | null => AUTHORS.find((one) => one === author) ?? null;

const REFUSALS = ["busy", "offline", "no-car", "no-register", "too-little", "not-silent"] as const;
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
