import type { ProfileOf } from "../devices/profile/index.ts";
import type { Fit } from "./find.ts";

type HttpProfile = ProfileOf<"http">;

/** Real time for one question; small boxes are slow. */
const REQUEST_TIMEOUT_ms = 2_000;
/** No box tells of itself at greater length (characters). */
const ANSWER_LENGTH_max = 64 * 1024;
/** Shares of a profile's readings that must be in the answer, in thousandths … */
const FOUND_permille_min = 600;
/** … and how many at least: one word like "state" is anybody's. */
const FOUND_min = 3;

/** Which of `profiles` describe the box that answers at `host:port`: only GET requests of readings are made. */
export async function identifyByHttp(
  address: { readonly host: string; readonly port: number },
  profiles: readonly HttpProfile[],
  signal: AbortSignal,
): Promise<readonly Fit[]> {
  const answers = new Map<string, unknown>();
  let speaksHttp = true;
  const ask = async (path: string): Promise<unknown> => {
    if (answers.has(path) || !speaksHttp) return answers.get(path);
    const answer = await getJson(`http://${address.host}:${String(address.port)}${path}`, signal);
    speaksHttp = answer.kind !== "none";
    answers.set(path, answer.kind === "json" ? answer.value : undefined);
    return answers.get(path);
  };
  const fits: Fit[] = [];
  for (const profile of profiles) {
    if (signal.aborted) break;
    const fit = await fitOf(profile, ask);
    if (fit !== null) fits.push(fit);
  }
  return fits;
}

async function fitOf(profile: HttpProfile, ask: (path: string) => Promise<unknown>): Promise<Fit | null> {
  let expected = 0;
  let found = 0;
  let model: string | null = null;
  let serial: string | null = null;
  for (const reading of profile.readings) {
    const request = profile.requests[reading.request];
    // A path with a place to fill in needs to know more of the box than its address.
    if (request?.method !== "GET" || request.path.includes("{")) continue;
    const answer = await ask(request.path);
    reading.path.forEach((path, i) => {
      const value = at(answer, path);
      expected += reading.optional === true ? 0 : 1;
      if (value === undefined) return;
      found += 1;
      const what = reading.what[i] ?? reading.what[0];
      if (what === "model") model = wordOf(value);
      if (what === "serial") serial = wordOf(value);
    });
  }
  const isIt = found >= FOUND_min && found * 1000 >= expected * FOUND_permille_min;
  return isIt ? { profileId: profile.id, score: found, model, serial } : null;
}

type Answer =
  | { readonly kind: "json"; readonly value: unknown }
  /** A page, a refusal, a redirection, too much. */
  | { readonly kind: "other" }
  /** No answer, or nothing that is HTTP. */
  | { readonly kind: "none" };

async function getJson(url: string, signal: AbortSignal): Promise<Answer> {
  try {
    const reply = await fetch(url, {
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_ms)]),
    });
    const text = reply.ok ? await textOf(reply) : null;
    if (text === null && reply.body?.locked === false) await reply.body.cancel();
    return text === null ? { kind: "other" } : parsed(text);
  } catch (error) {
    if (error instanceof Error) return { kind: "none" };
    throw error;
  }
}

/** `null` for an answer that never ends; the time-out of its request ends a slow one. */
async function textOf(reply: Response): Promise<string | null> {
  const length = Number(reply.headers.get("content-length") ?? ANSWER_LENGTH_max);
  if (length > ANSWER_LENGTH_max || reply.body === null) return null;
  const body: ReadableStream<Uint8Array> = reply.body;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    text += decoder.decode(piece.value, { stream: true });
    if (text.length <= ANSWER_LENGTH_max) continue;
    await reader.cancel();
    return null;
  }
  return text + decoder.decode();
}

function parsed(text: string): Answer {
  try {
    return { kind: "json", value: JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return { kind: "other" };
    throw error;
  }
}

/** The value at a path such as `nrg[4]`, `evse.state` or `data["1-0:1.4.0"]`; `undefined`: there is none. */
function at(answer: unknown, path: string): unknown {
  const keys = [...path.matchAll(/\["([^"]+)"\]|\[(\d+)\]|([^.[\]]+)/gu)].map(
    ([, quoted, index, name]) => quoted ?? index ?? name ?? "",
  );
  return keys.reduce<unknown>((value, key) => {
    if (typeof value !== "object" || value === null) return undefined;
    return Object.entries(value).find(([name]) => name === key)?.[1];
  }, answer);
}

const wordOf = (value: unknown): string | null =>
  typeof value === "string" || typeof value === "number" ? String(value) : null;
