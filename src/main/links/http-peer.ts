import { Agent, request as startRequest, type IncomingMessage } from "node:http";
import { failureOfError, wantsTls, type HttpFailure } from "./http-failure.ts";
import { authorization, parseChallenge, type Credentials, type HttpChallenge } from "./http-digest.ts";

export type HttpRequest = {
  readonly method: "GET" | "POST" | "PUT";
  /** Path with query, from the slash on. */
  readonly path: string;
  readonly body: {
    readonly type: "application/json" | "application/x-www-form-urlencoded";
    readonly text: string;
  } | null;
};
export type HttpReply =
  | { readonly ok: true; readonly status: number; readonly text: string }
  | {
      readonly ok: false;
      readonly code: HttpFailure;
      readonly detail: string;
      /** The answer's status where there was an answer. */
      readonly status?: number;
      /** How long was waited for it (real). */
      readonly after_ms?: number;
    };

/** One attempt as it went over the wire, headers left out: these hold passwords. */
export type HttpRecord = {
  readonly request: HttpRequest;
  readonly reply: HttpReply;
  /** What came of an answer that broke off. */
  readonly partial: { readonly status: number; readonly text: string } | null;
  /** Real milliseconds. */
  readonly took_ms: number;
};

/** One device that answers HTTP. One request at a time: small controllers have one connection. */
export interface HttpPeer {
  readonly name: string;
  readonly counters: { readonly exchanges: number; readonly errors: number };
  /** Resolves with the answer, whatever its status, or why there is none; never rejects and follows no redirect. */
  send(request: HttpRequest): Promise<HttpReply>;
  close(): void;
}

/** Answers are some kilobytes; more is not what we asked for. */
export const HTTP_BODY_BYTES_MAX = 256 * 1024;
const WAITING_MAX = 16;
const IDLE_ms = 15_000;
const UNAUTHORIZED = 401;
const FORBIDDEN = 403;
/** What devices call their only user. */
const USER = "admin";

export type HttpPeerOptions = {
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
  /** Whether the device likes a connection to stay open between requests. */
  readonly keepAlive: boolean;
  /** Real milliseconds for a whole exchange. */
  readonly timeout_ms: number;
  /** Is told each attempt. */
  readonly note?: (record: HttpRecord) => void;
};

export const createHttpPeer = (options: HttpPeerOptions): HttpPeer => new Peer(options);

type Answer = HttpReply & {
  readonly challenge?: HttpChallenge | null;
  readonly staleSocket?: boolean;
  readonly partial?: HttpRecord["partial"];
};

