import type { SiteProblem } from "../../../contract/index.ts";

/** What the engine takes at most. */
export const SITE_FILE_BYTES_MAX = 1_000_000;

const has = <K extends string>(value: unknown, key: K): value is Record<K, unknown> =>
  typeof value === "object" && value !== null && key in value;

const placeOf = (value: unknown): number | null => (typeof value === "number" ? value : null);

/** The mistakes named in a refusal, in the order of their lines; empty when it named none. */
export function problemsIn(data: unknown): readonly SiteProblem[] {
  if (!has(data, "problems") || !Array.isArray(data.problems)) return [];
  const list: readonly unknown[] = data.problems;
  return list
    .flatMap((item): readonly SiteProblem[] => {
      if (!has(item, "field") || !has(item, "expected") || !has(item, "code")) return [];
      const line = has(item, "line") ? placeOf(item.line) : null;
      const column = has(item, "column") ? placeOf(item.column) : null;
      return [{ line, column, field: String(item.field), code: String(item.code), expected: String(item.expected) }];
    })
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
