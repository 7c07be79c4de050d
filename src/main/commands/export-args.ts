import { parseArgs } from "node:util";
import { type EpochMs, epochMs } from "../../core/units/index.ts";

export const EXPORT_HELP = `chargehand export sessions|quarter-hours|invoices|site --data DIR [--from ISO] [--to ISO] [--format csv|json]

Writes what a data folder holds to stdout, also while a site runs on it. Sessions belong to the period of their end;
running ones have none and are written only without --from and --to. Invoices belong to the period of their issue.

  --data DIR      data folder
  --from ISO      from this instant on; without a zone in the site's zone: 2026-03-01, 2026-03-01T06:00, …T05:00Z
  --to ISO        before this instant
  --format F      json (default) or csv; the site is a YAML site file
`;

const KINDS = ["sessions", "quarter-hours", "invoices", "site"] as const;
export type ExportKind = (typeof KINDS)[number];

export type ExportArgs = {
  readonly kind: ExportKind;
  readonly data: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly format: "csv" | "json";
};

const OPTIONS = {
  data: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  format: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

export type ReadArgs =
  | { readonly kind: "run"; readonly args: ExportArgs }
  | { readonly kind: "help" }
  | { readonly kind: "bad-use"; readonly message: string };

const badUse = (message: string): ReadArgs => ({ kind: "bad-use", message });

/** Reads the words after `export`; everything it does not know is refused with a sentence. */
export function readExportArgs(argv: readonly string[]): ReadArgs {
  const parsed = parse(argv);
  if (typeof parsed === "string") return badUse(parsed);
  const { values, positionals } = parsed;
  if (values.help) return { kind: "help" };
  const [word, ...more] = positionals;
  const kind = KINDS.find((known) => known === word);
  if (kind === undefined) return badUse(`Say what to export: one of ${KINDS.join(", ")}.`);
  if (more.length > 0) return badUse(`"${more.join(" ")}" is too much: one thing is exported at a time.`);
  const { data, from = null, to = null, format = "json" } = values;
  if (data === undefined || data === "") return badUse("Say which data folder to read: --data DIR.");
  if (format !== "csv" && format !== "json") return badUse(`--format is csv or json, not "${format}".`);
  if (kind === "site" && (from !== null || to !== null || values.format !== undefined)) {
    return badUse("The site is exported whole, as a YAML site file: leave out --from, --to and --format.");
  }
  return { kind: "run", args: { kind, data, from, to, format } };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    // parseArgs answers bad use by throwing; everything else is ours and goes on.
    if (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS")) {
      return error.message;
    }
    throw error;
  }
}

/** An ISO 8601 instant; without zone it is read on the clock of `timezone`. `null`: it is not one. */
export function readInstant(text: string, timezone: string): EpochMs | null {
  const instant = attempt(() => Temporal.Instant.from(text)) ?? attempt(() => local(text, timezone));
  return instant === null ? null : epochMs(instant.epochMilliseconds);
}

const local = (text: string, timezone: string): Temporal.Instant =>
  Temporal.PlainDateTime.from(text).toZonedDateTime(timezone).toInstant();

function attempt(read: () => Temporal.Instant): Temporal.Instant | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
