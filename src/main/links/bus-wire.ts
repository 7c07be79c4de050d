import type { LineNoise, ModbusReply, ModbusRequest, RtuProgress } from "../protocol/modbus/index.ts";
import { replyPduLength } from "../protocol/modbus/index.ts";
import type { CounterBook } from "./bus-counters.ts";
import type { Exchange, Framer } from "./bus-framing.ts";
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

export type WireOutcome =
  | { readonly kind: "reply"; readonly reply: ModbusReply }
  /** `answered`: the device did answer, only damaged, so no late answer is to be feared. */
  | { readonly kind: "timeout" | "garbled"; readonly sent_at_ms: number; readonly answered: boolean }
  | { readonly kind: "down" };

export interface BusWire {
  /** Resolves once nothing has been heard or said for `gap_ms` real milliseconds (at least 3.5 characters). */
  silence(gap_ms: number): Promise<void>;
  /** Sends one request and waits for its answer. Bytes that are not the answer are counted and dropped. */
  exchange(job: { readonly unitId: number; readonly request: ModbusRequest; readonly timeout_ms: number }): Promise<WireOutcome>;
  /** After a failed exchange: waits until its late bytes must have arrived and drops them. */
  settle(sent_at_ms: number, timeout_ms: number): Promise<void>;
}

type Pending = {
  readonly exchange: Exchange;
  readonly unitId: number;
  readonly finish: (outcome: WireOutcome) => void;
  last: RtuProgress | null;
  expire: (now_ms: number) => void;
};

/** The line as one conversation; real time throughout, because wires do not run faster in a demo. */
export function createBusWire(options: {
  readonly link: ByteLink;
  readonly framer: Framer;
  readonly counters: CounterBook;
  readonly baud: number | null;
}): BusWire {
  const { link, framer, counters } = options;
  const wireTime_ms = (bytes: number): number => (options.baud === null ? 0 : (bytes * BITS_PER_BYTE * 1000) / options.baud);
  let pending: Pending | null = null;
  let quietSince_ms = -Infinity;
  let lastUnit = 0;

  link.onData((bytes) => {
    const now_ms = performance.now();
    quietSince_ms = now_ms;
    if (pending === null) {
      counters.count(lastUnit, "staleBytes", bytes.length);
      return;
    }
    const progress = pending.exchange.push(bytes);
    pending.last = progress;
    if (progress.kind === "reply") pending.finish({ kind: "reply", reply: progress.reply });
    else pending.expire(now_ms);
  });
  link.onState((state) => {
    if (state.kind !== "up") pending?.finish({ kind: "down" });
  });

  const record = (unitId: number, noise: LineNoise): void => {
    counters.count(unitId, "crcErrors", noise.crcErrors);
    counters.count(unitId, "staleBytes", noise.staleBytes);
    counters.count(unitId, "wrongUnit", noise.wrongUnit);
    counters.count(unitId, "echoes", noise.echoes);
    if (noise.echoes > 0) framer.sawEcho();
  };

  return {
    async silence(gap_ms) {
      const needed_ms = Math.max(gap_ms, Math.min(wireTime_ms(3.5), 5));
      for (let left = needed_ms - (performance.now() - quietSince_ms); left > 0; left = needed_ms - (performance.now() - quietSince_ms)) {
        await pause(left);
      }
    },

    exchange: ({ unitId, request, timeout_ms }) =>
      new Promise((resolve) => {
        const exchange = framer.begin(unitId, request);
        const sent_at_ms = performance.now();
        lastUnit = unitId;
        if (!link.write(exchange.bytes)) {
          resolve({ kind: "down" });
          return;
        }
        counters.count(unitId, "frames");
        const wire_ms = wireTime_ms(exchange.bytes.length + replyPduLength(request) + 3);
        quietSince_ms = sent_at_ms + wireTime_ms(exchange.bytes.length);
        let deadline_ms = sent_at_ms + timeout_ms + wire_ms;
        const latest_ms = deadline_ms + EXTENSION_ms_max;
        const finish = (outcome: WireOutcome): void => {
          clearTimeout(timer);
          pending = null;
          if (mine.last !== null) record(unitId, mine.last.noise);
          if (outcome.kind === "reply") counters.latency(unitId, performance.now() - sent_at_ms);
          resolve(outcome);
        };
        const onTimer = (): void => {
          const now_ms = performance.now();
          if (now_ms < deadline_ms - 0.5) {
            timer = setTimeout(onTimer, deadline_ms - now_ms);
            return;
          }
          const heard = mine.last !== null;
          mine.last = exchange.finish();
          if (mine.last.kind === "reply") finish({ kind: "reply", reply: mine.last.reply });
          else {
            const { noise } = mine.last;
            finish({ kind: heard && !onlyEcho(noise) ? "garbled" : "timeout", sent_at_ms, answered: noise.crcErrors > 0 });
          }
        };
        let timer = setTimeout(onTimer, deadline_ms - sent_at_ms);
        const mine: Pending = {
          exchange,
          unitId,
          finish,
          last: null,
          // A damaged answer will not get better: wait only for the line to fall quiet.
          expire: (now_ms) => {
            const broken = mine.last?.kind === "waiting" && mine.last.hopeless;
            deadline_ms = Math.min(latest_ms, broken ? now_ms + QUIET_ms : Math.max(deadline_ms, now_ms + MORE_BYTES_ms));
            if (!broken) return;
            clearTimeout(timer);
            timer = setTimeout(onTimer, QUIET_ms);
          },
        };
        pending = mine;
      }),

    async settle(sent_at_ms, timeout_ms) {
      const longest_ms = Math.min(2 * counters.total().latency_ms_max, 2 * timeout_ms);
      const started_ms = performance.now();
      const until_ms = sent_at_ms + longest_ms;
      if (until_ms > started_ms) await pause(until_ms - started_ms);
      while (performance.now() - quietSince_ms < QUIET_ms && performance.now() - started_ms < longest_ms + QUIET_WAIT_ms_max) {
        await pause(QUIET_ms);
      }
    },
  };
}

/** Only our own bytes came back: nobody answered. */
const onlyEcho = (noise: LineNoise): boolean =>
  noise.echoes > 0 && noise.crcErrors === 0 && noise.staleBytes === 0 && noise.wrongUnit === 0;

const pause = (duration_ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, Math.ceil(duration_ms));
  });
