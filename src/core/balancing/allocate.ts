import { assert, milliamp } from "../units/index.ts";
import type { Milliamp } from "../units/index.ts";
import { admissionOrder, admit } from "./admission.ts";
import { keepBalance } from "./asymmetry.ts";
import type { Capped } from "./asymmetry.ts";
import { usesOf } from "./circuit-use.ts";
import { fill, serveInOrder, startWater } from "./fill.ts";
import { blockedRung, ceilingOf, rowRung, shareRung } from "./ladder.ts";
import type { Ceiling } from "./ladder.ts";
import { aloneOn, book, compileNetwork, DEFAULT_VOLTAGE_V, loadOf } from "./network.ts";
import type { Network } from "./network.ts";
import { onGrid, roundToSteps } from "./rounding.ts";
import type { Share } from "./share.ts";
import type { Allocation, AllocationCircuit, AllocationRequest, Because, Grant, QueuePlace } from "./types.ts";
import type { Water } from "./water-fill.ts";
import { shareWithin, withPolicyOfMain } from "./within.ts";

/**
 * Shares what every circuit and phase has left: minimum current first in order of admission, then what is needed, then
 * equal by weight (max-min), then left-over steps, then who is finished. Circuits with a policy of their own share what they got in that way.
 * What holds afterwards: no row hands out more than it has (what is `reserved` may alone be more), each grant is 0 or
 * between the EVSE's minimum and maximum on its step grid, and its ladder ends at the grant. Pure: same request, same answer.
 */
export function allocate(asked: AllocationRequest): Allocation {
  const request = withPolicyOfMain(asked);
  const whole = allocateByOnePolicy(request);
  return shareWithin(request, whole, allocateByOnePolicy);
}

type Decision = {
  readonly request: AllocationRequest;
  readonly circuits: ReadonlyMap<string, AllocationCircuit>;
  readonly network: Network;
  readonly water: Water;
  readonly ceilings: readonly Ceiling[];
};

/**
 * A car lowered for the balance leaves current behind that others may be able to use (three equal phases disturb no
 * balance): then all is shared once more with these cars held down. Each turn holds more cars down, and few are enough;
 * the turn counts in which most cars charge, and of those the one that hands out most.
 */
const BALANCE_TURNS_MAX = 4;

function allocateByOnePolicy(request: AllocationRequest): Allocation {
  const circuits = new Map(request.circuits.map((circuit) => [circuit.id, circuit]));
  let ceilings: readonly Ceiling[] = request.evses.map((evse) => ceilingOf(evse, circuits.get(evse.circuit)));
  let best: Shared | null = null;
  for (let turn = 1; ; turn += 1) {
    const shared = share({ request, circuits, ceilings });
    const { capped } = shared;
    if (best === null || shared.charging > best.charging || isMore(shared, best)) best = shared;
    if (capped.size === 0 || turn === BALANCE_TURNS_MAX) return best.allocation;
    const held = new Map([...capped].map(([{ index }, cap]) => [index, cap]));
    ceilings = ceilings.map((ceiling, index) => {
      const cap = held.get(index);
      return cap === undefined ? ceiling : heldDown(ceiling, cap);
    });
  }
}

/** What the balance leaves of a car's ceiling, as the last rung of it. */
function heldDown({ ceiling_mA, rungs }: Ceiling, { circuitId, phase, after_mA }: Capped): Ceiling {
  const rung: Because = { kind: "asymmetry", ref: circuitId, phase, before_mA: ceiling_mA, after_mA };
  return { ceiling_mA: after_mA, rungs: [...rungs, rung] };
}

/** The rung that says that this car has nothing because of the balance; `undefined`: something else says so. */
function stoppedByBalance({ ceiling_mA, rungs }: Ceiling): Because | undefined {
  const last = rungs.at(-1);
  return ceiling_mA === 0 && last?.kind === "asymmetry" ? last : undefined;
}

type Shared = {
  readonly allocation: Allocation;
  readonly capped: ReadonlyMap<Share, Capped>;
  readonly charging: number;
  readonly total_mA: number;
};

