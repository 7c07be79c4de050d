import { profileForConnector } from "./connector.ts";
import { parseExpression } from "./expression.ts";
import { registersOf } from "../../protocol/modbus/index.ts";
import { isKnownName } from "./names.ts";
import type { AnyProfile, DeviceProfile, ProfileRegister } from "./profile-schema.ts";

export type RuleProblem = { readonly path: readonly (string | number)[]; readonly expected: string };

/** Registers (or bits) that one value of this entry occupies. */
export function valueWidth(register: ProfileRegister): number {
  switch (register.type) {
    case "ascii":
    case "utf16":
    case "hex":
    case "bits":
      return register.count ?? 1;
    case "bit":
      return 1;
    default:
      return registersOf(register.type);
  }
}

/** Address of the `index`-th value of an entry that names several. */
export const valueAddress = (register: ProfileRegister, index: number): number =>
  register.address + index * (register.stride ?? valueWidth(register));

/** What the schema alone cannot say; each problem names where it is and what belongs there. */
export function profileProblems(profile: AnyProfile): readonly RuleProblem[] {
  const common = [...nameProblems(profile), ...derivedProblems(profile)];
  if (profile.driver !== "modbus") return common;
  return [
    ...common,
    ...profile.registers.flatMap((register, i) => registerProblems(profile, register, ["registers", i])),
    ...overlapProblems(profile),
    ...conditionProblems(profile),
    ...controlProblems(profile),
  ];
}

type Path = RuleProblem["path"];

function readingsOf(profile: AnyProfile): readonly { readonly path: Path; readonly what: readonly string[] }[] {
  if (profile.driver === "sunspec") return [];
  const list = (
    name: string,
    entries: readonly { readonly what: readonly string[] }[],
  ): ReturnType<typeof readingsOf> => entries.map(({ what }, i) => ({ path: [name, i, "what"], what }));
  if (profile.driver !== "modbus") return list("readings", profile.readings);
  return [...list("registers", profile.registers), ...list("station_registers", profile.station_registers ?? [])];
}

const nameProblems = (profile: AnyProfile): readonly RuleProblem[] =>
  readingsOf(profile).flatMap(({ path, what }) =>
    what
      .filter((name) => !isKnownName(name))
      .map((name) => ({ path, expected: `one of our names instead of ${name}` })),
  );

function derivedProblems(profile: AnyProfile): readonly RuleProblem[] {
  return Object.entries(profile.derived ?? {}).flatMap(([what, source]) =>
    expressionProblems(profile, source, ["derived", what]),
  );
}

/** An expression that can be read, over values that the document gives. */
function expressionProblems(profile: AnyProfile, source: string | undefined, path: Path): readonly RuleProblem[] {
  if (source === undefined) return [];
  const parsed = parseExpression(source);
  if (!parsed.ok) return [{ path, expected: parsed.expected }];
  const given = new Set([...readingsOf(profile).flatMap(({ what }) => what), ...Object.keys(profile.derived ?? {})]);
  const unknown = [...parsed.expression.names].filter((name) => !given.has(name));
  return unknown.map((name) => ({ path, expected: `a value of this document instead of ${name}` }));
}

function registerProblems(profile: DeviceProfile, register: ProfileRegister, path: Path): readonly RuleProblem[] {
  const problems: RuleProblem[] = [];
  const width = valueWidth(register);
  const last = valueAddress(register, register.what.length - 1) + width;
  if (last > 0x1_0000) problems.push({ path: [...path, "address"], expected: "values that end within 65535" });
  if (width > profile.limits.max_read) {
    problems.push({
      path: [...path, "type"],
      expected: `at most max_read = ${String(profile.limits.max_read)} registers per value`,
    });
  }
  if (["ascii", "utf16", "hex", "bits"].includes(register.type) && register.count === undefined) {
    problems.push({ path: [...path, "type"], expected: "a count of registers beside it" });
  }
  if (register.fc <= 2 && register.type !== "bit" && register.type !== "bits") {
    problems.push({ path: [...path, "fc"], expected: "type bit or bits for function codes 1 and 2" });
  }
  if (register.scale === 0) problems.push({ path: [...path, "scale"], expected: "a scale other than 0" });
  return problems;
}

/**
 * Two values may look at the very same registers in two ways, or share a word of which each takes its own bits; a value
 * that begins inside another is a mistake.
 */
function overlapProblems(profile: DeviceProfile): readonly RuleProblem[] {
  const used = new Map<string, { readonly address: number; readonly width: number }>();
  const problems: RuleProblem[] = [];
  profileForConnector(profile, 1).registers.forEach((register, i) => {
    const width = valueWidth(register);
    register.what.forEach((what, index) => {
      const address = valueAddress(register, index);
      for (let offset = 0; offset < width; offset += 1) {
        const cell = `${String(register.fc)}:${String(address + offset)}`;
        const other = used.get(cell) ?? { address, width };
        used.set(cell, other);
        if (other.address === address && other.width === width) continue;
        problems.push({ path: ["registers", i, "address"], expected: `registers for ${what} that no other value has` });
        return;
      }
    });
  });
  return problems;
}

function conditionProblems(profile: DeviceProfile): readonly RuleProblem[] {
  const { control } = profile;
  const check = (source: string | undefined, path: Path): readonly RuleProblem[] =>
    expressionProblems(profile, source, [...path, "when"]);
  const ways = (["pause", "resume", "phases"] as const).flatMap((name) =>
    check(control?.[name]?.when, ["control", name]),
  );
  const setters = (["set_current", "set_power"] as const).flatMap((name) =>
    (control?.[name]?.variants ?? []).flatMap((variant, i) => check(variant.when, ["control", name, "variants", i])),
  );
  return [
    ...profile.registers.flatMap((register, i) => check(register.when, ["registers", i])),
    ...ways,
    ...setters,
    ...(control?.init ?? []).flatMap((step, i) => check(step.when, ["control", "init", i])),
  ];
}

function controlProblems({ control }: DeviceProfile): readonly RuleProblem[] {
  const problems: RuleProblem[] = [];
  const setter = control?.set_current ?? control?.set_power;
  if (setter !== undefined && setter.address === undefined && setter.addresses === undefined) {
    problems.push({ path: ["control"], expected: "an address to write the limit to" });
  }
  if (control?.pause?.enable !== undefined && control.enable === undefined) {
    problems.push({ path: ["control", "pause", "enable"], expected: "an enable register beside set_current" });
  }
  return problems;
}
