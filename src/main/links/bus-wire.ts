import type { LineNoise, ModbusReply, ModbusRequest, RtuProgress, StaleReplies } from "../protocol/modbus/index.ts";
import type { CounterBook } from "./bus-counters.ts";
import type { Exchange, Framer } from "./bus-framing.ts";
import { createHeardBytes, type HeardBytes, type WireListener, type WireRecord } from "./bus-record.ts";
import type { ByteLink } from "./byte-link.ts";

/** While bytes of an answer keep coming, this much more time is given after each of them (real time). */
const MORE_BYTES_ms = 100;
/** But never more than this beyond the time-out, however the bytes drip. */
const EXTENSION_ms_max = 1_000;
/** After a broken answer the line must have been quiet for this long before we speak again. */
const QUIET_ms = 30;
/** A line that never becomes quiet is spoken on anyway after this long. */
const QUIET_WAIT_ms_max = 300;
/** Start, 8 data, parity and stop bit. */
const BITS_PER_BYTE = 11;
/** Silence between frames on a line; fixed above 19200 baud (Modbus over Serial Line 2.5.1.1). */
const SILENT_CHARACTERS = 3.5;
const SILENCE_ms_max = 5;
/** Where a device has often been slower than its time-out allows, this many times its usual slowest is waited … */
const LEARNED_FACTOR = 2;
/** … but never more than this many times its own time-out. */
const LEARNED_FACTOR_max = 4;
/** An answer later than this many time-outs says nothing about how slow the device is. */
const LATE_TIMEOUTS_max = 4;
/** What is left of a silence below this is waited without a timer. */
const TIMER_STEP_ms = 1;
/** Timers may ring this much early. */
const TIMER_SLACK_ms = 0.5;

export type WireOutcome =
  | { readonly kind: "reply"; readonly reply: ModbusReply }
  /** `answered`: the device did answer, only damaged, so no late answer is to be feared. */
  | { readonly kind: "timeout" | "garbled"; readonly sent_at_ms: number; readonly answered: boolean }
  | { readonly kind: "down" };

export interface BusWire {
  /** Resolves once nothing has been heard or said for `gap_ms` real milliseconds (at least 3.5 characters). */
  silence(gap_ms: number): Promise<void>;
  /** Sends one request and waits for its answer. Bytes that are not the answer are counted and dropped. */
  exchange(job: {
    readonly unitId: number;
    readonly request: ModbusRequest;
    readonly timeout_ms: number;
    /** Wait longer where this device has been seen to need it. */
    readonly patient: boolean;
    readonly stale?: StaleReplies;
    /** Is told what was said, and what comes after the end of waiting. */
    readonly note?: WireListener | undefined;
  }): Promise<WireOutcome>;
  /** After a failed exchange: waits until its late bytes must have arrived, but no longer than `wait_ms_max`, and drops them. */
  settle(sent_at_ms: number, timeout_ms: number, wait_ms_max: number): Promise<void>;
}

/** The line as one conversation; real time throughout, because wires do not run faster in a demo. */
export const createBusWire = (options: WireOptions): BusWire => new Wire(options);

type WireOptions = {
  readonly link: ByteLink;
  readonly framer: Framer;
  readonly counters: CounterBook;
  /** Bits per second; `null` where the line lies behind TCP. */
  readonly baud: number | null;
};
type Request = Parameters<BusWire["exchange"]>[0];
/** A request given up on; its answer may still come and then tells how slow the device is. */
type Unanswered = { readonly unitId: number; readonly sent_at_ms: number; readonly until_ms: number };

class Wire implements BusWire {
  readonly #options: WireOptions;
  #pending: PendingExchange | null = null;
  #quietSince_ms = -Infinity;
  #lastUnit = 0;
  #unanswered: Unanswered | null = null;
  #last: (Request & { readonly sent_at_ms: number }) | null = null;
  readonly #unasked: HeardBytes = createHeardBytes();

