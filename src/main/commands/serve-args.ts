import { parseArgs } from "node:util";

/** What `serve` and the desktop app are told on the command line. */
export type ServeArgs = {
  readonly data: string | null;
  readonly site: string | null;
  readonly host: string;
  readonly port: number;
  readonly ocppHost: string;
  readonly ocppPort: number;
  readonly demo: boolean;
  readonly speed: number;
};

/** A mistake on the command line, as a sentence for the person who typed it. */
export type BadUse = { readonly ok: false; readonly message: string };

export const SPEED_MAX = 60;
const DEFAULT_HOST = "127.0.0.1";
const EVERY_ADDRESS = "0.0.0.0";
const DEFAULT_PORT = "8886";
const DEFAULT_OCPP_PORT = "8887";

const OPTIONS = {
  data: { type: "string" },
  site: { type: "string" },
  host: { type: "string", default: DEFAULT_HOST },
  port: { type: "string", default: DEFAULT_PORT },
  "ocpp-port": { type: "string", default: DEFAULT_OCPP_PORT },
  "ocpp-host": { type: "string" },
  demo: { type: "boolean", default: false },
  speed: { type: "string", default: "1" },
} as const;

export const SERVE_HELP = `chargehand serve --data DIR [--site FILE] [--host H] [--port N] [--ocpp-host H] [--ocpp-port N]
                 [--demo] [--speed X]

Runs the site of a data folder without a window and serves its pages on this machine. When it is ready it prints
one line of JSON to stdout: {"event":"ready","url":"http://…","ocppUrl":"ws://…"}. SIGINT and SIGTERM end it cleanly.

  --data DIR      data folder; made when it is not there
  --site FILE     site file (YAML) to set up an empty data folder
  --host H        address to listen on; only this machine's own, default ${DEFAULT_HOST}
  --port N        port of the pages and the API, default ${DEFAULT_PORT}; 0 takes a free one
  --ocpp-port N   port on which chargers call in, default ${DEFAULT_OCPP_PORT}; 0 takes a free one
  --ocpp-host H   address on which chargers call in; default every one of this machine, with --demo only ${DEFAULT_HOST}
  --demo          a simulated site of 12 charging points
  --speed X       1 to ${String(SPEED_MAX)}: how much faster than real time a simulated site runs

Exit code: 0 ended as asked, 1 it cannot run (the folder is in use, a port is taken), 2 wrong use or a wrong site file.
`;

/** Reads the flags of `serve`; everything it does not know is refused with a sentence. */
export function readServeArgs(argv: readonly string[]): { readonly ok: true; readonly args: ServeArgs } | BadUse {
  const parsed = parse(argv);
  if (typeof parsed === "string") return { ok: false, message: parsed };
  const { data = null, site = null, host, demo } = parsed;
  const port = portOf(parsed.port);
  const ocppPort = portOf(parsed["ocpp-port"]);
  const speed = Number(parsed.speed);
  if (port === null) return misfit("--port", parsed.port, "a whole number from 0 to 65535");
  if (ocppPort === null) return misfit("--ocpp-port", parsed["ocpp-port"], "a whole number from 0 to 65535");
  if (port !== 0 && port === ocppPort)
    return { ok: false, message: `--port and --ocpp-port are both ${String(port)}; each needs its own` };
  if (!(speed >= 1 && speed <= SPEED_MAX))
    return misfit("--speed", parsed.speed, `a number from 1 to ${String(SPEED_MAX)}`);
  if (data === "") return misfit("--data", "", "a folder");
  if (site !== null && demo)
    return { ok: false, message: "--site and --demo exclude each other: the demo brings its own site" };
  // Chargers stand in the owner's network and must reach us there; what they say is bounded, and unknown ones get no current.
  const ocppHost = parsed["ocpp-host"] ?? (demo ? DEFAULT_HOST : EVERY_ADDRESS);
  return { ok: true, args: { data, site, host, port, ocppHost, ocppPort, demo, speed } };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // Node names the flag and what is wrong with it, in English, in a TypeError with a code of its own.
    if (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_"))
      return error.message;
    throw error;
  }
}

function portOf(text: string): number | null {
  const port = Number(text);
  return /^\d{1,5}$/u.test(text) && port <= 65_535 ? port : null;
}

const misfit = (flag: string, given: string, expected: string): BadUse => ({
  ok: false,
  message: `${flag} "${given}" is not ${expected}`,
});
