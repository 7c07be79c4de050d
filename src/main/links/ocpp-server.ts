import { createServer, type IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { createRPCError, RPCServer } from "ocpp-rpc";
import type { CallErrorCode, JsonObject } from "../protocol/ocpp/index.ts";
import { chooseProtocol, identityOf } from "./ocpp-server-address.ts";
import { openOcppDoor, type HandshakeFailure, type OcppDoor, type TlsIdentity } from "./ocpp-server-door.ts";
import { createOcppConnection, type OcppConnection, type RpcPeer } from "./ocpp-server-connection.ts";
import { ScreenedSocket, SOCKET_PAYLOAD_BYTES_MAX } from "./ocpp-server-socket.ts";

export type { HandshakeFailure, TlsIdentity } from "./ocpp-server-door.ts";
export type { OcppCallReply, OcppConnection, WireMessage } from "./ocpp-server-connection.ts";

/** Real milliseconds between pings; a station that misses one whole interval is cut off. */
const PING_INTERVAL_MS = 30_000;
export const CONNECTIONS_MAX = 256;
/** Real milliseconds stations get to close politely when we end. */
const FAREWELL_MS = 1000;

export type OcppAnswer =
  | { readonly ok: true; readonly result: JsonObject }
  | { readonly ok: false; readonly code: CallErrorCode; readonly detail: string };

export interface OcppServerListener {
  /** A station has connected; an older connection of the same identity has been closed before. */
  opened(connection: OcppConnection): void;
  /** A CALL in proper form. The answer is sent after this returns; what throws is answered with InternalError. */
  call(connection: OcppConnection, action: string, payload: unknown): OcppAnswer;
  /** Once per connection, also when a newer one has taken its place. */
  closed(connection: OcppConnection): void;
  /** Our own code threw while it answered. */
  failed(connection: OcppConnection, action: string, error: unknown): void;
}

export interface OcppServer {
  /** ws://host:port/ocpp; wss:// on the same port while there are certificates to show. */
  readonly url: string;
  readonly port: number;
  /** Refused since the start: no identity, wrong protocol, wrong password, too many, too slow. */
  refusals(): number;
  /** Shows these to whoever comes by TLS from now on; none: there is no TLS. Connections there are stay. */
  showCertificates(identities: readonly TlsIdentity[]): void;
  /** Who could not agree on TLS with us lately, newest first. */
  handshakeFailures(): readonly HandshakeFailure[];
  close(): Promise<void>;
}

/** How somebody comes who wants to be a station. */
export type Caller = {
  readonly identity: string;
  /** HTTP Basic. */
  readonly password: Uint8Array | null;
  readonly address: string | null;
  readonly isEncrypted: boolean;
};
/** Whether it may come in, or what it lacks; `try-later`: too many guesses at it are being checked. */
export type Admission = "welcome" | "needs-password" | "needs-tls" | "try-later";
type Admit = (caller: Caller) => Promise<Admission>;

/** Listens for OCPP 1.6J and 2.0.1 stations on `host:port` (0 picks a free port). Resolves when it accepts connections. */
export async function createOcppServer(options: {
  readonly host: string;
  readonly port: number;
  readonly listener: OcppServerListener;
  /** Whether a station that comes so may use this identity; without it, whoever comes may. */
  readonly admit?: Admit;
  /** Whether it belongs to the site: when all places are taken, others make room for it. */
  readonly isKnown?: (identity: string) => boolean;
  /** Real milliseconds each has to become a station. */
  readonly arrival_ms?: number;
}): Promise<OcppServer> {
  const { host } = options;
  const state: State = {
    listener: options.listener,
    admit: options.admit ?? (() => Promise.resolve("welcome")),
    isKnown: options.isKnown ?? (() => false),
    byIdentity: new Map(),
    sockets: new Set(),
    newest: null,
    refused: 0,
    door: null,
  };
  const rpc = createRpcServer(state);
  const http = createServer((request, response) => {
    state.door?.heard(request.socket);
    response.writeHead(426, { "Content-Type": "text/plain" }).end("OCPP stations connect here by WebSocket.\n");
  });
  http.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgrade(state, rpc, { request, socket, head });
  });
  const door = await openOcppDoor({
    host,
    port: options.port,
    connections_max: 2 * CONNECTIONS_MAX,
    ...(options.arrival_ms === undefined ? {} : { arrival_ms: options.arrival_ms }),
    now_ms: () => Date.now(),
    enter: (socket) => http.emit("connection", socket),
  });
  state.door = door;
  const { port } = door;
  const shownHost = host.includes(":") ? `[${host}]` : host;

  return {
    url: `ws://${shownHost}:${port}/ocpp`,
    port,
    refusals: () => state.refused + door.dropped(),
    showCertificates: (identities) => {
      door.showCertificates(identities);
    },
    handshakeFailures: () => door.failures(),
    async close() {
      const ended = door.close();
      for (const connection of [...state.byIdentity.values()]) connection.close("the server ends");
      const cut = setTimeout(() => {
        for (const socket of state.sockets) socket.terminate();
        door.cut();
      }, FAREWELL_MS);
      await rpc.close({ code: 1001, reason: "the server ends" });
      await ended;
      clearTimeout(cut);
    },
  };
}

