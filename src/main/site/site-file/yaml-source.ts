import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
  visit,
} from "yaml";

/** Larger than any site; a bigger text is somebody's mistake. */
export const FILE_BYTES_MAX = 1_000_000;

/** Anchors are a convenience; thousands of them are an attack ("billion laughs"). */
const ALIASES_MAX = 50;

/** A site file is four levels deep. The parser calls itself for each level, so deeper ones are not even shown to it. */
const DEPTH_MAX = 100;

const FAULTS_MAX = 20;

/** Keys of a text that lead to a value: ["stations", 2, "max_A"]. */
export type FieldPath = readonly (string | number)[];

/** A mistake in the text before any field is looked at. */
export type SourceFault = {
  readonly line: number | null;
  readonly column: number | null;
  readonly code: "syntax" | "too-large" | "too-deep" | "too-many-aliases";
  readonly expected: string;
};

export type Position = { readonly line: number | null; readonly column: number | null };

export type YamlSource = {
  readonly ok: true;
  readonly data: unknown;
  /** Where a value stands, or its key; the nearest thing around it where it is absent. Lines and columns count from 1. */
  readonly locate: (path: FieldPath, part: "key" | "value") => Position;
};

const NOWHERE: Position = { line: null, column: null };
const START: Position = { line: 1, column: 1 };

/** Reads YAML 1.2 text; never throws, whatever the text is. */
export function readYaml(text: string): YamlSource | { readonly ok: false; readonly faults: readonly SourceFault[] } {
  if (Buffer.byteLength(text) > FILE_BYTES_MAX) {
    return refused({ ...NOWHERE, code: "too-large", expected: "a text of at most 1 MB" });
  }
  if (nesting(text) > DEPTH_MAX)
    return refused({ ...NOWHERE, code: "too-deep", expected: "lists and maps nested a few levels deep" });
  return read(text);
}

/**
 * An upper bound of how deep the text nests: open brackets, and dashes or question marks at the start of one line.
 * Brackets inside quotes count too, which does no harm below the limit.
 */
function nesting(text: string): number {
  let [brackets, deepest] = [0, 0];
  for (const sign of text) {
    if (sign === "[" || sign === "{") brackets += 1;
    else if (sign === "]" || sign === "}") brackets = Math.max(0, brackets - 1);
    deepest = Math.max(deepest, brackets);
  }
  // "- - - x" nests without a bracket.
  for (const [dashes] of text.matchAll(/^[ \t]*(?:[-?:][ \t]+)+/gmu)) {
    deepest = Math.max(deepest, dashes.replaceAll(/\s/gu, "").length);
  }
  return deepest;
}

const refused = (...faults: SourceFault[]) => ({ ok: false, faults }) as const;

function read(text: string): ReturnType<typeof readYaml> {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    logLevel: "error",
  });
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (document.errors.length > 0) {
    return refused(
      ...document.errors.slice(0, FAULTS_MAX).map((error): SourceFault => ({
        ...positionAt(error.pos[0]),
        code: error.code === "RESOURCE_EXHAUSTION" ? "too-deep" : "syntax",
        expected: `valid YAML (${error.message})`,
      })),
    );
  }
  const aliases = aliasesOf(document);
  if (aliases.length > ALIASES_MAX) {
    return refused({
      ...NOWHERE,
      code: "too-many-aliases",
      expected: `at most ${String(ALIASES_MAX)} aliases (*name)`,
    });
  }
  const dangling = aliases.filter((alias) => alias.resolve(document) === undefined);
  if (dangling.length > 0) {
    return refused(
      ...dangling.map((alias): SourceFault => ({
        ...positionAt(alias.range?.[0] ?? 0),
        code: "syntax",
        expected: `valid YAML (no anchor &${alias.source} before this)`,
      })),
    );
  }
  const data = plainData(document);
  if (data === TOO_MUCH) {
    return refused({ ...NOWHERE, code: "too-many-aliases", expected: "aliases that do not multiply each other" });
  }
  return {
    ok: true,
    data,
    locate: (path, part) => {
      const offset = offsetOf(document, path, part);
      return offset === null ? START : positionAt(offset);
    },
  };
}

function aliasesOf(document: Document.Parsed): Alias[] {
  const aliases: Alias[] = [];
  visit(document, {
    Alias: (_, alias) => {
      aliases.push(alias);
    },
  });
  return aliases;
}

const TOO_MUCH = Symbol("too much");

function plainData(document: Document.Parsed): unknown {
  try {
    const data: unknown = document.toJS({ maxAliasCount: ALIASES_MAX });
    return data;
  } catch (error) {
    // What yaml throws for aliases that multiply beyond the limit.
    if (error instanceof ReferenceError) return TOO_MUCH;
    throw error;
  }
}

function offsetOf(document: Document.Parsed, path: FieldPath, part: "key" | "value"): number | null {
  let node: ParsedNode | null = document.contents;
  let offset = node === null ? null : node.range[0];
  for (const [index, key] of path.entries()) {
    const within: unknown = isAlias(node) ? node.resolve(document) : node;
    const step: { key: number | null; value: ParsedNode | null } | null = child(within, key);
    if (step === null) return offset;
    const wantsKey = part === "key" && index === path.length - 1;
    offset = (wantsKey ? step.key : null) ?? step.value?.range[0] ?? step.key ?? offset;
    node = step.value;
  }
  return offset;
}

function child(node: unknown, key: string | number): { key: number | null; value: ParsedNode | null } | null {
  if (!isCollection(node)) return null;
  if (isSeq<ParsedNode>(node)) {
    const value = typeof key === "number" ? node.items[key] : undefined;
    return value === undefined ? null : { key: null, value };
  }
  if (!isMap<ParsedNode, ParsedNode | null>(node)) return null;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
  return pair === undefined ? null : { key: pair.key.range[0], value: pair.value };
}
