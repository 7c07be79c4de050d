import { encodeRequest, replyPduLength, type ModbusRequest, type StaleReplies } from "../protocol/modbus/index.ts";
import type { Framing } from "./bus-framing.ts";

/** A reply is believed to be lost for good after this many time-outs. */
const LOST_AFTER_TIMEOUTS = 3;
/** Unanswered requests remembered of one unit; more than this cannot time out within the window of the first. */
const UNANSWERED_MAX = 8;

type Unanswered = {
  readonly request: ModbusRequest;
  readonly window_ms: number;
  readonly until_ms: number;
  /** The end of the window when it began: asking the same again does not move it. */
  readonly first_until_ms: number;
  /** A refusal may be of this one until then. */
  readonly refusal_until_ms: number;
};

export interface LateReplyGuard {
  /**
   * An answer has not come in time, but may still come. `refusal`: something came while refusals were not believed; it
   * may have been this one's, so this one puts no other refusal in doubt, else two would do so to each other for ever.
   */
  unanswered(unitId: number, request: ModbusRequest, now_ms: number, timeout_ms: number, refusal?: boolean): void;
  /** The same question asked again may be answered by the old answer, so its own answer may come late too. */
  sent(unitId: number, request: ModbusRequest, now_ms: number): void;
  /** How long a question must wait because a late answer to another one would look like its own. */
  heldFor_ms(unitId: number, request: ModbusRequest, now_ms: number): number;
  /** Whether the same question was not answered in time and asking it again lengthens the waiting of the others. */
  isAgain(unitId: number, request: ModbusRequest, now_ms: number): boolean;
  /** Whether a late answer of this unit may still come. */
  isWaiting(unitId: number, now_ms: number): boolean;
  /** What must not be taken as the answer to `request` although it fits. */
  stale(unitId: number, request: ModbusRequest, now_ms: number): StaleReplies;
}

/**
 * RTU replies carry no address and no transaction id: the late reply to "read 2 registers at 10" is a perfect reply to
 * "read 2 registers at 20". After a time-out such a question to the same unit is held back until the late reply can no
 * longer come; questions to other units, of other shape, and the very same question go on. Writes never wait; a late
 * reply is told from theirs where it repeats another value. An exception names its function code only.
 */
export function createLateReplyGuard(framing: Framing): LateReplyGuard {
  const byUnit = new Map<number, readonly Unanswered[]>();
  const recent = (unitId: number, now_ms: number): readonly Unanswered[] =>
    (byUnit.get(unitId) ?? []).filter((one) => now_ms < one.until_ms);
  const others = (unitId: number, request: ModbusRequest, now_ms: number): readonly Unanswered[] =>
    recent(unitId, now_ms).filter((one) => one.request.fc === request.fc && !isSame(one.request, request));
  return {
    unanswered(unitId, request, now_ms, timeout_ms, refusal = false) {
      if (framing === "mbap") return;
      const window_ms = LOST_AFTER_TIMEOUTS * timeout_ms;
      const before = recent(unitId, now_ms).filter((one) => !isSame(one.request, request));
      const until_ms = now_ms + window_ms - timeout_ms;
      const refusal_until_ms = refusal ? now_ms : until_ms;
      const one = { request, window_ms, until_ms, first_until_ms: until_ms, refusal_until_ms };
      byUnit.set(unitId, [...before, one].slice(-UNANSWERED_MAX));
    },
    sent(unitId, request, now_ms) {
      const before = recent(unitId, now_ms);
      if (before.length === 0) byUnit.delete(unitId);
      else {
        const again = (one: Unanswered): Unanswered =>
          isSame(one.request, request) ? { ...one, until_ms: now_ms + one.window_ms } : one;
        byUnit.set(unitId, before.map(again));
      }
    },
    heldFor_ms(unitId, request, now_ms) {
      if (request.fc > 4) return 0;
      const length = replyPduLength(request);
      const alike = others(unitId, request, now_ms).filter((one) => replyPduLength(one.request) === length);
      return Math.max(0, ...alike.map((one) => one.until_ms - now_ms));
    },
    isAgain: (unitId, request, now_ms) => recent(unitId, now_ms).some((one) => isSame(one.request, request)),
    isWaiting: (unitId, now_ms) => recent(unitId, now_ms).length > 0,
    stale(unitId, request, now_ms) {
      const older = others(unitId, request, now_ms).filter((one) => now_ms < one.first_until_ms);
      const pdus = request.fc === 5 || request.fc === 6 ? older.map((one) => encodeRequest(one.request)) : [];
      return { pdus, exceptions: older.some((one) => now_ms < one.refusal_until_ms) };
    },
  };
}

/** Whether both ask for exactly the same, so that an answer to one is an answer to the other. */
const isSame = (a: ModbusRequest, b: ModbusRequest): boolean => {
  const [first, second] = [encodeRequest(a), encodeRequest(b)];
  return first.length === second.length && first.every((byte, i) => byte === second[i]);
};
