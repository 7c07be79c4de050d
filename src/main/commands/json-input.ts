import type { z } from "zod";

/** One thing that is wrong, and where: `evses[3].circuit`. The field of the whole input is empty. */
export type Problem = { readonly field: string; readonly message: string };

/** More problems than this are not told: the first ones are what to mend first. */
const PROBLEMS_MAX = 20;

/** As JavaScript would reach it: `circuits[0].limit_mA[2]`. */
export function fieldName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${String(key)}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}

/** What zod found, a field for each; a misspelt key is named as the field it stands at. */
export function problemsOf(error: z.ZodError): readonly Problem[] {
  const problems = error.issues.flatMap((issue): readonly Problem[] => {
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({
        field: fieldName([...issue.path, key]),
        message: "is no field of this format",
      }));
    return [{ field: fieldName(issue.path), message: issue.message }];
  });
  return problems.slice(0, PROBLEMS_MAX);
}

export const problemText = ({ field, message }: Problem): string => (field === "" ? message : `${field}: ${message}`);
