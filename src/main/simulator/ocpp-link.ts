import { RPCClient } from "ocpp-rpc";

/** Answer to one of our calls: the server's words, its refusal, or that nothing came back. */
export type CallOutcome =
  | { readonly kind: "answered"; readonly reply: unknown }
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "lost" };

/** Real milliseconds: a wire is never faster than the wall clock. */
const CALL_TIMEOUT_ms = 30_000;
/** Pauses before the next dial, in real milliseconds; the last one repeats. */
const REDIAL_PAUSE_ms = [250, 500, 1000, 2000, 5000, 10_000] as const;

export type OcppLink = {
  readonly connected: boolean;
  /** Sends one call; never throws. One call is on the wire at a time, as OCPP-J demands. */
  call(method: string, params: object): Promise<CallOutcome>;
  /** Starts dialling and keeps redialling. */
  open(): void;
  /** Breaks the connection and stays away until `open`. */
  cut(): Promise<void>;
};

type LinkOptions = {
  readonly url: string;
  readonly identity: string;
  /** Subprotocols offered; none is possible. */
  readonly protocols?: readonly string[];
  /** What is presented at the next dial. */
  readonly password?: () => string | null;
  /** Certificate (PEM) of the authority that it trusts on wss://; without it those that Node knows. */
  readonly ca?: string;
  readonly onOpen: () => void;
  readonly onDown: () => void;
  /** Returns the payload of the answer, or `null` for a call this station does not implement. */
  readonly handle: (method: string, params: unknown) => object | null | Promise<object | null>;
};

/** The station's end of an OCPP-J connection to `url` + "/" + `identity`. `handle` answers the server's calls. */
export function createOcppLink(options: LinkOptions): OcppLink {
  let wanted = false;
  let client: RPCClient | null = null;
  let timer: NodeJS.Timeout | null = null;
  let failures = 0;
  let up = false;

  const dial = (): void => {
    timer = null;
    if (!wanted || client !== null) return;
    const mine = newClient(options);
    client = mine;
    const down = (): void => {
      if (client !== mine) return;
      client = null;
      if (up) options.onDown();
      up = false;
      if (!wanted) return;
      timer = setTimeout(dial, REDIAL_PAUSE_ms[Math.min(failures, REDIAL_PAUSE_ms.length - 1)]);
      failures += 1;
    };
    mine.on("close", down);
    // The socket's own error is always followed by its close.
    mine.on("socketError", () => undefined);
    mine.connect().then(
      () => {
        if (client !== mine) return;
        failures = 0;
        up = true;
        options.onOpen();
      },
      // Refused or unreachable: redialled like a lost connection.
      down,
    );
  };

  return {
    get connected() {
      return up;
    },
    call: (method, params) =>
      client === null || !up ? Promise.resolve({ kind: "lost" }) : callOver(client, method, params),
    open() {
      if (wanted) return;
      wanted = true;
      failures = 0;
      dial();
    },
    async cut() {
      wanted = false;
      if (timer !== null) clearTimeout(timer);
      timer = null;
      const mine = client;
      client = null;
      if (up) options.onDown();
      up = false;
      if (mine !== null) await mine.close({ force: true });
    },
  };
}

async function callOver(client: RPCClient, method: string, params: object): Promise<CallOutcome> {
  try {
    return { kind: "answered", reply: await client.call(method, params) };
  } catch (error) {
    const code = rpcErrorCode(error);
    if (code !== null) return { kind: "refused", code };
    // Still open: the server did not answer in time. It is left and dialled again.
    if (client.state === RPCClient.OPEN) await client.close({ force: true });
    return { kind: "lost" };
  }
}

/** ocpp-rpc turns errors that carry a code into a CALLERROR with it. */
const notImplemented = (method: string): Error =>
  Object.assign(new Error(`${method} is not implemented`), {
    rpcErrorCode: "NotImplemented",
    rpcErrorMessage: "not implemented",
  });

/** The code of a CALLERROR, or `null` when the call was not answered at all. */
const rpcErrorCode = (error: unknown): string | null =>
  error instanceof Error && "rpcErrorCode" in error && typeof error.rpcErrorCode === "string"
    ? error.rpcErrorCode
    : null;

function newClient({ url: endpoint, identity, protocols = ["ocpp1.6"], password, ca, handle }: LinkOptions): RPCClient {
  const client = new RPCClient({
    identity,
    endpoint,
    protocols: [...protocols],
    password: password?.() ?? null,
    reconnect: false,
    maxReconnects: 0,
    callTimeoutMs: CALL_TIMEOUT_ms,
    // The server pings; a station that pinged too would only double the traffic.
    pingIntervalMs: 0,
    deferPingsOnActivity: false,
    respondWithDetailedErrors: false,
    callConcurrency: 1,
    strictMode: false,
    strictModeValidators: [],
    maxBadMessages: Infinity,
    wsOpts: ca === undefined ? {} : { ca },
    headers: {},
    backoff: { initialDelay: 1000, maxDelay: 10_000, factor: 2, randomisationFactor: 0 },
  });
  client.handle(async ({ method = "", params }) => {
    const answer = await handle(method, params);
    if (answer === null) throw notImplemented(method);
    return { ...answer };
  });
  return client;
}
