import { RPCServer } from "ocpp-rpc";

/** One call a station made. */
export type Heard = { readonly identity: string; readonly method: string; readonly params: Record<string, unknown> };

type Client = {
  readonly identity?: string | undefined;
  call(method: string, params: object): Promise<unknown>;
  handle(
    handler: (call: { method?: string; params?: Record<string, unknown> }) => Promise<Record<string, unknown>>,
  ): void;
  on(event: string, listener: () => void): unknown;
};

/** A minimal OCPP server of 1.6 and 2.0.1 that holds stations to the schema of their version, accepts everything and remembers what it heard. */
export async function createCentralSystem(options: { readonly authorize?: (idTag: string) => string } = {}) {
  const heard: Heard[] = [];
  const clients = new Map<string, Client>();
  const waiting = new Set<() => void>();
  let nextTransaction = 100;
  const server = new RPCServer({ protocols: ["ocpp1.6", "ocpp2.0.1"], strictMode: ["ocpp1.6", "ocpp2.0.1"] });
  const status = (params: Record<string, unknown>): string =>
    options.authorize?.(String(params["idTag"])) ?? "Accepted";
  const answer = (method: string, params: Record<string, unknown>): Record<string, unknown> => {
    // Only 2.0.1 has an object there.
    const isModern = typeof params["idToken"] === "object";
    switch (method) {
      case "BootNotification":
        return { status: "Accepted", currentTime: new Date().toISOString(), interval: 300 };
      case "Heartbeat":
        return { currentTime: new Date().toISOString() };
      case "Authorize":
        return isModern ? { idTokenInfo: { status: "Accepted" } } : { idTagInfo: { status: status(params) } };
      case "TransactionEvent":
        return isModern ? { idTokenInfo: { status: "Accepted" } } : {};
      case "StartTransaction":
        return { transactionId: (nextTransaction += 1), idTagInfo: { status: status(params) } };
      default:
        return {};
    }
  };
  server.on("client", (client: Client) => {
    const identity = client.identity ?? "";
    clients.set(identity, client);
    client.handle(({ method = "", params = {} }) => {
      heard.push({ identity, method, params });
      const reply = answer(method, params);
      // The station has its answer before the test goes on.
      setImmediate(() => {
        for (const look of [...waiting]) look();
      });
      return Promise.resolve(reply);
    });
  });
  const http = await server.listen(0, "127.0.0.1");
  const address = http.address();
  const port = address === null || typeof address === "string" ? 0 : address.port;
  return {
    url: `ws://127.0.0.1:${String(port)}`,
    heard,
    of: (method: string) => heard.filter((one) => one.method === method).map((one) => one.params),
    call: (identity: string, method: string, params: object): Promise<unknown> => {
      const client = clients.get(identity);
      if (client === undefined) throw new Error(`${identity} has not called in`);
      return client.call(method, params);
    },
    /** Resolves when `check` holds; looked at after every message. */
    until: (check: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!check()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    close: () => server.close({ code: 1001, reason: "over", awaitPending: false, force: true }),
  };
}
export type CentralSystem = Awaited<ReturnType<typeof createCentralSystem>>;
