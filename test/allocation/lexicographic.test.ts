import fc from "fast-check";
import loadHighs from "highs";
import { expect, test } from "vitest";
import { allocate } from "../../src/core/balancing/index.ts";
import type { AllocationCircuit, AllocationEvse } from "../../src/core/balancing/index.ts";
import { onPhase, PHASES } from "../../src/core/units/index.ts";
import { anyCars, anyTree, request } from "./requests.ts";

// The same question asked to somebody else: a general solver, which knows nothing of water or levels, maximises the
// smallest share, keeps it, maximises the next smallest, and so on. No line of it is shared with the allocator.

const TREES = 1000;
/** Our answer is floored to whole milliamperes; the solver's tolerance lies far below. */
const CLOSE_MA = 1.01;

const highs = await loadHighs();

/** Rows `a · x ≤ capacity` of every circuit and phase. */
function rowsOf(circuits: readonly AllocationCircuit[], evses: readonly AllocationEvse[]) {
  const parents = new Map(circuits.map(({ id, parent }) => [id, parent]));
  const isBelow = (evse: AllocationEvse, id: string): boolean => {
    for (let next: string | null | undefined = evse.circuit; next; next = parents.get(next))
      if (next === id) return true;
    return false;
  };
  return circuits.flatMap((one) =>
    PHASES.map((phase) => ({
      members: evses.flatMap((evse, index) => (isBelow(evse, one.id) && evse.phases.includes(phase) ? [index] : [])),
      capacity: Math.max(0, onPhase(one.limit_mA, phase) - onPhase(one.otherLoad_mA, phase)),
    })),
  );
}

/** Maximises `objective` under the rows, the ceilings and a floor for each x; t is the common level of `free`. */
function maximum(
  evses: readonly AllocationEvse[],
  rows: ReturnType<typeof rowsOf>,
  objective: string,
  floors: readonly number[],
  free: ReadonlySet<number>,
): number {
  const constraints = [
    ...rows
      .filter(({ members }) => members.length > 0)
      .map(
        ({ members, capacity }, index) =>
          `r${String(index)}: ${members.map((i) => `x${String(i)}`).join(" + ")} <= ${String(capacity)}`,
      ),
    ...[...free].map((i) => `f${String(i)}: x${String(i)} - ${String(evses[i]?.weight ?? 1)} t >= 0`),
  ];
  const bounds = evses.map((evse, i) => `${(floors[i] ?? 0).toFixed(6)} <= x${String(i)} <= ${String(evse.max_mA)}`);
  const text = `Maximize\n obj: ${objective}\nSubject To\n ${constraints.join("\n ")}\nBounds\n ${bounds.join("\n ")}\nEnd\n`;
  const answer = highs.solve(text);
  expect(answer.Status).toBe("Optimal");
  return answer.ObjectiveValue;
}

function lexicographic(circuits: readonly AllocationCircuit[], evses: readonly AllocationEvse[]): readonly number[] {
  const rows = rowsOf(circuits, evses);
  const floors = evses.map(() => 0);
  const free = new Set(evses.keys());
  while (free.size > 0) {
    const level = maximum(evses, rows, "t", floors, free);
    for (const i of free) floors[i] = Math.max(0, (evses[i]?.weight ?? 1) * level - 1e-4);
    const none = new Set<number>();
    const stuck = [...free].filter(
      (i) => maximum(evses, rows, `x${String(i)}`, floors, none) <= (floors[i] ?? 0) + 2e-3 * (1 + evses.length),
    );
    expect(stuck.length).toBeGreaterThan(0);
    for (const i of stuck) free.delete(i);
  }
  return floors;
}

test("a general solver finds the same max-min shares on a thousand random trees", () => {
  const anySite = anyTree({ limit_A: 100, other_A: 40 }).chain((tree) =>
    anyCars(tree.length, { max: 6, min_mA: 0, step_mA: 0 }).map((cars) => ({ tree, cars })),
  );
  fc.assert(
    fc.property(anySite, ({ tree, cars }) => {
      const ours = allocate(request(tree, cars)).grants.map((grant) => grant.current_mA);
      lexicographic(tree, cars).forEach((theirs, index) => {
        expect(Math.abs((ours[index] ?? 0) - theirs)).toBeLessThanOrEqual(CLOSE_MA);
      });
    }),
    { numRuns: TREES, seed: 20_261_122 },
  );
}, 120_000);
