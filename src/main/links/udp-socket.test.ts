import { createSocket } from "node:dgram";
import { expect, test } from "vitest";
import { openUdpSocket, resolveHost } from "./udp-socket.ts";

test("a port that another program holds is taken over once that program has left it", async () => {
  const other = createSocket("udp4");
  await new Promise<void>((resolve) => {
    other.bind(0, resolve);
  });
  const { port } = other.address();
  const heard: string[] = [];
  const socket = openUdpSocket({
    port,
    group: null,
    onMessage: (bytes) => {
      heard.push(Buffer.from(bytes).toString());
    },
  });
  await expect.poll(() => socket.state).toMatchObject({ kind: "down" });
  expect(socket.send(Buffer.from("x"), { address: "127.0.0.1", port })).toBe(false);
  await new Promise<void>((resolve) => {
    other.close(() => {
      resolve();
    });
  });
  await expect.poll(() => socket.state.kind).toBe("up");
  expect(socket.port).toBe(port);
  expect(socket.send(Buffer.from("hello"), { address: "127.0.0.1", port })).toBe(true);
  await expect.poll(() => heard).toEqual(["hello"]);
  await socket.close();
  expect(socket.state).toMatchObject({ kind: "down" });
});

test("where any other port does, one is taken at once instead of waiting for the one that is held", async () => {
  const other = createSocket("udp4");
  await new Promise<void>((resolve) => {
    other.bind(0, "127.0.0.1", resolve);
  });
  const { port } = other.address();
  const options = { port, address: "127.0.0.1", orAnyPort: true, group: null, onMessage: () => undefined } as const;
  const second = openUdpSocket(options);
  await expect.poll(() => second.state.kind).toBe("up");
  expect(second.port).not.toBe(port);
  await second.close();
  await new Promise<void>((resolve) => {
    other.close(() => {
      resolve();
    });
  });
  const alone = openUdpSocket(options);
  await expect.poll(() => alone.state.kind).toBe("up");
  expect(alone.port).toBe(port);
  await alone.close();
});

test("an interface that this machine does not have is a reason, not a crash", async () => {
  const socket = openUdpSocket({
    port: 0,
    group: { address: "239.12.255.254", interface: "203.0.113.7" },
    onMessage: () => undefined,
  });
  await expect.poll(() => socket.state.kind).toBe("down");
  await socket.close();
});

test("a host by address is known without asking anybody", async () => {
  expect(await resolveHost("127.0.0.1")).toBe("127.0.0.1");
});
