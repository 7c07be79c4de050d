import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import type { SerialLine } from "../../core/site/index.ts";

export const DOCTOR_HELP = `chargehand doctor read --site FILE --id ID [--data DIR]
chargehand doctor set --site FILE --id ID --current_A N [--data DIR]
chargehand doctor scan --serial PATH [--line 19200-8E1] [--units 1-16]
chargehand doctor scan --cidr 192.168.1.0/24 [--ports 502,80]
chargehand doctor simulate PROFILE --port N | --serial PATH [--unit N] [--framing rtu|mbap|ascii]
                           [--connectors N] [--fault NAME]
chargehand doctor profile FILE

Tools of the electrician; each answers in JSON on stdout and says what went wrong on stderr.

  read       opens the link of a station or meter, polls every group once and prints what the device shows; only reads
  set        writes the limit of a station and reads it back; 0 pauses
  scan       looks for devices on a serial bus or in a network (/22 or smaller), a line for each; only reads
  simulate   answers like a device of that profile on this machine until Ctrl-C: registers, HTTP, UDP, or telegrams, as
             the profile says; prints how to read it. Lines on its stdin (not from a terminal) switch faults:
             "fault NAME", "fault NAME TIMES", "fault off"
  profile    checks a device profile of your own: every mistake with line, field and what belongs there

  --site FILE     site file (YAML) that names the device and its link
  --id ID         the station or meter
  --data DIR      data folder: own profiles, and the site that may run on it and then owns its links
  --current_A N   amperes per phase, from the station's min_A to its max_A, or 0
  --line L        only this setting: baud, data bits, parity (N, E, O) and stop bits
  --units A-B     only these unit ids (1 to 247)
  --ports LIST    only these TCP ports
  --unit N        unit id of the simulated device
  --framing F     what the simulated Modbus device speaks on --port; as in its profile where left out
  --connectors N  sockets of the simulated charger (1), each with a car
  --fault NAME    what is wrong with its answers from the beginning; delay=3000 with milliseconds, exception=6 with a
                  number. A name that it does not know is answered with those it knows

Exit code: 0 done, 1 the device does not answer or follow or belongs to a running site, 2 wrong use or a wrong site file.
`;

export type DoctorJob =
  | { readonly kind: "help" }
  | { readonly kind: "read"; readonly site: string; readonly id: string; readonly data: string | null }
  | {
      readonly kind: "set";
      readonly site: string;
      readonly id: string;
      readonly data: string | null;
      readonly current_mA: number;
    }
  | {
      readonly kind: "scan-serial";
      readonly path: string;
      readonly data: string | null;
      readonly line: SerialLine | null;
      readonly units: readonly number[] | null;
    }
  | {
      readonly kind: "scan-network";
      readonly cidr: string;
      readonly data: string | null;
      readonly ports: readonly number[] | null;
    }
  | {
      readonly kind: "simulate";
      readonly profileId: string;
      readonly data: string | null;
      readonly unitId: number | null;
      readonly place:
        | { readonly kind: "tcp"; readonly port: number; readonly framing: "rtu" | "mbap" | "ascii" | null }
        | { readonly kind: "serial"; readonly path: string; readonly line: SerialLine | null };
      readonly connectors: number;
      readonly fault: string | null;
    }
  | { readonly kind: "bad-use"; readonly message: string };

const UNIT_max = 247;
const PORT_max = 65_535;
const PORTS_MAX = 64;
const CURRENT_A_max = 1_000;
const FRAMINGS = ["rtu", "mbap", "ascii"] as const;

const text = { type: "string" } as const;
const OPTIONS = {
  read: { site: text, id: text, data: text },
  set: { site: text, id: text, data: text, current_A: text },
  scan: { serial: text, cidr: text, data: text, line: text, units: text, ports: text },
  simulate: {
    port: text,
    serial: text,
    data: text,
    unit: text,
    framing: text,
    line: text,
    connectors: text,
    fault: text,
  },
} as const satisfies Record<string, ParseArgsOptionsConfig>;

/** Reads the words after `doctor`; everything it does not know is refused with a sentence. */
export function readDoctorArgs([command, ...argv]: readonly string[]): DoctorJob {
  if (argv.includes("--help") || argv.includes("-h")) return { kind: "help" };
  switch (command) {
    case "--help":
    case "-h":
      return { kind: "help" };
    case "read":
    case "set":
    case "scan":
    case "simulate":
      return readJob(command, argv);
    case undefined:
      return badUse("Say what to do: read, set, scan, simulate or profile.");
    default:
      return badUse(`doctor knows no "${command}": read, set, scan, simulate or profile.`);
  }
}

function readJob(command: keyof typeof OPTIONS, argv: readonly string[]): DoctorJob {
  const parsed = parse(command, argv);
  if (typeof parsed === "string") return badUse(parsed);
  const { values, positionals } = parsed;
  const most = command === "simulate" ? 1 : 0;
  if (positionals.length > most) return badUse(`"${positionals.slice(most).join(" ")}" is too much.`);
  switch (command) {
    case "read":
    case "set":
      return readDevice(command, values);
    case "scan":
      return readScan(values);
    case "simulate":
      return readSimulate(positionals[0], values);
  }
}

type Values = Readonly<Partial<Record<string, string>>>;

