import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit, type Document } from "yaml";
import type { z } from "zod";

/** Where a document is wrong and what belongs there; `line` counts from 1, 0 when it is not one line's fault. */
export type YamlProblem = {
  readonly file: string;
  readonly line: number;
  readonly field: string;
  readonly expected: string;
};
export type ProblemAt = (path: readonly PropertyKey[], expected: string) => YamlProblem;
export type OpenedYaml =
  /** `at`: a problem at the line of a field. */
  | { readonly ok: true; readonly value: unknown; readonly at: ProblemAt }
  | { readonly ok: false; readonly problems: readonly YamlProblem[] };

/**
 * Reads a YAML text as a tree; what is none is told by line. `charactersMax`: YAML compares every key of a mapping with
 * all others, so that a megabyte hangs.
 */
export function openYaml(
  source: string,
  { file, charactersMax }: { readonly file: string; readonly charactersMax: number },
): OpenedYaml {
  const broken = (offset: number, expected: string): OpenedYaml => ({
    ok: false,
    problems: [{ file, line: source.slice(0, offset).split("\n").length, field: "", expected }],
  });
  if (source.length > charactersMax) return broken(0, `at most ${String(charactersMax)} characters`);
  const foreign = source.search(/[\uFFFD\0]/u);
  if (foreign >= 0) return broken(foreign, "text in UTF-8: save the file in that encoding");
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      file,
      line: lines.linePos(error.pos[0]).line,
      field: "",
      expected: `valid YAML: ${error.message.split("\n")[0] ?? ""}`,
    }));
    return { ok: false, problems };
  }
  const alias = aliasAt(document);
  if (alias !== null) return broken(alias, "the value itself instead of an alias (*name): these files have none");
  const at: ProblemAt = (path, expected) => ({
    file,
    line: lineOf(document, lines, path),
    field: path.map(String).join("."),
    expected,
  });
  return { ok: true, value: document.toJS(), at };
}

/** Where the first alias stands: unresolved, circular or multiplied ones make no tree, and none is needed. */
function aliasAt(document: Document): number | null {
  let found: number | null = null;
  visit(document, {
    Alias(_, alias) {
      found = alias.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return found;
}

/** A mistake against the schema in words, at the line of the field itself where there is one. */
export function schemaProblem(issue: z.core.$ZodIssue, at: ProblemAt): YamlProblem {
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    return at([...issue.path, key], `no field of this name here: ${issue.keys.join(", ")}; correct or remove it`);
  }
  if (issue.path.length === 0) return at([], `a mapping that begins with "schema: 1" (${issue.message})`);
  return at(issue.path, issue.message.replace(/received undefined$/u, "but the field is missing"));
}

/** Line of the deepest part of `path` that exists in the document. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const part of path) {
    let next: unknown;
    if (isMap(node))
      next = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part))?.value;
    else if (isSeq(node) && typeof part === "number") next = node.items[part];
    if (!isNode(next)) break;
    node = next;
    offset = next.range?.[0] ?? offset;
  }
  return lines.linePos(offset).line;
}
