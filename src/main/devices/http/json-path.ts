/** `nrg[4]`, `list[0].vehicleState`, `meter.data["1-0:1.4.0"]`. */
const STEP = /\.?([^.[\]"]+)|\[(\d+)\]|\["([^"]+)"\]/uy;

/** Keys and indexes that lead to a value; `null` for a path that cannot be read. */
export function jsonPath(path: string): readonly (string | number)[] | null {
  const steps: (string | number)[] = [];
  STEP.lastIndex = 0;
  for (let at = 0; at < path.length; at = STEP.lastIndex) {
    const match = STEP.exec(path);
    if (match === null) return null;
    const [, key, index, quoted] = match;
    steps.push(index === undefined ? (key ?? quoted ?? "") : Number(index));
  }
  return steps.length > 0 ? steps : null;
}

/** The value at a path; `undefined` where it leads nowhere. Inherited names such as `constructor` are nowhere. */
export function valueAt(document: unknown, path: string): unknown {
  let value: unknown = document;
  for (const step of jsonPath(path) ?? [""]) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}
