import { readdir, readlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { SerialPort } from "serialport";
import { z } from "zod";

export type SerialPortInfo = {
  readonly path: string;
  /** Name that stays with the adapter when it is plugged in elsewhere; `null` when the system gives none. */
  readonly stablePath: string | null;
  readonly manufacturer: string | null;
  readonly serialNumber: string | null;
};

const listed = z.array(
  z.object({ path: z.string(), manufacturer: z.string().optional(), serialNumber: z.string().optional() }),
);
const DEVICE_NAME = /^tty(?:USB|ACM|AMA|S|XRUSB)\d+$/u;
const BY_ID = "/dev/serial/by-id";

/** Serial ports of this machine. Where udev is missing (containers, some snaps) the device files are listed instead. */
export async function listSerialPorts(): Promise<readonly SerialPortInfo[]> {
  const stable = await stableNames();
  try {
    const ports = listed.parse(await SerialPort.list());
    return ports.map((port) => ({
      path: port.path,
      stablePath: stable.get(basename(port.path)) ?? null,
      manufacturer: port.manufacturer ?? null,
      serialNumber: port.serialNumber ?? null,
    }));
  } catch {
    // `spawn udevadm ENOENT`: nothing is known about the adapters but their names.
    const names = await namesIn("/dev");
    return names
      .filter((name) => DEVICE_NAME.test(name))
      .sort()
      .map((name) => ({
        path: join("/dev", name),
        stablePath: stable.get(name) ?? null,
        manufacturer: null,
        serialNumber: null,
      }));
  }
}

async function stableNames(): Promise<ReadonlyMap<string, string>> {
  const names = await namesIn(BY_ID);
  const pairs = await Promise.all(
    names.map(async (name) => {
      const path = join(BY_ID, name);
      const target = await readlink(path).catch(() => name);
      return [basename(target), path] as const;
    }),
  );
  return new Map(pairs);
}

/** A folder that does not exist holds nothing. */
const namesIn = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);
