import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { assert } from "../../core/units/index.ts";
import type { ApiRouter } from "../api/index.ts";
import type { Log } from "../log.ts";
import { createRest, type Rest } from "./rest.ts";
import { createRpcSocket, refuse, type RpcSocket } from "./rpc-socket.ts";
import { API_POLICY, isLoopback, isSameOrigin, namesLoopback, notLoopback, SECURITY_HEADERS } from "./security.ts";
import { findStatic, openStatic } from "../pages/index.ts";

const CONNECTIONS_MAX = 256;
const HEADERS_TIMEOUT_ms = 10_000;
const REQUEST_TIMEOUT_ms = 30_000;
const KEEP_ALIVE_ms = 5_000;
const HEADER_BYTES_MAX = 16_384;

export type HeadlessOptions = {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Folder of the built renderer. */
  readonly pages: string;
  readonly version: string;
  readonly log: Log;
};

export type HeadlessServer = { readonly url: string; readonly close: () => Promise<void> };
export type ListenFailure = {
  readonly ok: false;
  readonly code: "not-loopback" | "in-use" | "not-allowed" | "no-such-address" | "failed";
  readonly message: string;
};

/**
 * Serves pages, RPC and REST on one port. Only loopback is bound: until people can sign in, whoever reaches the port may
 * do everything.
 */
export async function startHeadless(
  router: ApiRouter,
  options: HeadlessOptions,
): Promise<{ ok: true; server: HeadlessServer } | ListenFailure> {
  const { host, port, version } = options;
  if (!isLoopback(host)) return { ok: false, code: "not-loopback", message: notLoopback(host) };
  const rpc = createRpcSocket(router);
  const server = createHttpServer({ rpc, rest: createRest(router, version), options });
  const failure = await listen(server, host, port);
  if (failure !== null) {
    rpc.close();
    return failure;
  }
  return { ok: true, server: { url: urlOf(server), close: () => closeAll(server, rpc) } };
}

type Parts = { readonly rpc: RpcSocket; readonly rest: Rest; readonly options: HeadlessOptions };

function createHttpServer(parts: Parts): Server {
  const { log } = parts.options;
  const server = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, (request, response) => {
    answer(parts, request, response).catch((error: unknown) => {
      log.warn({ err: error, path: request.url }, "a request broke off");
      if (response.headersSent) response.destroy();
      else sendText(response, 500, "something went wrong inside");
    });
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.headersTimeout = HEADERS_TIMEOUT_ms;
  server.requestTimeout = REQUEST_TIMEOUT_ms;
  server.keepAliveTimeout = KEEP_ALIVE_ms;
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    if (pathOf(request) !== "/rpc") refuse(socket, "404 Not Found");
    else if (!namesLoopback(request) || !isSameOrigin(request)) refuse(socket, "403 Forbidden");
    else parts.rpc.upgrade(request, socket, head);
  });
  return server;
}

async function answer(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  const path = pathOf(request);
  if (path === null) {
    sendText(response, 400, "this is not an address");
  } else if (!namesLoopback(request)) {
    sendText(response, 403, "this server answers only to its own address on this machine");
  } else if (path === "/api" || path.startsWith("/api/")) {
    await answerApi(parts.rest, path, request, response);
  } else {
    await answerPage(parts.options.pages, path, request, response);
  }
}

async function answerApi(rest: Rest, path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader("cache-control", "no-store");
  response.setHeader("content-security-policy", API_POLICY);
  response.setHeader("x-frame-options", "SAMEORIGIN");
  if (!isSameOrigin(request)) {
    sendText(response, 403, "pages of other origins may not call this");
  } else if (path === "/api/openapi.json") {
    response.setHeader("content-type", "application/json; charset=utf-8");
    response.end(await rest.document());
  } else if (!(await rest.answer(request, response))) {
    sendText(response, 404, "there is nothing at this address; /api/openapi.json lists what there is");
  }
}

async function answerPage(
  root: string,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    sendText(response, 405, "pages can only be read");
    return;
  }
  const file = await findStatic(root, path);
  if (file === null) {
    sendText(response, 404, "there is nothing at this address");
    return;
  }
  response.writeHead(200, { "content-type": file.type, "content-length": file.size, "cache-control": file.cache });
  if (request.method === "HEAD") response.end();
  else await pipeline(openStatic(file), response);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
  response.end(`${text}\n`);
}

/** The path as it was sent, not resolved: `..` must be seen to be refused. `null`: not a path at all. */
function pathOf({ url }: IncomingMessage): string | null {
  if (url?.startsWith("/") !== true) return null;
  return url.split("?", 1)[0] ?? null;
}

const LISTEN_FAILURES: Readonly<Record<string, { code: ListenFailure["code"]; words: string }>> = {
  EADDRINUSE: {
    code: "in-use",
    words: "another program uses this port; take another one with --port, or --port 0 for a free one",
  },
  EACCES: { code: "not-allowed", words: "this port needs more rights; take one above 1023" },
  EADDRNOTAVAIL: { code: "no-such-address", words: "this machine has no such address" },
};

function listen(server: Server, host: string, port: number): Promise<ListenFailure | null> {
  return new Promise((resolve) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const { code, words } = LISTEN_FAILURES[error.code ?? ""] ?? { code: "failed" as const, words: error.message };
      resolve({ ok: false, code, message: `cannot listen on ${host}:${String(port)}: ${words}` });
    };
    server.once("error", onError);
    server.listen(port, host.replace(/^\[|\]$/gu, ""), () => {
      server.off("error", onError);
      resolve(null);
    });
  });
}

function urlOf(server: Server): string {
  const address: AddressInfo | string | null = server.address();
  assert(address !== null && typeof address !== "string", "a listening server has a port");
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${host}:${String(address.port)}`;
}

function closeAll(server: Server, rpc: RpcSocket): Promise<void> {
  rpc.close();
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
