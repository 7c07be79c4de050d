import { integerRange } from "../../protocol/modbus/index.ts";
import { parseExpression } from "./expression.ts";
import { isKnownName } from "./names.ts";
import { valueWidth, type RuleProblem } from "./profile-rules.ts";
import type { AnyProfile, DeviceProfile, ProfileRegister, ProfileSetter } from "./profile-schema.ts";
import { unitsOf } from "./quantities.ts";

/** No charging outlet takes more, be it AC or DC. */
const CURRENT_max_A = 1_000;
/** A longer silence between two requests would keep a bus from ever being read. */
const GAP_max_ms = 10_000;

type Path = RuleProblem["path"];
const problem = (path: Path, expected: string): RuleProblem => ({ path, expected });

/** Values that are right each for itself but make no device together: the limits, ways and units of a document. */
export function sanityProblems(profile: AnyProfile): readonly RuleProblem[] {
  const common = [...derivedProblems(profile), ...unitIdProblems(profile), ...readingProblems(profile)];
  if (profile.driver === "http") return [...common, ...requestProblems(profile)];
  if (profile.driver !== "modbus") return common;
  return [
    ...common,
    ...transportProblems(profile),
    ...limitProblems(profile),
    ...profile.registers.flatMap((register, i) => registerProblems(profile, register, ["registers", i])),
    ...(profile.station_registers ?? []).flatMap((one, i) => registerProblems(profile, one, ["station_registers", i])),
    ...twiceProblems(profile),
    ...setterProblems(profile),
    ...wayProblems(profile),
    ...failsafeProblems(profile),
  ];
}

function derivedProblems({ derived = {} }: AnyProfile): readonly RuleProblem[] {
  const names = (what: string): readonly string[] => {
    const parsed = parseExpression(derived[what] ?? "0");
    return parsed.ok ? [...parsed.expression.names] : [];
  };
  const reaches = (from: string, to: string, seen: Set<string>): boolean =>
    names(from).some((next) => {
      if (next === to) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, to, seen);
    });
  return Object.keys(derived).flatMap((what) => {
    if (!isKnownName(what)) return [problem(["derived", what], `one of our names instead of ${what}`)];
    return reaches(what, what, new Set()) ? [problem(["derived", what], "an expression without itself")] : [];
  });
}

function unitIdProblems({ transport }: AnyProfile): readonly RuleProblem[] {
  const { default: usual = 1, min = usual, max = usual } = transport.unit_id ?? {};
  if (min >= 0 && min <= usual && usual <= max && max <= 255) return [];
  return [problem(["transport", "unit_id"], "0 <= min <= default <= max <= 255")];
}

/** Of devices that are not read by registers: a place for each name, a unit that fits it, and no name twice. */
function readingProblems(profile: AnyProfile): readonly RuleProblem[] {
  if (profile.driver === "modbus" || profile.driver === "sunspec") return [];
  return profile.readings.flatMap((reading, i) => {
    const { what, unit } = reading;
    const path = ["readings", i] as const;
    const unfit = what.find((name) => unit !== undefined && unitsOf(name)?.includes(unit) === false);
    const places = placesOf(reading).filter(([, given]) => given.length !== what.length);
    return [
      ...(unfit === undefined
        ? []
        : [problem([...path, "unit"], `a unit of ${unfit}: ${(unitsOf(unfit) ?? []).join(", ")}`)]),
      ...(new Set(what).size < what.length ? [problem([...path, "what"], "every name once")] : []),
      ...places.map(([field]) => problem([...path, field], `as many as there are names: ${String(what.length)}`)),
    ];
  });
}

type NetworkReading = Extract<AnyProfile, { readings: unknown }>["readings"][number];

/** Where the values of a reading lie; a combined one has its own rule. */
function placesOf(reading: NetworkReading): readonly (readonly [field: string, given: readonly unknown[]])[] {
  if ("path" in reading) {
    const { path, valid } = reading;
    return [["path", path], ...(valid === undefined ? [] : ([["valid", valid]] as const))];
  }
  if ("keys" in reading) return [["keys", reading.keys]];
  if ("channel" in reading) return [["channel", reading.channel]];
  return "combine" in reading && reading.combine !== undefined ? [] : [["obis", reading.obis]];
}

const requestProblems = (profile: Extract<AnyProfile, { driver: "http" }>): readonly RuleProblem[] =>
  profile.readings.flatMap(({ request }, i) =>
    request in profile.requests ? [] : [problem(["readings", i, "request"], "the name of one of the requests")],
  );

function transportProblems({ transport }: DeviceProfile): readonly RuleProblem[] {
  const modbus = ["rtu", "ascii", "tcp", "rtu-over-tcp", "udp"];
  const wrong = transport.options.findIndex((option) => !modbus.includes(option));
  if (wrong >= 0) return [problem(["transport", "options", wrong], `one of ${modbus.join(", ")} for driver: modbus`)];
  const serial = transport.options.some((option) => option === "rtu" || option === "ascii");
  if (serial && transport.rtu === undefined) {
    return [problem(["transport"], "rtu: {baud, data_bits, parity, stop_bits} for a serial line")];
  }
  return [];
}

function limitProblems({ limits }: DeviceProfile): readonly RuleProblem[] {
  const { max_read, fallback_max_read = max_read } = limits;
  return [
    ...(fallback_max_read > max_read
      ? [problem(["limits", "fallback_max_read"], `at most max_read = ${String(max_read)}`)]
      : []),
    ...(["min_gap_ms", "min_write_ms", "min_poll_ms"] as const).flatMap((name) =>
      (limits[name] ?? 0) > GAP_max_ms * (name === "min_gap_ms" ? 1 : 60)
        ? [problem(["limits", name], `milliseconds, at most ${String(GAP_max_ms * (name === "min_gap_ms" ? 1 : 60))}`)]
        : [],
    ),
  ];
}