function readDevice(kind: "read" | "set", values: Values): DoctorJob {
  const { site = "", id = "", data = null, current_A } = values;
  if (site === "") return badUse("Say which site file to read: --site FILE.");
  if (id === "") return badUse("Say which station or meter: --id ID.");
  if (kind === "read") return { kind, site, id, data };
  const amperes = numberOf(current_A, /^\d{1,4}(?:\.\d{1,3})?$/u);
  if (amperes === null || amperes > CURRENT_A_max) return badUse("--current_A is a number of amperes as in 10.5.");
  return { kind, site, id, data, current_mA: Math.round(amperes * 1000) };
}

function readScan(values: Values): DoctorJob {
  const { serial, cidr, data = null } = values;
  if ((serial === undefined) === (cidr === undefined)) return badUse("Say where to look: --serial PATH or --cidr NET.");
  if (cidr !== undefined) {
    if (values["line"] !== undefined || values["units"] !== undefined)
      return badUse("--line and --units belong to --serial.");
    const ports = values["ports"]?.split(",").map(portOf) ?? null;
    const isGood = ports === null || (ports.length <= PORTS_MAX && ports.every((port) => port !== null && port > 0));
    return isGood
      ? { kind: "scan-network", cidr, data, ports: ports === null ? null : ports.flatMap((port) => port ?? []) }
      : badUse(`--ports is a list of at most ${String(PORTS_MAX)} TCP ports as in 502,80.`);
  }
  if (serial === undefined || serial === "") return badUse("--serial is the path of a serial port.");
  if (values["ports"] !== undefined) return badUse("--ports belongs to --cidr.");
  const line = values["line"] === undefined ? null : lineOf(values["line"]);
  if (line === undefined) return badUse(LINE_EXPECTED);
  const units = values["units"] === undefined ? null : unitsOf(values["units"]);
  if (units === undefined) return badUse("--units is a range within 1 to 247 as in 1-16.");
  return { kind: "scan-serial", path: serial, data, line, units };
}

function readSimulate(profileId: string | undefined, values: Values): DoctorJob {
  const { serial, port, data = null, unit, framing, fault = null } = values;
  if (profileId === undefined) return badUse("Say which profile to simulate, as in heidelberg-energy-control.");
  if ((serial === undefined) === (port === undefined)) return badUse("Say where to answer: --port N or --serial PATH.");
  const unitId = unit === undefined ? null : numberOf(unit, /^\d{1,3}$/u);
  if (unit !== undefined && (unitId === null || unitId > 255)) return badUse("--unit is a number from 0 to 255.");
  const spoken = FRAMINGS.find((one) => one === framing) ?? null;
  if (framing !== undefined && spoken === null) return badUse(`--framing is one of ${FRAMINGS.join(", ")}.`);
  const line = values["line"] === undefined ? null : lineOf(values["line"]);
  if (line === undefined) return badUse(LINE_EXPECTED);
  const connectors = numberOf(values["connectors"] ?? "1", /^[1-9]\d?$/u);
  if (connectors === null) return badUse("--connectors is a number from 1.");
  const asked = { kind: "simulate", profileId, data, unitId, connectors, fault } as const;
  if (serial !== undefined) {
    if (spoken !== null) return badUse("--framing belongs to --port; a serial line follows from its settings.");
    return { ...asked, place: { kind: "serial", path: serial, line } };
  }
  if (line !== null) return badUse("--line belongs to --serial.");
  const tcpPort = portOf(port ?? "");
  if (tcpPort === null) return badUse("--port is a whole number from 0 to 65535.");
  return { ...asked, place: { kind: "tcp", port: tcpPort, framing: spoken } };
}

const LINE_EXPECTED = "--line is baud, data bits, parity and stop bits as in 19200-8E1.";

function lineOf(given: string): SerialLine | undefined {
  const [, baud, bits, parity, stop] = /^(\d{3,7})-([78])([NEO])([12])$/u.exec(given) ?? [];
  if (baud === undefined) return undefined;
  return {
    baud: Number(baud),
    dataBits: bits === "7" ? 7 : 8,
    parity: parity === "E" ? "even" : parity === "O" ? "odd" : "none",
    stopBits: stop === "2" ? 2 : 1,
  };
}

function unitsOf(given: string): readonly number[] | undefined {
  const [, first = "0", last = first] = /^(\d{1,3})(?:-(\d{1,3}))?$/u.exec(given) ?? [];
  const [from, to] = [Number(first), Number(last)];
  return from >= 1 && to >= from && to <= UNIT_max
    ? Array.from({ length: to - from + 1 }, (_, i) => from + i)
    : undefined;
}

function portOf(given: string): number | null {
  const port = numberOf(given, /^\d{1,5}$/u);
  return port !== null && port <= PORT_max ? port : null;
}

const numberOf = (given: string | undefined, shape: RegExp): number | null =>
  given !== undefined && shape.test(given) ? Number(given) : null;

const badUse = (message: string): DoctorJob => ({ kind: "bad-use", message });

function parse(
  command: keyof typeof OPTIONS,
  argv: readonly string[],
): { readonly values: Values; readonly positionals: readonly string[] } | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: OPTIONS[command],
      strict: true,
      allowPositionals: true,
    });
    const texts = new Map(
      Object.entries(values).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
    );
    return { values: Object.fromEntries(texts), positionals };
  } catch (error) {
    // parseArgs answers bad use by throwing; everything else is ours and goes on.
    if (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS")) {
      return error.message;
    }
    throw error;
  }
}