class Peer implements HttpPeer {
  readonly name: string;
  readonly counters = { exchanges: 0, errors: 0 };
  readonly #options: HttpPeerOptions;
  readonly #agent: Agent;
  readonly #credentials: Credentials | null;
  readonly #closing = new AbortController();
  #challenge: HttpChallenge | null = null;
  #count = 0;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: HttpPeerOptions) {
    const { host, port, user, password, keepAlive } = options;
    this.name = `http://${host.includes(":") ? `[${host}]` : host}:${String(port)}`;
    this.#options = options;
    this.#credentials = password === undefined ? null : { user: user ?? USER, password };
    this.#agent = new Agent({ keepAlive, maxSockets: 1, maxFreeSockets: 1, timeout: IDLE_ms });
  }

  send(request: HttpRequest): Promise<HttpReply> {
    if (this.#waiting >= WAITING_MAX) return Promise.resolve({ ok: false, code: "busy", detail: "too many requests" });
    this.#waiting += 1;
    const reply = this.#last.then(() => this.#exchange(request));
    this.#last = reply;
    return reply.finally(() => {
      this.#waiting -= 1;
    });
  }

  close(): void {
    this.#closing.abort();
    this.#agent.destroy();
  }

  async #exchange(request: HttpRequest): Promise<HttpReply> {
    let answer = await this.#attempt(request);
    // The device had closed the kept connection while we were about to use it: nothing was heard, so ask once more.
    if (answer.staleSocket === true) answer = await this.#attempt(request);
    if (answer.ok && answer.status === UNAUTHORIZED && this.#credentials !== null) {
      this.#challenge = answer.challenge ?? null;
      this.#count = 0;
      if (this.#challenge !== null) answer = await this.#attempt(request);
    }
    this.counters.exchanges += 1;
    if (!answer.ok || answer.status >= 400) this.counters.errors += 1;
    if (answer.ok && (answer.status === UNAUTHORIZED || answer.status === FORBIDDEN)) {
      const { status } = answer;
      return this.#credentials === null
        ? { ok: false, code: "password-missing", detail: "the device asks for a password", status }
        : { ok: false, code: "password-wrong", detail: "user or password are refused", status };
    }
    return answer.ok ? { ok: true, status: answer.status, text: answer.text } : answer;
  }

  async #attempt(request: HttpRequest): Promise<Answer> {
    const started_ms = performance.now();
    const answer = await this.#ask(request);
    const { challenge: _challenge, staleSocket: _stale, partial = null, ...reply } = answer;
    this.#options.note?.({ request, reply, partial, took_ms: performance.now() - started_ms });
    return answer;
  }

  #ask(request: HttpRequest): Promise<Answer> {
    const { host, port, timeout_ms } = this.#options;
    const signal = AbortSignal.any([AbortSignal.timeout(timeout_ms), this.#closing.signal]);
    return new Promise((resolve) => {
      const fail = (error: Error, staleSocket: boolean, partial: HttpRecord["partial"] = null): void => {
        resolve(
          signal.aborted && !this.#closing.signal.aborted
            ? {
                ok: false,
                code: "timeout",
                detail: `no answer within ${String(timeout_ms)} ms`,
                after_ms: timeout_ms,
                partial,
              }
            : { ok: false, code: failureOfError(error), detail: wordsOf(error), staleSocket, partial },
        );
      };
      const outgoing = startRequest(
        {
          agent: this.#agent,
          host,
          port,
          method: request.method,
          path: request.path,
          headers: this.#headers(request),
          signal,
        },
        (incoming) => {
          readBody(incoming, resolve, (error, partial) => {
            fail(error, false, partial);
          });
        },
      );
      outgoing.on("error", (error) => {
        fail(error, outgoing.reusedSocket && !signal.aborted);
      });
      outgoing.end(request.body?.text);
    });
  }

  #headers(request: HttpRequest): Record<string, string> {
    const headers: Record<string, string> = { Accept: "application/json, text/plain;q=0.9, */*;q=0.1" };
    if (!this.#options.keepAlive) headers["Connection"] = "close";
    if (request.body !== null) headers["Content-Type"] = request.body.type;
    // Some controllers wait for a body until its length, 0 included, was said.
    if (request.method !== "GET") headers["Content-Length"] = String(Buffer.byteLength(request.body?.text ?? ""));
    if (this.#challenge !== null && this.#credentials !== null) {
      this.#count += 1;
      const { method, path } = request;
      headers["Authorization"] = authorization(this.#challenge, this.#credentials, {
        method,
        path,
        count: this.#count,
      });
    }
    return headers;
  }
}

/** Where several addresses of a name were tried the error of them all says nothing by itself. */
const wordsOf = (error: Error): string =>
  error instanceof AggregateError ? error.errors.map((one) => String(one)).join("; ") : error.message;

function readBody(
  incoming: IncomingMessage,
  done: (answer: Answer) => void,
  fail: (error: Error, partial: HttpRecord["partial"]) => void,
): void {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const heard = (): { status: number; text: string } => ({
    status: incoming.statusCode ?? 0,
    text: Buffer.concat(pieces).toString("utf8"),
  });
  incoming.on("data", (piece: Uint8Array) => {
    size += piece.length;
    if (size <= HTTP_BODY_BYTES_MAX) {
      pieces.push(piece);
      return;
    }
    done({ ok: false, code: "too-large", detail: `more than ${String(HTTP_BODY_BYTES_MAX)} bytes` });
    incoming.destroy();
  });
  incoming.on("error", (error) => {
    fail(error, heard());
  });
  incoming.on("end", () => {
    const { status } = heard();
    if (wantsTls(status, incoming.headers.location)) {
      done({ ok: false, code: "tls", detail: "it sends us to HTTPS", status });
      return;
    }
    done({ ok: true, ...heard(), challenge: parseChallenge(incoming.headers["www-authenticate"]) });
  });
}
