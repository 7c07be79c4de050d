import { wiredPhases } from "../site/index.ts";
import type { Rotation, Station } from "../site/index.ts";
import type { PerPhase, Phase } from "../units/index.ts";
import { perPhase, onPhase } from "../units/index.ts";

// Which site phases a bay's own L1, L2, L3 hang on, from steps of its own currents that the main meter saw too
// (balancing.md §3.4). Every possible wiring is an hypothesis, and one more is that the meter does not see this bay at all:
// without it, chance alone would sooner or later "prove" one of the others.

const SIX: readonly Rotation[] = ["L1L2L3", "L2L3L1", "L3L1L2", "L1L3L2", "L2L1L3", "L3L2L1"];
const THREE: readonly Rotation[] = ["L1", "L2", "L3"];

/** What meter, box and the moment of reading differ by, besides what the building does. */
const NOISE_MA = 500;
/** Boxes and meters are right to a part of what they show. */
const NOISE_PERMILLE = 100;
/** Most that one step can tell, as the logarithm of odds: a building that steps with the bay once or twice proves nothing. */
const TELLS_MAX = 2.5;
/** Evidence beyond these odds is forgotten, so that a bay that was wired anew is noticed. */
const SCORE_MAX = 16;
/** Old steps count a little less with each new one. */
const KEEPS_PERMILLE = 990;
/** From here on something counts as proven. */
const SURE_PERMILLE = 980;
/** So many steps must have told something, however clear they were. */
const STEPS_MIN = 4;
/** A step tells something when it moves the odds between two wirings by this much. */
const TELLS_MIN = 0.5;
/** An hypothesis this much less likely than the best is no alternative any more. */
const OPEN_PERMILLE = 100;

/** A step of a bay: what its own currents changed by, and what the meter's did. A car that stops is a negative step. */
export type PhaseStep = { readonly own_mA: PerPhase<number>; readonly meter_mA: PerPhase<number> };

/** Evidence for each candidate wiring, in the order of `candidateRotations`; the last is for a meter that does not see it. */
export type PhaseEvidence = {
  readonly scores: readonly number[];
  /** Steps that told something. */
  readonly steps: number;
};

/** `agrees`: wired as the site file says; `disagrees`: certainly not so; else nobody knows yet. */
export type PhaseState = "unknown" | "agrees" | "disagrees";

export type PhaseFinding = {
  readonly state: PhaseState;
  /** Most likely wiring; of equally likely ones the configured one, then the one that keeps the direction of the phases. */
  readonly found: Rotation;
  /** Wirings that the evidence cannot tell from it, itself first: a car on one phase leaves two of them. */
  readonly open: readonly Rotation[];
  /** How likely `found` is among all wirings. */
  readonly confidence_permille: number;
  /** How likely it is that the configured wiring is wrong. */
  readonly doubt_permille: number;
  readonly steps: number;
};

type Wiring = Pick<Station, "phaseCount" | "rotation">;

/** Every way the bay may hang on the site's phases. */
export const candidateRotations = ({ phaseCount }: Pick<Wiring, "phaseCount">): readonly Rotation[] =>
  phaseCount === 1 ? THREE : SIX;

export const noPhaseEvidence = (wiring: Pick<Wiring, "phaseCount">): PhaseEvidence => ({
  scores: [...candidateRotations(wiring), null].map(() => 0),
  steps: 0,
});