  constructor(options: WireOptions) {
    this.#options = options;
    options.link.onData((bytes) => {
      this.#quietSince_ms = performance.now();
      this.#noteLate(bytes);
      if (this.#pending !== null) {
        this.#pending.heard(bytes);
        return;
      }
      options.counters.count(this.#lastUnit, "staleBytes", bytes.length);
      this.#unasked.add(bytes);
    });
    options.link.onState((state) => {
      if (state.kind !== "up") this.#pending?.finish({ kind: "down" });
    });
  }

  async silence(gap_ms: number): Promise<void> {
    const needed_ms = Math.max(gap_ms, Math.min(this.#wireTime_ms(SILENT_CHARACTERS), SILENCE_ms_max));
    const left_ms = (): number => needed_ms - (performance.now() - this.#quietSince_ms);
    for (let left = left_ms(); left > 0; left = left_ms()) {
      // A timer rounds up to whole milliseconds, which at 20 requests a second would be missed.
      await (left > TIMER_STEP_ms ? pause(Math.floor(left - TIMER_STEP_ms)) : nextTurn());
    }
  }

  exchange(job: Request): Promise<WireOutcome> {
    const { unitId, request, timeout_ms, patient, stale } = job;
    const { link, framer, counters } = this.#options;
    this.#tellUnasked();
    return new Promise((resolve) => {
      const exchange = framer.begin(unitId, request, stale);
      const sent_at_ms = performance.now();
      this.#lastUnit = unitId;
      this.#last = { ...job, sent_at_ms };
      if (!link.write(exchange.bytes)) {
        resolve({ kind: "down" });
        return;
      }
      counters.count(unitId, "frames");
      const request_ms = this.#wireTime_ms(exchange.bytes.length);
      const reply_ms = this.#wireTime_ms(exchange.replyBytes);
      this.#quietSince_ms = sent_at_ms + request_ms;
      this.#pending = new PendingExchange(
        exchange,
        sent_at_ms,
        (patient ? this.#learned_ms(unitId, timeout_ms) : timeout_ms) + request_ms + reply_ms,
        (outcome, noise, heard) => {
          this.#pending = null;
          if (noise !== null) this.#record(unitId, noise);
          if (isForeign(outcome, noise)) counters.count(unitId, "foreign");
          if (noise !== null && outcome.kind === "reply") framer.answered(request, noise);
          const took_ms = performance.now() - sent_at_ms;
          const { bytes: sent, replyBytes } = exchange;
          const how = outcomeToTell(outcome);
          job.note?.({ unitId, request, sent, replyBytes, ...heard.take(), outcome: how, noise, took_ms });
          if (outcome.kind === "reply") counters.answered(unitId, performance.now() - sent_at_ms);
          if (outcome.kind === "timeout") {
            this.#unanswered = { unitId, sent_at_ms, until_ms: sent_at_ms + LATE_TIMEOUTS_max * timeout_ms };
          }
          resolve(outcome);
        },
      );
    });
  }

  async settle(sent_at_ms: number, timeout_ms: number, wait_ms_max: number): Promise<void> {
    const longest_ms = Math.min(2 * this.#options.counters.total().latency_ms_max, 2 * timeout_ms);
    const started_ms = performance.now();
    const until_ms = Math.min(sent_at_ms + longest_ms, started_ms + wait_ms_max);
    if (until_ms > started_ms) await pause(until_ms - started_ms);
    const latest_ms = Math.max(until_ms, started_ms) + QUIET_WAIT_ms_max;
    while (performance.now() - this.#quietSince_ms < QUIET_ms && performance.now() < latest_ms) await pause(QUIET_ms);
    this.#tellUnasked();
  }

  /** Tells whose exchange was the last what came after its end. */
  #tellUnasked(): void {
    const last = this.#last;
    if (this.#unasked.count === 0) return;
    const heard = this.#unasked.take();
    if (last === null) return;
    const took_ms = this.#quietSince_ms - last.sent_at_ms;
    const { unitId, request } = last;
    const late = { outcome: { kind: "late" }, noise: null, replyBytes: 0 } as const;
    last.note?.({ unitId, request, sent: NO_BYTES, ...heard, ...late, took_ms });
  }

  #learned_ms(unitId: number, timeout_ms: number): number {
    const usual_ms = LEARNED_FACTOR * this.#options.counters.unit(unitId).latency_ms_p99;
    return Math.max(timeout_ms, Math.min(usual_ms, LEARNED_FACTOR_max * timeout_ms));
  }

  #noteLate(bytes: Uint8Array): void {
    const late = this.#unanswered;
    const now_ms = performance.now();
    if (late === null || !this.#options.framer.isFrom(late.unitId, bytes)) return;
    // While the same unit is being asked again, nobody can tell which request this answers.
    if (this.#pending !== null && this.#lastUnit === late.unitId) return;
    this.#unanswered = null;
    if (now_ms < late.until_ms) this.#options.counters.answeredLate(late.unitId, now_ms - late.sent_at_ms);
  }

  #wireTime_ms(bytes: number): number {
    const { baud } = this.#options;
    return baud === null ? 0 : (bytes * BITS_PER_BYTE * 1000) / baud;
  }

  #record(unitId: number, noise: LineNoise): void {
    const { counters } = this.#options;
    counters.count(unitId, "crcErrors", noise.crcErrors);
    counters.count(unitId, "staleBytes", noise.staleBytes);
    counters.count(unitId, "wrongUnit", noise.wrongUnit);
    counters.count(unitId, "echoes", noise.echoes);
  }
}

type Done = (outcome: WireOutcome, noise: LineNoise | null, heard: HeardBytes) => void;

const NO_BYTES = new Uint8Array(0);

function outcomeToTell(outcome: WireOutcome): WireRecord["outcome"] {
  switch (outcome.kind) {
    case "reply":
      return { kind: "reply", reply: outcome.reply };
    case "timeout":
      return { kind: "silence" };
    case "garbled":
      return { kind: "garbled" };
    case "down":
      return { kind: "line-down" };
  }
}

/** One request under way: collects bytes, moves its own deadline, and ends exactly once. */
class PendingExchange {
  readonly #exchange: Exchange;
  readonly #sent_at_ms: number;
  readonly #latest_ms: number;
  readonly #done: Done;
  readonly #heard = createHeardBytes();
  #deadline_ms: number;
  #last: RtuProgress | null = null;
  #isOver = false;
  #timer: NodeJS.Timeout;

  constructor(exchange: Exchange, sent_at_ms: number, wait_ms: number, done: Done) {
    this.#exchange = exchange;
    this.#sent_at_ms = sent_at_ms;
    this.#deadline_ms = sent_at_ms + wait_ms;
    this.#latest_ms = this.#deadline_ms + EXTENSION_ms_max;
    this.#done = done;
    this.#timer = this.#ring(wait_ms);
  }

  heard(bytes: Uint8Array): void {
    this.#heard.add(bytes);
    this.#last = this.#exchange.push(bytes);
    if (this.#last.kind === "reply") {
      this.finish({ kind: "reply", reply: this.#last.reply });
      return;
    }
    const now_ms = performance.now();
    // A damaged answer will not get better: wait only for the line to fall quiet.
    const wanted_ms = this.#last.hopeless ? now_ms + QUIET_ms : Math.max(this.#deadline_ms, now_ms + MORE_BYTES_ms);
    this.#deadline_ms = Math.min(this.#latest_ms, wanted_ms);
    if (!this.#last.hopeless) return;
    clearTimeout(this.#timer);
    this.#timer = this.#ring(QUIET_ms);
  }

  finish(outcome: WireOutcome): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#done(outcome, this.#last?.noise ?? null, this.#heard);
  }

  #ring(wait_ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      const left_ms = this.#deadline_ms - performance.now();
      if (left_ms > TIMER_SLACK_ms) this.#timer = this.#ring(left_ms);
      else this.#lookOnceMore(this.#timer);
    }, wait_ms);
  }

  /** Where the whole process stood still the answer may lie in the socket already, and is read before anything is given up. */
  #lookOnceMore(rang: NodeJS.Timeout): void {
    setImmediate(() => {
      // What was heard may have ended the exchange, or set a timer of its own.
      if (this.#isOver || this.#timer !== rang) return;
      const left_ms = this.#deadline_ms - performance.now();
      if (left_ms > TIMER_SLACK_ms) this.#timer = this.#ring(left_ms);
      else this.#giveUp();
    });
  }

  #giveUp(): void {
    const heardAnything = this.#last !== null;
    this.#last = this.#exchange.finish();
    if (this.#last.kind === "reply") {
      this.finish({ kind: "reply", reply: this.#last.reply });
      return;
    }
    const { noise } = this.#last;
    const kind = heardAnything && !onlyEcho(noise) ? "garbled" : "timeout";
    this.finish({ kind, sent_at_ms: this.#sent_at_ms, answered: noise.crcErrors > 0 });
  }
}

/** Bytes came that are no Modbus of anybody on this line. */
const isForeign = ({ kind }: WireOutcome, noise: LineNoise | null): boolean =>
  kind === "garbled" && noise !== null && noise.crcErrors === 0 && noise.wrongUnit === 0;

/** Only our own bytes came back: nobody answered. */
const onlyEcho = (noise: LineNoise): boolean =>
  noise.echoes > 0 && noise.crcErrors === 0 && noise.staleBytes === 0 && noise.wrongUnit === 0;

const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

const pause = (duration_ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, Math.ceil(duration_ms));
  });
