import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { RECONNECT_PAUSE_ms, reconnectPause_ms, type LinkState } from "./byte-link.ts";

/** A UDP socket that keeps itself open. */
export interface UdpSocket {
  readonly name: string;
  readonly state: LinkState;
  /** The port bound to; useful when 0 was asked for. `null` while it is not open. */
  readonly port: number | null;
  /** False when the socket is not up. Whether the datagram arrives nobody knows. */
  send(bytes: Uint8Array, to: { readonly address: string; readonly port: number }): boolean;
  /** Resolves when the port is free. */
  close(): Promise<void>;
}

export type UdpOptions = {
  readonly port: number;
  /** Our address to listen on; left out: all of them. */
  readonly address?: string;
  /** Where the port is taken any other one does. */
  readonly orAnyPort?: true;
  /** Listen to this multicast group on the interface with this address (`null`: the system's choice). */
  readonly group: { readonly address: string; readonly interface: string | null } | null;
  readonly onMessage: (bytes: Uint8Array, from: { readonly address: string; readonly port: number }) => void;
};

/** Opens a socket; where the port is taken or the interface is missing it tries again later. */
export const openUdpSocket = (options: UdpOptions): UdpSocket => new OpenSocket(options);

class OpenSocket implements UdpSocket {
  readonly name: string;
  readonly #options: UdpOptions;
  #state: LinkState = { kind: "connecting" };
  #socket: Socket | null = null;
  #timer: NodeJS.Timeout | null = null;
  #failures = 0;
  #closed = false;
  #port: number;

  constructor(options: UdpOptions) {
    this.#port = options.port;
    this.name = `udp ${options.group?.address ?? "*"}:${String(options.port)}`;
    this.#options = options;
    this.#open();
  }

  get state(): LinkState {
    return this.#state;
  }

  get port(): number | null {
    return this.#state.kind === "up" ? (this.#socket?.address().port ?? null) : null;
  }

  send(bytes: Uint8Array, to: { readonly address: string; readonly port: number }): boolean {
    if (this.#state.kind !== "up" || this.#socket === null) return false;
    // An unreachable host is told here or never; the missing answer says the same.
    this.#socket.send(bytes, to.port, to.address, () => undefined);
    return true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#state = { kind: "down", detail: "closed" };
    await this.#drop();
  }

  #open(): void {
    const { address, orAnyPort, group, onMessage } = this.#options;
    // Several programs may listen to one group; a device that answers to one port needs it alone.
    const socket = createSocket({ type: "udp4", reuseAddr: group !== null });
    this.#socket = socket;
    this.#state = { kind: "connecting" };
    socket.on("message", (bytes, from) => {
      onMessage(bytes, { address: from.address, port: from.port });
    });
    socket.on("error", (error) => {
      if (orAnyPort === true && "code" in error && error.code === "EADDRINUSE" && this.#port !== 0) this.#takeAny();
      else this.#lost(socket, error.message);
    });
    socket.bind({ port: this.#port, ...(address === undefined ? {} : { address }) }, () => {
      try {
        if (group !== null) socket.addMembership(group.address, group.interface ?? undefined);
      } catch (error) {
        this.#lost(socket, error instanceof Error ? error.message : "the group cannot be joined");
        return;
      }
      this.#failures = 0;
      this.#state = { kind: "up" };
    });
  }

  #takeAny(): void {
    if (this.#closed) return;
    this.#port = 0;
    void this.#drop();
    this.#open();
  }

  #lost(socket: Socket, detail: string): void {
    if (this.#closed || socket !== this.#socket) return;
    this.#state = { kind: "down", detail };
    const pause_ms = reconnectPause_ms(RECONNECT_PAUSE_ms, this.#failures, Math.random);
    this.#failures += 1;
    void this.#drop();
    this.#timer = setTimeout(() => {
      this.#open();
    }, pause_ms);
  }

  async #drop(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    await new Promise<void>((resolve) => {
      socket.close(() => {
        resolve();
      });
    });
  }
}

/** The IPv4 address of a host by name or address; `null` when nobody knows it. Never rejects. */
export const resolveHost = (host: string): Promise<string | null> =>
  lookup(host, { family: 4 }).then(
    ({ address }) => address,
    () => null,
  );
