import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { assess } from "../../core/session/index.ts";
import { flatTariff, price } from "../../core/tariff/index.ts";
import { basisPoint, epochMs, milliamp, watt, wattHour } from "../../core/units/index.ts";
import { type OpenedFolder, type Stores, openDataFolder } from "../storage/index.ts";
import { exportCommand } from "./export.ts";

const folder = mkdtempSync(join(tmpdir(), "chargehand-export-"));
const START = Date.parse("2026-03-31T21:30:00Z");
const HOUR = 3_600_000;
let site: OpenedFolder;

/** Runs the command and gives back all that it wrote. */
async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const [out, err] = [text(stdout), text(stderr)];
  const code = await exportCommand(argv, { stdout, stderr });
  stdout.end();
  stderr.end();
  return { code, out: await out, err: await err };
}

const parsed = (out: string): Record<string, unknown>[] =>
  z.array(z.record(z.string(), z.unknown())).parse(JSON.parse(out));

function openSession(stores: Stores, id: string, started_at: number, idToken: string): void {
  stores.sessions.open(
    {
      id,
      stationId: "P01",
      evseId: 1,
      transactionId: 7,
      idToken,
      started_at_ms: epochMs(started_at),
      received_at_ms: epochMs(started_at),
      start_Wh: wattHour(1000),
    },
    "t1",
  );
}

function closeSession(stores: Stores, id: string, ended_at: number, stop_Wh: number): void {
  const running = stores.sessions.runningOne(id);
  if (running === null) throw new Error(`${id} is open`);
  const stop = {
    at_ms: epochMs(ended_at),
    received_at_ms: epochMs(ended_at),
    register_Wh: wattHour(stop_Wh),
    idToken: null,
  };
  const { opened, registers, activities, tariff } = running;
  const judged = assess({
    opened,
    stop,
    registers,
    activities,
    previousStop_Wh: null,
    ratedPower_W: watt(22_000),
    endedBy: "station",
  });
  const { energy_Wh, charging_ms, parked_ms } = judged;
  const cost = energy_Wh === null ? null : price(tariff, { energy_Wh, charging_ms, parked_ms }).cost;
  stores.sessions.close({ ...opened, ...judged, endReason: "Local", endedBy: "station" }, cost);
}

beforeAll(() => {
  const opened = openDataFolder(folder, { now_ms: () => START });
  if (!opened.ok) throw new Error(opened.message);
  site = opened;
  const { stores } = opened;
  const fuse = milliamp(63_000);
  stores.site.save(
    {
      model: {
        identity: { name: "Parkhaus Nord", timezone: "Europe/Berlin", currency: "EUR", country: "DE", nominal_V: 230 },
        circuits: [
          {
            id: "main",
            name: "Main",
            parentId: null,
            fuse_mA: [fuse, fuse, fuse],
            margin_mA: milliamp(0),
            meterId: null,
            limit_W: null,
            otherLoad_mA_max: null,
          },
        ],
        links: [],
        meters: [],
        stations: [
          {
            id: "P01",
            name: "Bay 1",
            circuitId: "main",
            phaseCount: 3,
            rotation: "L1L2L3",
            current_mA_min: milliamp(6000),
            current_mA_max: milliamp(32_000),
            step_mA: milliamp(1000),
            fallback_mA: milliamp(6000),
            priority: 1,
            connection: { kind: "ocpp", identity: "CP-1", connectorId: 1 },
          },
        ],
      },
      access: { cards: "any" },
      demo: false,
    },
    epochMs(START),
    "test",
  );
  stores.tariffs.add(
    flatTariff({
      id: "t1",
      name: "Flat",
      currency: "EUR",
      perKWh: "0.42",
      vat_bp: basisPoint(1900),
      valid_from_ms: epochMs(0),
    }),
  );
  openSession(stores, "s-march", START - HOUR, "04AABBCC11");
  closeSession(stores, "s-march", START + 29 * 60_000, 13_345);
  openSession(stores, "s-april", START, "04AABBCC22");
  closeSession(stores, "s-april", START + 31 * 60_000, 6_000);
  openSession(stores, "s-running", START + 2 * HOUR, "04AABBCC33");
});

