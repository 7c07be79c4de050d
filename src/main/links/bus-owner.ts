import type { ModbusReply, ModbusRequest } from "../protocol/modbus/index.ts";
import { createBeatBook, PROBE_HELD_ms_max, type BeatBook } from "./bus-beats.ts";
import { createCounterBook, type CounterBook } from "./bus-counters.ts";
import { createFramer, type Framing } from "./bus-framing.ts";
import { createBusQueue, STARVED_AFTER_ms, type BusPriority, type BusQueue } from "./bus-queue.ts";
import { createLateReplyGuard, type LateReplyGuard } from "./bus-late-replies.ts";
import type { WireListener } from "./bus-record.ts";
import { createBusWire, type BusWire } from "./bus-wire.ts";
import { busHints, type BusHealth } from "./bus-hints.ts";
import type { ByteLink } from "./byte-link.ts";

/** Silence before a request to another unit than the last, where the device asks for no more (time of the app's clock). */
export const UNIT_CHANGE_GAP_ms = 25;
/** How long a job may wait in the queue when its owner sets nothing, in real milliseconds. */
export const QUEUE_WAIT_ms = 10_000;
/** After so many requests in a row without a usable answer on the whole bus the port is opened anew. */
export const REOPEN_AFTER_FAILURES = 20;
/** A peer with transaction ids that answers this often in a row, but never what was asked, is out of step … */
export const REOPEN_AFTER_STRAY = 3;
/** … and one on the network that was silent so often may be a connection that only we still believe in. */
export const REOPEN_AFTER_SILENT = 5;
/** A unit that failed this often in a row is dead: it is probed, not polled. One that never answered is dead at once. */
export const DEAD_AFTER_FAILURES = 3;
/** All dead units of a bus together get one request in this time of the app's clock. */
export const PROBE_PERIOD_ms = 1_000;
/** Lost connections are remembered for this long, in real milliseconds, and no more than … */
const LOSS_WINDOW_ms = 600_000;
const LOSSES_MAX = 16;
/** A connection that lasted this part of its usual time has ended as usual. */
const END_IN_TIME = 0.9;

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
  /** Is told each attempt as it went over the wire. */
  readonly note?: WireListener;
  /** Asked in the moment of sending; when it no longer holds, nothing is sent and the job is `expired`. */
  readonly isWanted?: () => boolean;
};

export type BusAnswer = Exclude<ModbusReply, { kind: "exception" }>;
export type BusReply =
  | { readonly ok: true; readonly reply: BusAnswer }
  | { readonly ok: false; readonly code: "exception"; readonly exception: number }
  /** `timeout`: nothing came; `garbled`: bytes came, twice, but no valid answer; the rest never reached the line. */
  | { readonly ok: false; readonly code: "timeout" | "garbled" | "line-down" | "queue-full" | "expired" };

/** The only one who talks on a serial port or connection: one transaction at a time, most urgent first. */
export interface BusOwner {
  readonly link: ByteLink;
  /** Resolves with the answer or why there is none; never rejects. */
  transact(job: BusJob): Promise<BusReply>;
  health(): BusHealth;
  /** A device on it ends every connection after this long (real) by itself: such an end is no loss. */
  expectEndAfter(connection_ms: number): void;
  /** A unit falls back when it hears nothing within this time (real) from now on: who is silent is not waited for longer. */
  expectWithin(unitId: number, within_ms: number): void;
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
  readonly #medium: BusHealth["medium"];
  readonly #real_ms: (duration_ms: number) => number;
  readonly #counters: CounterBook = createCounterBook();
  readonly #queue: BusQueue<Waiting>;
  readonly #late: LateReplyGuard;
  readonly #beats: BeatBook;
  readonly #wire: BusWire;
  #closed = false;
  #running = false;
  #lastUnit: number | null = null;
  #nextProbe_ms = -Infinity;
  /** Since when a unit's question waits for the late answer to another. */
  readonly #heldSince_ms = new Map<number, number>();
  #wasUp = false;
  #upSince_ms = 0;
  #endsAfter_ms = Infinity;
  #restarting = false;
  #inARow = { stray: 0, silent: 0 };
  #lost_at_ms: readonly number[] = [];
  #wake: NodeJS.Timeout | null = null;

