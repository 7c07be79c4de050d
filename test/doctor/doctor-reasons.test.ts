import { createServer } from "node:http";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createModbusServer, type RegisterBank } from "../../src/main/simulator/modbus/index.ts";
import { clockOf, rigOf } from "../protocol/modbus/bench.ts";
import { folder, run, type Folder } from "./doctor-run.ts";

// `doctor read` says of every value that its document names and that is null, why.

const TIMEOUT_ms = 60_000;
const cleanups: (() => unknown)[] = [];
let here: Folder;

beforeEach(() => {
  here = folder();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  here.remove();
});

const read = (site: string, id: string): ReturnType<typeof run> =>
  run(["read", "--site", site, "--id", id, "--data", join(here.path, "data")]);

/** A device that answers every request with `document`; its port. */
async function answering(document: object): Promise<number> {
  const server = createServer((_, response) => {
    response.end(JSON.stringify(document));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("a value without a number", { timeout: TIMEOUT_ms }, () => {
  test("of a meter on Modbus: refused, impossible, or said to be none, each with its registers", async () => {
    const { bank } = rigOf("eastron-sdm630", clockOf(1), {
      voltage_l1: 230_000,
      voltage_l2: 231_000,
      voltage_l3: 300_000,
      current_l1: 10_000,
      current_l3: 10_000,
      power: 6_900,
      energy_import: 1_000,
    });
    // 74: energy_export is not there; FC4 address 8, current_l2: NaN.
    const odd: RegisterBank = {
      answer(request) {
        if (request.fc > 4 || !("count" in request)) return bank.answer(request);
        const holds = (address: number): boolean =>
          request.address <= address && address < request.address + request.count;
        if (holds(74)) return { kind: "exception", fc: request.fc, code: 2 };
        const reply = bank.answer(request);
        if (reply.kind !== "registers" || !holds(8)) return reply;
        const at = 8 - request.address;
        return { ...reply, registers: reply.registers.map((word, i) => (i === at ? 0x7fc0 : word)) };
      },
    };
    const server = await createModbusServer({
      transport: { kind: "tcp", port: 0, framing: "mbap" },
      units: new Map([[1, odd]]),
    });
    cleanups.push(() => server.close());
    const site = here.site(
      `{id: l1, kind: modbus-tcp, host: 127.0.0.1, port: ${String(server.port)}}`,
      "meters: [{id: m1, profile: eastron-sdm630, link: l1, unitId: 1}]\nstations: []",
    );
    const { code, out, err } = await read(site, "m1");
    expect(code).toBe(0);
    expect(out).toMatchObject([
      {
        ok: true,
        readings: { voltage_mV: [230_000, 231_000, null], current_mA: [10_000, null, 10_000], energy_export_Wh: null },
      },
    ]);
    expect(Object.keys(out[0] ?? {})).toEqual(["id", "profile", "ok", "readings", "exchanges", "errors"]);
    const lines = err.trimEnd().split("\n");
    expect(lines).toContain("voltage_l3: 300000 mV cannot be: the limit is 299999 mV");
    expect(lines).toContain("energy_export: exception 2: it has no such register (FC4 address 74)");
    expect(lines.find((line) => line.startsWith("current_l2: "))).toMatch(
      /^current_l2: the device says that it has no value \(FC4 address 8: 7fc0 [0-9a-f]{4}\)$/u,
    );
    expect(lines.some((line) => /^(?:voltage_l1|power|energy_import): /u.test(line))).toBe(false);
  });

  test("of a box on HTTP: beyond its rating, no number, or not in the answer, as a running site judges it", async () => {
    const nrg = [230, 231, 300, 0, 16, "soup", 16, 0, 0, 0, 0, 64_000];
    const port = await answering({ car: 2, amp: 16, nrg, sse: "123" });
    const site = here.site(
      `{id: l1, kind: http, host: 127.0.0.1, port: ${String(port)}}`,
      "stations: [{id: b1, name: Bay, circuit: main, phases: 3, max_A: 16, fallback_A: 6, profile: goe-http, link: l1}]",
    );
    const { code, out, err } = await read(site, "b1");
    expect(code).toBe(0);
    expect(out).toMatchObject([
      {
        ok: true,
        readings: { power_W: null, current_mA: [16_000, null, 16_000], voltage_mV: [230_000, 231_000, null] },
      },
    ]);
    const lines = err.trimEnd().split("\n");
    expect(lines).toContain("power: 64000 W is more than the device can carry: the limit is 28800 W");
    expect(lines).toContain("voltage_l3: 300000 mV cannot be: the limit is 299999 mV");
    expect(lines).toContain("current_l2: what the device shows is no number");
    expect(lines.find((line) => line.startsWith("energy_import: "))).toMatch(
      /^energy_import: the answer to GET \S+ has no eto$/u,
    );
  });

  test("of a meter whose channel says itself that it measures nothing: its zeros are none, and there is no sum", async () => {
    const channel = { power: 500, current: 2.2, voltage: 230, total: 1_000, total_returned: 0, is_valid: true };
    const none = { power: 0, current: 0, voltage: 0, total: 0, total_returned: 0, is_valid: false };
    const site = here.site(
      `{id: l1, kind: http, host: 127.0.0.1, port: ${String(await answering({ emeters: [channel, channel, none] }))}}`,
      "meters: [{id: m1, profile: shelly-3em-gen1, link: l1}]\nstations: []",
    );
    const { code, out, err } = await read(site, "m1");
    expect(code).toBe(0);
    const current_mA = [2_200, 2_200, null];
    expect(out).toMatchObject([
      { readings: { power_W: null, current_mA, energy_import_phases_Wh: [1_000, 1_000, null] } },
    ]);
    expect(out[0]).not.toHaveProperty("readings.energy_import_Wh");
    expect(err).toContain(
      "power_l3: the answer to GET /status has no emeters[2].power, or says that it is none (emeters[2].is_valid)",
    );
  });

  test("is not complained of where there is none", async () => {
    const everything = { answer: () => ({ kind: "exception", fc: 3, code: 2 }) } satisfies RegisterBank;
    const server = await createModbusServer({
      transport: { kind: "tcp", port: 0, framing: "mbap" },
      units: new Map([[1, everything]]),
    });
    cleanups.push(() => server.close());
    const site = here.site(
      `{id: l1, kind: modbus-tcp, host: 127.0.0.1, port: ${String(server.port)}}`,
      "meters: [{id: m1, profile: eastron-sdm630, link: l1, unitId: 1}]\nstations: []",
    );
    // One that refuses everything has not been read, and that is one line.
    expect((await read(site, "m1")).err.trimEnd().split("\n")).toHaveLength(1);
  });
});
