import type { ModbusReply, ModbusRequest } from "../protocol/modbus/index.ts";
import { createCounterBook, type BusCounters, type CounterBook } from "./bus-counters.ts";
import { createFramer, type Framing } from "./bus-framing.ts";
import { createBusQueue, STARVED_AFTER_ms, type BusPriority, type BusQueue } from "./bus-queue.ts";
import { createLateReplyGuard, type LateReplyGuard } from "./bus-late-replies.ts";
import { createBusWire, type BusWire } from "./bus-wire.ts";
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

/** A job held back because of a late answer is looked at again after this time (real). */
const HELD_JOB_CHECK_ms = 50;

/** Opens `link` and owns it until `close`. */
export const createBusOwner = (options: BusOptions): BusOwner => new Bus(options);

class Bus implements BusOwner {
  readonly link: ByteLink;
  readonly #framing: Framing;
  readonly #real_ms: (duration_ms: number) => number;
  readonly #counters: CounterBook = createCounterBook();
  readonly #queue: BusQueue<Waiting>;
  readonly #late: LateReplyGuard;
  readonly #wire: BusWire;
  #closed = false;
  #running = false;
  #lastUnit: number | null = null;
  #silentInARow = 0;
  #wake: NodeJS.Timeout | null = null;

  constructor({ link, framing, real_ms, baud }: BusOptions) {
    this.link = link;
    this.#framing = framing;
    this.#real_ms = real_ms;
    this.#queue = createBusQueue<Waiting>(real_ms(STARVED_AFTER_ms));
    this.#late = createLateReplyGuard(framing);
    this.#wire = createBusWire({ link, framer: createFramer(framing), counters: this.#counters, baud });
    link.open();
  }

  transact(job: BusJob): Promise<BusReply> {
    return new Promise((resolve) => {
      if (this.#closed || this.link.state.kind !== "up") {
        resolve({ ok: false, code: "line-down" });
        return;
      }
      const displaced = this.#queue.add({ ...job, queued_at_ms: performance.now(), resolve });
      displaced?.resolve({ ok: false, code: "queue-full" });
      void this.#run();
    });
  }

  health(): BusHealth {
    const { name, state } = this.link;
    return { name, state, queued: this.#queue.size, total: this.#counters.total(), units: this.#counters.units() };
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#wake !== null) clearTimeout(this.#wake);
    for (const job of this.#queue.drain(() => true)) job.resolve({ ok: false, code: "line-down" });
    await this.link.close();
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (let job = this.#next(); job !== null; job = this.#next()) job.resolve(await this.#perform(job));
    this.#running = false;
    if (this.#closed || this.#queue.size === 0) return;
    if (this.#wake !== null) clearTimeout(this.#wake);
    this.#wake = setTimeout(() => void this.#run(), HELD_JOB_CHECK_ms);
  }

  #next(): Waiting | null {
    const now_ms = performance.now();
    for (const job of this.#queue.drain((one) => now_ms - one.queued_at_ms > (one.wait_ms ?? QUEUE_WAIT_ms))) {
      job.resolve({ ok: false, code: "expired" });
    }
    if (this.#closed) return null;
    return this.#queue.take(now_ms, (job) => this.#late.heldFor_ms(job.unitId, job.request, now_ms) <= 0);
  }

  async #perform(job: Waiting): Promise<BusReply> {
    let reply = await this.#attempt(job);
    if (!reply.ok && reply.code === "garbled") {
      this.#counters.count(job.unitId, "retries");
      reply = await this.#attempt(job);
    }
    this.#silentInARow = !reply.ok && reply.code === "timeout" ? this.#silentInARow + 1 : 0;
    if (this.#silentInARow >= REOPEN_AFTER_TIMEOUTS) {
      this.#silentInARow = 0;
      this.link.reconnect();
    }
    return reply;
  }

  async #attempt(job: Waiting): Promise<BusReply> {
    const changes = this.#framing !== "mbap" && this.#lastUnit !== null && job.unitId !== this.#lastUnit;
    await this.#wire.silence(this.#real_ms(Math.max(job.gap_ms, changes ? UNIT_CHANGE_GAP_ms : 0)));
    this.#lastUnit = job.unitId;
    this.#late.sent(job.unitId, job.request, performance.now());
    const outcome = await this.#wire.exchange(job);
    switch (outcome.kind) {
      case "down":
        return { ok: false, code: "line-down" };
      case "reply":
        if (outcome.reply.kind !== "exception") return { ok: true, reply: outcome.reply };
        this.#counters.count(job.unitId, "exceptions");
        return { ok: false, code: "exception", exception: outcome.reply.code };
      case "timeout":
      case "garbled":
        if (outcome.kind === "timeout") this.#counters.count(job.unitId, "timeouts");
        if (!outcome.answered) this.#late.unanswered(job.unitId, job.request, performance.now(), job.timeout_ms);
        await this.#wire.settle(outcome.sent_at_ms, job.timeout_ms);
        return { ok: false, code: outcome.kind };
    }
  }
}
