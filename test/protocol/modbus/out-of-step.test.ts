import { afterEach, describe, expect, test } from "vitest";
import type { BusReply } from "../../../src/main/links/bus.ts";
import { listenTcp, type ServerConnection } from "../../../src/main/links/tcp-server.ts";
import { encodeMbap, encodeRtu } from "../../../src/main/protocol/modbus/index.ts";
import { busTo, cleanUp, cleanups, codeOf, read, scripted, stateOf, TIMEOUT_ms, value } from "./bus-under-test.ts";

afterEach(cleanUp);

describe("what one device does wrong stays with it", () => {
  test("a question repeated instead of answered does not cost the others their single writes", async () => {
    let mutters = true;
    const port = await scripted((connection, bytes) => {
      const isMuttering = mutters;
      mutters = false;
      const pdu = bytes[1] === 6 ? bytes.subarray(1, 6) : Uint8Array.of(3, 2, 0, bytes[3] ?? 0);
      connection.write(isMuttering ? Uint8Array.from(bytes) : encodeRtu(bytes[0] ?? 0, pdu));
    });
    const bus = await busTo(port);
    expect(codeOf(await read(bus, 10))).toBe("timeout");
    const write = { unitId: 2, request: { fc: 6, address: 5, value: 7 }, priority: "safety" } as const;
    expect(codeOf(await bus.transact({ ...write, timeout_ms: TIMEOUT_ms, gap_ms: 0 }))).toBe("ok");
    expect(bus.health().total.echoes).toBe(1);
  });

  test("a line that has stopped to repeat what we send is noticed with the next read", async () => {
    let repeats = 2;
    const port = await scripted((connection, bytes) => {
      repeats -= 1;
      const pdu = bytes[1] === 6 ? bytes.subarray(1, 6) : Uint8Array.of(3, 2, 0, bytes[3] ?? 0);
      const echo = repeats >= 0 ? bytes : [];
      connection.write(Uint8Array.from([...echo, ...encodeRtu(bytes[0] ?? 0, pdu)]));
    });
    const bus = await busTo(port);
    for (let i = 0; i < 3; i += 1) expect(await read(bus, i)).toEqual(value(i));
    const write = { unitId: 1, request: { fc: 6, address: 5, value: 7 }, priority: "safety" } as const;
    expect(codeOf(await bus.transact({ ...write, timeout_ms: TIMEOUT_ms, gap_ms: 0 }))).toBe("ok");
  });

  test("a question that waits for the late answer to another is not kept waiting by that other being asked again", async () => {
    let heard = 0;
    const port = await scripted((connection, bytes) => {
      heard += 1;
      if (heard !== 2) connection.write(encodeRtu(bytes[0] ?? 0, Uint8Array.of(3, 2, 0, bytes[3] ?? 0)));
    });
    const bus = await busTo(port);
    // It has answered before, so that its silence does not make it dead.
    await read(bus, 10);
    expect(codeOf(await read(bus, 10))).toBe("timeout");
    const waiting = { isOver: false };
    const other = read(bus, 20).finally(() => {
      waiting.isOver = true;
    });
    while (!waiting.isOver) await read(bus, 10);
    expect(await other).toEqual(value(20));
  });

  test("the late answer to a write is not taken as the answer to the next, which wrote something else", async () => {
    const late: Uint8Array[] = [];
    const port = await scripted((connection, bytes) => {
      if (bytes[1] !== 6) connection.write(encodeRtu(1, Uint8Array.of(3, 2, 0, bytes[3] ?? 0)));
      else if (late.length === 0) late.push(Uint8Array.from(bytes));
      else connection.write(late[0] ?? bytes);
    });
    const bus = await busTo(port);
    await read(bus, 10);
    const set = (limit: number): Promise<BusReply> =>
      bus.transact({
        unitId: 1,
        request: { fc: 6, address: 261, value: limit },
        priority: "safety",
        timeout_ms: TIMEOUT_ms,
        gap_ms: 0,
      });
    expect(codeOf(await set(160))).toBe("timeout");
    expect(codeOf(await set(60))).not.toBe("ok");
  });

  test("a device that was silent once and then refuses several questions is not kept unheard for ever", async () => {
    let heard = 0;
    const port = await scripted((connection) => {
      heard += 1;
      if (heard > 1) connection.write(encodeRtu(1, Uint8Array.of(0x83, 6)));
    });
    const bus = await busTo(port);
    expect(codeOf(await read(bus, 1))).toBe("timeout");
    const refused = new Set<number>();
    for (let i = 0; i < 12; i += 1) {
      const reply = await bus.transact({
        unitId: 1,
        request: { fc: 3, address: 1 + ((i + 1) % 2), count: 1 + ((i + 1) % 2) },
        // A scan is asked of dead units too.
        priority: "scan",
        timeout_ms: TIMEOUT_ms,
        gap_ms: 0,
      });
      if (i >= 8 && codeOf(reply) === "exception") refused.add(i);
    }
    expect([...refused]).toEqual([8, 9, 10, 11]);
  });

  test("a limit that must fall goes before the second try of a question that was answered badly", async () => {
    const heard: number[] = [];
    const falls: Promise<BusReply>[] = [];
    const port = await scripted((connection, bytes) => {
      heard.push(bytes[1] ?? 0);
      if (heard.length === 1) {
        falls.push(
          bus.transact({
            unitId: 1,
            request: { fc: 6, address: 261, value: 60 },
            priority: "safety",
            timeout_ms: TIMEOUT_ms,
            gap_ms: 0,
          }),
        );
        connection.write(Uint8Array.of(1, 3, 2, 0, 10, 0xff, 0xff));
      } else
        connection.write(encodeRtu(1, bytes[1] === 6 ? bytes.subarray(1, 6) : Uint8Array.of(3, 2, 0, bytes[3] ?? 0)));
    });
    const bus = await busTo(port);
    expect(await read(bus, 10)).toEqual(value(10));
    expect((await Promise.all(falls)).map(codeOf)).toEqual(["ok"]);
    expect(heard).toEqual([3, 6, 3]);
    expect(bus.health().total.retries).toBe(1);
  });
});

