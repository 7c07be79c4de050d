import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import type { Clock } from "../../src/main/devices/ports.ts";
import { createClock } from "../../src/main/site/clock.ts";
import { exportSiteFile, parseSiteFile } from "../../src/main/site/site-file/index.ts";
import type { StoredSite } from "../../src/main/storage/types.ts";
import { demoSiteHere } from "../../src/main/simulator/demo.ts";
import { demoBays, demoSite, siteOf } from "../../src/main/simulator/demo-site.ts";
import { PROFILE_FOLDERS, simulateSite, type SimulatedSite } from "../../src/main/simulator/simulated-site.ts";
import type { Bay } from "../../src/main/simulator/visits.ts";

const POINTS_MAX = 500;
const SPEED_MAX = 60;
const HELP = `Simulated devices in a process of their own, so that they outlive the site.

  --site FILE       a device for each station and meter of a site file, on the loopback ports it names
  --points N        a site of N bays instead (--mixed: with Modbus boxes among them)
  --demo            the demo site instead
  --ocpp-url URL    where OCPP stations dial in; may also come later, as a line {"ocppUrl": "ws://…"} on stdin
  --ocpp-ca FILE    certificate (PEM) of the site that they trust where the address is wss://
  --serial ID=PATH  our end of a serial link; may be given several times
  --seed N          same seed, same cars (default 1)
  --speed X         1 to ${String(SPEED_MAX)} (default 1)
  --opening N       chance in thousandths that a bay has a car at the start (default 1000)

Prints one line of JSON when ready: {"event":"ready","site":…,"siteFile":"…yaml…"}. A line "truth" on stdin is
answered with what really flows; the end of stdin, SIGINT and SIGTERM end it.
`;

/** The part of a process this needs; a test may give its own. */
export type SimulatorIo = {
  readonly input: NodeJS.ReadableStream;
  readonly print: (line: string) => void;
  readonly complain: (text: string) => void;
  /** Ends the run when it aborts. */
  readonly stop: AbortSignal;
};

/** Runs until told to stop. 0: ended in order; 2: bad use, with what to do on stderr. */
export async function runSimulator(argv: readonly string[], io: SimulatorIo): Promise<number> {
  const choice = readChoice(argv);
  if (choice.kind === "help") {
    io.print(HELP);
    return 0;
  }
  if (choice.kind === "bad") {
    io.complain(`${choice.why}\n`);
    return 2;
  }
  const { options } = choice;
  const stored = choice.isDemo ? await demoSiteHere() : choice.stored;
  const clock: Clock = createClock({ speed: options.speed });
  const simulated = await simulateSite({
    clock,
    seed: options.seed,
    site: stored.model,
    bays: choice.bays,
    opening_permille: options.opening_permille,
    ports: options.fixedPorts ? "as-in-site" : "free",
    serialPaths: options.serialPaths,
  });
  const dialIn = (url: string): void => {
    const { ocppCa: ca } = options;
    simulated.connect(url, ca === null ? undefined : { url, ca, everyNth: 1 });
  };
  if (options.ocppUrl !== null) dialIn(options.ocppUrl);
  const site = { ...stored, model: simulated.site };
  io.print(JSON.stringify({ event: "ready", site: site.model, siteFile: exportSiteFile(site, null) }));
  await untilStopped({ simulated, dialIn }, io);
  await simulated.close();
  return 0;
}

type Options = {
  readonly seed: number;
  readonly speed: number;
  readonly opening_permille: number;
  readonly ocppUrl: string | null;
  readonly ocppCa: string | null;
  readonly fixedPorts: boolean;
  readonly serialPaths: ReadonlyMap<string, string>;
};
type Choice =
  | { readonly kind: "help" }
  | { readonly kind: "bad"; readonly why: string }
  | {
      readonly kind: "run";
      readonly stored: StoredSite;
      readonly isDemo: boolean;
      readonly bays: readonly Bay[];
      readonly options: Options;
    };