function registerProblems(profile: DeviceProfile, register: ProfileRegister, path: Path): readonly RuleProblem[] {
  const { what, unit, type, fc, mask, read_from } = register;
  const width = valueWidth(register);
  const problems: RuleProblem[] = [];
  const texts = ["ascii", "utf16", "hex"].includes(type) || register.values !== undefined;
  const unknown = texts ? undefined : what.find((name) => unitsOf(name)?.includes(unit ?? "") === false);
  if (unknown !== undefined) {
    problems.push(problem([...path, "unit"], `a unit of ${unknown}: ${(unitsOf(unknown) ?? []).join(", ")}`));
  }
  if (new Set(what).size < what.length) problems.push(problem([...path, "what"], "every name once"));
  if (mask === 0) problems.push(problem([...path, "mask"], "a mask with at least one bit"));
  if (type === "bit" && fc > 2) problems.push(problem([...path, "type"], "bit only with function codes 1 and 2"));
  if (read_from !== undefined) {
    const { count, word } = read_from;
    if (count > profile.limits.max_read || word + width > count)
      problems.push(problem([...path, "read_from"], "a read within max_read that holds the value"));
  }
  const { read_fcs } = profile.limits;
  if (read_fcs?.includes(fc) === false)
    problems.push(problem([...path, "fc"], `one of read_fcs ${read_fcs.join(", ")}`));
  return problems;
}

/** A value has one source; a second one must say when it takes the first one's place. */
function twiceProblems({ registers }: DeviceProfile): readonly RuleProblem[] {
  const seen = new Set<string>();
  return registers.flatMap(({ what, when }, i) => {
    if (when !== undefined) return [];
    const again = what.find((name) => seen.has(name));
    what.forEach((name) => seen.add(name));
    return again === undefined ? [] : [problem(["registers", i, "what"], `${again} only once, or a "when" beside it`)];
  });
}

function setterProblems({ control, limits }: DeviceProfile): readonly RuleProblem[] {
  const problems: RuleProblem[] = [];
  for (const name of ["set_current", "set_power"] as const) {
    const setter = control?.[name];
    if (setter === undefined) continue;
    const path = ["control", name] as const;
    const add = (field: string, expected: string): number => problems.push(problem([...path, field], expected));
    const { min = 0, max = min, step = 0, unit, fc } = setter;
    const units = ["A", "W", "kW"];
    if (!units.includes(unit)) add("unit", units.join(" or "));
    if (min < 0) add("min", "0 or more");
    if (max < min) add("max", `at least min = ${String(min)}`);
    else if (step > max - min && max > min) add("step", "a step that fits between min and max");
    if (unit === "A" && max > CURRENT_max_A) add("max", `amperes, at most ${String(CURRENT_max_A)}`);
    if (!fits(setter, max)) add("type", `a type that holds ${String(max)} ${unit}`);
    if (limits.write_fcs?.includes(fc) === false) add("fc", `one of write_fcs ${limits.write_fcs.join(", ")}`);
  }
  return problems;
}

function fits({ type, scale = 1, offset = 0, pack }: ProfileSetter, max: number): boolean {
  const high = pack === "both_bytes" ? 0xff : (integerRange(type)?.[1] ?? Infinity);
  return Math.floor((max - offset) / scale) <= high;
}

function wayProblems({ control }: DeviceProfile): readonly RuleProblem[] {
  const problems: RuleProblem[] = [];
  for (const name of ["pause", "resume"] as const) {
    const way = control?.[name];
    const says = way?.write_limit ?? way?.enable ?? way?.write_raw ?? way?.steps;
    if (way !== undefined && says === undefined)
      problems.push(problem(["control", name], "one of write_limit, enable, write_raw or steps"));
  }
  const phases = control?.phases;
  const counts = Object.keys(phases?.values ?? {});
  if (phases !== undefined && (counts.length === 0 || counts.some((one) => !["1", "2", "3"].includes(one))))
    problems.push(problem(["control", "phases", "values"], "what to write for each number of phases, as {1: 1, 3: 3}"));
  if (phases?.bit !== undefined && Object.values(phases.values ?? {}).some((value) => value !== 0 && value !== 1))
    problems.push(problem(["control", "phases", "values"], "0 or 1 for each number of phases, beside bit"));
  return problems;
}

function failsafeProblems({ kind, control, failsafe, registers }: DeviceProfile): readonly RuleProblem[] {
  if (failsafe === undefined) {
    const limited = control?.set_current ?? control?.set_power;
    return kind === "charger" && limited !== undefined
      ? [
          problem(
            ["failsafe"],
            "feed: any_request, rewrite_setpoint, heartbeat_write or none; unknown where nothing is known",
          ),
        ]
      : [];
  }
  const problems: RuleProblem[] = [];
  const given = new Set(registers.flatMap(({ what }) => what));
  if (failsafe.feed === "heartbeat_write" && failsafe.heartbeat === undefined)
    problems.push(problem(["failsafe", "heartbeat"], "what to write and how often, for feed: heartbeat_write"));
  for (const name of ["enabled", "timeout", "current", "power", "phases", "persist"] as const) {
    const { min, max, read } = failsafe[name] ?? {};
    if (min !== undefined && max !== undefined && min > max)
      problems.push(problem(["failsafe", name, "max"], `at least min = ${String(min)}`));
    if (read !== undefined && !given.has(read))
      problems.push(problem(["failsafe", name, "read"], "the name of one of the registers"));
  }
  const read = failsafe.heartbeat?.read;
  if (typeof read === "string" && !given.has(read))
    problems.push(problem(["failsafe", "heartbeat", "read"], "the name of one of the registers"));
  return problems;
}
