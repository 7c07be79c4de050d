import { createRouterClient } from "@orpc/server";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { createRouter } from "../../src/main/api/index.ts";
import type { LimitChange, LimitSetting } from "../../src/contract/index.ts";
import { fakeApplication, fakeEngine } from "./fake-application.ts";
import { runningSites, SOON } from "./running-site.ts";

const { runningSite } = runningSites({ beforeEach, afterEach });

const EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const NOTHING = { limit_mA: null, limit_W: null };

/** Open all week, so that it is in force at whatever time the test runs. */
const always = (more: Partial<LimitSetting> = {}): LimitSetting => ({
  name: "Evening peak",
  circuitId: "main",
  rule: "limit",
  counts: "all",
  limit: { limit_mA: 8_000, limit_W: null },
  failSafe: NOTHING,
  debounce_ms: 0,
  minimum_ms: 0,
  source: { kind: "window", windows: [{ days: [...EVERY_DAY], from_min: 0, to_min: 1_440 }] },
  ...more,
});
const adding = (setting: LimitSetting): LimitChange => ({ kind: "limit", id: null, setting });

/** A charging car, and how to look at it. */
async function siteWithCar() {
  const site = await runningSite();
  const live = async () => (await site.client.stations.detail({ stationId: "P01" })).live;
  await vi.waitFor(async () => {
    const { session, granted_mA } = await live();
    expect(session).not.toBeNull();
    expect(granted_mA).toBeGreaterThan(8_000);
  }, SOON);
  const sessionId = (await live()).session?.sessionId;
  const sees = (granted_mA: unknown) =>
    vi.waitFor(async () => {
      const now = await live();
      expect(now.granted_mA).toEqual(granted_mA);
      expect(now.session?.sessionId).toBe(sessionId);
    }, SOON);
  return { ...site, live, sees };
}

const mistakesOf = async (changing: Promise<unknown>): Promise<unknown> => {
  const error: unknown = await changing.then(
    () => new Error("it was taken"),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: "INVALID" });
  return typeof error === "object" && error !== null && "data" in error ? error.data : null;
};

test("a time window is in force at once, is named by the ladder, and is lifted when it is removed", async () => {
  const { client, live, sees, application } = await siteWithCar();
  const engine = application.engine();
  const { id, token } = await client.limits.change(adding(always()));
  expect({ id, token }).toEqual({ id: "Evening-peak", token: null });
  await sees(8_000);
  expect((await live()).because).toContainEqual(expect.objectContaining({ kind: "schedule", ref: "Evening-peak" }));
  expect(await client.signals.list()).toMatchObject([{ id: "Evening-peak", active: { limit_mA: 8_000 } }]);
  expect((await client.app.exportSite()).yaml).toContain("Evening-peak");

  await client.limits.change({ kind: "limit", id, setting: always({ limit: { limit_mA: 7_000, limit_W: null } }) });
  await sees(7_000);

  await client.limits.change({ kind: "remove", id: "Evening-peak" });
  await sees(expect.toSatisfy((current: unknown) => Number(current) > 8_000));
  expect(await client.signals.list()).toEqual([]);
  expect((await client.app.exportSite()).yaml).not.toContain("Evening-peak");
  const log = await client.signals.log({});
  expect(log.map(({ limit_mA, released_at_ms }) => [limit_mA, released_at_ms !== null])).toEqual([
    [7_000, true],
    [8_000, true],
  ]);
  // Nothing was started anew for it.
  expect(application.engine()).toBe(engine);
});