const isMore = (one: Shared, than: Shared): boolean => one.charging === than.charging && one.total_mA >= than.total_mA;

/**
 * Shares once. `capped` are those that want to charge and were lowered for the balance; `charging` and `total_mA` (over
 * all phases) tell of those that want to charge.
 */
function share({ request, circuits, ceilings }: Pick<Decision, "request" | "circuits" | "ceilings">): Shared {
  const voltage_V = request.voltage_V ?? DEFAULT_VOLTAGE_V;
  const decision: Decision = {
    request: { ...request, voltage_V },
    circuits,
    network: compileNetwork(request.circuits, request.evses, voltage_V),
    water: startWater(request.evses),
    ceilings,
  };
  const { network, water } = decision;
  const bookReserved = (): void => {
    request.evses.forEach((evse, index) => {
      book(network, index, evse.reserved?.current_mA ?? 0);
    });
  };
  bookReserved();
  const reserved = network.rows.map((_, row) => loadOf(network, row));

  const shares = takingPart(decision);
  const wanting = shares.filter((share) => !isFinished(share));
  const { admitted, queue } =
    request.policy.order === "first-come"
      ? serveInOrder(decision.request, wanting, network, water)
      : admit(decision.request, wanting, network);
  if (request.policy.order !== "first-come") fill(decision.request, admitted, network, water);
  const currents = roundToSteps(admitted, network, water, (rounded) => {
    network.laneA.fill(0);
    network.laneB.fill(0);
    bookReserved();
    rounded.forEach((current_mA, { index }) => {
      book(network, index, current_mA);
    });
  });
  const capped = balanced(decision, admitted, currents);
  // A finished car books its minimum and takes none of it: that is only given where everybody else has all they can have.
  const { admitted: last } = serveInOrder(decision.request, shares.filter(isFinished), network, water);
  for (const one of last) currents.set(one, onGrid(one, water.current[one.index] ?? 0));
  const cappedLast = balanced(decision, last, currents);
  network.rows.forEach((row, index) => {
    assert(loadOf(network, index) <= Math.max(row.capacity, reserved[index] ?? 0) + 1e-3, "no row hands out too much");
  });
  const allocation = answer(decision, shares, queue, currents, new Map([...capped, ...cappedLast]));
  let charging = 0;
  let total_mA = 0;
  currents.forEach((current_mA, one) => {
    if (current_mA <= 0 || isFinished(one)) return;
    charging += 1;
    total_mA += current_mA * one.evse.phases.length;
  });
  return { allocation, capped, charging, total_mA };
}

const isFinished = ({ evse }: Share): boolean => evse.finished === true;

/** Cars that take part: not reserved, and what bounds them leaves at least their minimum. */
function takingPart({ request, ceilings }: Decision): readonly Share[] {
  return request.evses.flatMap((evse, index): readonly Share[] => {
    const ceiling = ceilings[index];
    if (evse.reserved || ceiling === undefined || ceiling.ceiling_mA <= 0 || ceiling.ceiling_mA < evse.min_mA)
      return [];
    return [{ evse, index, ...ceiling, blockedBy: -1 }];
  });
}

const NONE_CAPPED: ReadonlyMap<Share, Capped> = new Map();

/** Lowers these cars where a circuit may not be that unbalanced; what all the others have is left to them. */
function balanced(
  { request, network }: Decision,
  these: readonly Share[],
  currents: Map<Share, Milliamp>,
): ReadonlyMap<Share, Capped> {
  // Most sites ask for no balance: there is nothing to compare with then.
  if (request.circuits.every(({ unbalance_mA }) => (unbalance_mA ?? null) === null)) return NONE_CAPPED;
  const before = new Map(currents);
  const capped = keepBalance(request, these, currents);
  for (const share of capped.keys()) book(network, share.index, (currents.get(share) ?? 0) - (before.get(share) ?? 0));
  return capped;
}

