import Bonjour from "bonjour-service";
import { createSocket, type Socket } from "node:dgram";
import { isIPv4 } from "node:net";

/** What a device says of itself on the network (DNS-SD, RFC 6763): where it answers, and as what. */
export type Announced = {
  /** `_nrgkick._tcp` */
  readonly type: string;
  readonly name: string;
  readonly host: string;
  readonly port: number;
};

/** Where announcements are heard; left out: on all interfaces at the usual group and port. */
export type AnnouncementPlace = { readonly interface: string; readonly port: number };

/** Real time; most devices answer within a second, sleepy ones to the second question. */
const LISTEN_ms = 3_000;
const ASK_AGAIN_ms = 1_200;
/** More devices than this no small site has; who floods the network is heard no longer. */
const ANNOUNCED_MAX = 256;
const NAME_CHARS_MAX = 63;
const SERVICE = /^_([a-z0-9-]{1,32})\._(tcp|udp)$/u;

/**
 * Asks the local network who offers these services and listens for a moment; announces nothing itself. Answers of any
 * content are survived. Never rejects: where nothing can be heard nobody was heard.
 */
export async function announcedServices(options: {
  readonly types: readonly string[];
  readonly signal: AbortSignal;
  readonly place?: AnnouncementPlace;
  readonly listen_ms?: number;
}): Promise<readonly Announced[]> {
  const { types, signal, place, listen_ms = LISTEN_ms } = options;
  if (signal.aborted || types.length === 0) return [];
  const ended = new AbortController();
  const end = (): void => {
    ended.abort();
  };
  const found = new Map<string, Announced>();
  const where = {
    socket: guardedSocket(),
    ...(place === undefined ? {} : { interface: place.interface, port: place.port, bind: "0.0.0.0", ttl: 1 }),
  };
  // No socket, no group to join, a library that gives up: then only the addresses that are scanned anyway are found.
  const responder = new Bonjour(where, end);
  const browsers = types.flatMap((type) => {
    const [, name, protocol] = SERVICE.exec(type) ?? [];
    if (name === undefined) return [];
    return responder.find({ type: name, protocol: protocol === "udp" ? "udp" : "tcp" }, (service) => {
      const { port, addresses = [], referer } = service;
      const host = [...addresses, referer?.address].find((one) => one !== undefined && isIPv4(one));
      if (host === undefined || !Number.isInteger(port) || port < 1 || port > 65_535) return;
      const shown = printable(service.name);
      found.set(`${type} ${host}:${String(port)}`, { type, name: shown, host, port });
      if (found.size >= ANNOUNCED_MAX) end();
    });
  });
  signal.addEventListener("abort", end, { once: true });
  const again = setTimeout(() => {
    for (const browser of browsers) browser.update();
  }, ASK_AGAIN_ms);
  const over = setTimeout(end, listen_ms);
  await new Promise<void>((resolve) => {
    if (ended.signal.aborted) resolve();
    ended.signal.addEventListener("abort", () => {
      resolve();
    });
  });
  clearTimeout(again);
  clearTimeout(over);
  signal.removeEventListener("abort", end);
  for (const browser of browsers) browser.stop();
  await new Promise<void>((resolve) => {
    responder.destroy(() => {
      resolve();
    });
  });
  return [...found.values()];
}

/** Bytes of strangers on which the library fails end with their datagram, not with the program. */
function guardedSocket(): Socket {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  const emit = socket.emit.bind(socket);
  const guarded = (event: string, ...values: readonly unknown[]): boolean => {
    if (event !== "message") return Reflect.apply(emit, socket, [event, ...values]);
    try {
      return Reflect.apply(emit, socket, [event, ...values]);
    } catch (error) {
      if (error instanceof Error) return true;
      throw error;
    }
  };
  return Object.assign(socket, { emit: guarded });
}

const printable = (text: string): string => text.replaceAll(/[^\x20-\x7e]/gu, "").slice(0, NAME_CHARS_MAX);
