import type { ModbusReply, ModbusRequest } from "../protocol/modbus/index.ts";
import { createCounterBook, type BusCounters, type CounterBook } from "./bus-counters.ts";
import { createFramer, type Framing } from "./bus-framing.ts";
import { createBusQueue, type BusPriority } from "./bus-queue.ts";
import { createLateReplyGuard } from "./bus-late-replies.ts";
import { createBusWire } from "./bus-wire.ts";
import type { ByteLink, LinkState } from "./byte-link.ts";

/** Silence before a request to another unit than the last, where the device asks for no more (time of the app's clock). */
export const UNIT_CHANGE_GAP_ms = 25;
/** How long a job may wait in the queue when its owner sets nothing, in real milliseconds. */
export const QUEUE_WAIT_ms = 10_000;
/** After so many time-outs in a row without any answer on the whole bus the port is opened anew. */
export const REOPEN_AFTER_TIMEOUTS = 20;

export type BusJob = {
  readonly unitId: number;
  readonly request: ModbusRequest;
  readonly priority: BusPriority;
  /** Real milliseconds from the last byte sent to the first byte of the answer. */
  readonly timeout_ms: number;
  /** Silence this device needs before a request, in time of the app's clock. */
  readonly gap_ms: number;
  /** Real milliseconds this job may wait for its turn. */
  readonly wait_ms?: number;
};

export type BusAnswer = Exclude<ModbusReply, { kind: "exception" }>;
export type BusReply =
  | { readonly ok: true; readonly reply: BusAnswer }
  | { readonly ok: false; readonly code: "exception"; readonly exception: number }
  /** `timeout`: nothing came; `garbled`: bytes came, twice, but no valid answer; the rest never reached the line. */
  | { readonly ok: false; readonly code: "timeout" | "garbled" | "line-down" | "queue-full" | "expired" };

export type BusHealth = {
  readonly name: string;
  readonly state: LinkState;
  readonly queued: number;
  readonly total: BusCounters;
  readonly units: ReadonlyMap<number, BusCounters>;
};

/** The only one who talks on a serial port or connection: one transaction at a time, most urgent first. */
export interface BusOwner {
  readonly link: ByteLink;
  /** Resolves with the answer or why there is none; never rejects. */
  transact(job: BusJob): Promise<BusReply>;
  health(): BusHealth;
  /** Answers everything waiting with `line-down` and frees the port. */
  close(): Promise<void>;
}

export type BusOptions = {
  readonly link: ByteLink;
  readonly framing: Framing;
  /** Real milliseconds that a duration of the app's clock takes: gaps shrink when a demo runs fast. */
  readonly real_ms: (duration_ms: number) => number;
  /** Bits per second on a serial line; `null` behind TCP. Adds the frames' own time to time-outs. */
  readonly baud: number | null;
};

type Waiting = BusJob & { readonly queued_at_ms: number; readonly resolve: (reply: BusReply) => void };

/** Opens `link` and owns it until `close`. */
export function createBusOwner(options: BusOptions): BusOwner {
  const { link, framing } = options;
  const counters: CounterBook = createCounterBook();
  const queue = createBusQueue<Waiting>();
  const late = createLateReplyGuard(framing);
  const wire = createBusWire({ link, framer: createFramer(framing), counters, baud: options.baud });
  let closed = false;
  let running = false;
  let lastUnit = -1;
  let silentInARow = 0;
  let wake: NodeJS.Timeout | null = null;

  const run = async (): Promise<void> => {
    if (running) return;
    running = true;
    for (let job = next(); job !== null; job = next()) job.resolve(await perform(job));
    running = false;
    wakeForHeldJobs();
  };

  const next = (): Waiting | null => {
    const now_ms = performance.now();
    for (const job of queue.drain((one) => now_ms - one.queued_at_ms > (one.wait_ms ?? QUEUE_WAIT_ms))) {
      job.resolve({ ok: false, code: "expired" });
    }
    return closed ? null : queue.take(now_ms, (job) => late.heldFor_ms(job.unitId, job.request, now_ms) <= 0);
  };

  const wakeForHeldJobs = (): void => {
    if (closed || queue.size === 0) return;
    if (wake !== null) clearTimeout(wake);
    wake = setTimeout(() => void run(), HELD_JOB_CHECK_ms);
  };

  const perform = async (job: Waiting): Promise<BusReply> => {
    let reply = await attempt(job);
    if (!reply.ok && reply.code === "garbled") {
      counters.count(job.unitId, "retries");
      reply = await attempt(job);
    }
    const unanswered = !reply.ok && reply.code === "timeout";
    silentInARow = unanswered ? silentInARow + 1 : 0;
    if (silentInARow >= REOPEN_AFTER_TIMEOUTS) {
      silentInARow = 0;
      link.reconnect();
    }
    return reply;
  };

  const attempt = async (job: Waiting): Promise<BusReply> => {
    const changeGap_ms = framing === "rtu" && job.unitId !== lastUnit && lastUnit >= 0 ? UNIT_CHANGE_GAP_ms : 0;
    await wire.silence(options.real_ms(Math.max(job.gap_ms, changeGap_ms)));
    lastUnit = job.unitId;
    late.sent(job.unitId, job.request, performance.now());
    const outcome = await wire.exchange(job);
    switch (outcome.kind) {
      case "down":
        return { ok: false, code: "line-down" };
      case "reply":
        if (outcome.reply.kind !== "exception") return { ok: true, reply: outcome.reply };
        counters.count(job.unitId, "exceptions");
        return { ok: false, code: "exception", exception: outcome.reply.code };
      case "timeout":
      case "garbled":
        if (outcome.kind === "timeout") counters.count(job.unitId, "timeouts");
        if (!outcome.answered) late.unanswered(job.unitId, job.request, performance.now(), job.timeout_ms);
        await wire.settle(outcome.sent_at_ms, job.timeout_ms);
        return { ok: false, code: outcome.kind };
    }
  };

  link.open();
  return {
    link,
    transact: (job) =>
      new Promise((resolve) => {
        if (closed || link.state.kind !== "up") {
          resolve({ ok: false, code: "line-down" });
          return;
        }
        const displaced = queue.add({ ...job, queued_at_ms: performance.now(), resolve });
        displaced?.resolve({ ok: false, code: "queue-full" });
        void run();
      }),
    health: () => ({ name: link.name, state: link.state, queued: queue.size, total: counters.total(), units: counters.units() }),
    async close() {
      closed = true;
      if (wake !== null) clearTimeout(wake);
      for (const job of queue.drain(() => true)) job.resolve({ ok: false, code: "line-down" });
      await link.close();
    },
  };
}

/** A job held back because of a late answer is looked at again after this time. */
const HELD_JOB_CHECK_ms = 50;
