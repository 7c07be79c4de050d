import { WebSocket } from "ws";
import { MESSAGE_BYTES_MAX, readFrame, tooLargeFrame, type BadFrame } from "../protocol/ocpp/index.ts";

/** A WebSocket message beyond this ends the connection (1009): it would have to be held in memory to be skipped. */
export const SOCKET_PAYLOAD_BYTES_MAX = 8 * 1024 * 1024;
/** Replies a station does not fetch may pile up to this; then the connection is cut. */
const UNSENT_BYTES_MAX = 1024 * 1024;
/** Sustained and momentary messages. Honest stations wait for each reply; beyond this the socket is not read for a while. */
const MESSAGES_PER_S = 100;
const MESSAGES_BURST = 300;
const SALVAGE_BYTES = 1024;
/** Of a message that is not taken, so much is shown to whoever looks for the fault. */
const SHOWN_BYTES = 4096;

export type DropReason = BadFrame | "broken-websocket-frame";

export type SocketEvents = {
  /** A message in proper form has arrived and is about to be handled. */
  readonly heard: () => void;
  /** `text` is its beginning, as far as there is one. */
  readonly dropped: (reason: DropReason, text: string) => void;
};

/**
 * A WebSocket that shows its listeners only well-formed OCPP-J messages of bearable size and rate. Everything else is
 * counted, answered with a CALLERROR where a CALL can be recognised, and goes no further; the connection lives on.
 */
export class ScreenedSocket extends WebSocket {
  #events: SocketEvents | null = null;
  #allowance = MESSAGES_BURST;
  #allowanceAt_ms = performance.now();

  /** Called once, before the first message can arrive. */
  watch(events: SocketEvents): void {
    this.#events = events;
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === "error") {
      // "close" follows. RPCServer waits for that alone, and would be torn from its wait by an "error".
      this.#events?.dropped("broken-websocket-frame", "");
      return true;
    }
    if (event !== "message") return super.emit(event, ...args);
    this.#slowDown();
    if (this.bufferedAmount > UNSENT_BYTES_MAX) {
      this.terminate();
      return true;
    }
    const text = this.#screen(asBuffer(args[0]));
    return text === null ? true : super.emit("message", Buffer.from(text), false);
  }

  #screen(data: Buffer): string | null {
    const frame =
      data.byteLength > MESSAGE_BYTES_MAX
        ? tooLargeFrame(data.toString("utf8", 0, SALVAGE_BYTES))
        : readFrame(data.toString("utf8"));
    if (frame.kind === "message") {
      this.#events?.heard();
      return frame.text;
    }
    this.#events?.dropped(frame.reason, data.toString("utf8", 0, SHOWN_BYTES));
    if (frame.reply !== null && this.readyState === WebSocket.OPEN) this.send(frame.reply);
    return null;
  }

  /** Lets the station wait instead of losing its messages. */
  #slowDown(): void {
    const now_ms = performance.now();
    const earned = ((now_ms - this.#allowanceAt_ms) * MESSAGES_PER_S) / 1000;
    this.#allowance = Math.min(MESSAGES_BURST, this.#allowance + earned) - 1;
    this.#allowanceAt_ms = now_ms;
    if (this.#allowance >= 0 || this.isPaused || this.readyState !== WebSocket.OPEN) return;
    this.pause();
    setTimeout(
      () => {
        this.resume();
      },
      (-this.#allowance * 1000) / MESSAGES_PER_S,
    ).unref();
  }
}

/** ws hands over a Buffer unless it is told otherwise. */
function asBuffer(data: unknown): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return data instanceof ArrayBuffer ? Buffer.from(data) : Buffer.alloc(0);
}
