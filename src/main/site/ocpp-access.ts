import type { Alert } from "../../contract/index.ts";
import type { Admission, Caller } from "../links/ocpp-server.ts";
import { hashPassword, isPassword } from "../devices/ocpp/password.ts";
import type { Clock, CommandReply } from "../devices/ports.ts";
import type { Log } from "../log.ts";
import type { Stores } from "../storage/types.ts";

/** Passwords that are checked at a time, each beside the main thread; all stations of a site may come back at once. */
const CHECKS_MAX = 4;
/** From one address so many wait for the check of one identity: a box dials once, so the others are guesses. */
const WAITING_MAX = 4;
/** Of refused attempts one is written down per station in this time; the rest is counted. Site's clock. */
const TOLD_EVERY_MS = 60_000;
/** How a station came is written down again after this, though nothing has changed. Site's clock. */
const NOTED_EVERY_MS = 86_400_000;

export type OcppAccess = {
  /** Whether a station that dials in so may use its identity; how it came is kept. */
  admit(caller: Caller): Promise<Admission>;
};

type Refusal = Exclude<Admission, "welcome" | "try-later">;
const REFUSALS: Readonly<Record<Refusal, { readonly code: Alert["code"]; readonly words: string }>> = {
  "needs-password": {
    code: "ocpp-auth-failed",
    words: "a station was refused: its password is wrong or missing",
  },
  "needs-tls": { code: "ocpp-tls-required", words: "a station was refused: it has to come by wss" },
};

/** Lets stations in by what the owner demands of them, and tells of those that were refused. */
export function createOcppAccess(options: {
  readonly stores: Pick<Stores, "ocpp" | "alerts">;
  readonly clock: Clock;
  readonly log: Log;
}): OcppAccess {
  const { stores, clock, log } = options;
  const refusals = createRefusals(options);
  const inTurn = createTurns();

  const presented = async ({ identity, password }: Caller): Promise<boolean> => {
    for (const one of stores.ocpp.passwords(identity)) {
      if (password === null || !(await isPassword(password, one))) continue;
      // Only with its newest password has it shown that it took it.
      const [newest, ...older] = stores.ocpp.passwords(identity);
      if (older.length > 0 && newest !== undefined && Buffer.compare(newest.hash, one.hash) === 0)
        stores.ocpp.confirmPassword(identity);
      return true;
    }
    return false;
  };
  const check = async (caller: Caller): Promise<Admission> => {
    const { identity, address, isEncrypted } = caller;
    const lacksTls = (): boolean => stores.ocpp.security(identity).requiresTls && !isEncrypted;
    // Before its password is looked at, which everybody on the network could read by now.
    if (lacksTls()) return "needs-tls";
    if (stores.ocpp.passwords(identity).length === 0) return "welcome";
    // By address, too: guesses from elsewhere must not keep the box itself waiting outside.
    const isIt = await inTurn(`${address ?? ""} ${identity}`, () => presented(caller));
    if (isIt === "crowded") return "try-later";
    // It may have been demanded meanwhile.
    if (lacksTls()) return "needs-tls";
    return isIt ? "welcome" : "needs-password";
  };
  const noteArrival = ({ identity, isEncrypted: encrypted }: Caller): void => {
    const now_ms = clock.now_ms();
    const withPassword = stores.ocpp.passwords(identity).length > 0;
    const { came } = stores.ocpp.security(identity);
    const isSame = came?.encrypted === encrypted && came.withPassword === withPassword;
    // A box that comes and goes all day must not be written down each time.
    if (isSame && now_ms - came.at_ms < NOTED_EVERY_MS) return;
    try {
      stores.ocpp.noteArrival(identity, { at_ms: now_ms, encrypted, withPassword });
    } catch (error) {
      // It is only shown; a full disk must not keep a station out.
      log.error({ err: error, identity }, "how a station came could not be stored");
    }
  };
  return {
    async admit(caller) {
      const admission = await check(caller);
      if (admission === "welcome") {
        refusals.end(caller.identity);
        noteArrival(caller);
      } else if (admission !== "try-later") refusals.note(caller, admission);
      return admission;
    },
  };
}

/** A few checks at a time, in the order of their coming. */
function createTurns(): <T>(who: string, work: () => Promise<T>) => Promise<T | "crowded"> {
  const waitingOf = new Map<string, number>();
  const queue: (() => void)[] = [];
  let running = 0;
  return async (who, work) => {
    const own = waitingOf.get(who) ?? 0;
    if (own >= WAITING_MAX) return "crowded";
    waitingOf.set(who, own + 1);
    if (running >= CHECKS_MAX) await new Promise<void>((resolve) => queue.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const left = (waitingOf.get(who) ?? 1) - 1;
      if (left === 0) waitingOf.delete(who);
      else waitingOf.set(who, left);
      // Its place goes to the next one.
      const next = queue.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

/** Of refused attempts one is written down per station and reason in a minute. */
function createRefusals({ stores, clock, log }: Parameters<typeof createOcppAccess>[0]) {
  // Only identities of which something is demanded are refused, so there are as many as the owner made.
  const failed = new Map<string, { attempts: number; told_ms: number }>();
  const keyOf = (identity: string, refusal: Refusal): string => `${refusal} ${identity}`;
  return {
    note({ identity, address }: Caller, refusal: Refusal): void {
      const now_ms = clock.now_ms();
      const before = failed.get(keyOf(identity, refusal)) ?? { attempts: 0, told_ms: -Infinity };
      const attempts = before.attempts + 1;
      const isDue = now_ms - before.told_ms >= TOLD_EVERY_MS;
      failed.set(keyOf(identity, refusal), { attempts, told_ms: isDue ? now_ms : before.told_ms });
      if (!isDue) return;
      const { code, words } = REFUSALS[refusal];
      stores.alerts.raise({ code, severity: "degraded", ref: identity, inputs: { attempts, address } }, now_ms);
      log.warn({ identity, address, attempts }, words);
    },
    /** It has come in. What a process before us told ends with that, too. */
    end(identity: string): void {
      for (const refusal of ["needs-password", "needs-tls"] as const) {
        failed.delete(keyOf(identity, refusal));
        stores.alerts.end(REFUSALS[refusal].code, identity, clock.now_ms());
      }
    },
  };
}

/**
 * Sets what a station must present from now on; `null`: nothing. With `tell` the box is told first where it is known to
 * take it, and the password before stays good until it has dialled in with the new one. Nothing changes when it refuses;
 * where its answer did not come it may have taken it, and is let in with either.
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
  const isUnknown = reply.code === "timeout" || reply.code === "offline";
  if (isUnknown && before.length > 0) return reply;
  store.setPassword(identity, null, { keepBefore: false, at_ms });
  for (const one of before.toReversed()) store.setPassword(identity, one, { keepBefore: true, at_ms });
  return reply;
}