function readChoice(argv: readonly string[]): Choice {
  const parsed = parse(argv);
  if (typeof parsed === "string") return { kind: "bad", why: `${parsed}. Try --help.` };
  const { values } = parsed;
  if (values.help === true) return { kind: "help" };
  const number = (text: string | undefined, fallback: number): number => (text === undefined ? fallback : Number(text));
  const [seed, speed, opening_permille] = [
    number(values.seed, 1),
    number(values.speed, 1),
    number(values.opening, 1000),
  ];
  if (!Number.isSafeInteger(seed)) return { kind: "bad", why: "--seed is a whole number" };
  if (!(speed >= 1 && speed <= SPEED_MAX))
    return { kind: "bad", why: `--speed is a number from 1 to ${String(SPEED_MAX)}` };
  if (!(opening_permille >= 0 && opening_permille <= 1000))
    return { kind: "bad", why: "--opening is a number from 0 to 1000" };
  const serialPaths = new Map<string, string>();
  for (const pair of values.serial ?? []) {
    const [id = "", path = ""] = pair.split("=", 2);
    if (id === "" || path === "") return { kind: "bad", why: "--serial reads ID=PATH" };
    serialPaths.set(id, path);
  }
  const options: Options = {
    seed,
    speed,
    opening_permille,
    ocppUrl: values["ocpp-url"] ?? null,
    ocppCa: values["ocpp-ca"] === undefined ? null : readFileSync(values["ocpp-ca"], "utf8"),
    fixedPorts: values.site !== undefined,
    serialPaths,
  };
  const stored = siteFor(values);
  if (typeof stored === "string") return { kind: "bad", why: stored };
  const isDemo = values.demo === true;
  return { kind: "run", stored, options, isDemo, bays: isDemo ? demoBays(stored.model) : visitorsOf(stored) };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        help: { type: "boolean" },
        site: { type: "string" },
        points: { type: "string" },
        mixed: { type: "boolean" },
        demo: { type: "boolean" },
        "ocpp-url": { type: "string" },
        "ocpp-ca": { type: "string" },
        serial: { type: "string", multiple: true },
        seed: { type: "string" },
        speed: { type: "string" },
        opening: { type: "string" },
      },
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The chosen site, or what is wrong with the choice. */
function siteFor(values: {
  site?: string | undefined;
  points?: string | undefined;
  mixed?: boolean | undefined;
  demo?: boolean | undefined;
}): StoredSite | string {
  if (values.demo === true) return demoSite();
  if (values.points !== undefined) {
    const points = Number(values.points);
    const good = Number.isSafeInteger(points) && points >= 1 && points <= POINTS_MAX;
    return good ? siteOf(points, values.mixed === true) : `--points is a whole number from 1 to ${String(POINTS_MAX)}`;
  }
  if (values.site === undefined) return "Name a site: --site FILE, --points N or --demo.";
  try {
    return readSite(readFileSync(values.site, "utf8"));
  } catch (error) {
    return `${values.site} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const visitorsOf = (stored: StoredSite): readonly Bay[] =>
  stored.model.stations.map(({ id }, i) => ({
    stationId: id,
    pattern: "visitors",
    cards: [`04${String(i).padStart(4, "0")}C0FFEE`],
  }));

function readSite(text: string): StoredSite | string {
  const files = PROFILE_FOLDERS.flatMap((folder) => globSync(join(folder, "**/*.yaml")));
  const parsed = parseSiteFile(text, new Set(files.map((file) => basename(file, ".yaml"))));
  return parsed.ok ? parsed.site : `The site file has mistakes: ${JSON.stringify(parsed.problems)}`;
}

function untilStopped(
  { simulated, dialIn }: { readonly simulated: SimulatedSite; readonly dialIn: (url: string) => void },
  io: SimulatorIo,
): Promise<void> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: io.input });
    const end = (): void => {
      lines.close();
      resolve();
    };
    lines.on("line", (line) => {
      if (line.trim() === "truth") io.print(JSON.stringify({ event: "truth", truth: simulated.truth() }));
      const url = /^\{"ocppUrl":\s*"(wss?:\/\/[^"]+)"\}$/u.exec(line.trim())?.[1];
      if (url !== undefined) dialIn(url);
    });
    lines.once("close", resolve);
    if (io.stop.aborted) end();
    else io.stop.addEventListener("abort", end, { once: true });
  });
}
