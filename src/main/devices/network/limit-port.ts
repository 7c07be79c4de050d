import { milliamp, type Milliamp } from "../../../core/units/index.ts";
import type { CommandFailure, CommandReply, LimitReply, StationPort } from "../ports.ts";

export const failed = (code: CommandFailure["code"], retry: boolean, detail: string): CommandFailure => ({
  ok: false,
  code,
  retry,
  detail,
});

/** A box that knows nothing but its limit. */
export function limitPort(stationId: string, setLimit: (limit_mA: Milliamp) => Promise<LimitReply>): StationPort {
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
