import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { assert } from "../../../core/units/index.ts";
import { createNetworkFaults, GARBAGE, type NetworkFault, type NetworkFaultSwitch } from "./faults.ts";
import { challengeOf, isAuthorized, type SimulatedAuth } from "./http-auth.ts";
import { createHttpUnit, type HttpUnit, type HttpUnitOptions } from "./http-unit.ts";

export interface SimulatedHttpServer {
  readonly port: number;
  readonly faults: NetworkFaultSwitch;
  /** Requests that came, understood or not. */
  readonly requests: number;
  close(): Promise<void>;
}

export type HttpDeviceOptions = HttpUnitOptions & { readonly port?: number; readonly auth?: SimulatedAuth };
export interface SimulatedHttpDevice extends SimulatedHttpServer {
  readonly orders: readonly string[];
  readonly offered_mA: number | null;
}

const LOOPBACK = "127.0.0.1";
const BODY_CHARS_MAX = 10_000;
const ENDLESS_BYTES = 2 * 1024 * 1024;
/** A slow answer comes in this many pieces. */
const SLOW_PIECES = 8;
/** Answers kept for the fault that repeats them; no device has so many requests. */
const KEPT_MAX = 32;

/** Serves what a profile describes as a device of its own. */
export async function createHttpDevice(options: HttpDeviceOptions): Promise<SimulatedHttpDevice> {
  const unit = createHttpUnit(options);
  const { port = 0, auth } = options;
  const server = await createHttpServer({ port, units: [unit], ...(auth === undefined ? {} : { auth }) });
  return {
    port: server.port,
    faults: server.faults,
    orders: unit.orders,
    get requests() {
      return server.requests;
    },
    get offered_mA() {
      return unit.offered_mA;
    },
    close: () => server.close(),
  };
}

/** Listens on loopback for all units behind one address. Rejects when the port is taken. */
export async function createHttpServer(options: {
  readonly port: number;
  readonly units: readonly HttpUnit[];
  readonly auth?: SimulatedAuth;
}): Promise<SimulatedHttpServer> {
  const host = new Host(options.units, options.auth);
  const server = createServer((request, response) => {
    void host.serve(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, LOOPBACK, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  assert(address !== null && typeof address === "object", "a listening server has a port");
  return {
    port: address.port,
    faults: host.faults,
    get requests() {
      return host.requests;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

class Host {
  readonly faults = createNetworkFaults();
  requests = 0;
  readonly #units: readonly HttpUnit[];
  readonly #auth: SimulatedAuth | undefined;
  readonly #kept = new Map<string, string>();

  constructor(units: readonly HttpUnit[], auth: SimulatedAuth | undefined) {
    this.#units = units;
    this.#auth = auth;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that goes away in the middle is its own business.
    const body = await bodyOf(request);
    if (body === null) return;
    this.requests += 1;
    const fault = this.faults.next(0);
    if (fault !== null && isInstead(fault, request, response)) return;
    if (fault?.kind === "delay") await pause(fault.delay_ms);
    if (!this.#isAllowed(request, response, fault)) return;
    const asked = { method: request.method ?? "", path: request.url ?? "", body };
    const text = this.#answer(asked, fault);
    if (text === null) response.writeHead(404).end();
    else await send(request, response, text, fault);
  }

  #isAllowed(request: IncomingMessage, response: ServerResponse, fault: NetworkFault | null): boolean {
    const auth = this.#auth;
    const isRefused = fault?.kind === "wrong-auth" || (auth !== undefined && !isAuthorized(auth, request));
    if (!isRefused) return true;
    const challenge = challengeOf(auth ?? { kind: "basic", user: "", password: "" });
    response.writeHead(401, { "WWW-Authenticate": challenge }).end();
    return false;
  }

  #answer(
    asked: { readonly method: string; readonly path: string; readonly body: string },
    fault: NetworkFault | null,
  ): string | null {
    const key = `${asked.method} ${asked.path}`;
    const kept = this.#kept.get(key);
    if (fault?.kind === "stale" && kept !== undefined) return kept;
    for (const unit of this.#units) {
      const text = unit.answer(asked, fault?.kind === "deaf");
      if (text === null) continue;
      if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
      this.#kept.set(key, text);
      return text;
    }
    return null;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string | null> {
  let body = "";
  try {
    for await (const piece of request) body = (body + String(piece)).slice(0, BODY_CHARS_MAX);
  } catch (error) {
    if (request.destroyed) return null;
    throw error;
  }
  return body;
}

/** Whether the fault is what comes instead of any answer; then it has come. */
function isInstead(fault: NetworkFault, request: IncomingMessage, response: ServerResponse): boolean {
  switch (fault.kind) {
    case "drop":
      request.socket.destroy();
      return true;
    case "reset":
      request.socket.resetAndDestroy();
      return true;
    case "hang":
      return true;
    case "status-500":
      response.writeHead(500).end("{}");
      return true;
    case "endless":
      response.end(Buffer.alloc(ENDLESS_BYTES, "["));
      return true;
    case "garbage":
      response.end(GARBAGE);
      return true;
    case "delay":
    case "slow":
    case "half":
    case "gap":
    case "bad-crc":
    case "stale":
    case "bad-json":
    case "wrong-auth":
    case "deaf":
      return false;
  }
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  text: string,
  fault: NetworkFault | null,
): Promise<void> {
  if (fault?.kind === "half") {
    response.writeHead(200, { "Content-Length": text.length });
    response.write(text.slice(0, text.length / 2));
    setImmediate(() => request.socket.destroy());
    return;
  }
  // HTTP has no check sum of its own; what is damaged in between is no document any more.
  const isDamaged = fault?.kind === "bad-json" || fault?.kind === "gap" || fault?.kind === "bad-crc";
  const shown = isDamaged ? text.slice(0, -1) : text;
  response.writeHead(200, { "Content-Type": "application/json" });
  if (fault?.kind === "slow") {
    const size = Math.ceil(shown.length / SLOW_PIECES);
    for (let from = 0; from < shown.length && !response.destroyed; from += size) {
      response.write(shown.slice(from, from + size));
      await pause(fault.delay_ms / SLOW_PIECES);
    }
    response.end();
  } else response.end(shown);
}
