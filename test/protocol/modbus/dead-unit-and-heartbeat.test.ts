import { afterEach, expect, test } from "vitest";
import { createMemoryBank } from "../../../src/main/simulator/modbus/index.ts";
import type { BusOwner, BusReply } from "../../../src/main/links/bus.ts";
import { busTo, cleanUp, codeOf, read, scripted, serve } from "./bus-under-test.ts";
import { encodeRtu } from "../../../src/main/protocol/modbus/index.ts";

// One gateway, one box that needs a sign of life every second or two, and one that is dead.

afterEach(cleanUp);

/** Far longer than a test may take. */
const FOREVER_ms = 600_000;
const DEAD = 9;

const ask = (bus: BusOwner, unitId: number, also: { priority: "heartbeat" | "state" }): Promise<BusReply> =>
  bus.transact({
    unitId,
    request: also.priority === "heartbeat" ? { fc: 6, address: 4_000, value: 1 } : { fc: 3, address: 0, count: 1 },
    timeout_ms: FOREVER_ms,
    gap_ms: 0,
    ...also,
  });

test("a dead unit is not waited for beyond the next sign of life of another", async () => {
  const server = await serve(new Map([[1, createMemoryBank()]]));
  const bus = await busTo(server.port);
  expect(codeOf(await read(bus, 0))).toBe("ok");
  for (let beat = 0; beat < 3; beat += 1) {
    bus.expectWithin(1, 1_000);
    const probe = ask(bus, DEAD, { priority: "state" });
    expect(codeOf(await ask(bus, 1, { priority: "heartbeat" }))).toBe("ok");
    expect(codeOf(await probe)).toBe("timeout");
  }
});

test("a dead unit is asked after a sign of life that is nearly due, not before it", async () => {
  const heard: number[] = [];
  const port = await scripted((connection, bytes) => {
    const [unitId = 0, fc = 0] = bytes;
    heard.push(unitId);
    if (unitId === 1) connection.write(encodeRtu(1, fc === 6 ? bytes.subarray(1, 6) : Uint8Array.of(3, 2, 0, 0)));
  });
  // On a clock twice as fast a dead unit may be asked each 500 ms.
  const bus = await busTo(port, "rtu", 2);
  expect(codeOf(await read(bus, 0))).toBe("ok");
  expect(codeOf(await read(bus, 0, { unitId: DEAD }))).toBe("timeout");
  const probed_ms = performance.now();
  expect(codeOf(await read(bus, 0, { unitId: DEAD }))).toBe("timeout");
  heard.length = 0;
  bus.expectWithin(1, 1_000);
  const probe = ask(bus, DEAD, { priority: "state" });
  // By then more than half of the time until the sign of life is over.
  while (performance.now() < probed_ms + 700) expect(codeOf(await read(bus, 0))).toBe("ok");
  expect(heard).not.toContain(DEAD);
  expect(codeOf(await ask(bus, 1, { priority: "heartbeat" }))).toBe("ok");
  bus.expectWithin(1, 1_000);
  expect(codeOf(await probe)).toBe("timeout");
  expect(heard.at(-1)).toBe(DEAD);
});
