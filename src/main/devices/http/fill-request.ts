import type { HttpRequest } from "../../links/http-peer.ts";
import type { ProfileOf } from "../profile/index.ts";

/** A request as profiles write it; `{name}` stands for a value. */
export type RequestTemplate = Pick<ProfileOf<"http">["requests"][string], "method" | "path" | "json" | "form" | "body">;
export type Fillings = Readonly<Record<string, number>>;

const PLACEHOLDER = /\{([a-z]+)(:text)?\}/gu;

/**
 * The request with its values put in. A JSON text that is one placeholder becomes the number itself, or its digits with
 * `{amps:text}`. `base` is put before paths that do not begin with it.
 */
export function fillRequest(template: RequestTemplate, base: string, fillings: Fillings): HttpRequest {
  const filled = (text: string): string =>
    text.replaceAll(PLACEHOLDER, (whole, name: string) => (name in fillings ? String(fillings[name]) : whole));
  const path = filled(template.path);
  const full = path.startsWith(base) ? path : base + path;
  return {
    method: template.method,
    path: full.startsWith("/") ? full : `/${full}`,
    body: bodyOf(template, fillings, filled),
  };
}

function bodyOf(
  { json, form }: RequestTemplate,
  fillings: Fillings,
  filled: (text: string) => string,
): HttpRequest["body"] {
  if (json !== undefined) return { type: "application/json", text: JSON.stringify(fillJson(json, fillings, filled)) };
  if (form === undefined) return null;
  const fields = Object.entries(form).map(([key, value]): [string, string] => [key, filled(value)]);
  return { type: "application/x-www-form-urlencoded", text: new URLSearchParams(fields).toString() };
}

function fillJson(value: unknown, fillings: Fillings, filled: (text: string) => string): unknown {
  if (typeof value === "string") {
    const name = /^\{([a-z]+)\}$/u.exec(value)?.[1];
    return name !== undefined && name in fillings ? fillings[name] : filled(value);
  }
  if (Array.isArray(value)) return value.map((one: unknown) => fillJson(one, fillings, filled));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fillJson(one, fillings, filled)]));
}