type State = {
  readonly listener: OcppServerListener;
  readonly admit: Admit;
  readonly isKnown: (identity: string) => boolean;
  readonly byIdentity: Map<string, OcppConnection>;
  readonly sockets: Set<ScreenedSocket>;
  newest: ScreenedSocket | null;
  refused: number;
  door: Pick<OcppDoor, "heard" | "arrived"> | null;
};

function createRpcServer(state: State): RPCServer {
  const remember = (socket: ScreenedSocket): number => {
    state.newest = socket;
    state.sockets.add(socket);
    socket.once("close", () => state.sockets.delete(socket));
    return state.sockets.size;
  };
  class OwnSocket extends ScreenedSocket {
    // RPCServer announces its client in the same turn in which it makes the socket, but does not hand the socket over.
    readonly place = remember(this);
  }
  const rpc = new RPCServer({
    protocols: [],
    strictMode: false,
    pingIntervalMs: PING_INTERVAL_MS,
    deferPingsOnActivity: true,
    wssOptions: { maxPayload: SOCKET_PAYLOAD_BYTES_MAX, skipUTF8Validation: true, WebSocket: OwnSocket },
  });
  rpc.on("error", () => (state.refused += 1));
  rpc.auth((accept, reject, { identity, password, protocols, remoteAddress, request }) => {
    const protocol = chooseProtocol(protocols);
    const given = Buffer.isBuffer(password) ? password : null;
    const refuse = (code: number, why: string): void => {
      state.refused += 1;
      reject(code, why);
    };
    const isEncrypted = request.socket instanceof TLSSocket;
    state.admit({ identity, password: given, address: remoteAddress ?? null, isEncrypted }).then(
      (admission) => {
        if (admission === "needs-tls") refuse(403, "This identity has to come by wss");
        else if (admission === "needs-password") refuse(401, "This identity needs its password");
        else if (admission === "try-later") refuse(503, "Try again later");
        else if (protocol.kind === "unknown") refuse(400, "This server speaks ocpp1.6 and ocpp2.0.1");
        else accept({}, protocol.kind === "use" ? protocol.name : false);
      },
      // Whether it may come in could not be found out: it dials again.
      () => {
        refuse(503, "Try again later");
      },
    );
  });
  rpc.on("client", (peer: RpcPeer) => {
    if (state.newest !== null) welcome(state, peer, state.newest);
  });
  return rpc;
}

function welcome({ listener, byIdentity, door, isKnown }: State, peer: RpcPeer, socket: ScreenedSocket): void {
  door?.arrived(peer.handshake.request.socket, isKnown(peer.identity ?? ""));
  const connection = createOcppConnection(peer, socket);
  const { identity } = connection;
  byIdentity.get(identity)?.close("a newer connection has taken this identity");
  byIdentity.set(identity, connection);
  connection.onClosed(() => {
    if (byIdentity.get(identity) === connection) byIdentity.delete(identity);
    listener.closed(connection);
  });
  peer.handle(({ method, params }) => answerCall(listener, connection, method ?? "", params));
  listener.opened(connection);
}

function upgrade(
  state: State,
  rpc: RPCServer,
  { request, socket, head }: { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer },
): void {
  state.door?.heard(request.socket);
  const identity = identityOf(request.url ?? "/");
  if (identity === null || !hasRoom(state, identity) || !(socket instanceof Socket)) {
    state.refused += 1;
    refuseUpgrade(socket, identity === null ? "404 Not Found" : "503 Service Unavailable");
    return;
  }
  // Of a box whose field for it was left empty; it asks for none.
  if (request.headers["sec-websocket-protocol"]?.trim() === "") delete request.headers["sec-websocket-protocol"];
  // RPCServer takes the last part of the path and fails on one that is not well encoded.
  request.url = `/ocpp/${encodeURIComponent(identity)}`;
  rpc.handleUpgrade(request, socket, head).catch(() => {
    state.refused += 1;
    socket.destroy();
  });
}

/** Whether one more finds a place. For a station of the site the stranger who came first goes; for a stranger nobody does. */
function hasRoom({ sockets, byIdentity, isKnown }: State, identity: string): boolean {
  if (sockets.size < CONNECTIONS_MAX) return true;
  if (!isKnown(identity)) return false;
  // Those told to go leave `byIdentity` at once, their sockets within a second.
  if (byIdentity.has(identity)) return true;
  const [stranger] = [...byIdentity.values()].filter((one) => !isKnown(one.identity));
  stranger?.close("a station of the site needs the place");
  return byIdentity.size < CONNECTIONS_MAX;
}

/** Runs the listener at once and settles with its answer, or with what becomes a CALLERROR. */
function answerCall(
  listener: OcppServerListener,
  connection: OcppConnection,
  action: string,
  payload: unknown,
): Promise<JsonObject> {
  const refuse = (code: CallErrorCode, detail: string): Promise<JsonObject> =>
    Promise.reject(asError(createRPCError(code, detail, {})));
  try {
    const answer = listener.call(connection, action, payload);
    return answer.ok ? Promise.resolve(answer.result) : refuse(answer.code, answer.detail);
  } catch (error) {
    listener.failed(connection, action, error);
    return refuse("InternalError", "the message could not be stored; send it again");
  }
}

/** The library types what it makes as `any`. */
const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.on("error", () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