test("every wrong field is told at once, and nothing is kept", async () => {
  const { client } = await runningSite();
  const window = { days: [...EVERY_DAY], from_min: 1_020, to_min: 1_200 };
  const wrong = always({
    name: "  ",
    limit: { limit_mA: 80_000, limit_W: 50_000 },
    minimum_ms: -1,
    source: { kind: "window", windows: [window, { ...window, days: [] }, { ...window, days: ["fri"], to_min: 1_080 }] },
  });
  expect(await mistakesOf(client.limits.change(adding(wrong)))).toEqual({
    mistakes: [
      { field: "name", code: "missing", inputs: {} },
      { field: "limit.limit_mA", code: "above-fuse", inputs: { name: "Main", most_mA: 63_000 } },
      { field: "limit.limit_W", code: "above-fuse", inputs: { name: "Main", most_W: 43_470 } },
      { field: "minimum_ms", code: "out-of-range", inputs: { from: 0, to: 86_400_000 } },
      { field: "windows.1.days", code: "no-days", inputs: {} },
      { field: "windows.2.to", code: "overlaps", inputs: { place: 1 } },
    ],
  });
  const one = async (more: Partial<LimitSetting>) => mistakesOf(client.limits.change(adding(always(more))));
  const told = (field: string, code: string) => ({ mistakes: [expect.objectContaining({ field, code })] });
  expect(await one({ circuitId: "garage" })).toEqual(told("circuitId", "unknown"));
  expect(await one({ limit: NOTHING })).toEqual(told("limit", "missing"));
  expect(await one({ rule: "dim-14a", limit: { limit_mA: null, limit_W: 3_000 } })).toEqual(
    told("limit.limit_W", "below-14a"),
  );
  const input = { kind: "digital-input", unitId: 1, address: 0, table: "discrete", activeLow: false } as const;
  expect(await one({ source: { ...input, wire: { linkId: "nowhere" } } })).toEqual(told("wire", "unknown"));
  expect(await one({ source: { ...input, wire: { host: "not a host", port: 502, kind: "modbus-tcp" } } })).toEqual(
    told("host", "bad-host"),
  );
  expect(await one({ source: { ...input, wire: { linkId: "l1" }, unitId: 300 } })).toEqual(
    told("unitId", "out-of-range"),
  );
  expect(await client.signals.list()).toEqual([]);
  expect((await client.limits.get()).limits).toEqual([]);
  expect((await client.app.exportSite()).yaml).not.toContain("signals");
});

