import { assert, milliamp } from "../units/index.ts";
import type { Milliamp } from "../units/index.ts";
import { admit } from "./admission.ts";
import { balancePhases } from "./asymmetry.ts";
import type { Capped } from "./asymmetry.ts";
import { usesOf } from "./circuit-use.ts";
import { fill, serveInOrder, startWater } from "./fill.ts";
import { blockedRung, ceilingOf, rowPlace, rowRung } from "./ladder.ts";
import type { Ceiling } from "./ladder.ts";
import { aloneOn, book, compileNetwork, DEFAULT_VOLTAGE_V, loadOf } from "./network.ts";
import type { Network } from "./network.ts";
import { roundToSteps } from "./rounding.ts";
import type { Share } from "./share.ts";
import type {
  Allocation,
  AllocationCircuit,
  AllocationEvse,
  AllocationRequest,
  Because,
  Grant,
  QueuePlace,
} from "./types.ts";
import type { Water } from "./water-fill.ts";
import { shareWithin } from "./within.ts";

/**
 * Shares what every circuit and phase has left: minimum current first in order of admission, then what is needed, then
 * equal by weight (max-min), then left-over steps, then who is finished. Circuits with a policy of their own share what they got in that way.
 * What holds afterwards: no row hands out more than it has (what is `reserved` may alone be more), each grant is 0 or
 * between the EVSE's minimum and maximum on its step grid, and its ladder ends at the grant. Pure: same request, same answer.
 */
export function allocate(request: AllocationRequest): Allocation {
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

function allocateByOnePolicy(request: AllocationRequest): Allocation {
  const voltage_V = request.voltage_V ?? DEFAULT_VOLTAGE_V;
  const circuits = new Map(request.circuits.map((circuit) => [circuit.id, circuit]));
  const decision: Decision = {
    request: { ...request, voltage_V },
    circuits,
    network: compileNetwork(request.circuits, request.evses, voltage_V),
    water: startWater(request.evses),
    ceilings: request.evses.map((evse) => ceilingOf(evse, circuits.get(evse.circuit))),
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
  const currents = new Map(
    roundToSteps(admitted, network, water, (rounded) => {
      network.laneA.fill(0);
      network.laneB.fill(0);
      bookReserved();
      for (const [{ index }, current_mA] of rounded) book(network, index, current_mA);
    }),
  );
  const capped = new Map(keepBalance(decision, admitted, currents));
  // A finished car books its minimum and takes none of it: that is only given where everybody else has all they can have.
  const { admitted: last } = serveInOrder(decision.request, shares.filter(isFinished), network, water);
  for (const share of last) currents.set(share, milliamp(water.current[share.index] ?? 0));
  for (const [share, cap] of keepBalance(decision, last, currents)) capped.set(share, cap);
  network.rows.forEach((row, index) => {
    assert(loadOf(network, index) <= Math.max(row.capacity, reserved[index] ?? 0) + 1e-3, "no row hands out too much");
  });
  return answer(decision, shares, queue, currents, capped);
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

/** Lowers these cars where a circuit may not be that unbalanced; what all the others have is left to them. */
function keepBalance(
  { request, network, circuits }: Decision,
  these: readonly Share[],
  currents: Map<Share, Milliamp>,
): ReadonlyMap<Share, Capped> {
  const all = new Map<Share, Capped>();
  for (const circuit of request.circuits) {
    if ((circuit.unbalance_mA ?? null) === null) continue;
    const isBelow = (evse: AllocationEvse): boolean => pathOf(circuits, evse.circuit).includes(circuit);
    const reserved = request.evses.flatMap((evse) =>
      evse.reserved && isBelow(evse) ? [{ evse, current_mA: evse.reserved.current_mA }] : [],
    );
    const before = new Map(currents);
    const below = these.filter(({ evse }) => isBelow(evse));
    const lowered = new Set(below);
    const others = [...before].flatMap(([share, current_mA]) =>
      isBelow(share.evse) && !lowered.has(share) ? [{ evse: share.evse, current_mA }] : [],
    );
    const fixed = [...reserved, ...others];
    for (const [share, cap] of balancePhases(circuit, below, fixed, currents)) {
      book(network, share.index, (currents.get(share) ?? 0) - (before.get(share) ?? 0));
      all.set(share, { ...cap, before_mA: all.get(share)?.before_mA ?? cap.before_mA });
    }
  }
  return all;
}

/** The circuit and those above it, nearest first. */
function pathOf(circuits: ReadonlyMap<string, AllocationCircuit>, id: string): readonly AllocationCircuit[] {
  const path: AllocationCircuit[] = [];
  let next = circuits.get(id);
  while (next !== undefined && path.length <= circuits.size) {
    path.push(next);
    next = next.parent === null ? undefined : circuits.get(next.parent);
  }
  return path;
}

function answer(
  decision: Decision,
  shares: readonly Share[],
  queue: readonly Share[],
  currents: ReadonlyMap<Share, Milliamp>,
  capped: ReadonlyMap<Share, Capped>,
): Allocation {
  const { request, network, ceilings } = decision;
  const byIndex = new Map(shares.map((share) => [share.index, share]));
  const grants = request.evses.map((evse, index): Grant => {
    const share = byIndex.get(index);
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
  const waiting = [...queue, ...stopped];
  return {
    grants,
    queue: waiting.map((share, index): QueuePlace => ({
      evse: share.evse.id,
      place: index + 1,
      because: [waitingRung(network, share, capped.get(share))],
    })),
    circuits: usesOf(request, network),
  };
}

const blockedRow = (network: Network, share: Share | undefined): Network["rows"][number] | null =>
  network.rows[share?.blockedBy ?? -1] ?? null;

function waitingRung(network: Network, share: Share, cap: Capped | undefined): Because {
  const { evse } = share;
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
    if (filled < alone) rungs.push({ kind: "policy_share", ...rowPlace(row), before_mA: alone, after_mA: filled });
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
