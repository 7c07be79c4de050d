import type { OcppCallReply, OcppConnection } from "../../links/ocpp-server.ts";
import type { JsonObject } from "../../protocol/ocpp/index.ts";

/** Lower goes first; equal ones keep their order. Lowering a current never waits behind raising one. */
export const PRIORITY = { learn: 0, decrease: 1, command: 2, increase: 3, renew: 4, setup: 5 } as const;
export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY];

/** CALLs waiting for one station. */
const JOBS_MAX = 128;

export type Call = (action: string, payload: JsonObject) => Promise<OcppCallReply>;
/** A few CALLs that belong together. */
export type Job<T> = (call: Call) => Promise<T>;

export interface Queued<T> {
  readonly done: Promise<T>;
  setPriority(priority: Priority): void;
}

export type Speaker = Pick<OcppConnection, "call">;

/** All CALLs to one station: one outstanding at a time (OCPP-J 1.6, 4.1.1), the rest by priority. */
export interface CallLane {
  /** Runs `job` when its turn comes; without a connection its CALLs fail at once with "offline". */
  add<T>(priority: Priority, job: Job<T>): Queued<T>;
  attach(connection: Speaker): void;
  /** Every waiting job runs to its end on "offline". */
  detach(): void;
}

type Entry = { priority: Priority; readonly run: (call: Call) => Promise<void> };

const failing =
  (code: "offline" | "rejected", detail: string): Call =>
  () =>
    Promise.resolve({ ok: false, code, detail });
const OFFLINE = failing("offline", "not connected");
const FULL = failing("rejected", "too many commands are waiting for this station");

export function createCallLane(): CallLane {
  const waiting: Entry[] = [];
  let connection: Speaker | null = null;
  let busyOn: Speaker | null = null;

  const next = (): Entry | undefined => {
    const first = waiting.reduce<Entry | undefined>(
      (best, one) => (best && best.priority <= one.priority ? best : one),
      undefined,
    );
    if (first !== undefined) waiting.splice(waiting.indexOf(first), 1);
    return first;
  };
  const pump = (): void => {
    const on = connection;
    if (on === null || busyOn === on) return;
    const entry = next();
    if (entry === undefined) return;
    busyOn = on;
    void entry
      .run((action, payload) => on.call(action, payload))
      .finally(() => {
        if (busyOn === on) busyOn = null;
        schedule();
      });
  };
  // A turn later, so that the answer to the message being handled goes out before we ask anything.
  const schedule = (): void => {
    setImmediate(pump);
  };

  return {
    add<T>(priority: Priority, job: Job<T>) {
      let run: (call: Call) => Promise<void> = () => Promise.resolve();
      const done = new Promise<T>((resolve, reject) => {
        run = (call) => job(call).then(resolve, reject);
      });
      const entry: Entry = { priority, run };
      if (connection === null) void run(OFFLINE);
      else if (waiting.length >= JOBS_MAX) void run(FULL);
      else {
        waiting.push(entry);
        schedule();
      }
      return {
        done,
        setPriority: (changed) => {
          entry.priority = changed;
        },
      };
    },
    attach(on) {
      connection = on;
      busyOn = null;
      schedule();
    },
    detach() {
      connection = null;
      for (const entry of waiting.splice(0)) void entry.run(OFFLINE);
    },
  };
}
