import { openUdpSocket, resolveHost, type UdpSocket } from "../../links/udp-socket.ts";
import type { LinkState } from "../../links/byte-link.ts";
import type { Clock } from "../ports.ts";

/** Reports are below 1 kB. */
const DATAGRAM_BYTES_MAX = 4_096;
/** A lost datagram is nobody's fault; every command may be said twice. */
const ATTEMPTS = 2;

/** Is told what was said with one box. */
export type KebaListener = {
  /** `answer`: `null` when none came within `took_ms` real milliseconds. */
  readonly asked: (command: string, answer: string | null, took_ms: number) => void;
  /** What nobody waits for: news of the box, or an answer that came too late. */
  readonly unasked: (text: string) => void;
};

/** One box behind the shared port. */
export interface KebaPeer {
  readonly counters: { readonly exchanges: number; readonly errors: number };
  /**
   * Says a command and resolves with the first answer that `fits`; `null` when none came, twice. One command at a time,
   * with the box's rest between them.
   */
  ask(command: string, fits: (answer: string) => boolean): Promise<string | null>;
}

/** The one socket that all boxes answer to; they are told apart by their address. */
export interface KebaSocket {
  readonly state: LinkState;
  /** The port we are answered at. */
  readonly port: number | null;
  peer(options: {
    readonly host: string;
    readonly port: number;
    /** Real milliseconds. */
    readonly timeout_ms: number;
    /** Time of the app's clock. */
    readonly gap_ms: number;
    readonly note?: KebaListener;
  }): KebaPeer;
  close(): Promise<void>;
}

type Waiting = { readonly fits: (answer: string) => boolean; readonly resolve: (answer: string) => void };

const LOOPBACK = "127.0.0.1";

type Place = { readonly port: number; readonly address?: string; readonly orAnyPort?: true };

/**
 * Where a box answers to: real ones know only `port`, on whichever of our addresses they are asked from. For one on this
 * machine nobody listens outside; where `port` is taken, or the box's own, another one has to do, as simulated ones answer
 * whoever asks them.
 */
export function answersAt(box: { readonly host: string; readonly port: number }, port: number): Place {
  const isOurs = box.host === "localhost" || box.host === LOOPBACK;
  if (!isOurs && !box.host.startsWith("127.")) return { port };
  return isOurs && box.port === port ? { port: 0, address: LOOPBACK } : { port, address: LOOPBACK, orAnyPort: true };
}

/** Opens a port for the answers of all boxes. */
export function createKebaSocket(place: Place, clock: Clock): KebaSocket {
  const waiting = new Map<string, Waiting>();
  const listeners = new Map<string, KebaListener>();
  const socket = openUdpSocket({
    ...place,
    group: null,
    onMessage: (bytes, from) => {
      if (bytes.length > DATAGRAM_BYTES_MAX) return;
      const answer = Buffer.from(bytes).toString("latin1");
      const place = `${from.address}:${String(from.port)}`;
      const asked = waiting.get(place);
      // Boxes also tell what has changed without being asked; nobody waits for that.
      if (asked?.fits(answer) === true) asked.resolve(answer);
      else listeners.get(place)?.unasked(answer);
    },
  });
  return {
    get state() {
      return socket.state;
    },
    get port() {
      return socket.port;
    },
    peer: (options) => createPeer({ ...options, socket, waiting, listeners, clock }),
    close: () => socket.close(),
  };
}

function createPeer(context: {
  readonly host: string;
  readonly port: number;
  readonly timeout_ms: number;
  readonly gap_ms: number;
  readonly socket: UdpSocket;
  readonly note?: KebaListener;
  readonly waiting: Map<string, Waiting>;
  readonly listeners: Map<string, KebaListener>;
  readonly clock: Clock;
}): KebaPeer {
  const { host, port, timeout_ms, gap_ms, note, socket, waiting, listeners, clock } = context;
  const counters = { exchanges: 0, errors: 0 };
  let address: string | null = null;
  let last: Promise<unknown> = Promise.resolve();

  const once = async (command: string, fits: (answer: string) => boolean): Promise<string | null> => {
    await clock.sleep(gap_ms);
    address ??= await resolveHost(host);
    if (address === null || !socket.send(Buffer.from(command, "latin1"), { address, port })) return null;
    const place = `${address}:${String(port)}`;
    if (note !== undefined) listeners.set(place, note);
    const sent_at_ms = performance.now();
    const answer = await new Promise<string | null>((resolve) => {
      const timer = setTimeout(() => {
        resolve(null);
      }, timeout_ms);
      waiting.set(place, {
        fits,
        resolve: (text) => {
          clearTimeout(timer);
          resolve(text);
        },
      });
    });
    waiting.delete(place);
    note?.asked(command, answer, performance.now() - sent_at_ms);
    return answer;
  };
  const exchange = async (command: string, fits: (answer: string) => boolean): Promise<string | null> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const answer = await once(command, fits);
      counters.exchanges += 1;
      if (answer !== null) return answer;
      counters.errors += 1;
    }
    // Perhaps it has another address now.
    address = null;
    return null;
  };
  return {
    counters,
    ask(command, fits) {
      const answer = last.then(() => exchange(command, fits));
      last = answer;
      return answer;
    },
  };
}
