import { setImmediate as letOthersRun } from "node:timers/promises";
import { allocate } from "../../core/balancing/index.ts";
import { readAllocateRequest } from "./allocate-format.ts";
import type { AllocateAnswer, AllocateError } from "./allocate-format.ts";
import { problemText } from "./json-input.ts";
import type { Problem } from "./json-input.ts";
import { readJsonPieces } from "./json-lines.ts";
import type { JsonPiece } from "./json-lines.ts";

const HELP = `chargehand allocate < request.json

Reads one request of the allocator from stdin, or many, one a line, and writes each answer as one line of JSON to stdout.
A request that cannot be met is answered {"error": …} in its place, with the field that is wrong; the exit status is then
2. The formats are resources/schemas/allocate-request.schema.json and allocate-answer.schema.json.
`;

export type CommandIo = {
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
};
type ExitCode = 0 | 2;

/** Answers are written in pieces of about this many characters. */
const PIECE_CHARS = 64 * 1024;
/** After so many bad requests the rest is only counted on stderr; stdout tells each of them. */
const TOLD_MAX = 20;

/** `chargehand allocate`: 0 when every request was met; 2 when one could not be, there was none, or the use was wrong. */
export async function allocateCommand(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  if (argv.includes("--help") || argv.includes("-h")) {
    io.stdout.write(HELP);
    return 0;
  }
  if (argv.length > 0) {
    io.stderr.write(`allocate reads from stdin and takes no "${argv.join(" ")}": chargehand allocate < request.json\n`);
    return 2;
  }
  const out = createWriter(io.stdout);
  let requests = 0;
  let bad = 0;
  for await (const piece of readJsonPieces(io.stdin)) {
    requests += 1;
    const answer = answerTo(piece);
    if ("error" in answer) {
      bad += 1;
      if (bad <= TOLD_MAX) io.stderr.write(`line ${String(piece.line)}: ${answer.error.message}\n`);
    }
    await out.write(`${JSON.stringify(answer)}\n`);
    if (out.closed()) break;
  }
  await out.flush();
  if (bad > TOLD_MAX) io.stderr.write(`and ${String(bad - TOLD_MAX)} more\n`);
  if (requests === 0) io.stderr.write("there is no request on stdin\n");
  return bad > 0 || requests === 0 ? 2 : 0;
}

function answerTo(piece: JsonPiece): AllocateAnswer {
  if (!piece.ok) return { error: errorOf(piece.line, [{ field: "", message: piece.message }]) };
  const read = readAllocateRequest(piece.value);
  return read.ok ? allocate(read.request) : { error: errorOf(piece.line, read.problems) };
}

function errorOf(line: number, problems: readonly Problem[]): AllocateError {
  const [first] = problems;
  return {
    line,
    field: first?.field ?? "",
    message: first === undefined ? "cannot be met" : problemText(first),
    problems,
  };
}

/** Until the reader has taken what was written, or has gone. */
function drained(stream: NodeJS.WritableStream): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const done = (): void => {
    for (const event of ["drain", "close", "error"]) stream.off(event, done);
    resolve(undefined);
  };
  for (const event of ["drain", "close", "error"]) stream.on(event, done);
  return promise;
}

type Writer = {
  readonly write: (text: string) => Promise<void>;
  readonly flush: () => Promise<void>;
  /** The reader has gone (`| head`): nothing more is wanted. */
  readonly closed: () => boolean;
};

/** Collects pieces and waits while the reader is slower than we are, so that memory stays bounded. */
function createWriter(stream: NodeJS.WritableStream): Writer {
  let text = "";
  let gone = false;
  stream.on("error", (error: unknown) => {
    gone = true;
    if (!(error instanceof Error && "code" in error && error.code === "EPIPE")) throw error;
  });
  const flush = async (): Promise<void> => {
    if (text === "" || gone) return;
    const piece = text;
    text = "";
    if (!stream.write(piece)) await drained(stream);
    else await letOthersRun();
  };
  return {
    write: async (more) => {
      text += more;
      if (text.length >= PIECE_CHARS) await flush();
    },
    flush,
    closed: () => gone,
  };
}
