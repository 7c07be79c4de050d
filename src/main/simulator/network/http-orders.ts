import type { ProfileOf } from "../../devices/profile/index.ts";

type Template = {
  readonly method: string;
  readonly path: string;
  readonly json?: Readonly<Record<string, unknown>> | undefined;
  readonly form?: Readonly<Record<string, string>> | undefined;
};
/** A request as it came. */
export type Asked = { readonly method: string; readonly path: string; readonly body: string };

const AMPERES: Readonly<Record<string, number>> = { amps: 1000, deciamps: 100, centiamps: 10, milliamps: 1 };

/** The path a template asks for on this device, its base included. */
export function requestPath(profile: ProfileOf<"http">, template: Pick<Template, "path">, unitId: number): string {
  const base = profile.transport.http?.base ?? "";
  const path = template.path.replaceAll(/\{(?:connector|meter)\}/gu, String(unitId));
  return path.startsWith(base) ? path : base + path;
}

/** Which order of the profile a request is, and the limit or number of phases it carries; `null` when it is none. */
export function matchOrder(
  profile: ProfileOf<"http">,
  asked: Asked,
  unitId: number,
): { readonly name: string; readonly limit_mA: number | null; readonly phases: number | null } | null {
  const { set_current, pause, resume, phases, init = [], wakeup = [] } = profile.control ?? {};
  const toggle =
    phases?.path === undefined || phases.method === undefined || phases.values !== undefined
      ? null
      : { ...phases, path: phases.path, method: phases.method };
  const orders: (readonly [string, Template | undefined])[] = [
    ["set_current", set_current],
    ["set_current", set_current?.instead],
    ["pause", pause],
    ["resume", resume],
    ["heartbeat", profile.failsafe?.heartbeat],
    ...init.map((step) => ["init", step.http] as const),
    ...(phases?.prepare ?? []).map((step) => ["prepare", step.http] as const),
    ...wakeup.map((step) => ["wakeup", step.http] as const),
    ...(toggle === null ? [] : [["toggle-phases", toggle] as const]),
  ];
  for (const [name, template] of orders) {
    const found = template?.method === asked.method ? matched(profile, template, asked, unitId) : null;
    if (found !== null) return { name, limit_mA: found.limit_mA, phases: null };
  }
  const { method, path, values = {}, ...rest } = phases ?? {};
  if (method !== asked.method || path === undefined) return null;
  for (const [count, code] of Object.entries(values)) {
    const template = { ...rest, method, path: path.replaceAll(PHASES, String(code)) };
    if (matched(profile, template, asked, unitId) !== null)
      return { name: "phases", limit_mA: null, phases: Number(count) };
  }
  return null;
}

/** `{1|3}` in a path stands for the box's own number of that count. */
const PHASES = /\{\d\|\d\}/gu;

function matched(
  profile: ProfileOf<"http">,
  template: Template,
  asked: Asked,
  unitId: number,
): { readonly limit_mA: number | null } | null {
  const body =
    template.json === undefined
      ? new URLSearchParams(Object.entries(template.form ?? {}))
          .toString()
          .replaceAll("%7B", "{")
          .replaceAll("%7D", "}")
      : JSON.stringify(template.json);
  const wanted = `${requestPath(profile, template, unitId)}\n${body}`;
  let unit = 1;
  // Everything but the placeholder is literal; a number stands with or without quotes as the template says.
  const pattern = wanted
    .split(/("\{[a-z]+\}"|\{[a-z]+(?::text)?\})/u)
    .map((part) => {
      const name = /^"?\{([a-z]+)(?::text)?\}"?$/u.exec(part)?.[1];
      if (name === undefined) return RegExp.escape(part);
      unit = AMPERES[name] ?? 1;
      return String.raw`(\d+(?:\.\d+)?)`;
    })
    .join("");
  const match = new RegExp(`^${pattern}$`, "u").exec(`${asked.path}\n${asked.body}`);
  if (match === null) return null;
  return { limit_mA: match[1] === undefined ? null : Math.round(Number(match[1]) * unit) };
}
