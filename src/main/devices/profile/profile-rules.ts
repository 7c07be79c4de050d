import { parseExpression } from "./expression.ts";
import { registersOf } from "../../protocol/modbus/index.ts";
import type { AnyProfile, ProfileRegister } from "./profile-schema.ts";

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

/** What the schema alone cannot say: widths within limits, texts with a length, a charger that can be told a limit. */
export function profileProblems(profile: AnyProfile): readonly RuleProblem[] {
  const problems: RuleProblem[] = [];
  const expression = (source: string | undefined, path: RuleProblem["path"]): void => {
    const parsed = source === undefined ? null : parseExpression(source);
    if (parsed?.ok === false) problems.push({ path, expected: parsed.expected });
  };
  for (const [what, source] of Object.entries(profile.derived ?? {})) expression(source, ["derived", what]);
  if (profile.driver !== "modbus") return problems;
  profile.registers.forEach((register, i) => {
    const path = ["registers", i] as const;
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
    expression(register.when, [...path, "when"]);
    if (register.scale === 0) problems.push({ path: [...path, "scale"], expected: "a scale other than 0" });
  });
  const { control } = profile;
  for (const name of ["pause", "resume", "phases"] as const)
    expression(control?.[name]?.when, ["control", name, "when"]);
  control?.init?.forEach((step, i) => {
    expression(step.when, ["control", "init", i, "when"]);
  });
  const setter = control?.set_current ?? control?.set_power;
  setter?.variants?.forEach((variant, i) => {
    expression(variant.when, ["control", "set_current", "variants", i, "when"]);
  });
  if (setter !== undefined && setter.address === undefined && setter.addresses === undefined) {
    problems.push({ path: ["control"], expected: "an address to write the limit to" });
  }
  if (control?.pause?.enable !== undefined && control.enable === undefined) {
    problems.push({ path: ["control", "pause", "enable"], expected: "an enable register beside set_current" });
  }
  return problems;
}
