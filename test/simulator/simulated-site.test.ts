import { spawn } from "node:child_process";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Link } from "../../src/core/site/index.ts";
import { encodeRtu } from "../../src/main/protocol/modbus/index.ts";
import { startDemoWorld, startWorld } from "../../src/main/simulator/index.ts";
import { createClock } from "../../src/main/site/clock.ts";
import { createCentralSystem } from "./central-system.ts";

const portOf = (links: readonly Link[], id: string): number => {
  const link = links.find((one) => one.id === id);
  return link === undefined || link.kind === "serial" ? 0 : link.port;
};

/** Asks a unit for input registers over RTU on TCP and answers them as 32-bit floats. */
function readFloats(port: number, unitId: number, address: number, count: number): Promise<number[]> {
  const length = 5 + count * 2;
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(encodeRtu(unitId, Uint8Array.of(4, address >> 8, address & 0xff, 0, count)));
    });
    socket.on("error", reject);
    socket.on("data", (bytes: Buffer) => {
      pieces.push(bytes);
      const received = Buffer.concat(pieces);
      if (received.length < length) return;
      socket.destroy();
      resolve(Array.from({ length: count / 2 }, (_, i) => received.readFloatBE(3 + 4 * i)));
    });
  });
}

describe("the demo world", () => {
  test("its stations dial in and charge, and its main meter shows over the wire what really flows", async () => {
    const central = await createCentralSystem();
    const clock = createClock({ speed: 60, start_ms: Date.parse("2026-03-03T09:00:00Z") });
    const world = await startDemoWorld({ clock, seed: 7 });
    world.connect(central.url);
    await central.until(() => central.of("StartTransaction").length >= 5 && central.of("MeterValues").length >= 20);
    // Of its seven OCPP boxes; this central system understands 1.6 alone.
    expect(new Set(central.heard.map((one) => one.identity)).size).toBeGreaterThanOrEqual(6);
    const port = portOf(world.site.model.links, "gw-meter");
    // The building changes every second of the clock; the nearest of a few readings is the one taken at that moment.
    const differences = [];
    for (let i = 0; i < 5; i += 1) {
      const before = world.truth().meters[0]?.current_mA ?? [0, 0, 0];
      const [l1 = 0, l2 = 0, l3 = 0] = await readFloats(port, 1, 6, 6);
      differences.push(
        Math.max(Math.abs(l1 * 1000 - before[0]), Math.abs(l2 * 1000 - before[1]), Math.abs(l3 * 1000 - before[2])) /
          Math.max(...before),
      );
    }
    expect(Math.min(...differences)).toBeLessThan(0.02);
    const truth = world.truth();
    expect(truth.meters[0]?.current_mA[0]).toBeGreaterThan(0);
    expect(truth.stations.reduce((sum, station) => sum + station.delivered_Wh, 0)).toBeGreaterThan(0);
    await world.close();
    await central.close();
    clock.close();
  });

  test("goes on with the registers it is given", async () => {
    const clock = createClock({ speed: 1 });
    const first = await startDemoWorld({ clock, seed: 7 });
    const registers = new Map(first.truth().stations.map(({ stationId, register_Wh }) => [stationId, register_Wh]));
    await first.close();
    const second = await startDemoWorld({ clock, seed: 8, registers });
    expect(new Map(second.truth().stations.map(({ stationId, register_Wh }) => [stationId, register_Wh]))).toEqual(
      registers,
    );
    await second.close();
    clock.close();
  });
});

describe("worlds of other sizes", () => {
  test.each([4, 12, 40, 100])("one of %i bays starts, listens and ends", async (points) => {
    const clock = createClock({ speed: 1 });
    const world = await startWorld({ clock, seed: 1, points, mixed: true });
    expect(world.site.model.stations.length).toBe(points);
    expect(world.site.model.links.every((link) => link.kind !== "serial" && link.port > 0)).toBe(true);
    await world.close();
    clock.close();
  });
});

describe("the simulator as a process", () => {
  const SCRIPT = fileURLToPath(new URL("./simulator-process.ts", import.meta.url));
  const lineSchema = z.object({
    event: z.string(),
    truth: z.object({ stations: z.array(z.object({ register_Wh: z.number() })) }).optional(),
  });

  test("runs from source, dials in, tells the truth when asked and ends when its input ends", async () => {
    const central = await createCentralSystem();
    const child = spawn(process.execPath, [SCRIPT, "--points", "4", "--ocpp-url", central.url], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => lineSchema.parse(JSON.parse(z.string().parse((await lines.next()).value)));
    expect((await next()).event).toBe("ready");
    await central.until(() => new Set(central.heard.map((one) => one.identity)).size === 4);
    child.stdin.write("truth\n");
    expect((await next()).truth?.stations.length).toBe(4);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.stdin.end();
    expect(await ended).toBe(0);
    await central.close();
  });

  test.each([
    [["--points", "0"], "--points is a whole number"],
    [["--speed", "100", "--demo"], "--speed is a number"],
    [["--nonsense"], "Unknown option"],
    [["--site", "/no/such/file.yaml"], "cannot be read"],
    [[], "Name a site"],
  ])("bad use %j ends with 2 and a sentence", async (argv, words) => {
    const child = spawn(process.execPath, [SCRIPT, ...argv], { stdio: ["pipe", "ignore", "pipe"] });
    let complaint = "";
    child.stderr.on("data", (bytes: Buffer) => (complaint += bytes.toString()));
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(code).toBe(2);
    expect(complaint).toContain(words);
  });
});
