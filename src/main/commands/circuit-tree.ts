import type { Problem } from "./json-input.ts";

type Named = { readonly id: string };
type Circuit = Named & { readonly parent: string | null };

/** What is wrong with a list of circuits as a tree: double ids, unknown parents, cycles, not exactly one root. */
export function treeProblems(circuits: readonly Circuit[], field = "circuits"): readonly Problem[] {
  const problems: Problem[] = [...doubleIds(circuits, field)];
  const byId = new Map(circuits.map((circuit) => [circuit.id, circuit]));
  const roots = circuits.flatMap(({ parent }, index) => (parent === null ? [index] : []));
  for (const index of roots.slice(1))
    problems.push({
      field: `${field}[${String(index)}].parent`,
      message: "only one circuit has no parent: the main one",
    });
  circuits.forEach(({ parent }, index) => {
    const at = `${field}[${String(index)}].parent`;
    if (parent !== null && !byId.has(parent)) problems.push({ field: at, message: `unknown circuit "${parent}"` });
    else if (isInCycle(circuits[index], byId))
      problems.push({ field: at, message: "is below itself: circuits form a tree" });
  });
  if (roots.length === 0) problems.push({ field, message: "no circuit is the main one: one has the parent null" });
  return problems;
}

/** The second of two with the same id, and so on. */
export function doubleIds(things: readonly Named[], field: string): readonly Problem[] {
  const seen = new Set<string>();
  return things.flatMap(({ id }, index): readonly Problem[] => {
    if (!seen.has(id)) {
      seen.add(id);
      return [];
    }
    return [{ field: `${field}[${String(index)}].id`, message: `"${id}" is there twice` }];
  });
}

function isInCycle(start: Circuit | undefined, byId: ReadonlyMap<string, Circuit>): boolean {
  let next = start;
  for (let steps = 0; steps < byId.size; steps += 1) {
    const parent: string | null = next?.parent ?? null;
    next = parent === null ? undefined : byId.get(parent);
    if (next === undefined) return false;
    if (next === start) return true;
  }
  return false;
}
