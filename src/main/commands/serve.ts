import { readFile } from "node:fs/promises";
import { createRouter, type OnFault, type RenderInvoice } from "../api/index.ts";
import { startHeadless } from "../headless/index.ts";
import { createLog, type Log } from "../log.ts";
import type { Application } from "../site/engine.types.ts";
import { untilEnded } from "./ending.ts";
import { readServeArgs, SERVE_HELP, type ServeArgs } from "./serve-args.ts";

export const EXIT = { ok: 0, negative: 1, badUse: 2 } as const;

/** Why there is no application: the folder is in use or cannot be used, or the demo cannot run there. `message` says what to do. */
export type StartFailure = { readonly ok: false; readonly code: string; readonly message: string };

export type StartOptions = {
  readonly data: string;
  readonly demo: boolean;
  readonly speed: number;
  readonly ocppPort: number;
  readonly headless: boolean;
  readonly version: string;
  readonly log: Log;
};
export type StartApplication = (
  options: StartOptions,
) => Promise<{ readonly ok: true; readonly app: Application } | StartFailure>;

/** What a command is given by the process it runs in. */
export type Surroundings = {
  readonly version: string;
  /** Folder of the built renderer. */
  readonly pages: string;
  readonly startApplication: StartApplication;
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
  const siteText = await readSiteFile(args.site);
  if (!siteText.ok) return refuse(around, EXIT.badUse, siteText.message);
  const log = createLog(around.stderr);
  const { demo, speed, ocppPort } = args;
  const started = await around.startApplication({
    data: args.data,
    demo,
    speed,
    ocppPort,
    headless: true,
    version: around.version,
    log,
  });
  if (!started.ok) return refuse(around, EXIT.negative, started.message);
  return run(started.app, args, siteText.yaml, log, around);
}

async function run(
  app: Application,
  args: ServeArgs,
  yaml: string | null,
  log: Log,
  around: Surroundings,
): Promise<number> {
  const problems = await importOnce(app, yaml, args.site ?? "", log);
  if (problems !== null) {
    await app.close();
    return refuse(around, EXIT.badUse, problems);
  }
  const router = createRouter(app, { onFault: logFault(log), renderInvoice: around.renderInvoice });
  const { version, pages } = around;
  const listening = await startHeadless(router, { host: args.host, port: args.port, pages, version, log });
  if (!listening.ok) {
    await app.close();
    return refuse(around, listening.code === "not-loopback" ? EXIT.badUse : EXIT.negative, listening.message);
  }
  const { server } = listening;
  const ended = untilEnded(log, async () => {
    await server.close();
    await app.close();
  });
  const ocppUrl = app.engine()?.ocppUrl ?? null;
  around.stdout.write(`${JSON.stringify({ event: "ready", url: server.url, ocppUrl })}\n`);
  return ended;
}

/** `null` when there is a site afterwards or none was asked for; otherwise what is wrong with the file, a line each. */
async function importOnce(app: Application, yaml: string | null, file: string, log: Log): Promise<string | null> {
  if (yaml === null) return null;
  if (app.engine() !== null) {
    log.info(`the data folder has a site already; ${file} is not read again`);
    return null;
  }
  const imported = await app.importSite(yaml);
  if (imported.ok) return null;
  if (imported.code === "conflict") return "the data folder has a site already";
  const lines = imported.problems.map(({ line, column, field, expected }) => {
    const place = [file, line, column].filter((part) => part !== null).join(":");
    return `${place}: ${field}: expected ${expected}`;
  });
  return ["the site file has mistakes, nothing was imported", ...lines].join("\n");
}

async function readSiteFile(
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
