import { createContext, type ReactNode, useContext, useSyncExternalStore } from "react";
import { assert } from "../../../core/units/assert.ts";
import type { Api, Client, ConnectionSnapshot } from "../client/index.ts";

const Context = createContext<Client | null>(null);

export function ClientProvider({ client, children }: { readonly client: Client; readonly children: ReactNode }) {
  return <Context value={client}>{children}</Context>;
}

/** The page's one client. */
export function useClient(): Client {
  const client = useContext(Context);
  assert(client !== null, "every screen stands inside a ClientProvider");
  return client;
}

/** Every procedure of the contract as a function. */
export const useApi = (): Api => useClient().api;

/** Whether the engine can be reached right now, and since when. */
export function useConnection(): ConnectionSnapshot {
  const { connection } = useClient();
  return useSyncExternalStore(connection.subscribe, connection.getSnapshot);
}
