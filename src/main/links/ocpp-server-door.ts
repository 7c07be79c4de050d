import { constants } from "node:crypto";
import { createServer, type Server as NetServer, type Socket } from "node:net";
import { createSecureContext, TLSSocket, type SecureContext } from "node:tls";
import { createHandshakeAllowance } from "./handshake-allowance.ts";

/** Real milliseconds from the first packet to the WebSocket; a weak box takes some seconds for its half of TLS. */
export const ARRIVAL_MS = 20_000;
/** Those on their way in at a time; honest ones are through within a second or two. */
export const ARRIVALS_MAX = 256;
/** Failed handshakes that are remembered, the last of each address. */
const FAILURES_MAX = 32;
/** First byte of a TLS record with a handshake (RFC 8446, 5.1). No HTTP request begins with it. */
const TLS_HANDSHAKE = 0x16;

/** Private keys and their certificates in PEM, one of each kind of key. */
export type TlsIdentity = { readonly key: string; readonly certificate: string };

export type HandshakeFailure = {
  readonly address: string;
  /** Our certificate is not trusted; an older TLS than 1.2; no cipher in common; broken off or not TLS at all; we have no certificate. */
  readonly reason: "ca-unknown" | "too-old" | "no-cipher" | "broken-off" | "no-certificate";
  readonly at_ms: number;
  readonly count: number;
};

export interface OcppDoor {
  readonly port: number;
  /** Shows these from the next handshake on; none: whoever begins with TLS is dropped. */
  showCertificates(identities: readonly TlsIdentity[]): void;
  /** It has sent a request, so it trusts us where it came by TLS: some check our certificate only after the handshake. */
  heard(socket: Socket | TLSSocket): void;
  /** This connection has become a station's: it is no longer dropped for being slow. `isKnown`: a station of the site's. */
  arrived(socket: Socket | TLSSocket, isKnown: boolean): void;
  /** Newest first. */
  failures(): readonly HandshakeFailure[];
  /** Connections dropped before they were a station's. */
  dropped(): number;
  /** Takes no more, drops who is on the way in; resolves when all have gone. */
  close(): Promise<void>;
  /** Cuts everybody who is still there. */
  cut(): void;
}

/**
 * One port for ws:// and wss://: what begins with a TLS handshake is decrypted first, and both go to `enter`. Whoever has
 * not become a station after `arrival_ms` is dropped; when too many are on their way in at a time, so is the oldest of
 * the address that has most of them. Nobody inside is touched by that.
 */
