import { milliamp, type Milliamp } from "../../../core/units/index.ts";
import type { CommandFailure, CommandReply, LimitReply, StationPort } from "../ports.ts";

export const failed = (code: CommandFailure["code"], retry: boolean, detail: string): CommandFailure => ({
  ok: false,
  code,
  retry,
  detail,
});

/**
 * A box that knows nothing but its limit. One limit is told at a time; of those that wait only the newest is told, and
 * `perform` never rejects.
 */
export function limitPort(stationId: string, perform: (limit_mA: Milliamp) => Promise<LimitReply>): StationPort {
  const setLimit = newestOnly(perform);
  const unsupported = (what: string): Promise<CommandReply> =>
    Promise.resolve(failed("not-supported", false, `${what} is not possible with this station`));
  return {
    stationId,
    reportsTransactions: false,
    setLimit,
    // Such a box starts by itself as soon as it is offered current; the site decides when.
    start: () => Promise.resolve({ ok: true }),
    stop: async () => {
      const reply = await setLimit(milliamp(0));
      return reply.ok ? { ok: true } : reply;
    },
    unlock: () => unsupported("unlocking"),
    reset: () => unsupported("a reset"),
  };
}

type Job = { readonly limit_mA: Milliamp; readonly resolve: (reply: LimitReply) => void };

function newestOnly(perform: (limit_mA: Milliamp) => Promise<LimitReply>): (limit_mA: Milliamp) => Promise<LimitReply> {
  const waiting: Job[] = [];
  let working = false;
  const work = async (): Promise<void> => {
    if (working) return;
    working = true;
    for (let job = waiting.pop(); job !== undefined; job = waiting.pop()) job.resolve(await perform(job.limit_mA));
    working = false;
  };
  return (limit_mA) =>
    new Promise((resolve) => {
      waiting.pop()?.resolve(failed("rejected", true, "replaced by a newer limit"));
      waiting.push({ limit_mA, resolve });
      void work();
    });
}
