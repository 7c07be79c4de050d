// Named imports from the package itself fail in Node: it spreads these into its exports.
import { RPCError, TimeoutError } from "ocpp-rpc/lib/errors.js";
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { WebSocket } from "ws";
import type { JsonObject } from "../protocol/ocpp/index.ts";
import type { DropReason, ScreenedSocket } from "./ocpp-server-socket.ts";

/** Real milliseconds a station has to answer a CALL. */
export const CALL_TIMEOUT_MS = 8000;
/** Real milliseconds a station has to answer our close before the socket is cut. */
const CLOSE_MS = 1000;

export type OcppCallReply =
  | { readonly ok: true; readonly payload: unknown }
  | {
      readonly ok: false;
      readonly code: "offline" | "timeout" | "not-supported" | "rejected";
      readonly detail: string;
    };

/** A message as it went over the wire; `dropped` says why one that came was not taken. */
export type WireMessage = {
  readonly direction: "out" | "in";
  readonly text: string;
  readonly dropped: DropReason | null;
};

export interface OcppConnection {
  readonly identity: string;
  readonly remoteAddress: string | null;
  /** It came by wss. */
  readonly isEncrypted: boolean;
  /** Subprotocol agreed on; `null` when the station asked for none (then it is OCPP 1.6). */
  readonly protocol: string | null;
  isOpen(): boolean;
  /** Messages in proper form, and those dropped, by reason. */
  heard(): number;
  dropped(): ReadonlyMap<DropReason, number>;
  /** Sends a CALL. The caller sees to it that only one is outstanding. Never rejects. */
  call(action: string, payload: JsonObject): Promise<OcppCallReply>;
  /** Ends the connection: politely, then by force. Its `onClosed` runs at once. */
  close(reason: string): void;
  onHeard(listener: () => void): void;
  /** Every message in both directions, before it is handled. */
  onMessage(listener: (message: WireMessage) => void): void;
  onClosed(listener: () => void): void;
}

/** What we use of ocpp-rpc's server client. */
export interface RpcPeer {
  readonly identity?: string | undefined;
  readonly protocol?: string | undefined;
  readonly handshake: { readonly remoteAddress: string | undefined; readonly request: Pick<IncomingMessage, "socket"> };
  handle(handler: (call: { readonly method?: string; readonly params?: unknown }) => Promise<JsonObject>): void;
  call(action: string, payload: unknown, options: { readonly callTimeoutMs: number }): Promise<unknown>;
  on(event: "message", listener: (event: { readonly message: unknown; readonly outbound: boolean }) => void): unknown;
  close(options: { readonly code: number; readonly reason: string }): Promise<unknown>;
}

/** One station's connection, open until it closes or `close` is called. */
export function createOcppConnection(peer: RpcPeer, socket: ScreenedSocket): OcppConnection {
  const dropped = new Map<DropReason, number>();
  const heardListeners: (() => void)[] = [];
  const closedListeners: (() => void)[] = [];
  const messageListeners: ((message: WireMessage) => void)[] = [];
  let heard = 0;
  let closed = false;

  const finish = (): void => {
    if (closed) return;
    closed = true;
    for (const listener of closedListeners) listener();
  };
  const tell = (message: WireMessage): void => {
    for (const listener of messageListeners) listener(message);
  };
  socket.once("close", finish);
  socket.watch({
    heard: () => {
      heard += 1;
      for (const listener of heardListeners) listener();
    },
    dropped: (reason, text) => {
      dropped.set(reason, (dropped.get(reason) ?? 0) + 1);
      tell({ direction: "in", text, dropped: reason });
    },
  });
  peer.on("message", ({ message, outbound }) => {
    tell({ direction: outbound ? "out" : "in", text: String(message), dropped: null });
  });

  return {
    identity: peer.identity ?? "",
    remoteAddress: peer.handshake.remoteAddress ?? null,
    isEncrypted: peer.handshake.request.socket instanceof TLSSocket,
    protocol: peer.protocol === undefined || peer.protocol === "" ? null : peer.protocol,
    isOpen: () => !closed && socket.readyState === WebSocket.OPEN,
    heard: () => heard,
    dropped: () => dropped,
    async call(action, payload) {
      if (closed || socket.readyState !== WebSocket.OPEN)
        return { ok: false, code: "offline", detail: "not connected" };
      try {
        return { ok: true, payload: await peer.call(action, payload, { callTimeoutMs: CALL_TIMEOUT_MS }) };
      } catch (error) {
        return failureOf(error);
      }
    },
    close(reason) {
      if (closed) return;
      const cut = setTimeout(() => {
        socket.terminate();
      }, CLOSE_MS);
      socket.once("close", () => {
        clearTimeout(cut);
      });
      void peer.close({ code: 1000, reason });
      finish();
    },
    onHeard: (listener) => heardListeners.push(listener),
    onMessage: (listener) => messageListeners.push(listener),
    onClosed: (listener) => closedListeners.push(listener),
  };
}

function failureOf(error: unknown): OcppCallReply {
  if (error instanceof TimeoutError)
    return { ok: false, code: "timeout", detail: `no answer within ${String(CALL_TIMEOUT_MS)} ms` };
  if (error instanceof RPCError) {
    const { rpcErrorCode, message } = error;
    const isUnknown = rpcErrorCode === "NotSupported" || rpcErrorCode === "NotImplemented";
    return {
      ok: false,
      code: isUnknown ? "not-supported" : "rejected",
      detail: `${rpcErrorCode} ${message}`.trim().slice(0, 255),
    };
  }
  return { ok: false, code: "offline", detail: "the connection ended" };
}