afterAll(() => {
  site.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("while the site runs on the folder", () => {
  test("a closed session carries registers, the whole card and its price as decimal text", async () => {
    const { code, out, err } = await run("sessions", "--data", folder);
    expect([code, err]).toEqual([0, ""]);
    expect(parsed(out).find((session) => session["id"] === "s-march")).toEqual({
      id: "s-march",
      station: "P01",
      station_name: "Bay 1",
      evse: 1,
      started_at: "2026-03-31T20:30:00Z",
      ended_at: "2026-03-31T21:59:00Z",
      start_Wh: 1000,
      stop_Wh: 13_345,
      energy_Wh: 12_345,
      charging_ms: 89 * 60_000,
      id_token: "04AABBCC11",
      customer: null,
      customer_id: null,
      end_reason: "Local",
      ended_by: "station",
      flags: [],
      held: false,
      cost: { net: "5.18", tax: "0.98", gross: "6.16", currency: "EUR" },
      invoice: null,
    });
  });

  test("a running session has no end, no energy that is final and no price", async () => {
    const sessions = parsed((await run("sessions", "--data", folder, "--format", "json")).out);
    expect(sessions.find((session) => session["id"] === "s-running")).toMatchObject({
      ended_at: null,
      end_reason: null,
      cost: null,
      id_token: "04AABBCC33",
    });
    expect(sessions).toHaveLength(3);
  });

  test("times without a zone are the site's: March ends at its own midnight", async () => {
    const march = parsed((await run("sessions", "--data", folder, "--from", "2026-03-01", "--to", "2026-04-01")).out);
    expect(march.map((session) => session["id"])).toEqual(["s-march"]);
    const inUtc = parsed(
      (await run("sessions", "--data", folder, "--from", "2026-03-01T00:00Z", "--to", "2026-04-01T00:00Z")).out,
    );
    expect(inUtc.map((session) => session["id"])).toEqual(["s-april", "s-march"]);
  });

  test("CSV has a head and one line per session", async () => {
    const lines = (await run("sessions", "--data", folder, "--format", "csv")).out.trimEnd().split("\r\n");
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^id,station,.*,id_token,/u);
  });

  test("what does not exist is an empty list", async () => {
    expect((await run("invoices", "--data", folder)).out).toBe("[]\n");
    expect((await run("quarter-hours", "--data", folder, "--format", "csv")).out).toMatch(/^slot_local,.*\r\n$/u);
  });

  test("the site comes as a site file", async () => {
    const { code, out } = await run("site", "--data", folder);
    expect(code).toBe(0);
    expect(out).toContain("Parkhaus Nord");
    expect(out).toContain("0.42");
  });

  test("a reader that closes early ends it quietly", async () => {
    const stdout = new PassThrough();
    const broken = Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
    stdout.write = () => {
      stdout.destroy(broken);
      return false;
    };
    expect(await exportCommand(["sessions", "--data", folder], { stdout, stderr: new PassThrough() })).toBe(0);
  });
});

describe("wrong use is answered with one sentence and 2", () => {
  test.each([
    [[], "Say what to export"],
    [["session", "--data", folder], "Say what to export"],
    [["sessions"], "--data DIR"],
    [["sessions", "invoices", "--data", folder], "one thing"],
    [["sessions", "--data", folder, "--colour", "red"], "--colour"],
    [["sessions", "--data"], "--data"],
    [["sessions", "--data", folder, "--format", "xml"], "csv or json"],
    [["sessions", "--data", folder, "--from", "yesterday"], "--from yesterday"],
    [["sessions", "--data", folder, "--to", "2026-13-01"], "--to 2026-13-01"],
    [["sessions", "--data", folder, "--from", "2026-03-02", "--to", "2026-03-01"], "--from must lie before --to"],
    [["site", "--data", folder, "--format", "csv"], "YAML"],
    [["sessions", "--data", join(folder, "missing")], "Check the path"],
  ])("%j", async (argv, sentence) => {
    const { code, out, err } = await run(...argv);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(sentence);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
  });

  test("--help says what it takes", async () => {
    const { code, out } = await run("--help");
    expect(code).toBe(0);
    expect(out).toContain("--from ISO");
  });
});
