import { EventEmitter } from "node:events";
import { access } from "node:fs/promises";
import { SerialPort } from "serialport";
import { createReconnectingLink, type ByteLink } from "./byte-link.ts";

export type SerialSettings = {
  readonly path: string;
  readonly baud: number;
  readonly parity: "none" | "even" | "odd";
  readonly dataBits: 7 | 8;
  readonly stopBits: 1 | 2;
};

/** A port that disappears while nothing is written to it is noticed within this time (real). */
const WATCH_PERIOD_ms = 2_000;
/** Bytes the system has not taken after this long (real) never leave: even 256 of them take 2.4 s at 1200 baud. */
const WRITE_WAIT_ms = 5_000;
/** The system is given this long (real) to open or to release a port. */
const SYSTEM_WAIT_ms = 5_000;
/** Pace at which the event loop is woken where the port cannot tell us itself when it has something. */
const WAKE_PERIOD_ms = 5;

/**
 * A serial port, opened exclusively and reopened after it was unplugged. Loss is often noticed only at the next write,
 * and `close` may come twice; both end the same attempt once. `pauses_ms` (real) replace the
 * usual pauses between attempts.
 */
export function createSerialLink(settings: SerialSettings, pauses_ms?: readonly number[]): ByteLink {
  return createReconnectingLink(
    settings.path,
    (events) => {
      const port = new SerialPort({
        path: settings.path,
        baudRate: settings.baud,
        parity: settings.parity,
        dataBits: settings.dataBits,
        stopBits: settings.stopBits,
        lock: true,
        autoOpen: false,
      });
      const wake = keepAwake(port);
      port.on("data", (bytes: Uint8Array) => {
        events.data(bytes);
      });
      port.on("close", () => {
        events.down("serial port closed");
      });
      port.on("error", (error: Error) => {
        events.down(error.message);
      });
      const watch = watchPort(settings.path, events.down);
      const opened = withinSystemWait((done) => {
        port.open((error) => {
          if (error === null) {
            askForLowLatency(port);
            events.up();
          } else events.down(wordsFor(error, settings.path));
          done();
        });
      });
      return {
        write: (bytes) => {
          const written = watch.writing();
          port.write(bytes, (error) => {
            written();
            if (error !== null && error !== undefined) events.down(error.message);
          });
        },
        end: async () => {
          watch.stop();
          await opened;
          wake.start();
          if (port.isOpen) {
            await withinSystemWait((done) => {
              port.close(() => {
                done();
              });
            });
          }
          wake.stop();
        },
      };
    },
    pauses_ms,
  );
}

/** Resolves when `act` calls back, or when the system has had long enough. */
const withinSystemWait = (act: (done: () => void) => void): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, SYSTEM_WAIT_ms);
    act(() => {
      clearTimeout(timer);
      resolve();
    });
  });

/**
 * Adapters with an FTDI chip collect bytes for 16 ms before they hand them over, which at 20 requests a second is a third
 * of the line; Linux can tell them not to. Where it cannot (other chips, no permission, other systems) nothing changes.
 */
function askForLowLatency(port: SerialPort): void {
  const options = { lowLatency: true };
  port.set(options, nothing);
}

/** The binding gives no codes, only the system's words, so these are looked for here and nowhere else. */
function wordsFor({ message }: Error, path: string): string {
  if (/cannot lock port|access(?: is)? denied/iu.test(message))
    return `another program has ${path} open: close it, or give it a port of its own`;
  if (/permission denied/iu.test(message))
    return `this user may not open ${path}: on Linux add it to the group that owns the port (dialout or uucp), then sign in again`;
  return message;
}

/** Notices what the port itself does not tell: its file is gone, or it takes no more bytes. */
function watchPort(
  path: string,
  down: (detail: string) => void,
): { readonly writing: () => () => void; readonly stop: () => void } {
  let writes_since_ms: number | null = null;
  let waiting = 0;
  const look = (): void => {
    if (writes_since_ms !== null && performance.now() - writes_since_ms > WRITE_WAIT_ms) {
      down("the port takes no more bytes");
      return;
    }
    // Windows has no file for a port; there a write fails at once.
    if (!path.startsWith("/")) return;
    access(path).catch(() => {
      down(`${path} is gone`);
    });
  };
  const timer = setInterval(look, WATCH_PERIOD_ms);
  return {
    writing() {
      waiting += 1;
      writes_since_ms ??= performance.now();
      return () => {
        waiting -= 1;
        writes_since_ms = waiting === 0 ? null : performance.now();
      };
    },
    stop: () => {
      clearInterval(timer);
    },
  };
}

/**
 * serialport 13 calls back from its native code without running the promise jobs it has just settled; since Node 26
 * they wait until something else happens in the event loop, so bytes arrive late or never (node-serialport #3148).
 * On Linux and macOS the port's poller announces each event and one turn of the loop is enough; elsewhere, and while
 * opening and closing, a timer turns it.
 */
function keepAwake(port: SerialPort): { readonly start: () => void; readonly stop: () => void } {
  let timer: NodeJS.Timeout | null = null;
  const start = (): void => {
    timer ??= setInterval(nothing, WAKE_PERIOD_ms);
  };
  const stop = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };
  port.once("open", () => {
    const binding: unknown = port.port;
    if (typeof binding !== "object" || binding === null || !("poller" in binding)) return;
    if (!(binding.poller instanceof EventEmitter)) return;
    for (const event of ["readable", "writable", "disconnect"]) binding.poller.on(event, () => setImmediate(nothing));
    stop();
  });
  start();
  return { start, stop };
}

const nothing = (): void => undefined;
