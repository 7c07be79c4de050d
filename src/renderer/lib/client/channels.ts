import { RPCLink as MessagePortLink } from "@orpc/client/message-port";
import { RPCLink as WebSocketLink } from "@orpc/client/websocket";
import { PORT_HANDED, PORT_WANTED } from "../../../contract/handover.ts";
import { type Channel, ConnectionLost, type OpenChannel } from "./connection.ts";

const NOBODY_ANSWERED = "chargehand:nobody-answered";

/** `page` is where this page came from; the engine answers at `/rpc` of the same origin. */
export function rpcAddress(page: string, role: "kiosk" | null): string {
  const address = new URL("/rpc", page);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  if (role !== null) address.searchParams.set("role", role);
  return address.href;
}

/** Over a WebSocket, for a page that came over the network. */
export const webSocketChannel =
  (address: string): OpenChannel =>
  async (signal) => {
    const socket = new WebSocket(address);
    const closed = new Promise<void>((resolve) => {
      socket.addEventListener("close", () => {
        resolve();
      });
    });
    const link = new WebSocketLink({ websocket: socket });
    const close = (): void => {
      socket.close();
      // On a network that fell silent the real event comes a minute later; whoever waits for an answer is told now.
      socket.dispatchEvent(new Event("close"));
    };
    await opened(socket, closed, signal, close);
    return { link, closed, close };
  };

async function opened(
  socket: WebSocket,
  closed: Promise<void>,
  signal: AbortSignal,
  giveUp: () => void,
): Promise<void> {
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.addEventListener("open", () => {
      resolve(true);
    });
    void closed.then(() => {
      resolve(false);
    });
    signal.addEventListener("abort", () => {
      giveUp();
      resolve(false);
    });
  });
  if (!isOpen) throw new ConnectionLost();
}

/**
 * In the desktop window over the port that its preload hands to the page, elsewhere over a WebSocket to `address`. Which
 * of the two is found out once; who may do what is decided by the engine, from the window or the address.
 */
export function pageChannel(page: Window, address: string): OpenChannel {
  let isBrowser = false;
  const overNetwork = webSocketChannel(address);
  return async (signal) => {
    if (isBrowser) return overNetwork(signal);
    const port = await handedPort(page);
    if (port !== null) return channelOnPort(port);
    isBrowser = true;
    return overNetwork(signal);
  };
}

/** A channel on a port that is there already. */
export function channelOnPort(port: MessagePort): Channel {
  const { promise: closed, resolve } = Promise.withResolvers<undefined>();
  port.addEventListener("close", () => {
    resolve(undefined);
  });
  const link = new MessagePortLink({ port });
  port.start();
  return {
    link,
    closed,
    close: () => {
      port.close();
      // The end that closes hears no event of its own; whoever waits for an answer must.
      port.dispatchEvent(new Event("close"));
    },
  };
}

/**
 * `null`: nobody hands out ports here, this is a browser. A preload hears our wish before we hear it ourselves and answers
 * at once, and a window's messages arrive in the order they were posted: so an answer lies before what we post on hearing
 * ourselves, and no time-out has to guess.
 */
function handedPort(page: Window): Promise<MessagePort | null> {
  return new Promise((resolve) => {
    const settle = (port: MessagePort | null): void => {
      page.removeEventListener("message", onMessage);
      resolve(port);
    };
    const onMessage = (event: MessageEvent<unknown>): void => {
      if (event.source !== page) return;
      const [port] = event.ports;
      if (event.data === PORT_HANDED && port !== undefined) settle(port);
      else if (event.data === PORT_WANTED) page.postMessage(NOBODY_ANSWERED, page.origin);
      else if (event.data === NOBODY_ANSWERED) settle(null);
    };
    page.addEventListener("message", onMessage);
    page.postMessage(PORT_WANTED, page.origin);
  });
}
