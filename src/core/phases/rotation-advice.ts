import { replay } from "../replay/index.ts";
import type { Scenario, ScenarioSession, Simulation } from "../replay/index.ts";
import { PHASES, phaseIndex } from "../units/index.ts";
import type { Phase } from "../units/index.ts";

// Which bays to wire on other phases so that the same cars get more energy (balancing.md §3.4). Where bays should hang is
// looked for with a plain measure of how evenly the phases are used; what it brings is told by the site's own allocator,
// which lives through the same sessions again.

const SLOT_MS = 1_800_000;
const HOUR_MS = 3_600_000;
/** A move must make the squares of the use smaller by this part, or it is not worth an electrician's time. */
const WORTH_PART = 0.002;
/** Whoever needs nearly all bays for the last per cents is better told of the ones that bring most. */
const NEARLY_ALL_PERMILLE = 960;
/** Below this it is noise of the replay, not gain. */
const GAIN_PERMILLE_MIN = 10;

/** `shift`: each of the bay's wires moves on to the next phase so many times, which keeps the direction of rotation. */
export type RotationMove = {
  readonly evse: string;
  readonly shift: 1 | 2;
  /** Energy of this bay's cars as it is wired now, and after all moves. */
  readonly now_Wh: number;
  readonly then_Wh: number;
};

export type RotationAdvice = {
  readonly sessions: number;
  readonly demanded_Wh: number;
  readonly now_Wh: number;
  readonly then_Wh: number;
  /** More energy than now; 0 when nothing is worth doing. */
  readonly gain_permille: number;
  /** The most useful first; none when nothing is worth doing. */
  readonly moves: readonly RotationMove[];
  /** What the first so many moves bring, as far as there was time to look. */
  readonly curve: readonly { readonly moves: number; readonly delivered_Wh: number }[];
};

export type AdviceOptions = {
  /** True when there is no time for another replay; what is known by then is the answer. */
  readonly isOver: () => boolean;
};

/** Proposes moves for the scenario's bays, and says what they would have brought. Sessions on three phases stay as they are. */
export function adviseRotation(scenario: Scenario, { isOver }: AdviceOptions): RotationAdvice {
  const now = replay(scenario);
  const order = greedyMoves(scenario);
  const replays = new Map<number, Simulation>([[0, now]]);
  const count = order.length;
  const lengths = [count, ...[0.5, 0.25, 0.75].map((part) => Math.round(part * count))];
  for (const length of new Set(lengths)) {
    if (isOver() && replays.size > 1) break;
    if (!replays.has(length)) replays.set(length, replay(rotated(scenario, order.slice(0, length))));
  }
  const best = shortest(replays, now.delivered_Wh);
  const then = replays.get(best) ?? now;
  const gain_permille = permilleOver(then.delivered_Wh, now.delivered_Wh);
  const isWorth = gain_permille >= GAIN_PERMILLE_MIN;
  const delivered = (result: Simulation, evse: string): number =>
    result.sessions.reduce((sum, one) => sum + (scenario.sessions[one.index]?.evse === evse ? one.delivered_Wh : 0), 0);
  return {
    sessions: scenario.sessions.length,
    demanded_Wh: Math.round(now.demanded_Wh),
    now_Wh: Math.round(now.delivered_Wh),
    then_Wh: Math.round(isWorth ? then.delivered_Wh : now.delivered_Wh),
    gain_permille: isWorth ? gain_permille : 0,
    moves: order.slice(0, isWorth ? best : 0).map(({ evse, shift }) => ({
      evse,
      shift,
      now_Wh: Math.round(delivered(now, evse)),
      then_Wh: Math.round(delivered(then, evse)),
    })),
    curve: [...replays]
      .map(([moves, { delivered_Wh }]) => ({ moves, delivered_Wh: Math.round(delivered_Wh) }))
      .sort((a, b) => a.moves - b.moves),
  };
}