export async function openOcppDoor(options: {
  readonly host: string;
  readonly port: number;
  readonly connections_max: number;
  readonly arrival_ms?: number;
  readonly now_ms: () => number;
  readonly enter: (socket: Socket | TLSSocket) => void;
}): Promise<OcppDoor> {
  const { enter, now_ms, arrival_ms = ARRIVAL_MS } = options;
  const failures = createFailures(now_ms);
  const sockets = new Set<Socket>();
  const arrivals = createArrivals(arrival_ms);
  const tls = createTls({ enter, failures });
  const allowance = createHandshakeAllowance(() => performance.now());
  const sniff = (socket: Socket): void => {
    sockets.add(socket);
    arrivals.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.once("readable", () => {
      const first: unknown = socket.read(1);
      // Ended without a word.
      if (!Buffer.isBuffer(first)) return;
      socket.unshift(first);
      if (first[0] !== TLS_HANDSHAKE) enter(socket);
      else if (allowance.may(socket.remoteAddress ?? "")) tls.take(socket);
      else arrivals.drop(endOf(socket));
    });
  };
  const server = createServer(sniff);
  server.maxConnections = options.connections_max;
  const port = await listen(server, options.host, options.port);

  return {
    port,
    showCertificates: (identities) => {
      tls.show(identities);
    },
    heard: (socket) => {
      tls.heard(socket);
    },
    arrived: (socket, isKnown) => {
      if (isKnown) allowance.know(socket.remoteAddress ?? "");
      arrivals.remove(endOf(socket));
    },
    failures: () => failures.list(),
    dropped: () => arrivals.dropped(),
    close() {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      arrivals.clear();
      return ended;
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** The other end of a connection; the same for a socket and for what it carries decrypted. */
const endOf = ({ remoteAddress = "", remotePort = 0 }: Socket): string => `${remoteAddress} ${String(remotePort)}`;

type Arrival = { readonly socket: Socket; readonly address: string; readonly timer: NodeJS.Timeout };

/** Those who are not yet a station, each with its time. */
function createArrivals(arrival_ms: number) {
  const waiting = new Map<string, Arrival>();
  let dropped = 0;
  const remove = (end: string): boolean => {
    clearTimeout(waiting.get(end)?.timer);
    return waiting.delete(end);
  };
  const drop = (end: string): void => {
    const socket = waiting.get(end)?.socket;
    if (!remove(end)) return;
    dropped += 1;
    socket?.destroy();
  };
  return {
    remove,
    drop,
    dropped: () => dropped,
    add(socket: Socket): void {
      const end = endOf(socket);
      const timer = setTimeout(() => {
        drop(end);
      }, arrival_ms);
      timer.unref();
      waiting.set(end, { socket, address: socket.remoteAddress ?? "", timer });
      socket.once("close", () => remove(end));
      const crowd = waiting.size > ARRIVALS_MAX ? oldestOfMost(waiting) : null;
      if (crowd !== null) drop(crowd);
    },
    clear(): void {
      for (const end of [...waiting.keys()]) drop(end);
    },
  };
}

/** One address cannot keep the others out. */
function oldestOfMost(waiting: ReadonlyMap<string, Arrival>): string | null {
  const counts = new Map<string, number>();
  for (const { address } of waiting.values()) counts.set(address, (counts.get(address) ?? 0) + 1);
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return [...waiting].find(([, { address }]) => address === most?.[0])?.[0] ?? null;
}

type Failures = ReturnType<typeof createFailures>;

function createFailures(now_ms: () => number) {
  const byAddress = new Map<string, HandshakeFailure>();
  return {
    note(address: string, reason: HandshakeFailure["reason"]): void {
      const count = (byAddress.get(address)?.count ?? 0) + 1;
      byAddress.delete(address);
      byAddress.set(address, { address, reason, at_ms: now_ms(), count });
      const [oldest] = byAddress.keys();
      if (byAddress.size > FAILURES_MAX && oldest !== undefined) byAddress.delete(oldest);
    },
    /** It has come in: what was before is over. */
    forget: (address: string) => byAddress.delete(address),
    list: (): readonly HandshakeFailure[] => [...byAddress.values()].toReversed(),
  };
}

function createTls({ enter, failures }: { readonly enter: (socket: TLSSocket) => void; readonly failures: Failures }) {
  let context: SecureContext | null = null;
  const settled = new WeakMap<Socket, () => void>();
  return {
    heard: (socket: Socket) => settled.get(socket)?.(),
    show(identities: readonly TlsIdentity[]): void {
      context = identities.length === 0 ? null : contextOf(identities);
    },
    /** Its handshake is over when `enter` gets it; who fails or leaves before a request is noted. */
    take(raw: Socket): void {
      const address = raw.remoteAddress ?? "";
      if (context === null) {
        failures.note(address, "no-certificate");
        raw.destroy();
        return;
      }
      const socket = new TLSSocket(raw, { isServer: true, secureContext: context });
      let isOver = false;
      const fail = (reason: HandshakeFailure["reason"]): void => {
        if (!isOver) failures.note(address, reason);
        isOver = true;
      };
      socket.on("error", (error) => {
        fail(reasonOf(error));
        raw.destroy();
      });
      raw.once("close", () => {
        fail("broken-off");
      });
      settled.set(socket, () => {
        isOver = true;
        failures.forget(address);
      });
      socket.once("secure", () => {
        enter(socket);
      });
    },
  };
}

/** OCPP security whitepaper, and OCPP 2.0.1 A00: TLS 1.2 or later; the suites are Node's own, which have all it asks for. */
const contextOf = (identities: readonly TlsIdentity[]): SecureContext =>
  createSecureContext({
    key: identities.map(({ key }) => key),
    cert: identities.map(({ certificate }) => certificate),
    minVersion: "TLSv1.2",
    honorCipherOrder: true,
    // A handshake within the connection costs as much as a new one, and nobody counts it. BoringSSL, without this, has none.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  });

/** OpenSSL and BoringSSL name the same mistake in the same words. */
function reasonOf(error: Error): HandshakeFailure["reason"] {
  const code = "code" in error ? String(error.code) : "";
  if (/UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|UNSUPPORTED_CERTIFICATE|CERTIFICATE_EXPIRED/u.test(code))
    return "ca-unknown";
  if (/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|VERSION_TOO_LOW/u.test(code)) return "too-old";
  return /NO_SHARED_CIPHER|HANDSHAKE_FAILURE|NO_SUITABLE/u.test(code) ? "no-cipher" : "broken-off";
}

function listen(server: NetServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}
