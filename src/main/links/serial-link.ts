import { EventEmitter } from "node:events";
import { SerialPort } from "serialport";
import { createReconnectingLink, type ByteLink } from "./byte-link.ts";

export type SerialSettings = {
  readonly path: string;
  readonly baud: number;
  readonly parity: "none" | "even" | "odd";
  readonly dataBits: 7 | 8;
  readonly stopBits: 1 | 2;
};

/** Pace at which the event loop is woken where the port cannot tell us itself when it has something. */
const WAKE_PERIOD_ms = 5;

/**
 * A serial port, opened exclusively and reopened after it was unplugged. Loss is often noticed only at the next write,
 * and `close` may come twice; both end the same attempt once.
 */
export function createSerialLink(settings: SerialSettings): ByteLink {
  return createReconnectingLink(settings.path, (events) => {
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
    const opened = new Promise<void>((resolve) => {
      port.open((error) => {
        if (error === null) events.up();
        else events.down(error.message);
        resolve();
      });
    });
    return {
      write: (bytes) => {
        port.write(bytes, (error) => {
          if (error !== null && error !== undefined) events.down(error.message);
        });
      },
      end: async () => {
        await opened;
        wake.start();
        if (port.isOpen) {
          await new Promise<void>((resolve) => {
            port.close(() => {
              resolve();
            });
          });
        }
        wake.stop();
      },
    };
  });
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
