import { SerialPort } from "serialport";
import { createReconnectingLink, type ByteLink } from "./byte-link.ts";

export type SerialSettings = {
  readonly path: string;
  readonly baud: number;
  readonly parity: "none" | "even" | "odd";
  readonly dataBits: 7 | 8;
  readonly stopBits: 1 | 2;
};

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
    let settled = Promise.resolve();
    port.on("data", (bytes: Uint8Array) => {
      events.data(bytes);
    });
    port.on("close", () => {
      events.down("serial port closed");
    });
    port.on("error", (error: Error) => {
      events.down(error.message);
    });
    settled = new Promise((resolve) => {
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
        await settled;
        if (!port.isOpen) return;
        await new Promise<void>((resolve) => {
          port.close(() => {
            resolve();
          });
        });
      },
    };
  });
}