  constructor({ link, framing, real_ms, baud }: BusOptions) {
    this.link = link;
    this.#framing = framing;
    this.#medium = baud === null ? "network" : "serial";
    this.#real_ms = real_ms;
    this.#queue = createBusQueue<Waiting>(real_ms(STARVED_AFTER_ms));
    this.#late = createLateReplyGuard(framing);
    this.#beats = createBeatBook((unitId) => this.#isDead(unitId), real_ms(PROBE_HELD_ms_max));
    this.#wire = createBusWire({ link, framer: createFramer(framing), counters: this.#counters, baud });
    link.onState((state) => {
      this.#lineChanged(state.kind === "up");
    });
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
    const after_ms = performance.now() - LOSS_WINDOW_ms;
    const health = {
      name,
      state,
      medium: this.#medium,
      framing: this.#framing,
      queued: this.#queue.size,
      total: this.#counters.total(),
      units: this.#counters.units(),
      recent: this.#counters.recent(),
      recentLosses: this.#lost_at_ms.filter((at_ms) => at_ms > after_ms).length,
    };
    return { ...health, hints: busHints(health) };
  }

  expectEndAfter(connection_ms: number): void {
    this.#endsAfter_ms = Math.min(this.#endsAfter_ms, connection_ms);
  }

  expectWithin(unitId: number, within_ms: number): void {
    this.#beats.expect(unitId, within_ms, performance.now());
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
    return this.#queue.take(now_ms, (job) => this.#mayRun(job, now_ms));
  }

