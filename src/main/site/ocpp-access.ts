import { hashPassword, isPassword } from "../devices/ocpp/password.ts";
import type { Clock, CommandReply } from "../devices/ports.ts";
import type { Log } from "../log.ts";
import type { Stores } from "../storage/types.ts";

/** Checks that run at a time; a flood of guesses beyond it is refused unread. */
const CHECKS_MAX = 8;
/** Of refused attempts one is written down per station in this time; the rest is counted. Site's clock. */
const TOLD_EVERY_MS = 60_000;

export type OcppAccess = {
  /** Whether a station that dials in under this identity presents what it must. */
  admit(identity: string, password: Uint8Array | null, address: string | null): Promise<boolean>;
};

/** Lets stations in by the stored passwords, and tells of those that were refused. */
export function createOcppAccess(options: {
  readonly stores: Pick<Stores, "ocpp" | "alerts">;
  readonly clock: Clock;
  readonly log: Log;
}): OcppAccess {
  const { stores, clock, log } = options;
  const failed = new Map<string, { attempts: number; told_ms: number }>();
  let checking = 0;

  const refused = (identity: string, address: string | null): void => {
    const now_ms = clock.now_ms();
    const before = failed.get(identity) ?? { attempts: 0, told_ms: -Infinity };
    const attempts = before.attempts + 1;
    const isDue = now_ms - before.told_ms >= TOLD_EVERY_MS;
    // Only identities that have a password come here, so there are as many as the owner made.
    failed.set(identity, { attempts, told_ms: isDue ? now_ms : before.told_ms });
    if (!isDue) return;
    const inputs = { attempts, address };
    stores.alerts.raise({ code: "ocpp-auth-failed", severity: "degraded", ref: identity, inputs }, now_ms);
    log.warn({ identity, address, attempts }, "a station was refused: its password is wrong or missing");
  };
  const admitted = (identity: string, hash: Uint8Array): void => {
    // Only with its newest password has it shown that it took it.
    const [newest, ...older] = stores.ocpp.passwords(identity);
    if (older.length > 0 && newest !== undefined && Buffer.compare(newest.hash, hash) === 0)
      stores.ocpp.confirmPassword(identity);
    if (failed.delete(identity)) stores.alerts.end("ocpp-auth-failed", identity, clock.now_ms());
  };
  return {
    async admit(identity, password, address) {
      const wanted = stores.ocpp.passwords(identity);
      if (wanted.length === 0) return true;
      if (checking >= CHECKS_MAX) return false;
      checking += 1;
      try {
        for (const one of wanted) {
          if (password === null || !(await isPassword(password, one))) continue;
          admitted(identity, one.hash);
          return true;
        }
        refused(identity, address);
      } finally {
        checking -= 1;
      }
      return false;
    },
  };
}

/**
 * Sets what a station must present from now on; `null`: nothing. With `tell` the box is told first where it is known to
 * take it, and the password before stays good until it has dialled in with the new one. Nothing changes when it refuses.
 */
export async function setOcppPassword(
  store: Stores["ocpp"],
  request: { readonly identity: string; readonly password: string | null; readonly clock: Clock },
  tell: ((password: string) => Promise<CommandReply>) | null,
): Promise<CommandReply> {
  const { identity, password, clock } = request;
  const at_ms = clock.now_ms();
  const before = store.passwords(identity);
  const isTold = tell !== null && password !== null;
  // First, because the box may dial in with it before its answer has been read.
  store.setPassword(identity, password === null ? null : hashPassword(password), { keepBefore: isTold, at_ms });
  if (!isTold) return { ok: true };
  const reply = await tell(password);
  if (reply.ok) return reply;
  store.setPassword(identity, null, { keepBefore: false, at_ms });
  for (const one of before.toReversed()) store.setPassword(identity, one, { keepBefore: true, at_ms });
  return reply;
}
