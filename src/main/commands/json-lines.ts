// JSON on stdin: one object a line, or one object over many lines as a person writes it. What is no JSON is told in its
// place, and the lines after it are read on.

/** `line` counts from 1: where the text begins. */
export type JsonPiece =
  | { readonly ok: true; readonly line: number; readonly value: unknown }
  | { readonly ok: false; readonly line: number; readonly message: string };

/** Far more than a site of 20 000 points takes; nothing longer is kept in memory. */
const CHARS_MAX = 32 * 1024 * 1024;
const BOM = "\uFEFF";

/** Reads pieces as they come, each as soon as its last line is there. Never holds more than one piece. */
export async function* readJsonPieces(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<JsonPiece> {
  const assembler = createAssembler();
  for await (const line of linesOf(chunks)) yield* assembler.take(line);
  yield* assembler.end();
}

type Line = { readonly number: number; readonly text: string; readonly tooLong: boolean };

async function* linesOf(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  const building = { number: 1, text: "", tooLong: false };
  const next = (): Line => {
    const { number, text, tooLong } = building;
    Object.assign(building, { number: number + 1, text: "", tooLong: false });
    return { number, text: number === 1 && text.startsWith(BOM) ? text.slice(1) : text, tooLong };
  };
  const add = (part: string): void => {
    building.tooLong ||= building.text.length + part.length > CHARS_MAX;
    building.text = building.tooLong ? "" : building.text + part;
  };
  for await (const chunk of chunks) {
    const decoded = typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let end = decoded.indexOf("\n"); end >= 0; end = decoded.indexOf("\n", from)) {
      add(decoded.slice(from, end));
      from = end + 1;
      yield next();
    }
    add(decoded.slice(from));
  }
  add(decoder.decode());
  if (building.text !== "" || building.tooLong) yield next();
}

type Assembler = {
  readonly take: (line: Line) => Iterable<JsonPiece>;
  readonly end: () => Iterable<JsonPiece>;
};

/**
 * A line that is JSON by itself is a piece. An object that is not closed at the end of its first line goes on until it is
 * closed, unless a line before showed that here each stands alone.
 */
function createAssembler(): Assembler {
  let open: { readonly lines: Line[]; readonly scan: Scan; chars: number } | null = null;
  let eachAlone = false;
  const failAll = (lines: readonly Line[]): readonly JsonPiece[] =>
    lines.filter(({ text }) => text.trim() !== "").map((line) => failed(line.number, parse(line.text)));
  const begin = (line: Line): readonly JsonPiece[] => {
    if (line.tooLong) return [failed(line.number, TOO_LONG)];
    if (line.text.trim() === "") return [];
    const parsed = parse(line.text);
    if (parsed.ok) {
      eachAlone = true;
      return [{ ok: true, line: line.number, value: parsed.value }];
    }
    const scan = newScan();
    scanText(scan, line.text);
    if (eachAlone || !line.text.trimStart().startsWith("{") || scan.depth <= 0) return [failed(line.number, parsed)];
    open = { lines: [line], scan, chars: line.text.length };
    return [];
  };
  const goOn = (line: Line, piece: NonNullable<typeof open>): readonly JsonPiece[] => {
    // A whole object at the left edge is no part of the one before: that one was never closed.
    if (line.text.startsWith("{") && parse(line.text).ok) {
      open = null;
      return [...failAll(piece.lines), ...begin(line)];
    }
    piece.lines.push(line);
    piece.chars += line.text.length + 1;
    scanText(piece.scan, `${line.text}\n`);
    const first = piece.lines[0]?.number ?? line.number;
    if (line.tooLong || piece.chars > CHARS_MAX) {
      open = null;
      return [failed(first, TOO_LONG)];
    }
    if (piece.scan.depth > 0) return [];
    open = null;
    const parsed = parse(piece.lines.map(({ text }) => text).join("\n"));
    return parsed.ok ? [{ ok: true, line: first, value: parsed.value }] : [failed(first, parsed)];
  };
  return {
    take: (line) => (open === null ? begin(line) : goOn(line, open)),
    end: () => {
      if (open === null) return [];
      const { lines } = open;
      open = null;
      return [failed(lines[0]?.number ?? 1, parse(lines.map(({ text }) => text).join("\n")))];
    },
  };
}

type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };
const TOO_LONG: Parsed = { ok: false, message: `is longer than ${String(CHARS_MAX)} characters` };

function parse(text: string): Parsed {
  try {
    const value: unknown = JSON.parse(text);
    return { ok: true, value };
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false, message: `is no JSON: ${error.message}` };
    throw error;
  }
}

const failed = (line: number, parsed: Parsed): JsonPiece => ({
  ok: false,
  line,
  message: parsed.ok ? "is no part of an object" : parsed.message,
});

type Scan = { depth: number; inText: boolean; escaped: boolean };
const newScan = (): Scan => ({ depth: 0, inText: false, escaped: false });

/** Follows brackets and texts, so that the end of an object is seen without parsing it again for every line. */
function scanText(scan: Scan, text: string): void {
  for (const char of text) {
    if (scan.inText) {
      if (scan.escaped) scan.escaped = false;
      else if (char === "\\") scan.escaped = true;
      else if (char === '"') scan.inText = false;
    } else if (char === '"') scan.inText = true;
    else if (char === "{" || char === "[") scan.depth += 1;
    else if (char === "}" || char === "]") scan.depth -= 1;
  }
}
