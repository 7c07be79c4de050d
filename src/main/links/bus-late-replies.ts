import { replyPduLength, type ModbusRequest } from "../protocol/modbus/index.ts";
import type { Framing } from "./bus-framing.ts";

/** A reply is believed to be lost for good after this many time-outs. */
const LOST_AFTER_TIMEOUTS = 3;

type Unanswered = {
  readonly fc: number;
  readonly length: number;
  readonly address: number;
  readonly window_ms: number;
  readonly until_ms: number;
};

export interface LateReplyGuard {
  /** An answer has not come in time, but may still come. */
  unanswered(unitId: number, request: ModbusRequest, now_ms: number, timeout_ms: number): void;
  /** The same question asked again may be answered by the old answer, so its own answer may come late too. */
  sent(unitId: number, request: ModbusRequest, now_ms: number): void;
  /** How long a question must wait because a late answer to another one would look like its own. */
  heldFor_ms(unitId: number, request: ModbusRequest, now_ms: number): number;
}

/**
 * RTU replies carry no address and no transaction id: the late reply to "read 2 registers at 10" is a perfect reply to
 * "read 2 registers at 20". After a time-out such a question to the same unit is held back until the late reply can no
 * longer come; questions to other units, of other shape, writes and the very same question go on.
 */
export function createLateReplyGuard(framing: Framing): LateReplyGuard {
  const byUnit = new Map<number, Unanswered>();
  const isSame = (one: Unanswered, request: ModbusRequest): boolean =>
    one.fc === request.fc && one.address === request.address;
  return {
    unanswered(unitId, request, now_ms, timeout_ms) {
      if (framing === "mbap" || request.fc > 4) return;
      const window_ms = LOST_AFTER_TIMEOUTS * timeout_ms;
      const until_ms = now_ms + window_ms - timeout_ms;
      byUnit.set(unitId, {
        fc: request.fc,
        length: replyPduLength(request),
        address: request.address,
        window_ms,
        until_ms,
      });
    },
    sent(unitId, request, now_ms) {
      const one = byUnit.get(unitId);
      if (one === undefined) return;
      if (now_ms >= one.until_ms) byUnit.delete(unitId);
      else if (isSame(one, request)) byUnit.set(unitId, { ...one, until_ms: now_ms + one.window_ms });
    },
    heldFor_ms(unitId, request, now_ms) {
      const one = byUnit.get(unitId);
      if (one?.fc !== request.fc || replyPduLength(request) !== one.length || isSame(one, request)) return 0;
      return one.until_ms - now_ms;
    },
  };
}