test("a name is used once, and two windows that meet are told, not refused", async () => {
  const { client } = await runningSite();
  await client.limits.change(adding(always()));
  expect(await client.limits.check(adding(always({ name: "EVENING PEAK" })))).toEqual({
    mistakes: [{ field: "name", code: "taken", inputs: {} }],
    notes: [],
  });
  expect(await client.limits.check(adding(always({ name: "Another" })))).toEqual({
    mistakes: [],
    notes: [{ code: "overlaps-other", inputs: { name: "Evening peak" } }],
  });
  await expect(client.limits.change({ kind: "remove", id: "nothing" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(client.limits.check({ kind: "limit", id: "nothing", setting: always() })).rejects.toMatchObject({
    code: "NOT_FOUND",
  });
});

test("whoever has the token can limit by HTTP, until another token is made", async () => {
  const { client, sees } = await siteWithCar();
  const setting = always({
    name: "Netz",
    limit: { limit_mA: null, limit_W: 4_200 },
    source: { kind: "http", newToken: false },
  });
  const { id, token } = await client.limits.change(adding(setting));
  expect(id).toBe("Netz");
  expect(token).toMatch(/^[\w-]{24}$/u);
  const put = (presented: string, limit_mA: number | null) =>
    client.signals.put({ id: "Netz", token: presented, limit: { limit_mA, limit_W: null } });
  await expect(put("something of no use", 7_000)).rejects.toMatchObject({ code: "WRONG_TOKEN" });
  await put(token ?? "", 7_000);
  await sees(7_000);
  // Another value for silence: the caller's limit stands on, and no new token is shown.
  const kept = await client.limits.change({
    kind: "limit",
    id,
    setting: { ...setting, failSafe: { limit_mA: 6_000, limit_W: null } },
  });
  expect(kept.token).toBeNull();
  await sees(7_000);
  const again = await client.limits.change({
    kind: "limit",
    id,
    setting: { ...setting, source: { kind: "http", newToken: true } },
  });
  await expect(put(token ?? "", 6_000)).rejects.toMatchObject({ code: "WRONG_TOKEN" });
  await put(again.token ?? "", 6_000);
  await sees(6_000);
  expect(JSON.stringify(await client.limits.get())).not.toContain(again.token);
});

/** A Modbus module with two inputs; any other address is answered with the exception for that. */
async function inputModule() {
  const inputs = [false, false];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes) => {
      const request = Buffer.from(bytes);
      const bit = inputs[request.readUInt16BE(8)];
      const fc = request[7] ?? 0;
      const pdu = bit === undefined ? [fc + 0x80, 2] : [fc, 1, bit ? 1 : 0];
      const head = Buffer.from(request.subarray(0, 7));
      head.writeUInt16BE(pdu.length + 1, 4);
      socket.write(Buffer.concat([head, Buffer.from(pdu)]));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a server on TCP has a port");
  return { inputs, port: address.port };
}

test("a contact behind a new module limits, the session goes on, and an input that is not there is refused", async () => {
  const { client, sees } = await siteWithCar();
  const { inputs, port } = await inputModule();
  const contact = (address: number): LimitSetting =>
    always({
      name: "Ripple control",
      rule: "dim-14a",
      counts: "cars",
      limit: { limit_mA: null, limit_W: 4_200 },
      source: {
        kind: "digital-input",
        wire: { host: "127.0.0.1", port, kind: "modbus-tcp" },
        unitId: 1,
        address,
        table: "discrete",
        activeLow: false,
      },
    });
  expect(await client.limits.check(adding(contact(0)))).toEqual({
    mistakes: [],
    notes: [{ code: "new-wire", inputs: {} }],
  });
  const { id } = await client.limits.change(adding(contact(0)));
  const { links } = await client.limits.get();
  expect(links.map(({ usedBy }) => usedBy)).toEqual([["Bay 1"], ["Ripple control"]]);
  await vi.waitFor(async () => {
    expect(await client.limits.check({ kind: "limit", id, setting: contact(0) })).toMatchObject({
      mistakes: [],
      notes: [{ code: "input-off" }],
    });
  }, SOON);
  inputs[0] = true;
  // 4.2 kW on three phases.
  await sees(6_000);
  expect(await mistakesOf(client.limits.change({ kind: "limit", id, setting: contact(7) }))).toEqual({
    mistakes: [{ field: "address", code: "input-absent", inputs: { unit: 1, address: 7 } }],
  });
  inputs[0] = false;
  await sees(expect.toSatisfy((current: unknown) => Number(current) > 8_000));
  await client.limits.change({ kind: "remove", id: "Ripple-control" });
  expect((await client.limits.get()).links.map(({ usedBy }) => usedBy)).toEqual([["Bay 1"]]);
});

test("a module that was asked the wrong way is asked the right way once that is chosen, also after it was taken away", async () => {
  const { client } = await runningSite();
  const { inputs, port } = await inputModule();
  inputs[0] = true;
  const contact = (kind: "modbus-tcp" | "rtu-over-tcp"): LimitSetting =>
    always({
      name: "Ripple control",
      source: {
        kind: "digital-input",
        wire: { host: "127.0.0.1", port, kind },
        unitId: 1,
        address: 0,
        table: "discrete",
        activeLow: false,
      },
    });
  const isActive = () =>
    vi.waitFor(async () => {
      expect(await client.signals.list()).toMatchObject([{ active: { limit_mA: 8_000 } }]);
    }, SOON);
  const { id } = await client.limits.change(adding(contact("rtu-over-tcp")));
  await client.limits.change({ kind: "limit", id, setting: contact("modbus-tcp") });
  await isActive();
  await client.limits.change({ kind: "remove", id: "Ripple-control" });
  await client.limits.change(adding(contact("rtu-over-tcp")));
  await client.limits.change({ kind: "remove", id: "Ripple-control" });
  await client.limits.change(adding(contact("modbus-tcp")));
  await isActive();
});

test("what protects a circuit and what it may have by contract count while the site runs", async () => {
  const { client, sees } = await siteWithCar();
  const change = (limit_W: number | null): LimitChange => ({
    kind: "circuit",
    circuitId: "main",
    protection: "gg",
    limit_W,
  });
  expect(await mistakesOf(client.limits.change(change(50_000)))).toEqual({
    mistakes: [{ field: "limit_W", code: "above-fuse", inputs: { name: "Main", most_W: 43_470 } }],
  });
  await client.limits.change(change(4_830));
  await sees(7_000);
  expect(await client.circuits.budget()).toMatchObject([{ circuitId: "main", protection: "gg" }]);
  expect((await client.app.exportSite()).yaml).toMatch(/limit_kW: 4.83,.*protection: gg/u);
  await client.limits.change(change(null));
  await sees(expect.toSatisfy((current: unknown) => Number(current) > 8_000));
});

test("prices are planned with as soon as they are set, and no more when they are taken away", async () => {
  const { client } = await runningSite();
  const none = { prices: null, feedIn_micro_per_kWh: null, peak: null, quarterLimit_W: null };
  const night = { days: [...EVERY_DAY], from_min: 1_320, to_min: 360, price_micro_per_kWh: 190_000 };
  const price = (hours: (typeof night)[]) => ({
    kind: "pricing" as const,
    pricing: { ...none, prices: { otherwise_micro_per_kWh: 320_000, hours } },
  });
  expect((await client.planning.state()).status).toBe("off");
  expect(
    await mistakesOf(client.limits.change(price([{ ...night, days: [], to_min: 1_320, price_micro_per_kWh: -1 }]))),
  ).toEqual({
    mistakes: [
      { field: "hours.0.days", code: "no-days", inputs: {} },
      { field: "hours.0.to", code: "same-time", inputs: {} },
      { field: "hours.0.price", code: "out-of-range", inputs: { from: 0, to: 1_000 } },
    ],
  });
  expect(
    await mistakesOf(client.limits.change({ kind: "pricing", pricing: { ...none, feedIn_micro_per_kWh: 80_000 } })),
  ).toEqual({
    mistakes: [{ field: "otherwise", code: "missing", inputs: {} }],
  });
  expect((await client.limits.check(price([night, night]))).notes).toEqual([
    { code: "hours-overlap", inputs: { place: 2, other: 1 } },
  ]);
  expect((await client.planning.state()).status).toBe("off");
  await client.limits.change(price([night]));
  expect(await client.planning.state()).toMatchObject({ prices: "hours" });
  expect((await client.limits.get()).pricing).toEqual(price([night]).pricing);
  expect((await client.app.exportSite()).yaml).toContain("22:00");
  await client.limits.change({ kind: "pricing", pricing: none });
  expect((await client.planning.state()).status).toBe("off");
  expect((await client.app.exportSite()).yaml).not.toContain("planning");
});

test("a file of hourly prices in the data folder goes first, and a gap in it is bridged by the prices that are set", async () => {
  const { client, data } = await runningSite();
  const hour_ms = 3_600_000;
  const first_ms = Math.floor(Date.now() / hour_ms) * hour_ms - hour_ms;
  // Four hours from the one before this: tomorrow is not known yet.
  const lines = [0, 1, 2, 3].map((nth) => `${new Date(first_ms + nth * hour_ms).toISOString()},0.${String(21 + nth)}`);
  writeFileSync(join(data, "prices.csv"), ["start,price_per_kWh", ...lines].join("\n"));
  expect((await client.limits.get()).priceFile).toEqual({ found: true });
  const none = { prices: null, feedIn_micro_per_kWh: null, peak: null, quarterLimit_W: null };
  // Saved as it is: the file alone is something to plan with.
  expect((await client.planning.state()).status).toBe("off");
  await client.limits.change({ kind: "pricing", pricing: none });
  expect((await client.planning.state()).status).not.toBe("off");
  const pricing = { ...none, prices: { otherwise_micro_per_kWh: 320_000, hours: [] } };
  await client.limits.change({ kind: "pricing", pricing });
  expect(await client.planning.state()).toMatchObject({ prices: "file" });
  expect(await client.alerts.list({})).toEqual([]);
});

test("everybody may look, only an owner may change", async () => {
  const router = createRouter(fakeApplication(fakeEngine([])), {
    onFault: ({ error }) => {
      throw error;
    },
    renderInvoice: () => Promise.reject(new Error("no invoice here")),
  });
  const viewer = createRouterClient(router, { context: { role: "viewer" } });
  expect((await viewer.limits.get()).limits).toEqual([]);
  await expect(viewer.limits.check(adding(always()))).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(viewer.limits.change(adding(always()))).rejects.toMatchObject({ code: "FORBIDDEN" });
});
