import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDataFolder } from "../../src/main/storage/index.ts";
import { knownProfiles } from "../../src/main/site/known-profiles.ts";
import { parseSiteFile } from "../../src/main/site/site-file/index.ts";
import { epochMs } from "../../src/core/units/index.ts";
import { createModbusServer } from "../../src/main/simulator/modbus/index.ts";
import { describeWith } from "../setup/tools.ts";
import { cable, folder, run, simulate, type Folder } from "./doctor-run.ts";

const TIMEOUT_ms = 120_000;
const cleanups: (() => unknown)[] = [];
let here: Folder;

beforeEach(() => {
  here = folder();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  here.remove();
});

const data = (): string => join(here.path, "data");

async function device(...argv: string[]): Promise<number> {
  const simulated = await simulate([...argv, "--data", data()]);
  cleanups.push(simulated.stop);
  return simulated.port;
}

const CHARGER =
  "stations: [{id: b1, name: Bay, circuit: main, phases: 3, max_A: 16, fallback_A: 6, profile: heidelberg-energy-control, link: l1, unitId: 1}]";
const tcp = (kind: string, port: number): string => `{id: l1, kind: ${kind}, host: 127.0.0.1, port: ${String(port)}}`;

/** What a go-e charger with a car says of itself. */
const GO_E = {
  car: 2,
  nrg: [231, 230, 229, 0, 16, 16, 16, 3696, 3680, 3664, 0, 11_040],
  eto: 123_456,
  wh: 1_000,
  alw: true,
  amp: 16,
  trx: null,
  sse: "123456",
  fwv: "055.7",
};

const portOf = (address: ReturnType<Server["address"]>): number =>
  typeof address === "object" && address !== null ? address.port : 0;

