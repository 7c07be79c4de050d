import { isDefinedError, ORPCError, safe } from "@orpc/client";
import { isContractProcedure } from "@orpc/contract";
import { createRouterClient } from "@orpc/server";
import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { contract, mayCall, type Role, ROLES, roleSchema } from "../../src/contract/index.ts";
import { createRouter, type Fault } from "../../src/main/api/index.ts";
import type { Application } from "../../src/main/site/engine.types.ts";
import { fakeApplication, fakeEngine, liveUpdate, NOW, station } from "./fake-application.ts";

const faults: Fault[] = [];
afterEach(() => {
  faults.length = 0;
});

function clientOf(app: Application, role: Role = "owner") {
  const router = createRouter(app, {
    onFault: (fault) => faults.push(fault),
    renderInvoice: () => Promise.resolve({ ok: true, bytes: new Uint8Array([37, 80, 68, 70]) }),
  });
  return createRouterClient(router, { context: { role } });
}

const withSite = () =>
  fakeApplication(fakeEngine([station("P01"), station("P09", { online: false, state: "offline" })]));

const metaSchema = z.object({ role: z.unknown() });

function procedures(node: unknown, path: string[] = []): { path: string; role: unknown }[] {
  if (isContractProcedure(node)) return [{ path: path.join("."), role: metaSchema.parse(node["~orpc"].meta).role }];
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([name, child]) => procedures(child, [...path, name]));
}

/** Calls by path, with nothing as input: enough to see who is let in. */
async function callBlindly(client: object, path: string): Promise<string> {
  const target = path
    .split(".")
    .reduce<unknown>((node, name) => (isNested(node) ? Reflect.get(node, name) : undefined), client);
  if (typeof target !== "function") throw new Error(`${path} is not implemented`);
  try {
    await Reflect.apply(target, null, [{}]);
    return "OK";
  } catch (error) {
    return error instanceof ORPCError ? String(error.code) : String(error);
  }
}
const isNested = (value: unknown): value is object =>
  (typeof value === "object" || typeof value === "function") && value !== null;

describe("roles", () => {
  test("every procedure names the role it needs", () => {
    const all = procedures(contract);
    expect(all.length).toBeGreaterThan(40);
    expect(all.filter(({ role }) => !roleSchema.safeParse(role).success)).toEqual([]);
  });

  test.each(ROLES)(
    "%s may call exactly what its role allows, and is refused the rest before its input is looked at",
    async (role) => {
      const client = clientOf(withSite(), role);
      for (const { path, role: needed } of procedures(contract)) {
        const code = await callBlindly(client, path);
        expect(code === "FORBIDDEN", `${role} calls ${path}: ${code}`).toBe(!mayCall(role, roleSchema.parse(needed)));
      }
      expect(faults).toEqual([]);
    },
  );

  test("the refusal says which role is needed", async () => {
    const [error] = await safe(clientOf(withSite(), "kiosk").billing.customers());
    expect(isDefinedError(error) && error.code === "FORBIDDEN" ? error.data : null).toEqual({ needed: "billing" });
  });

  test("the kiosk's own answers carry nobody's name or card", async () => {
    const text = JSON.stringify(await clientOf(withSite(), "kiosk").kiosk.state());
    expect(text).not.toMatch(/idToken|cardAlias|customer/u);
  });
});