  #mayRun(job: Waiting, now_ms: number): boolean {
    if (this.#isHeld(job, now_ms)) return false;
    // What is not there must not cost those that are more than one time-out a cycle.
    if (job.priority === "scan" || !this.#isDead(job.unitId)) return true;
    const { timeout_ms, queued_at_ms } = job;
    if (now_ms < this.#nextProbe_ms) return false;
    return job.priority === "safety" || this.#beats.mayProbe({ timeout_ms, held_ms: now_ms - queued_at_ms }, now_ms);
  }

  /** A late answer could be taken for this job's; or asking this again would keep such a job waiting for ever. */
  #isHeld({ unitId, request, timeout_ms }: Waiting, now_ms: number): boolean {
    if (this.#late.heldFor_ms(unitId, request, now_ms) > 0) {
      if (!this.#heldSince_ms.has(unitId)) this.#heldSince_ms.set(unitId, now_ms);
      return true;
    }
    const since_ms = this.#heldSince_ms.get(unitId);
    if (since_ms === undefined) return false;
    if (this.#late.isAgain(unitId, request, now_ms)) return request.fc <= 4 && now_ms - since_ms > timeout_ms;
    if (!this.#late.isWaiting(unitId, now_ms)) this.#heldSince_ms.delete(unitId);
    return false;
  }

  #isDead(unitId: number): boolean {
    const failures = this.#counters.failedInARow(unitId);
    return failures >= DEAD_AFTER_FAILURES || (failures > 0 && this.#counters.unit(unitId).replies === 0);
  }

  #lineChanged(isUp: boolean): void {
    this.#inARow = { stray: 0, silent: 0 };
    if (isUp) this.#counters.forgive();
    else if (this.#wasUp && !this.#restarting && !this.#closed && !this.#hasEndedInTime()) {
      this.#lost_at_ms = [...this.#lost_at_ms, performance.now()].slice(-LOSSES_MAX);
    }
    if (isUp) this.#upSince_ms = performance.now();
    this.#wasUp = isUp;
  }

  #hasEndedInTime(): boolean {
    return performance.now() - this.#upSince_ms >= END_IN_TIME * this.#endsAfter_ms;
  }

  async #perform(job: Waiting): Promise<BusReply> {
    const isProbe = job.priority !== "scan" && this.#isDead(job.unitId);
    if (isProbe) this.#nextProbe_ms = performance.now() + this.#real_ms(PROBE_PERIOD_ms);
    let reply = await this.#attempt(job, isProbe);
    if (!reply.ok && reply.code === "garbled") {
      this.#counters.count(job.unitId, "retries");
      if (job.priority !== "safety") await this.#letSafetyPass();
      reply = await this.#attempt(job, isProbe);
    }
    if (reply.ok || reply.code === "exception") this.#inARow = { stray: 0, silent: 0 };
    else if (reply.code === "timeout" || reply.code === "garbled") this.#failed(job, reply.code);
    return reply;
  }

  /** A question that is asked again must not hold up a limit that must fall: with a slow device that is a second time-out. */
  async #letSafetyPass(): Promise<void> {
    const next = (): Waiting | null => {
      const now_ms = performance.now();
      return this.#queue.take(now_ms, (job) => job.priority === "safety" && this.#mayRun(job, now_ms));
    };
    for (let job = next(); job !== null; job = next()) job.resolve(await this.#perform(job));
  }

  #failed(job: Waiting, how: "timeout" | "garbled"): void {
    // A scan expects silence.
    if (job.priority === "scan") return;
    this.#counters.failed(job.unitId);
    const { stray, silent } = this.#inARow;
    // Who never answered may not be there at all.
    const isNews = this.#counters.unit(job.unitId).replies > 0;
    this.#inARow =
      how === "garbled" ? { stray: stray + 1, silent: 0 } : { stray: 0, silent: silent + (isNews ? 1 : 0) };
    if (!this.#isWornOut()) return;
    this.#counters.forgive();
    this.#restarting = true;
    this.link.reconnect();
    this.#restarting = false;
  }

  #isWornOut(): boolean {
    const { stray, silent } = this.#inARow;
    if (this.#framing === "mbap" && stray >= REOPEN_AFTER_STRAY) return true;
    if (this.#medium === "network" && silent >= REOPEN_AFTER_SILENT) return true;
    return this.#counters.failedInARow(null) >= REOPEN_AFTER_FAILURES;
  }

  /** Who failed last, or was never heard, is not waited for while another must hear from us. */
  #patience_ms({ unitId, priority, timeout_ms }: Waiting): number {
    const { replies, failedInARow, latency_ms_p99 } = this.#counters.unit(unitId);
    const isUrgent = priority === "safety" || priority === "heartbeat";
    if (isUrgent || (replies > 0 && failedInARow === 0)) return timeout_ms;
    const usual_ms = this.#isDead(unitId) ? 0 : 2 * latency_ms_p99;
    return this.#beats.patience_ms(timeout_ms, usual_ms, performance.now());
  }

  async #attempt(job: Waiting, isProbe: boolean): Promise<BusReply> {
    const changes = this.#framing !== "mbap" && this.#lastUnit !== null && job.unitId !== this.#lastUnit;
    await this.#wire.silence(this.#real_ms(Math.max(job.gap_ms, changes ? UNIT_CHANGE_GAP_ms : 0)));
    // What waited for silence may have been overtaken by what its owner decided meanwhile.
    if (job.isWanted?.() === false) return { ok: false, code: "expired" };
    this.#lastUnit = job.unitId;
    this.#late.sent(job.unitId, job.request, performance.now());
    const stale = this.#late.stale(job.unitId, job.request, performance.now());
    const timeout_ms = this.#patience_ms(job);
    const patient = !isProbe && timeout_ms === job.timeout_ms;
    const outcome = await this.#wire.exchange({ ...job, timeout_ms, patient, stale });
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
        if (!outcome.answered) {
          const refusal = outcome.kind === "garbled" && stale.exceptions;
          this.#late.unanswered(job.unitId, job.request, performance.now(), job.timeout_ms, refusal);
        }
        await this.#wire.settle(
          outcome.sent_at_ms,
          job.timeout_ms,
          this.#beats.patience_ms(Infinity, 0, performance.now()),
        );
        return { ok: false, code: outcome.kind };
    }
  }
}
