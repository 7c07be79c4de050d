import { createServer, type Socket } from "node:net";

/** The server's end of one connection. */
export interface ServerConnection {
  write(bytes: Uint8Array): void;
  onData(listener: (bytes: Uint8Array) => void): void;
  onClose(listener: () => void): void;
  end(): void;
}
export interface TcpServer {
  /** The port listened on; useful when 0 was asked for. */
  readonly port: number;
  /** Ends all connections; resolves when the port is free. */
  close(): Promise<void>;
}

const CONNECTIONS_MAX = 32;

/** Listens on `host`:`port` (0 picks a free one). Rejects when the address is taken. */
export async function listenTcp(
  address: { readonly host: string; readonly port: number },
  onConnection: (connection: ServerConnection) => void,
): Promise<TcpServer> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    // The client's reset is its own business; `close` follows.
    socket.on("error", () => socket.destroy());
    onConnection({
      write: (bytes) => {
        if (socket.writable) socket.write(bytes);
      },
      onData: (listener) => {
        socket.on("data", listener);
      },
      onClose: (listener) => {
        socket.once("close", listener);
      },
      end: () => {
        socket.destroy();
      },
    });
  });
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(address.port, address.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const bound = server.address();
  return {
    port: bound === null || typeof bound === "string" ? address.port : bound.port,
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