function answer(
  decision: Decision,
  shares: readonly Share[],
  queue: readonly Share[],
  currents: ReadonlyMap<Share, Milliamp>,
  capped: ReadonlyMap<Share, Capped>,
): Allocation {
  const { request, network, ceilings } = decision;
  const byIndex = new Array<Share | undefined>(request.evses.length).fill(undefined);
  for (const share of shares) byIndex[share.index] = share;
  const grants = request.evses.map((evse, index): Grant => {
    const share = byIndex[index];
    const current_mA = share === undefined ? undefined : currents.get(share);
    const { rungs, ceiling_mA } = share ?? ceilings[index] ?? { rungs: [], ceiling_mA: milliamp(0) };
    if (share !== undefined && current_mA !== undefined)
      return { evse: evse.id, current_mA, because: ladder(decision, share, current_mA, capped.get(share)) };
    if (evse.reserved) {
      const { current_mA: kept, kind } = evse.reserved;
      const last: Because = { kind, ref: evse.id, before_mA: ceiling_mA, after_mA: kept };
      return { evse: evse.id, current_mA: kept, because: [...rungs, last] };
    }
    const last = ceiling_mA === 0 ? [] : [blockedRung(evse, blockedRow(network, share), ceiling_mA)];
    return { evse: evse.id, current_mA: milliamp(0), because: [...rungs, ...last] };
  });
  const stopped = shares.filter((share) => currents.get(share) === 0 && share.evse.min_mA > 0 && !isFinished(share));
  // Who is stopped after all waits behind those who found no room, in the order in which all are served.
  const late = admissionOrder(request, [...stopped, ...heldAtNothing(decision)]);
  return {
    grants,
    queue: [...queue, ...late].map((share, index): QueuePlace => ({
      evse: share.evse.id,
      place: index + 1,
      because: [waitingRung(network, share, capped.get(share))],
    })),
    circuits: usesOf(request, network),
  };
}

/** Those that would charge if the balance left them their minimum. */
function heldAtNothing({ request, ceilings }: Decision): readonly Share[] {
  return request.evses.flatMap((evse, index): readonly Share[] => {
    const ceiling = ceilings[index];
    if (ceiling === undefined || stoppedByBalance(ceiling) === undefined) return [];
    return evse.reserved || evse.finished === true || evse.min_mA <= 0
      ? []
      : [{ evse, index, ...ceiling, blockedBy: -1 }];
  });
}

const blockedRow = (network: Network, share: Share | undefined): Network["rows"][number] | null =>
  network.rows[share?.blockedBy ?? -1] ?? null;

function waitingRung(network: Network, share: Share, cap: Capped | undefined): Because {
  const { evse } = share;
  const held = stoppedByBalance(share);
  if (held !== undefined) return { ...held, before_mA: evse.min_mA };
  if (cap === undefined) return blockedRung(evse, blockedRow(network, share), evse.min_mA);
  return { kind: "asymmetry", ref: cap.circuitId, phase: cap.phase, before_mA: evse.min_mA, after_mA: milliamp(0) };
}

/** From the ceiling to the grant: what the full row had for cars at all, this car's share of it, the box's step, the balance. */
function ladder(
  { network, water }: Decision,
  share: Share,
  granted_mA: Milliamp,
  cap: Capped | undefined,
): readonly Because[] {
  const rungs: Because[] = [...share.rungs];
  let at = share.ceiling_mA;
  const filled = milliamp(Math.min(at, Math.floor((water.current[share.index] ?? 0) + 1e-6)));
  const stoppedBy = water.stoppedBy[share.index] ?? -1;
  const row = network.rows[stoppedBy];
  if (row !== undefined && filled < at) {
    const alone = milliamp(Math.max(filled, Math.min(at, aloneOn(network, share.index, stoppedBy))));
    if (alone < at) rungs.push(rowRung(row, at, alone));
    if (filled < alone) rungs.push(shareRung(row, alone, filled));
    at = filled;
  }
  const stepped = cap?.before_mA ?? granted_mA;
  if (stepped !== at) rungs.push({ kind: "step_round", ref: share.evse.id, before_mA: at, after_mA: stepped });
  if (cap !== undefined) {
    const { circuitId, phase, before_mA, after_mA } = cap;
    rungs.push({ kind: "asymmetry", ref: circuitId, phase, before_mA, after_mA });
  }
  return rungs;
}
