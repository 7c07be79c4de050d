import type { CallOutcome } from "./ocpp-link.ts";

/** Messages that belong to a transaction: sent in order, kept while the socket is down, with their original times. */
export type OutboxMessage = {
  readonly method: "StartTransaction" | "StopTransaction" | "MeterValues" | "TransactionEvent";
  /** Made at the moment of sending: the transaction id may only then be known. `null` drops the message. */
  readonly params: () => object | null;
  readonly onReply?: (reply: unknown) => void;
  /** 2.0.1: the transaction it tells of. */
  readonly of?: string;
  /** Meter values inside a transaction may be thinned out when the box is full; start and stop never are. */
  readonly thinnable: boolean;
};

/** As much as a real box keeps; about a day of one-minute samples. */
const MESSAGES_MAX = 2000;
/** OCPP 1.6 TransactionMessageAttempts: then the message is given up. */
const ATTEMPTS_MAX = 3;

/**
 * A bounded queue in order of time. `flush` sends as long as the link takes messages; a box that tells the newest first
 * gives the story of each transaction backwards after a time without a link.
 */
export function createOutbox(
  call: (method: string, params: object) => Promise<CallOutcome>,
  { newestFirst = false }: { readonly newestFirst?: boolean } = {},
) {
  const queue: { message: OutboxMessage; attempts: number }[] = [];
  let sending = false;
  let dropped = 0;
  let onWire: (typeof queue)[number] | null = null;
  const next = (): (typeof queue)[number] | undefined => {
    const [first] = queue;
    return newestFirst ? queue.findLast(({ message }) => message.of === first?.message.of) : first;
  };

  const flush = async (): Promise<void> => {
    if (sending) return;
    sending = true;
    try {
      for (let first = next(); first !== undefined; first = next()) {
        onWire = first;
        const params = first.message.params();
        if (params !== null) {
          const outcome = await call(first.message.method, params);
          if (outcome.kind === "lost") return;
          if (outcome.kind === "answered") first.message.onReply?.(outcome.reply);
          first.attempts += 1;
          if (outcome.kind === "refused" && first.attempts < ATTEMPTS_MAX) continue;
        }
        queue.splice(queue.indexOf(first), 1);
      }
    } finally {
      sending = false;
    }
  };

  return {
    flush,
    push(message: OutboxMessage): void {
      if (queue.length >= MESSAGES_MAX) {
        const thin = queue.findIndex((one, i) => i > 0 && one !== onWire && one.message.thinnable);
        if (thin > 0) queue.splice(thin, 1);
        dropped += 1;
        if (thin <= 0 && message.thinnable) return;
      }
      queue.push({ message, attempts: 0 });
      void flush();
    },
    get waiting(): number {
      return queue.length;
    },
    get dropped(): number {
      return dropped;
    },
  };
}
export type Outbox = ReturnType<typeof createOutbox>;