/** The fewest moves with nearly all of what any number of them brings. */
function shortest(replays: ReadonlyMap<number, Simulation>, now_Wh: number): number {
  const most = Math.max(...[...replays.values()].map(({ delivered_Wh }) => delivered_Wh)) - now_Wh;
  const enough = [...replays].filter(
    ([, { delivered_Wh }]) => (delivered_Wh - now_Wh) * 1000 >= most * NEARLY_ALL_PERMILLE,
  );
  return Math.min(...enough.map(([moves]) => moves));
}

const permilleOver = (then: number, now: number): number => (now <= 0 ? 0 : Math.round((1000 * (then - now)) / now));

type Move = { readonly evse: string; readonly shift: 1 | 2 };

/** The scenario with these bays, and the cars at them, on other phases. */
export function rotated(scenario: Scenario, moves: readonly Move[]): Scenario {
  const shifts = new Map(moves.map(({ evse, shift }) => [evse, shift]));
  const turn = (phases: readonly Phase[], evse: string): readonly Phase[] =>
    phases.map((phase) => shifted(phase, shifts.get(evse) ?? 0));
  return {
    ...scenario,
    site: {
      ...scenario.site,
      evses: scenario.site.evses.map((evse) => ({ ...evse, phases: turn(evse.phases, evse.id) })),
    },
    sessions: scenario.sessions.map((session) => ({ ...session, phases: turn(session.phases, session.evse) })),
  };
}

/** The phase that comes so many later. */
export const shifted = (phase: Phase, shift: 0 | 1 | 2): Phase => PHASES[(phaseIndex(phase) + shift) % 3] ?? phase;

/** Average current of a bay's cars in the slots they were there, by phase as it is wired now. */
type Profile = { readonly evse: string; readonly path: readonly number[]; readonly use: ReadonlyMap<number, number[]> };

/** Again and again the move that evens the phases out most, each bay at most moved once more. */
function greedyMoves(scenario: Scenario): readonly Move[] {
  const { circuits } = scenario.site;
  const begin_ms = Math.min(...scenario.sessions.map(({ arrival_ms }) => arrival_ms));
  const profiles = profilesOf(scenario, begin_ms).filter(({ use }) => [...use.values()].some(isUneven));
  const load = circuits.map(() => new Map<number, number[]>());
  for (const profile of profilesOf(scenario, begin_ms)) put(load, profile, 0, 1);
  // A circuit that is small for its load counts more: its squares are of the part that is used.
  const weights = circuits.map(({ limit_A: [l1, l2, l3] }) => 1 / Math.max(1, Math.min(l1, l2, l3)) ** 2);
  const shifts = new Map<string, 0 | 1 | 2>(profiles.map(({ evse }) => [evse, 0]));
  const order: string[] = [];
  const total = cost(load, weights);
  for (let moves = 0; moves < 3 * profiles.length; moves += 1) {
    const best = bestMove({ load, weights, profiles, shifts });
    if (best === null || best.gain < total * WORTH_PART) break;
    const { profile, shift } = best;
    put(load, profile, shifts.get(profile.evse) ?? 0, -1);
    put(load, profile, shift, 1);
    shifts.set(profile.evse, shift);
    if (!order.includes(profile.evse)) order.push(profile.evse);
  }
  return order.flatMap((evse): readonly Move[] => {
    const shift = shifts.get(evse) ?? 0;
    return shift === 0 ? [] : [{ evse, shift }];
  });
}

type Search = {
  readonly load: readonly Map<number, number[]>[];
  readonly weights: readonly number[];
  readonly profiles: readonly Profile[];
  readonly shifts: ReadonlyMap<string, 0 | 1 | 2>;
};