/** A port on which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const port = portOf(server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("doctor read and set", { timeout: TIMEOUT_ms }, () => {
  test("a charger is told 10.5 A, shows it, and draws it", async () => {
    const port = await device("heidelberg-energy-control", "--port", "0", "--framing", "rtu");
    const site = here.site(tcp("rtu-over-tcp", port), CHARGER);
    const args = ["--site", site, "--id", "b1", "--data", data()];
    const set = await run(["set", ...args, "--current_A", "10.5"]);
    expect(set).toEqual({ code: 0, err: "", out: [{ ok: true, written_mA: 10_500, readback_mA: 10_500 }] });
    await expect
      .poll(async () => (await run(["read", ...args])).out[0])
      .toMatchObject({
        id: "b1",
        profile: "heidelberg-energy-control",
        ok: true,
        errors: 0,
        readings: {
          state: "charging",
          current_mA: [10_500, 10_500, 10_500],
          voltage_mV: [230_000, 230_000, 230_000],
          power_W: 7_245,
          current_limit_mA: 10_500,
        },
      });
    expect((await run(["set", ...args, "--current_A", "0"])).out[0]).toEqual({
      ok: true,
      written_mA: 0,
      readback_mA: 0,
    });
  });

  test("a box with steps of 100 W is told the first that is no pause when it is to charge with its least", async () => {
    const port = await device("compleo-solo", "--port", "0", "--unit", "255");
    const site = here.site(
      tcp("modbus-tcp", port),
      CHARGER.replace("heidelberg-energy-control", "compleo-solo").replace("unitId: 1", "unitId: 255"),
    );
    const set = await run(["set", "--site", site, "--id", "b1", "--data", data(), "--current_A", "6"]);
    expect(set.out[0]).toMatchObject({ ok: true, written_mA: 6_086 });
  });

  test("a reading changes nothing in the box", async () => {
    const asked: number[] = [];
    const server = await createModbusServer({
      transport: { kind: "tcp", port: 0, framing: "rtu" },
      units: new Map([
        [
          1,
          {
            answer: (request) => {
              asked.push(request.fc);
              return request.fc === 3 || request.fc === 4
                ? { kind: "registers", fc: request.fc, registers: Array.from({ length: request.count }, () => 2) }
                : { kind: "exception", fc: request.fc, code: 1 };
            },
          },
        ],
      ]),
    });
    cleanups.push(() => server.close());
    const site = here.site(tcp("rtu-over-tcp", server.port), CHARGER);
    const { code, out } = await run(["read", "--site", site, "--id", "b1", "--data", data()]);
    expect(code).toBe(0);
    expect(out[0]).toMatchObject({ exchanges: asked.length, readings: { state: "none" } });
    expect(asked.every((fc) => fc <= 4)).toBe(true);
  });

  test("a meter shows both directions and every phase", async () => {
    const port = await device("eastron-sdm630", "--port", "0", "--framing", "mbap");
    const site = here.site(
      tcp("modbus-tcp", port),
      "meters: [{id: m1, profile: eastron-sdm630, link: l1, unitId: 1}]\nstations: []",
    );
    const { code, out } = await run(["read", "--site", site, "--id", "m1", "--data", data()]);
    expect(code).toBe(0);
    expect(out[0]).toMatchObject({
      readings: {
        power_W: 7_659,
        current_mA: [12_400, 9_800, 11_100],
        energy_export_Wh: 0,
        frequency_Hz: 50,
      },
    });
    expect(out[0]?.["readings"]).toHaveProperty(
      "energy_import_Wh",
      expect.toSatisfy((Wh) => Number(Wh) >= 123_456),
    );
    expect(out[0]).not.toHaveProperty("readings.state");
    expect(await run(["set", "--site", site, "--id", "m1", "--current_A", "6", "--data", data()])).toMatchObject({
      code: 1,
      out: [{ ok: false, code: "not-supported" }],
    });
  });

  test("a box that does not follow is said so", async () => {
    // Acknowledges every write and keeps offering 16 A.
    const server = await createModbusServer({
      transport: { kind: "tcp", port: 0, framing: "rtu" },
      units: new Map([
        [
          1,
          {
            answer: (request) =>
              request.fc === 3 || request.fc === 4
                ? { kind: "registers", fc: request.fc, registers: Array.from({ length: request.count }, () => 160) }
                : { kind: "written", fc: 16, address: request.address },
          },
        ],
      ]),
    });
    cleanups.push(() => server.close());
    const site = here.site(tcp("rtu-over-tcp", server.port), CHARGER);
    const reply = await run(["set", "--site", site, "--id", "b1", "--current_A", "10", "--data", data()]);
    expect(reply).toMatchObject({ code: 1, out: [{ id: "b1", ok: false, code: "not-followed" }] });
    expect(reply.err).toContain("10000 mA");
  });

  test("a box that refuses every question has not been read", async () => {
    const server = await createModbusServer({
      transport: { kind: "tcp", port: 0, framing: "rtu" },
      units: new Map([[1, { answer: ({ fc }) => ({ kind: "exception", fc, code: 2 }) }]]),
    });
    cleanups.push(() => server.close());
    const site = here.site(tcp("rtu-over-tcp", server.port), CHARGER);
    const read = await run(["read", "--site", site, "--id", "b1", "--data", data()]);
    expect(read).toMatchObject({ code: 1, out: [{ id: "b1", ok: false, code: "rejected" }] });
    expect(read.err).toContain("exception 2: it has no such register; is it a device of profile");
    const set = await run(["set", "--site", site, "--id", "b1", "--current_A", "10", "--data", data()]);
    expect(set).toMatchObject({ code: 1, out: [{ id: "b1", ok: false, code: "rejected" }] });
    expect(set.err).toContain("b1 refuses: exception 2");
  });

  test("a box that speaks in another framing is heard but not understood, and that is told", async () => {
    const port = await device("heidelberg-energy-control", "--port", "0", "--framing", "rtu", "--fault", "garbage");
    const site = here.site(tcp("rtu-over-tcp", port), CHARGER);
    const read = await run(["read", "--site", site, "--id", "b1", "--data", data()]);
    expect(read).toMatchObject({ code: 1, out: [{ id: "b1", ok: false, code: "timeout" }] });
    expect(read.err).toContain("something is heard that is no answer: look at the kind of the link");
  });

  test("who cannot be told because nobody listens at the port is told so, with the port", async () => {
    const port = await freePort();
    const site = here.site(tcp("rtu-over-tcp", port), CHARGER);
    const set = await run(["set", "--site", site, "--id", "b1", "--current_A", "10", "--data", data()]);
    expect(set).toMatchObject({ code: 1, out: [{ id: "b1", ok: false, code: "offline" }] });
    expect(set.err).toContain(`ECONNREFUSED 127.0.0.1:${String(port)}`);
  });

  test("a value has no more digits than the device gave it", async () => {
    const port = await device("smartevse-v2-rtu", "--port", "0", "--framing", "rtu");
    const site = here.site(tcp("rtu-over-tcp", port), CHARGER.replace("heidelberg-energy-control", "smartevse-v2-rtu"));
    const { out } = await run(["read", "--site", site, "--id", "b1", "--data", data()]);
    expect(out).toMatchObject([{ ok: true, readings: { temperature_degC: 27.85 } }]);
  });

  test.each(["heidelberg-energy-control", "dsmr-p1"])(
    "%s cannot be simulated at a port that is not there, and that is told",
    async (profile) => {
      const gone = join(here.path, "gone");
      const simulated = await run(["simulate", profile, "--serial", gone, "--data", data()]);
      expect(simulated).toMatchObject({ code: 1, out: [{ ok: false, code: "offline" }] });
      expect(simulated.err).toContain(gone);
    },
  );

  test.each([
    ["heidelberg", 'there is no profile "heidelberg"; perhaps heidelberg-energy-control.\n'],
    ["sdm630-eastron", "perhaps eastron-sdm630.\n"],
    ["../x", "resources/devices name those there are"],
  ])("%s is no profile; where names begin alike they are told", async (profile, words) => {
    const simulated = await run(["simulate", profile, "--port", "0", "--data", data()]);
    expect(simulated).toMatchObject({ code: 2, out: [] });
    expect(simulated.err).toContain(words);
  });

  test("nobody on the line and nobody at the port are two answers", async () => {
    const port = await device("heidelberg-energy-control", "--port", "0", "--framing", "rtu", "--unit", "7");
    const silent = here.site(tcp("rtu-over-tcp", port), CHARGER);
    expect(await run(["read", "--site", silent, "--id", "b1", "--data", data()])).toMatchObject({
      code: 1,
      out: [{ id: "b1", ok: false, code: "timeout" }],
    });
    const closed = here.site(tcp("rtu-over-tcp", await freePort()), CHARGER);
    const refused = await run(["read", "--site", closed, "--id", "b1", "--data", data()]);
    expect(refused).toMatchObject({ code: 1, out: [{ ok: false, code: "offline" }] });
    expect(refused.err).toContain("ECONNREFUSED");
  });

  test("a link of the site that runs here is left alone, until that site ends", async () => {
    const port = await device("heidelberg-energy-control", "--port", "0", "--framing", "rtu");
    const site = here.site(tcp("rtu-over-tcp", port), CHARGER);
    const resources = fileURLToPath(new URL("../../resources", import.meta.url));
    const parsed = parseSiteFile(readFileSync(site, "utf8"), knownProfiles({ resources, dataFolder: data() }));
    const running = openDataFolder(data(), { now_ms: () => 0 });
    if (!parsed.ok || !running.ok) throw new Error("the site can run");
    running.stores.site.save(parsed.site, epochMs(0), "test");
    const args = ["read", "--site", site, "--id", "b1", "--data", data()];
    const refused = await run(args);
    expect(refused).toMatchObject({ code: 1, out: [{ ok: false, code: "link-in-use" }] });
    expect(refused.err).toContain(`127.0.0.1:${String(port)}`);
    running.close();
    expect((await run(args)).code).toBe(0);
  });

  test.each([
    [[], "Say what to do"],
    [["heal"], 'no "heal"'],
    [["read", "--id", "b1"], "--site FILE"],
    [["read", "--site", "missing.yaml", "--id", "b1"], "missing.yaml"],
    [["set", "--site", "x.yaml", "--id", "b1", "--current_A", "lots"], "amperes"],
    [["set", "--site", "x.yaml", "--id", "b1", "--current_A", "-6"], "--current_A"],
    [["scan"], "--serial PATH or --cidr"],
    [["scan", "--cidr", "127.0.0.1/8"], "/22 to /32"],
    [["scan", "--cidr", "localhost"], "IPv4"],
    [["scan", "--serial", "/dev/null", "--units", "0-300"], "1 to 247"],
    [["scan", "--serial", "/dev/null", "--line", "fast"], "19200-8E1"],
    [["simulate", "no-such-box", "--port", "0"], 'there is no profile "no-such-box"'],
    [["simulate", "abb-terra-ac"], "--port N or --serial"],
    [["read", "--colour", "red"], "--colour"],
  ])("wrong use: %j", async (argv, words) => {
    const { code, out, err } = await run(argv);
    expect([code, out]).toEqual([2, []]);
    expect(err).toContain(words);
  });

  test("an id the site lacks and a current the station may not have are wrong use", async () => {
    const site = here.site(tcp("rtu-over-tcp", 1), CHARGER);
    const of = (...argv: string[]) => run([...argv, "--site", site, "--data", data()]);
    expect(await of("read", "--id", "b2")).toMatchObject({ code: 2, err: 'the site has no "b2"; it has b1.\n' });
    expect(await of("set", "--id", "b1", "--current_A", "17")).toMatchObject({ code: 2, out: [] });
    expect(await of("set", "--id", "b1", "--current_A", "5")).toMatchObject({ code: 2, out: [] });
  });

  test("an OCPP station cannot be called", async () => {
    const site = here.site(
      "",
      "stations: [{id: b1, name: Bay, circuit: main, phases: 3, max_A: 16, fallback_A: 6, ocpp: CP1}]",
    );
    expect(await run(["read", "--site", site, "--id", "b1", "--data", data()])).toMatchObject({
      code: 1,
      out: [{ ok: false, code: "not-supported" }],
    });
  });
});

describe("doctor scan", { timeout: TIMEOUT_ms }, () => {
  test("finds what stands in the network, behind a gateway too, and writes nothing", async () => {
    const port = await device("heidelberg-energy-control", "--port", "0", "--framing", "mbap");
    const ports = [port, await freePort()].join();
    const { code, out } = await run(["scan", "--cidr", "127.0.0.1/32", "--ports", ports, "--data", data()]);
    expect(code).toBe(0);
    expect(out).toEqual([
      {
        at: { kind: "modbus-tcp", host: "127.0.0.1", port, unitId: 1 },
        // The maker's box with a network socket has the same registers: nobody can tell from here.
        profileId: null,
        candidates: ["amperfied-connect", "heidelberg-energy-control"],
        model: null,
        serial: null,
      },
      { event: "done", found: 1, tried: 2, cancelled: false },
    ]);
  });

  test("knows a box by what its web interface tells, and makes only GET requests", async () => {
    const asked: (string | undefined)[] = [];
    const server = createHttpServer((request, reply) => {
      asked.push(request.method);
      const isStatus = request.url?.startsWith("/api/status") === true;
      reply.writeHead(isStatus ? 200 : 404, { "content-type": "application/json" });
      reply.end(isStatus ? JSON.stringify(GO_E) : "{}");
    }).listen(0, "127.0.0.1");
    cleanups.push(() => server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    const port = portOf(server.address());
    const { out } = await run(["scan", "--cidr", "127.0.0.1/32", "--ports", String(port), "--data", data()]);
    expect(out[0]).toEqual({
      at: { kind: "http", host: "127.0.0.1", port },
      profileId: "goe-http",
      candidates: ["goe-http"],
      model: null,
      serial: "123456",
    });
    expect(new Set(asked)).toEqual(new Set(["GET"]));
  });

  test("ends at once when it is told to", async () => {
    const stop = new AbortController();
    stop.abort();
    const { out } = await run(["scan", "--cidr", "127.0.0.0/24", "--ports", "1", "--data", data()], stop.signal);
    expect(out).toEqual([{ event: "done", found: 0, tried: 0, cancelled: true }]);
  });

  test("a port that cannot be opened is an answer", async () => {
    const path = join(here.path, "no-port");
    const { code, out } = await run(["scan", "--serial", path, "--data", data()]);
    expect(code).toBe(1);
    expect(out).toMatchObject([{ ok: false, code: "offline" }]);
    expect(String(out[0]?.["detail"])).toContain("no-port");
  });
});

describeWith("socat", "doctor on a serial line", (socat) => {
  test("finds a box by its settings and unit, then reads it there", { timeout: TIMEOUT_ms }, async () => {
    const line = await cable(socat, here.path);
    cleanups.push(line.cut);
    await device("heidelberg-energy-control", "--serial", line.theirs, "--unit", "3");
    const scan = ["scan", "--serial", line.ours, "--line", "19200-8E1", "--units", "1-4", "--data", data()];
    expect((await run(scan)).out).toEqual([
      expect.objectContaining({
        at: { kind: "serial", path: line.ours, baud: 19_200, dataBits: 8, parity: "even", stopBits: 1, unitId: 3 },
        profileId: "heidelberg-energy-control",
      }),
      { event: "done", found: 1, tried: 4, cancelled: false },
    ]);
    const site = here.site(
      `{id: l1, kind: serial, path: ${line.ours}, baud: 19200, parity: even}`,
      CHARGER.replace("unitId: 1", "unitId: 3"),
    );
    expect(await run(["read", "--site", site, "--id", "b1", "--data", data()])).toMatchObject({
      code: 0,
      out: [{ ok: true, errors: 0, readings: { state: "paused", energy_import_Wh: 123_456 } }],
    });
  });
});
