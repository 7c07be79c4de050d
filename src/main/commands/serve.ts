import { readFile } from "node:fs/promises";
import { createRouter, type OnFault, type RenderInvoice } from "../api/index.ts";
import { isLoopback, notLoopback, startHeadless } from "../headless/index.ts";
import { createLog, type Log } from "../log.ts";
import type { ApplicationOptions, SiteProblemList, StartResult } from "../site/application.ts";
import type { Application } from "../site/engine.types.ts";
import { watchEnding } from "../ending.ts";
import { readServeArgs, SERVE_HELP, type ServeArgs } from "./serve-args.ts";

export const EXIT = { ok: 0, negative: 1, badUse: 2 } as const;
/** The demo shows everybody the same cars. */
export const DEMO_SEED = 1;

/** What a command is given by the process it runs in. */
export type Surroundings = {
  readonly version: string;
  /** Folder of the built renderer. */
  readonly pages: string;
  /** The app's `resources/`. */
  readonly resources: string;
  readonly createApplication: (options: ApplicationOptions) => Promise<StartResult>;
  readonly renderInvoice: RenderInvoice;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { readonly isTTY?: boolean; write(text: string): unknown };
};

/** `chargehand serve`: resolves with the exit code when the site was closed again, or could not be run. */
export async function serve(argv: readonly string[], around: Surroundings): Promise<number> {
  if (argv.includes("--help") || argv.includes("-h")) {
    around.stdout.write(SERVE_HELP);
    return EXIT.ok;
  }
  const read = readServeArgs(argv);
  if (!read.ok) return refuse(around, EXIT.badUse, `${read.message}\n"chargehand serve --help" lists what it takes`);
  const { args } = read;
  if (args.data === null)
    return refuse(around, EXIT.badUse, "serve needs --data DIR, the folder that keeps the site's data");
  if (!isLoopback(args.host)) return refuse(around, EXIT.badUse, notLoopback(args.host));
  const siteText = await readSiteFile(args.site);
  if (!siteText.ok) return refuse(around, EXIT.badUse, siteText.message);
  const log = createLog(around.stderr);
  const started = await around.createApplication({
    version: around.version,
    headless: true,
    dataFolder: args.data,
    resources: around.resources,
    siteFile: siteText.yaml,
    demo: args.demo,
    speed: args.speed,
    seed: DEMO_SEED,
    ocpp: { host: args.ocppHost, port: args.ocppPort },
    log,
  });
  if (!started.ok) return refuseStart(around, args, started);
  return run(started.application, args, log, around);
}

async function run(app: Application, args: ServeArgs, log: Log, around: Surroundings): Promise<number> {
  const router = createRouter(app, { onFault: logFault(log), renderInvoice: around.renderInvoice });
  const { version, pages } = around;
  const listening = await startHeadless(router, { host: args.host, port: args.port, pages, version, log });
  if (!listening.ok) {
    await app.close();
    return refuse(around, EXIT.negative, listening.message);
  }
  const { server } = listening;
  const { ended } = watchEnding(log, async () => {
    await server.close();
    await app.close();
  });
  const ocppUrl = app.engine()?.ocppUrl ?? null;
  around.stdout.write(`${JSON.stringify({ event: "ready", url: server.url, ocppUrl })}\n`);
  return ended;
}

/** Why there is no site, for the person who started us; mistakes of a site file stand a line each. */
export function startFailureWords(failure: StartRefusal, site: string | null): string {
  return failure.code === "site-invalid"
    ? `${failure.message}\n${problemLines(site ?? "", failure.problems)}`
    : failure.message;
}
type StartRefusal = Extract<StartResult, { ok: false }>;

function refuseStart(around: Surroundings, args: ServeArgs, failure: StartRefusal): number {
  const words = startFailureWords(failure, args.site);
  switch (failure.code) {
    case "site-invalid":
    case "speed-refused":
    case "demo-folder":
    case "real-folder":
    case "site-exists":
      return refuse(around, EXIT.badUse, words);
    case "locked":
    case "unwritable":
    case "too-new":
    case "corrupt":
      return refuse(around, EXIT.negative, words);
  }
}

/** `site.yaml:3:9: circuits[0].fuse_A: expected a number above 0`, a line for each. */
const problemLines = (file: string, problems: SiteProblemList): string =>
  problems
    .map(
      ({ line, column, field, expected }) =>
        `${[file, line, column].filter((part) => part !== null).join(":")}: ${field}: expected ${expected}`,
    )
    .join("\n");

/** The text of the site file that was named, if any. */
export async function readSiteFile(
  path: string | null,
): Promise<{ ok: true; yaml: string | null } | { ok: false; message: string }> {
  if (path === null) return { ok: true, yaml: null };
  try {
    return { ok: true, yaml: await readFile(path, "utf8") };
  } catch (error) {
    return {
      ok: false,
      message: `cannot read the site file: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** The log knows a fault by the id that its caller was given. */
export const logFault =
  (log: Log): OnFault =>
  ({ id, path, error }) => {
    log.error({ fault: id, path, err: error }, "a call failed inside");
  };

function refuse({ stderr }: Surroundings, code: number, message: string): number {
  stderr.write(`${message}\n`);
  return code;
}