function bestMove({ load, weights, profiles, shifts }: Search): {
  readonly profile: Profile;
  readonly shift: 0 | 1 | 2;
  readonly gain: number;
} | null {
  let best: ReturnType<typeof bestMove> = null;
  for (const profile of profiles) {
    const from = shifts.get(profile.evse) ?? 0;
    for (const shift of [0, 1, 2] as const) {
      if (shift === from) continue;
      const gain = gainOf(load, weights, profile, { from, to: shift });
      if (gain > (best?.gain ?? 0)) best = { profile, shift, gain };
    }
  }
  return best;
}

/** How much smaller the sum of squares becomes when the bay is moved. */
function gainOf(
  load: Search["load"],
  weights: Search["weights"],
  { path, use }: Profile,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  let gain = 0;
  for (const circuit of path) {
    const weight = weights[circuit] ?? 0;
    for (const [slot, own] of use) {
      const all = load[circuit]?.get(slot);
      if (all === undefined) continue;
      for (let at = 0; at < 3; at += 1) {
        const before = all[at] ?? 0;
        const after = before - (own[(at - from + 3) % 3] ?? 0) + (own[(at - to + 3) % 3] ?? 0);
        gain += weight * (before * before - after * after);
      }
    }
  }
  return gain;
}

function put(load: Search["load"], { path, use }: Profile, shift: number, sign: 1 | -1): void {
  for (const circuit of path) {
    const there = load[circuit];
    if (there === undefined) continue;
    for (const [slot, own] of use) {
      const all = there.get(slot) ?? [0, 0, 0];
      there.set(
        slot,
        all.map((value, at) => value + sign * (own[(at - shift + 3) % 3] ?? 0)),
      );
    }
  }
}

const cost = (load: Search["load"], weights: Search["weights"]): number =>
  load.reduce(
    (sum, slots, circuit) =>
      sum +
      (weights[circuit] ?? 0) *
        [...slots.values()].reduce(
          (all, values) => all + values.reduce((square, value) => square + value * value, 0),
          0,
        ),
    0,
  );

const isUneven = ([a = 0, b = 0, c = 0]: readonly number[]): boolean => a !== b || b !== c;

function profilesOf(scenario: Scenario, begin_ms: number): readonly Profile[] {
  const { circuits, evses, voltage_V } = scenario.site;
  const sessions = Map.groupBy(scenario.sessions, ({ evse }) => evse);
  return evses.map((evse) => {
    const use = new Map<number, number[]>();
    for (const session of sessions.get(evse.id) ?? []) addUse(use, session, { begin_ms, voltage_V });
    return { evse: evse.id, path: pathOf(circuits, evse.circuit), use };
  });
}

/** What the car needs on average for as long as it is there, on the phases it uses. */
function addUse(
  use: Map<number, number[]>,
  { arrival_ms, departure_ms, needed_Wh, phases, max_A }: ScenarioSession,
  { begin_ms, voltage_V }: { readonly begin_ms: number; readonly voltage_V: number },
): void {
  const stay_h = (departure_ms - arrival_ms) / HOUR_MS;
  if (stay_h <= 0 || phases.length === 0) return;
  const current_A = Math.min(max_A, needed_Wh / (stay_h * voltage_V * phases.length));
  const last = Math.floor((departure_ms - 1 - begin_ms) / SLOT_MS);
  for (let slot = Math.floor((arrival_ms - begin_ms) / SLOT_MS); slot <= last; slot += 1) {
    const all = use.get(slot) ?? [0, 0, 0];
    use.set(
      slot,
      all.map((value, at) => value + (phases.some((phase) => phaseIndex(phase) === at) ? current_A : 0)),
    );
  }
}

/** Places of the circuit and of all above it. */
function pathOf(circuits: Scenario["site"]["circuits"], id: string): readonly number[] {
  const path: number[] = [];
  let next: string | null = id;
  while (next !== null && path.length <= circuits.length) {
    const at = circuits.findIndex((circuit) => circuit.id === next);
    if (at < 0) break;
    path.push(at);
    next = circuits[at]?.parent ?? null;
  }
  return path;
}
