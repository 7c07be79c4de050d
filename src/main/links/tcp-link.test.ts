import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createTcpLink } from "./tcp-link.ts";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function linkTo(spoken: (socket: Socket) => void): Promise<ReturnType<typeof createTcpLink>> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    spoken(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const link = createTcpLink({ host: "127.0.0.1", port: address.port });
  cleanups.push(() => link.close());
  return link;
}

test("a device that pours out bytes is read no faster than a device has reason to speak, and nothing is lost", async () => {
  const all = Uint8Array.from({ length: 1_000_000 }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
  const link = await linkTo((socket) => socket.write(all));
  const pieces: Uint8Array[] = [];
  const started_ms = performance.now();
  const heard = (): number => pieces.reduce((sum, { length }) => sum + length, 0);
  link.onData((bytes) => {
    pieces.push(Uint8Array.from(bytes));
  });
  link.open();
  await expect.poll(heard).toBe(all.length);
  // 256 kB at once, the other 744 kB at 256 kB/s; the last piece before a rest may be one too many.
  expect(performance.now() - started_ms).toBeGreaterThan(2_000);
  expect(Buffer.compare(Buffer.concat(pieces), all)).toBe(0);
});

test("a link is closed at once while it waits for a flood to ebb", async () => {
  const flood = new Uint8Array(64_000);
  const link = await linkTo((socket) => {
    const pour = (): void => {
      while (!socket.destroyed && socket.write(flood));
    };
    socket.on("drain", pour);
    pour();
  });
  let heard = 0;
  link.onData(({ length }) => {
    heard += length;
  });
  link.open();
  await expect.poll(() => heard).toBeGreaterThan(256_000);
  await link.close();
  const atTheEnd = heard;
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(heard).toBe(atTheEnd);
});
