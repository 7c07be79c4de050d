import type { OcppCallReply } from "../../links/ocpp-server.ts";
import { field, isObject, readText } from "../../protocol/ocpp/index.ts";
import type { CommandFailure, CommandReply } from "../ports.ts";

export type Said = { readonly ok: true; readonly status: string } | CommandFailure;

/** What a box answered to a command whose answer has a `status`. */
export function commandReply(reply: OcppCallReply, fine?: readonly string[]): CommandReply {
  const said = saidReply(reply, fine);
  return said.ok ? { ok: true } : said;
}

/** The same with the box's own word for its yes. */
export function saidReply(reply: OcppCallReply, fine: readonly string[] = ["Accepted"]): Said {
  if (!reply.ok) return failure(reply.code, reply.detail);
  const status = isObject(reply.payload) ? readText(field(reply.payload, "status")) : null;
  if (status !== null && fine.includes(status)) return { ok: true, status };
  return failure(status === "NotSupported" ? "not-supported" : "rejected", status ?? "no status in the answer");
}

/** Asking again can help unless the box does not know the command at all. */
export const failure = (code: CommandFailure["code"], detail: string): CommandFailure => ({
  ok: false,
  code,
  retry: code === "offline" || code === "timeout" || code === "rejected",
  detail,
});
