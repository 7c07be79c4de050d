import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { RPCHandler } from "@orpc/server/ws";
import { WebSocket, WebSocketServer } from "ws";
import { roleSchema, type Role } from "../../contract/index.ts";
import { type ApiRouter, isCallFrame } from "../api/index.ts";

/** A site file of 1 MB as JSON is the largest thing a page sends. */
const FRAME_BYTES_MAX = 2_500_000;
const SOCKETS_MAX = 64;
const PING_EVERY_ms = 20_000;
/** An honest page sends none; after this many the connection is closed. */
const BAD_FRAMES_MAX = 20;
const POLICY_VIOLATION = 1008;
const GOING_AWAY = 1001;

/** A connection that hands on calls and nothing else. */
class CallSocket extends WebSocket {
  #badFrames = 0;

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event !== "message") return super.emit(event, ...args);
    const [data, isBinary] = args;
    if (isBinary === false && Buffer.isBuffer(data) && isCallFrame(data.toString("utf8")))
      return super.emit(event, ...args);
    this.#badFrames += 1;
    if (this.#badFrames >= BAD_FRAMES_MAX) this.close(POLICY_VIOLATION, "these are no calls");
    return false;
  }
}

export type RpcSocket = {
  /** Takes over a connection that asks to become a WebSocket; the caller has checked where it comes from. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly close: () => void;
};

/** The RPC protocol on WebSockets. Who calls as what is decided here, once per connection. */
export function createRpcSocket(router: ApiRouter): RpcSocket {
  const handler = new RPCHandler(router);
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_BYTES_MAX,
    perMessageDeflate: false,
    WebSocket: CallSocket,
  });
  const silent = new WeakSet<WebSocket>();

  const accept = (client: WebSocket, role: Role): void => {
    client.on("pong", () => silent.delete(client));
    // Too large or malformed frames: ws closes the connection with the right code by itself; there is nothing to add.
    client.on("error", () => {
      client.terminate();
    });
    void handler.upgrade(withBackpressure(client), { context: { role } });
  };
  const timer = setInterval(() => {
    for (const client of server.clients) {
      if (silent.has(client)) client.terminate();
      silent.add(client);
      client.ping();
    }
  }, PING_EVERY_ms);

  return {
    upgrade: (request, socket, head) => {
      const role = roleOfRequest(request);
      if (role === null || server.clients.size >= SOCKETS_MAX) {
        refuse(socket, role === null ? "400 Bad Request" : "503 Service Unavailable");
        return;
      }
      server.handleUpgrade(request, socket, head, (client) => {
        accept(client, role);
      });
    },
    close: () => {
      clearInterval(timer);
      for (const client of server.clients) client.close(GOING_AWAY, "the site is closing");
      server.close();
    },
  };
}

/** Answers an upgrade that is not let in, in HTTP. */
export function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/**
 * Until sign-in exists the server is on loopback only, and who sits at the PC is the owner; a page may ask for less, as
 * the kiosk does. `null`: a role that does not exist.
 */
function roleOfRequest(request: IncomingMessage): Role | null {
  const asked = new URL(request.url ?? "/", "http://localhost").searchParams.get("role");
  return asked === null ? "owner" : (roleSchema.safeParse(asked).data ?? null);
}

/** A send that ends when the bytes have left: a subscription then makes its next value for a slow client only when it can take it. */
function withBackpressure(client: WebSocket): Pick<WebSocket, "addEventListener" | "send"> {
  return {
    addEventListener: client.addEventListener.bind(client),
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the adapter awaits what `send` returns
    send: (data: Parameters<WebSocket["send"]>[0]) =>
      new Promise<void>((resolve, reject) => {
        client.send(data, (error) => {
          if (error) reject(error);
          else resolve();
        });
      }),
  };
}