/** Takes one step. Three equal currents tell nothing about the order and change nothing but the belief that it is seen. */
export function observeStep(evidence: PhaseEvidence, wiring: Wiring, step: PhaseStep): PhaseEvidence {
  const largest = Math.max(...step.own_mA.map(Math.abs));
  const noise_mA = Math.max(NOISE_MA, (largest * NOISE_PERMILLE) / 1000);
  const misses = [
    ...candidateRotations(wiring).map((rotation) => misfit(step, { ...wiring, rotation }, noise_mA)),
    misfit({ ...step, own_mA: [0, 0, 0] }, wiring, noise_mA),
  ];
  const best = Math.min(...misses);
  const told = misses.map((miss) => -Math.min(TELLS_MAX, miss - best));
  const among = told.slice(0, -1);
  const tells = Math.max(...among) - Math.min(...among) >= TELLS_MIN;
  const sums = told.map((one, at) => ((evidence.scores[at] ?? 0) * KEEPS_PERMILLE) / 1000 + one);
  const top = Math.max(...sums);
  return {
    scores: sums.map((sum) => Math.max(-SCORE_MAX, sum - top)),
    steps: evidence.steps + (tells ? 1 : 0),
  };
}

/** Heavy tails: the building's own steps are large and rare, and must not outweigh everything else. */
function misfit({ own_mA, meter_mA }: PhaseStep, wiring: Wiring, noise_mA: number): number {
  const expected_mA = onSite(own_mA, wiring);
  return meter_mA.reduce<number>(
    (sum, measured, at) => sum + Math.log1p(((measured - (expected_mA[at] ?? 0)) / noise_mA) ** 2),
    0,
  );
}

function onSite(own_mA: PerPhase<number>, wiring: Wiring): PerPhase<number> {
  const wired = wiredPhases(wiring);
  return perPhase((phase) => own_mA[wired.indexOf(phase)] ?? 0);
}

/** What the evidence says about a bay that the site file wires this way. Without evidence: `unknown`, and sure of nothing. */
export function judgePhases(evidence: PhaseEvidence, wiring: Wiring): PhaseFinding {
  const candidates = candidateRotations(wiring);
  const weights = evidence.scores.map(Math.exp);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const likely = candidates.map((rotation, at) => ({ rotation, part: (weights[at] ?? 0) / sum }));
  const configured = candidates.find((rotation) => sameWiring(rotation, wiring));
  const ownPart = likely.find(({ rotation }) => rotation === configured)?.part ?? 0;
  const most = Math.max(...likely.map(({ part }) => part));
  const open = likely
    .filter(({ part }) => part >= (most * OPEN_PERMILLE) / 1000)
    .sort((a, b) => rank(b, most, configured) - rank(a, most, configured))
    .map(({ rotation }) => rotation);
  const found = open[0] ?? configured ?? wiring.rotation;
  const permille = (part: number): number => Math.round(1000 * part);
  const unseen = (weights.at(-1) ?? 0) / sum;
  const enough = evidence.steps >= STEPS_MIN;
  const doubt_permille = permille(Math.max(0, 1 - ownPart - unseen));
  const state = !enough
    ? "unknown"
    : permille(ownPart) >= SURE_PERMILLE
      ? "agrees"
      : doubt_permille >= SURE_PERMILLE
        ? "disagrees"
        : "unknown";
  return { state, found, open, confidence_permille: permille(most), doubt_permille, steps: evidence.steps };
}

/** Likelihood first; ties (a few per cent apart) go to the configured wiring, then to the kept direction of rotation. */
function rank(
  { rotation, part }: { readonly rotation: Rotation; readonly part: number },
  most: number,
  configured: Rotation | undefined,
): number {
  const tied = part > most * 0.9 ? 4 : 0;
  return tied + (rotation === configured ? 2 : 0) + (SIX.indexOf(rotation) < 3 ? 1 : 0) + part;
}

const sameWiring = (rotation: Rotation, wiring: Wiring): boolean =>
  isSame(wiredPhases({ ...wiring, rotation }), wiredPhases(wiring));

const isSame = (a: readonly Phase[], b: readonly Phase[]): boolean =>
  a.length === b.length && a.every((phase, at) => phase === b[at]);

/** Most that any of the phases changed by. */
export const largestChange_mA = (from: PerPhase<number>, to: PerPhase<number>): number =>
  Math.max(...perPhase((phase) => Math.abs(onPhase(to, phase) - onPhase(from, phase))));