describe("a peer out of step", () => {
  test("surplus bytes behind an answer never reach the next request, however many follow", async () => {
    const port = await scripted((connection, bytes) => {
      const answer = encodeRtu(1, Uint8Array.of(3, 2, 0, bytes[3] ?? 0));
      const surplus = encodeRtu(1, Uint8Array.of(3, 2, 0xba, 0xad));
      connection.write(Uint8Array.from([...answer, ...surplus, ...surplus]));
    });
    const bus = await busTo(port);
    for (let i = 0; i < 10; i += 1) expect(await read(bus, i)).toEqual(value(i));
    expect(bus.health().total).toMatchObject({ timeouts: 0, retries: 0, staleBytes: 10 * 14 });
  });

  test("that answers nothing usable any more is connected to anew, and then works", async () => {
    let connections = 0;
    const server = await listenTcp({ host: "127.0.0.1", port: 0 }, (connection) => {
      connections += 1;
      const isStuck = connections === 1;
      connection.onData((bytes) => {
        // The first connection is stuck one answer behind, with somebody else's.
        const unitId = isStuck ? 99 : (bytes[0] ?? 0);
        connection.write(encodeRtu(unitId, Uint8Array.of(3, 2, 0, bytes[3] ?? 0)));
      });
    });
    cleanups.push(() => server.close());
    const bus = await busTo(server.port, "rtu", 1000);
    const codes: string[] = [];
    while (bus.link.state.kind === "up") codes.push(await read(bus, codes.length).then((reply) => codeOf(reply)));
    expect(codes).toEqual(Array(20).fill("garbled"));
    await stateOf(bus, "up");
    expect(await read(bus, 7)).toEqual(value(7));
    expect(bus.health().recentLosses).toBe(0);
  });

  test("whose transaction ids are one behind is connected to anew before it has cost much", async () => {
    let connections = 0;
    const server = await listenTcp({ host: "127.0.0.1", port: 0 }, (connection) => {
      connections += 1;
      const behind = connections === 1 ? 1 : 0;
      connection.onData((bytes) => {
        const transactionId = ((bytes[0] ?? 0) << 8) + (bytes[1] ?? 0) - behind;
        connection.write(
          encodeMbap({ transactionId, unitId: bytes[6] ?? 0, pdu: Uint8Array.of(3, 2, 0, bytes[9] ?? 0) }),
        );
      });
    });
    cleanups.push(() => server.close());
    const bus = await busTo(server.port, "mbap", 1000);
    const codes: string[] = [];
    while (bus.link.state.kind === "up") codes.push(codeOf(await read(bus, codes.length)));
    expect(codes).toEqual(["garbled", "garbled", "garbled"]);
    await stateOf(bus, "up");
    expect(await read(bus, 7)).toEqual(value(7));
  });

  test.each(["rtu", "mbap"] as const)(
    "that is silent in %s may be a dead connection, and is connected to anew",
    async (framing) => {
      let [connections, asked] = [0, 0];
      const server = await listenTcp({ host: "127.0.0.1", port: 0 }, (connection) => {
        connections += 1;
        const isDeaf = connections === 1;
        connection.onData((bytes) => {
          asked += 1;
          const pdu = Uint8Array.of(3, 2, 0, bytes[framing === "rtu" ? 3 : 9] ?? 0);
          const transactionId = ((bytes[0] ?? 0) << 8) + (bytes[1] ?? 0);
          const reply = framing === "rtu" ? encodeRtu(1, pdu) : encodeMbap({ transactionId, unitId: 1, pdu });
          if (!isDeaf || asked === 1) connection.write(reply);
        });
      });
      cleanups.push(() => server.close());
      const bus = await busTo(server.port, framing, 1000);
      expect(await read(bus, 7)).toEqual(value(7));
      const codes: string[] = [];
      while (bus.link.state.kind === "up") codes.push(codeOf(await read(bus, 7)));
      expect(codes).toEqual(Array(5).fill("timeout"));
      await stateOf(bus, "up");
      expect(await read(bus, 7)).toEqual(value(7));
      expect(bus.health().recentLosses).toBe(0);
    },
  );

  test("that ends our connection again and again is named in the hints", async () => {
    const port = await scripted((connection) => {
      connection.end();
    });
    const bus = await busTo(port, "mbap");
    for (let i = 0; i < 3; i += 1) {
      expect(await read(bus, 0)).toEqual({ ok: false, code: "line-down" });
      await stateOf(bus, "up");
    }
    expect(bus.health().hints).toEqual([{ code: "another-client", losses: 3 }]);
  });

  test("that ends every connection after its time, as its document says, has no other client", async () => {
    const connections: ServerConnection[] = [];
    const server = await listenTcp({ host: "127.0.0.1", port: 0 }, (connection) => {
      connections.push(connection);
    });
    cleanups.push(() => server.close());
    const bus = await busTo(server.port, "mbap");
    bus.expectEndAfter(0);
    for (let i = 0; i < 4; i += 1) {
      await stateOf(bus, "up");
      await expect.poll(() => connections.length).toBe(i + 1);
      const lost = stateOf(bus, "down");
      connections[i]?.end();
      await lost;
    }
    expect(bus.health().recentLosses).toBe(0);
  });
});
