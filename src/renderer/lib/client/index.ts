import { type ClientContext, type ClientLink, createORPCClient, ORPCError } from "@orpc/client";
import type { ContractRouterClient } from "@orpc/contract";
import type { contract } from "../../../contract/index.ts";
import { pageChannel, rpcAddress } from "./channels.ts";
import { type Connection, ConnectionLost, createConnection, type OpenChannel } from "./connection.ts";
import { type WatchListener, watchWith } from "./watch.ts";

export { ConnectionLost } from "./connection.ts";
export type { Connection, ConnectionSnapshot, ConnectionState } from "./connection.ts";
export type { WatchListener } from "./watch.ts";

/** Every procedure of the contract as a function: `api.sessions.list(filter, { signal })`. */
export type Api = ContractRouterClient<typeof contract>;

export type Client = {
  readonly api: Api;
  readonly connection: Pick<Connection, "getSnapshot" | "subscribe" | "retryNow">;
  /** `client.watch((signal) => client.api.live.subscribe(undefined, { signal }), { onUpdate })`: resumes by itself; returns how to stop. */
  readonly watch: <T>(
    open: (signal: AbortSignal) => Promise<AsyncIterable<T>>,
    listener: WatchListener<T>,
  ) => () => void;
  readonly close: () => void;
};

/** What a page may see of trouble: a code of the contract, or one of these two. */
export type TroubleCode = "CONNECTION_LOST" | "INTERNAL_SERVER_ERROR" | (string & {});

/** The code to make a sentence from; anything that is not the engine's answer and not a lost connection is our own fault. */
export function troubleCode(error: unknown): TroubleCode {
  if (error instanceof ConnectionLost) return "CONNECTION_LOST";
  return error instanceof ORPCError ? String(error.code) : "INTERNAL_SERVER_ERROR";
}

const ALIVE_EVERY_ms = 15_000;
const ALIVE_TIMEOUT_ms = 5_000;

/**
 * The page's one door to the engine. In the desktop window it goes through the MessagePort that the preload hands over,
 * elsewhere through a WebSocket to where the page came from; it reconnects by itself. Calls while the connection is lost
 * fail at once with `ConnectionLost`: nothing is queued behind a person's back.
 */
export function createClient(options: { readonly role?: "kiosk" } = {}): Client {
  const client = createClientOn(pageChannel(window, rpcAddress(window.location.href, options.role ?? null)));
  window.addEventListener("online", client.connection.retryNow);
  return keptAlive(client);
}

/** The same over any way of opening a channel; tests use it. */
export function createClientOn(open: OpenChannel): Client & { readonly cut: () => void } {
  const connection = createConnection(open);
  const link: ClientLink<ClientContext> = {
    call: async (path, input, callOptions) => {
      const channel = await connection.channel(callOptions.signal);
      try {
        return await channel.link.call(path, input, callOptions);
      } catch (error) {
        if (error instanceof ORPCError || callOptions.signal?.aborted === true) throw error;
        // The transports reject what was under way with errors of their own when they close.
        throw new ConnectionLost();
      }
    },
  };
  const api: Api = createORPCClient(link);
  const cut = (): void => {
    void connection.channel().then(
      (channel) => {
        channel.close();
      },
      () => undefined,
    );
  };
  return {
    api,
    connection,
    watch: (subscribe, listener) => watchWith(connection, subscribe, listener),
    close: connection.close,
    cut,
  };
}

/** A network can fall silent without closing anything: asks now and then, and reconnects when no answer comes. */
function keptAlive(client: Client & { readonly cut: () => void }): Client {
  const timer = setInterval(() => {
    if (client.connection.getSnapshot().state !== "open") return;
    client.api.app.info(undefined, { signal: AbortSignal.timeout(ALIVE_TIMEOUT_ms) }).catch((error: unknown) => {
      if (!(error instanceof ORPCError)) client.cut();
    });
  }, ALIVE_EVERY_ms);
  return {
    ...client,
    close: () => {
      clearInterval(timer);
      client.close();
    },
  };
}