describe("answers", () => {
  test("without a site everything but the app itself answers NO_SITE", async () => {
    const client = clientOf(fakeApplication(null));
    await expect(client.live.snapshot()).rejects.toMatchObject({ code: "NO_SITE", defined: true });
    await expect(client.live.subscribe()).rejects.toMatchObject({ code: "NO_SITE" });
    await expect(client.billing.customers()).rejects.toMatchObject({ code: "NO_SITE" });
    await expect(client.app.info()).resolves.toMatchObject({ stage: "empty", siteName: null, version: "1.2.3" });
  });

  test("input that does not fit its schema is BAD_REQUEST and reaches no engine code", async () => {
    const engine = fakeEngine([station("P01")]);
    const client = clientOf(fakeApplication(engine));
    await expect(client.stations.setManualLimit({ stationId: "P01", limit_mA: -1 })).rejects.toMatchObject({
      code: "BAD_REQUEST",
    });
    await expect(client.history.energy({ from_ms: 10, to_ms: 5, bucket: "day" })).rejects.toMatchObject({
      code: "BAD_REQUEST",
      data: { field: "to_ms" },
    });
    await expect(client.history.energy({ from_ms: 0, to_ms: NOW, bucket: "hour" })).rejects.toMatchObject({
      code: "BAD_REQUEST",
      data: { field: "bucket" },
    });
    expect(engine.calls).toEqual([]);
  });

  test("what our own code throws is answered with an id only, and reported under it", async () => {
    const engine = {
      ...fakeEngine([station("P01")]),
      spark: () => {
        throw new Error("secret detail");
      },
    };
    const [error] = await safe(clientOf(fakeApplication(engine)).live.spark());
    expect(error).toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
    expect(JSON.stringify(error)).not.toContain("secret");
    expect(faults).toMatchObject([{ path: "live.spark", error: { message: "secret detail" } }]);
    expect(JSON.stringify(error)).toContain(faults[0]?.id);
  });

  test("an answer that breaks its own schema is a fault of ours, also in a subscription", async () => {
    const broken = { ...fakeEngine([station("P01", { max_mA: 0.5 })]) };
    const client = clientOf(fakeApplication(broken));
    await expect(client.live.snapshot()).rejects.toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
    const updates = await client.live.subscribe();
    await expect(updates.next()).rejects.toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
    expect(faults.map(({ path }) => path)).toEqual(["live.snapshot", "live.subscribe"]);
    expect(String(faults[0]?.error)).toMatch(/an answer breaks its schema: stations\.0\.max_mA: /u);
    expect(JSON.stringify(faults[0])).not.toContain("Bay P01");
  });

  test("an unknown station is NOT_FOUND, a silent one DEVICE_FAILED with whether asking again helps", async () => {
    const client = clientOf(withSite());
    await expect(client.stations.stop({ stationId: "P77" })).rejects.toMatchObject({
      code: "NOT_FOUND",
      defined: true,
    });
    await expect(client.stations.stop({ stationId: "P09" })).rejects.toMatchObject({
      code: "DEVICE_FAILED",
      data: { code: "offline", retry: true },
    });
    await expect(client.stations.stop({ stationId: "P01" })).resolves.toEqual({ accepted: true });
  });

  test("switching phases and waking a car are commands with the device's own answer", async () => {
    const engine = withSite();
    const client = clientOf(engine);
    await expect(client.stations.switchPhases({ stationId: "P01", phases: 1 })).resolves.toEqual({ accepted: true });
    await expect(client.stations.wakeUp({ stationId: "P09" })).rejects.toMatchObject({
      code: "DEVICE_FAILED",
      data: { code: "offline", retry: true },
    });
    await expect(client.stations.wakeUp({ stationId: "P77" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("a manual limit for an hour ends an hour of the site's clock later", async () => {
    const engine = fakeEngine([station("P01")]);
    await clientOf(fakeApplication(engine)).stations.setManualLimit({
      stationId: "P01",
      limit_mA: 10_000,
      for_ms: 3_600_000,
    });
    expect(engine.calls).toEqual([`limit P01 10000 ${String(NOW + 3_600_000)}`]);
  });

  test("a site file with mistakes answers each with line, field and what is expected", async () => {
    await expect(clientOf(fakeApplication(null)).app.importSite({ yaml: "bad" })).rejects.toMatchObject({
      code: "INVALID",
      data: { problems: [{ line: 3, field: "circuits[0].fuse_A", expected: "a number above 0" }] },
    });
  });

  test("a station's strip follows on without gaps and begins a day ago at the earliest", async () => {
    const engine = fakeEngine([station("P01")]);
    const states = [{ at_ms: NOW, state: "charging", status: "Charging" }];
    vi.spyOn(engine.stores.stationLog, "states").mockReturnValue(states);
    const { strip, lastSessions } = await clientOf(fakeApplication(engine)).stations.detail({ stationId: "P01" });
    expect(strip).toEqual([{ from_ms: NOW, to_ms: null, state: "charging", status: "Charging" }]);
    expect(lastSessions).toHaveLength(1);
  });

  test("the session file has one line per session, unknown as empty, and no cell that a spreadsheet would run", async () => {
    const { fileName, text } = await clientOf(withSite()).sessions.csv({
      from_ms: Date.UTC(2026, 8, 30, 22),
      to_ms: Date.UTC(2026, 9, 31, 23),
      delimiter: ";",
    });
    const lines = text.split("\r\n");
    expect(fileName).toBe("sessions_2026-10-01_2026-10-31.csv");
    expect(lines).toHaveLength(4);
    expect(lines[1]).toContain(";1000;11000;10000;");
    expect(lines[1]).toContain(";4,20;0,80;5,00;EUR;");
    expect(lines[2]).toContain("'=cmd()");
    expect(lines[2]).toContain(";1000;11000;;;");
  });
});

describe("subscriptions", () => {
  test("begin with the whole site, then bring what changed", async () => {
    const engine = fakeEngine([station("P01"), station("P02")]);
    const updates = await clientOf(fakeApplication(engine)).live.subscribe();
    expect((await updates.next()).value).toMatchObject({
      full: true,
      stations: [{ stationId: "P01" }, { stationId: "P02" }],
    });
    engine.emit(liveUpdate(1, false, [station("P02", { power_W: 1 })]));
    expect((await updates.next()).value).toMatchObject({
      seq: 1,
      full: false,
      stations: [{ stationId: "P02", power_W: 1 }],
    });
    await updates.return();
  });

  test("a slow client gets one update with the newest of every station that changed meanwhile", async () => {
    const engine = fakeEngine([station("P01"), station("P02")]);
    const updates = await clientOf(fakeApplication(engine)).live.subscribe();
    await updates.next();
    for (let seq = 1; seq <= 50; seq += 1)
      engine.emit(liveUpdate(seq, false, [station(seq % 2 === 0 ? "P01" : "P02", { power_W: seq })]));
    const next = await updates.next();
    expect(next.value).toMatchObject({ seq: 50, full: false });
    expect(
      (next.done === true ? [] : next.value.stations).map(({ stationId, power_W }) => [stationId, power_W]),
    ).toEqual([
      ["P02", 49],
      ["P01", 50],
    ]);
    await updates.return();
  });

  test("leave nothing behind when the client goes away", async () => {
    const engine = fakeEngine([station("P01")]);
    const leaving = new AbortController();
    const updates = await clientOf(fakeApplication(engine)).live.subscribe(undefined, { signal: leaving.signal });
    await updates.next();
    expect(engine.listeners()).toBe(1);
    const waiting = updates.next();
    leaving.abort();
    await expect(waiting).resolves.toMatchObject({ done: true });
    expect(engine.listeners()).toBe(0);
  });

  test("go on with the whole of the new site when the engine is replaced, and wait while there is none", async () => {
    const first = fakeEngine([station("P01")]);
    const second = fakeEngine([station("Q01")]);
    const app = fakeApplication(first);
    const updates = await clientOf(app).live.subscribe();
    await updates.next();
    const waiting = updates.next();
    app.replace(null);
    expect(first.listeners()).toBe(0);
    app.replace(second);
    expect((await waiting).value).toMatchObject({ full: true, stations: [{ stationId: "Q01" }] });
    await updates.return();
    expect(second.listeners()).toBe(0);
  });

  test("the page hears at once what runs, and again when it was replaced", async () => {
    const app = fakeApplication(null);
    const changes = await clientOf(app).app.changes();
    expect((await changes.next()).value).toMatchObject({ stage: "empty" });
    const waiting = changes.next();
    app.replace(fakeEngine([]));
    expect((await waiting).value).toMatchObject({ stage: "running", siteName: "Parkhaus Nord" });
    await changes.return();
  });
});
