import { z } from "zod";
import type { CommandFailure } from "../ports.ts";
import type { PhaseTalk } from "../network/station-talk.ts";
import type { ProfileOf } from "../profile/index.ts";
import type { RequestTemplate } from "./fill-request.ts";

type Phases = NonNullable<NonNullable<ProfileOf<"http">["control"]>["phases"]>;
/** Sends what a profile wrote; the text of the answer, or why there was none. */
export type SendOrder = (
  template: RequestTemplate,
) => Promise<{ readonly ok: true; readonly text: string } | CommandFailure>;

/** `{1|2}` in a request stands for the box's number of one phase and of three. */
const EITHER = /\{(\w+)\|(\w+)\}/gu;
/** OpenEVSE's own commands ride on a web request; the answer begins with $OK where it was taken. */
const rapiAnswer = z.object({ ret: z.string() });

/** How a box is switched to other phases over HTTP, by request, by its toggle, or by its own command; `null`: it is not. */
export function httpPhases({ control }: ProfileOf<"http">, send: SendOrder): PhaseTalk | null {
  const given = control?.phases;
  if (given === undefined) return null;
  const { rapi, probe, path, method } = given;
  if (rapi !== undefined)
    return {
      togglesOnly: false,
      canSwitch: async () => (probe === undefined ? null : (await command(send, probe)) === null ? null : UNSUPPORTED),
      switchTo: (phases) => command(send, chosen(rapi, phases)),
    };
  if (path === undefined || method === undefined) return null;
  return {
    // Without a number for each count there is one order, which turns whatever there is into the other.
    togglesOnly: given.values === undefined,
    canSwitch: () => Promise.resolve(null),
    switchTo: async (phases) => {
      for (const { http } of given.prepare ?? []) {
        const prepared = await send(http);
        if (!prepared.ok) return prepared;
      }
      const sent = await send(withCount(given, { path, method }, phases));
      return sent.ok ? null : sent;
    },
  };
}

const UNSUPPORTED: CommandFailure = {
  ok: false,
  code: "not-supported",
  retry: false,
  detail: "this box is not built to switch phases",
};

const chosen = (text: string, phases: 1 | 3): string =>
  text.replaceAll(EITHER, (_, one: string, three: string) => (phases === 1 ? one : three));

const withCount = (
  { json, form, body }: Phases,
  { path, method }: Pick<RequestTemplate, "path" | "method">,
  phases: 1 | 3,
): RequestTemplate => ({ method, path: chosen(path, phases), json, form, body });

async function command(send: SendOrder, words: string): Promise<CommandFailure | null> {
  const sent = await send({
    method: "GET",
    path: `/r?json=1&rapi=${encodeURIComponent(words)}`,
    json: undefined,
    form: undefined,
    body: undefined,
  });
  if (!sent.ok) return sent;
  const answer = rapiAnswer.safeParse(parsed(sent.text));
  if (answer.success && answer.data.ret.startsWith("$OK")) return null;
  return { ok: false, code: "rejected", retry: false, detail: `${words}: ${sent.text.slice(0, 80)}` };
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
