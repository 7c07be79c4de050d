import type { HttpTrouble } from "../../../contract/index.ts";
import type { HttpPeer, HttpReply, HttpRequest } from "../../links/http-peer.ts";
import type { ProfileOf } from "../profile/index.ts";
import type { Clock } from "../ports.ts";
import type { ReadOutcome } from "../network/polled-meter.ts";
import { completed, ShownValues, type Values } from "../network/values.ts";
import { fillRequest, type Fillings } from "./fill-request.ts";
import { NOT_JSON, OTHER_DEVICE, troubleOf } from "./http-trouble.ts";
import { valueAt } from "./json-path.ts";

/** Two devices behind one address share an answer that is no older than this (time of the app's clock). */
const CACHE_ms = 1_000;
const CACHED_MAX = 32;

/** A host that several devices of the site may be read from. */
export interface HttpHost {
  readonly peer: HttpPeer;
  get(request: HttpRequest, fresh: boolean): Promise<HttpReply>;
}

/** Answers of the last second are given again; `fresh` asks anew. */
export function createHttpHost(peer: HttpPeer, clock: Clock): HttpHost {
  const cache = new Map<string, { readonly at_ms: number; readonly reply: Promise<HttpReply> }>();
  return {
    peer,
    get(request, fresh) {
      const key = `${request.method} ${request.path} ${request.body?.text ?? ""}`;
      const known = cache.get(key);
      const now_ms = clock.now_ms();
      if (!fresh && known !== undefined && now_ms - known.at_ms < CACHE_ms) return known.reply;
      const reply = peer.send(request);
      cache.delete(key);
      cache.set(key, { at_ms: now_ms, reply });
      const [oldest] = cache.keys();
      if (cache.size > CACHED_MAX && oldest !== undefined) cache.delete(oldest);
      return reply;
    },
  };
}

export type HttpDevice = {
  readonly profile: ProfileOf<"http">;
  readonly host: HttpHost;
  /** Which part of a box with several, where the profile's paths ask for it. */
  readonly unitId: number;
};

export const baseOf = (profile: ProfileOf<"http">): string => profile.transport.http?.base ?? "";
export const unitFillings = (unitId: number): Fillings => ({ connector: unitId, meter: unitId });

/**
 * Reads everything the profile names. An answer that is no JSON, or says an error, gives no value; where no request
 * gives one, or none holds any of the values, the device counts as silent.
 */
export async function readHttp({ profile, host, unitId }: HttpDevice, fresh: boolean): Promise<ReadOutcome> {
  const values = new ShownValues();
  const used = new Set(profile.readings.map((reading) => reading.request));
  let first: Extract<ReadOutcome, { kind: "missed" }> | null = null;
  const unanswered = new Map<string, HttpTrouble>();
  let answers = 0;
  for (const name of used) {
    const template = profile.requests[name];
    if (template === undefined) continue;
    const reply = await host.get(fillRequest(template, baseOf(profile), unitFillings(unitId)), fresh);
    const document = reply.ok && reply.status >= 200 && reply.status < 300 ? parseJson(reply.text) : undefined;
    if (document === undefined) {
      const trouble = troubleOf(reply) ?? NOT_JSON;
      first ??= { kind: "missed", detail: detailOf(reply), trouble };
      unanswered.set(name, trouble);
      // The other requests go to the same silent device.
      if (!reply.ok) break;
      continue;
    }
    answers += 1;
    for (const reading of profile.readings.filter((one) => one.request === name)) {
      reading.what.forEach((what, index) => {
        const saysWhether = reading.valid?.[index];
        if (saysWhether !== undefined && valueAt(document, saysWhether) === false) return;
        values.take(what, valueAt(document, reading.path[index] ?? ""), reading);
      });
    }
  }
  if (answers === 0) return first ?? { kind: "missed", detail: "nothing to read" };
  if (values.size === 0 && values.doubts.length === 0)
    return { kind: "missed", detail: "the answer holds none of the values of this device", trouble: OTHER_DEVICE };
  const known: Values = completed(values, profile);
  return { kind: "values", values: known, unanswered };
}

const detailOf = (reply: HttpReply): string =>
  reply.ok ? (reply.status >= 300 ? `HTTP status ${String(reply.status)}` : "the answer is no JSON") : reply.detail;

/** RFC 8259, 8.1: what reads JSON may pass over one. */
const BYTE_ORDER_MARK = /^\ufeff/u;

/** `undefined` for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text.replace(BYTE_ORDER_MARK, ""));
    return value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
