import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import type { DeviceSettings, DeviceWire, SaveDevice } from "../../src/contract/index.ts";
import { epochMs } from "../../src/core/units/index.ts";
import { closed, cost, filter, session } from "../storage/fixtures.ts";
import { runningSites, SOON } from "./running-site.ts";

const { runningSite, simulated } = runningSites({ beforeEach, afterEach });
type Client = Awaited<ReturnType<typeof runningSite>>["client"];
type Station = Extract<DeviceSettings, { kind: "station" }>;
type Meter = Extract<DeviceSettings, { kind: "meter" }>;

const tcp = (port: number, kind: "modbus-tcp" | "tcp-raw" = "modbus-tcp"): DeviceWire => ({
  kind,
  host: "127.0.0.1",
  port,
});

const meterOn = (wire: DeviceWire, profileId: string, more: Partial<Meter> = {}): Meter => ({
  kind: "meter",
  id: "m1",
  name: "Main meter",
  circuitId: "main",
  by: { kind: "profile", profileId, wire, unitId: 1, connector: 1, serial: null },
  ...more,
});

const isNew = (settings: DeviceSettings): SaveDevice => ({ version: null, settings, othersMove: true });

async function stationOf(client: Client, id = "P01") {
  const shown = await client.devices.settings({ kind: "station", id });
  if (shown.settings.kind !== "station") throw new Error("it is a station");
  return { ...shown, settings: shown.settings };
}

const refusedSchema = z.object({
  code: z.string(),
  data: z
    .object({
      why: z.string().optional(),
      problems: z.array(z.object({ field: z.string(), expected: z.string() })).optional(),
    })
    .optional(),
});

/** Why it was refused: the reason of a conflict, or every wrong field. */
async function refusal(asked: Promise<unknown>): Promise<unknown> {
  const refused: unknown = await asked.catch((error: unknown) => error);
  const { code, data } = refusedSchema.parse(refused);
  if (code === "CONFLICT") return data?.why;
  return code === "INVALID" ? data?.problems?.map(({ field, expected }) => `${field}: ${expected}`) : code;
}

const isOnline = (client: Client, id: string) =>
  vi.waitFor(async () => {
    expect((await client.devices.list()).find((device) => device.id === id)?.state).toBe("online");
  }, SOON);

describe("a device added by hand", () => {
  test("that no scan finds is tried out first, then measures its circuit", async () => {
    const { client } = await runningSite();
    const wire = tcp(await simulated("dsmr-p1", []), "tcp-raw");
    const settings = meterOn(wire, "dsmr-p1");
    const tried: unknown = await client.devices.tryOut({ settings });
    expect(tried).toMatchObject({
      ok: true,
      readings: { voltage_mV: [expect.any(Number), expect.any(Number), expect.any(Number)] },
    });
    expect(await client.devices.save(isNew(settings))).toEqual({ id: "m1" });
    await isOnline(client, "m1");
    expect((await client.devices.settings({ kind: "meter", id: "m1" })).settings).toEqual(settings);
    expect((await client.app.exportSite()).yaml).toContain("meter: m1");
    // The wire is the site's now.
    expect(await refusal(client.devices.tryOut({ settings }))).toBe("wire-in-use");
  });

  test("that does not answer says why, and may be stored all the same", async () => {
    const { client } = await runningSite();
    const settings = meterOn(tcp(1), "eastron-sdm630");
    const tried = await client.devices.tryOut({ settings });
    expect(tried.ok ? "" : tried.detail).toContain("ECONNREFUSED");
    expect(await client.devices.save(isNew(settings))).toEqual({ id: "m1" });
  });

  test("shares the wire that leads to its place", async () => {
    const { client, port } = await runningSite();
    const by = { ...meterOn(tcp(port), "eastron-sdm630").by, unitId: 7 };
    await client.devices.save(isNew(meterOn(tcp(port), "eastron-sdm630", { by })));
    const { yaml } = await client.app.exportSite();
    expect(yaml.match(/kind: modbus-tcp/gu)).toHaveLength(1);
    expect((await client.devices.settings({ kind: "meter", id: "m1" })).alsoOnWire).toEqual(["Bay 1"]);
  });

  test("that does not fit is refused by its fields, and nothing changes", async () => {
    const { client, port } = await runningSite();
    const before = (await client.app.exportSite()).yaml;
    const { settings } = await stationOf(client);
    const wrong = async (change: Partial<Station>): Promise<unknown> =>
      refusal(client.devices.save(isNew({ ...settings, id: "P02", by: { ...settings.by, connector: 1 }, ...change })));
    expect(await wrong({})).toEqual([expect.stringMatching(/^unitId: another one: address 1/u)]);
    expect(await wrong({ id: "P01" })).toEqual(
      expect.arrayContaining([expect.stringMatching(/^id: an id of its own/u)]),
    );
    const onOwn = { ...meterOn(tcp(port + 1), "abb-terra-ac").by };
    expect(await wrong({ by: onOwn, fallback_mA: 3_000 })).toEqual(["fallback_A: 0 or at least 6 A"]);
    expect(await wrong({ by: onOwn, circuitId: "roof" })).toEqual([expect.stringMatching(/^circuit: /u)]);
    expect(await wrong({ by: { ...onOwn, profileId: "eastron-sdm630" } })).toEqual(["profile: a profile of a charger"]);
    expect(await wrong({ by: { ...onOwn, wire: { kind: "http", host: "127.0.0.1", port: 80, user: null } } })).toEqual([
      expect.stringMatching(/^link: /u),
    ]);
    expect((await client.app.exportSite()).yaml).toBe(before);
  });
});

describe("a device that is changed", () => {
  test("keeps its session and everything that was not changed", async () => {
    const { client } = await runningSite();
    const sessionOf = async () => (await client.stations.detail({ stationId: "P01" })).live.session;
    await vi.waitFor(async () => {
      expect(await sessionOf()).not.toBeNull();
    }, SOON);
    const before = await sessionOf();
    const { version, settings } = await stationOf(client);
    const changed: Station = { ...settings, name: "Left bay", max_mA: 10_000, fallback_mA: 0, priority: 3 };
    await client.devices.save({ version, settings: changed });
    expect((await stationOf(client)).settings).toEqual(changed);
    await isOnline(client, "P01");
    expect((await sessionOf())?.sessionId).toBe(before?.sessionId);
  });

  test("is not changed on what another has changed meanwhile", async () => {
    const { client } = await runningSite();
    const { version, settings } = await stationOf(client);
    await client.devices.save({ version, settings: { ...settings, name: "First" } });
    expect(await refusal(client.devices.save({ version, settings: { ...settings, name: "Second" } }))).toBe("changed");
    expect((await stationOf(client)).settings.name).toBe("First");
  });

  test("moves its wire, with the others on it or alone, and a wire without devices goes", async () => {
    const { client, port } = await runningSite();
    const by = { ...meterOn(tcp(port), "eastron-sdm630").by, unitId: 7 };
    await client.devices.save(isNew(meterOn(tcp(port), "eastron-sdm630", { by })));
    const shown = await client.devices.settings({ kind: "meter", id: "m1" });
    const moved = { ...by, wire: tcp(port + 1) };
    await client.devices.save({
      version: shown.version,
      settings: meterOn(moved.wire, by.profileId, { by: moved }),
      othersMove: false,
    });
    expect((await stationOf(client)).settings.by).toMatchObject({ wire: tcp(port) });
    // Back to the wire of the bay: its own is nobody's any more.
    const again = await client.devices.settings({ kind: "meter", id: "m1" });
    await client.devices.save({ version: again.version, settings: meterOn(tcp(port), by.profileId, { by }) });
    expect((await client.app.exportSite()).yaml.match(/kind: modbus-tcp/gu)).toHaveLength(1);
    const last = await client.devices.settings({ kind: "meter", id: "m1" });
    await client.devices.save({ version: last.version, settings: meterOn(moved.wire, by.profileId, { by: moved }) });
    expect((await stationOf(client)).settings.by).toMatchObject({ wire: moved.wire });
  });

  test("that watched a circuit leaves it with a largest other load, by number or by another meter", async () => {
    const { client } = await runningSite();
    await client.devices.save(isNew(meterOn(tcp(1), "eastron-sdm630")));
    const { version, settings } = await client.devices.settings({ kind: "meter", id: "m1" });
    if (settings.kind !== "meter") throw new Error("it is a meter");
    const away = { version, settings: { ...settings, circuitId: null } };
    expect(await refusal(client.devices.save(away))).toEqual([expect.stringMatching(/^other_load_max_A: /u)]);
    await client.devices.save({ ...away, otherLoad_mA: 0 });
    expect((await client.app.exportSite()).yaml).toContain("other_load_max_A: 0");
    expect((await client.devices.settings({ kind: "meter", id: "m1" })).unwatched).toBeNull();
  });

  test("keeps its password until another is typed", async () => {
    const { client, application } = await runningSite();
    const http = (user: string): DeviceWire => ({ kind: "http", host: "127.0.0.1", port: 1, user });
    const shelly = (user: string): Meter => meterOn(http(user), "shelly-pro3em-rpc", { circuitId: null });
    await client.devices.save({ ...isNew(shelly("admin")), password: "geheim" });
    const shown = await client.devices.settings({ kind: "meter", id: "m1" });
    expect(shown).toMatchObject({ hasPassword: true, settings: shelly("admin") });
    expect(JSON.stringify(shown)).not.toContain("geheim");
    await client.devices.save({ version: shown.version, settings: { ...shelly("admin"), name: "Roof" } });
    expect(application.engine()?.stores.site.load()?.model.links).toContainEqual(
      expect.objectContaining({ kind: "http", user: "admin", password: "geheim" }),
    );
  });
});

describe("a device that is taken off the site", () => {
  test("leaves its wire and its circuit free, and its past readable", async () => {
    const { client } = await runningSite();
    await client.devices.save(isNew(meterOn(tcp(await simulated("eastron-sdm630")), "eastron-sdm630")));
    await isOnline(client, "m1");
    const { version, unwatched } = await client.devices.settings({ kind: "meter", id: "m1" });
    // Without it nobody knows what the building takes: cars would be given that, too.
    expect(unwatched).toEqual({ circuitId: "main", name: "Main" });
    expect(await refusal(client.devices.remove({ kind: "meter", id: "m1", version }))).toEqual([
      "other_load_max_A: the largest load of Main beside chargers: no meter watches it",
    ]);
    await client.devices.remove({ kind: "meter", id: "m1", version, otherLoad_mA: 20_000 });
    const { yaml } = await client.app.exportSite();
    expect(yaml).not.toContain("m1");
    expect(yaml).toContain("other_load_max_A: 20");
    expect(yaml.match(/kind: modbus-tcp/gu)).toHaveLength(1);
    expect((await client.devices.list()).map(({ id }) => id)).not.toContain("m1");
  });

  test("stays while a session runs there, and so does the box a bay hangs on", async () => {
    const { client, port } = await runningSite();
    await vi.waitFor(async () => {
      expect((await client.stations.detail({ stationId: "P01" })).live.session).not.toBeNull();
    }, SOON);
    const { version, settings } = await stationOf(client);
    expect(await refusal(client.devices.remove({ kind: "station", id: "P01", version }))).toBe("charging");
    const by = { ...meterOn(tcp(port + 1), "abb-terra-ac").by };
    expect(await refusal(client.devices.save({ version, settings: { ...settings, by } }))).toBe("charging");
    expect(await refusal(client.devices.remove({ kind: "station", id: "P09", version }))).toBe("NOT_FOUND");
  });

  test("leaves its sessions where they were, and comes back under its own name", async () => {
    const { client, application } = await runningSite();
    const stores = () => application.engine()?.stores;
    const { settings } = await stationOf(client);
    const by = { ...meterOn(tcp(1), "abb-terra-ac").by };
    await client.devices.save(isNew({ ...settings, id: "P02", name: "Bay 2", by }));
    const opening = session("s1", { stationId: "P02" });
    stores()?.sessions.open(opening, stores()?.tariffs.at(epochMs(Date.now()))?.id ?? "");
    stores()?.sessions.close(closed(opening), cost());
    const { version } = await stationOf(client, "P02");
    await client.devices.remove({ kind: "station", id: "P02", version });
    const { rows } = stores()?.sessions.list(filter({ stationIds: ["P02"] }), { cursor: null, limit: 10 }) ?? {};
    expect(rows).toMatchObject([{ id: "s1", stationId: "P02", energy_Wh: 10_000 }]);
    await client.devices.save(isNew({ ...settings, id: "P02", name: "Bay 2 again", by }));
    expect((await stationOf(client, "P02")).settings.name).toBe("Bay 2 again");
  });
});

test("what another box has shown without us is not believed of the one that hangs there now", async () => {
  const { client, application } = await runningSite();
  const port = await simulated("abb-terra-ac");
  const { settings } = await stationOf(client);
  const on = (at: number): Station => ({
    ...settings,
    id: "P02",
    name: "Bay 2",
    by: meterOn(tcp(at), "abb-terra-ac").by,
  });
  await client.devices.save(isNew(on(1)));
  await client.commissioning.witness({ stationId: "P02", kept_mA: 6_000 });
  const last = () => application.engine()?.stores.commissioning.lastTests().get("P02")?.outcome;
  expect(last()).toBe("witnessed");
  const { version } = await stationOf(client, "P02");
  await client.devices.save({ version, settings: on(port) });
  expect(last()).toBe("box-replaced");
  const provenBy = async () =>
    (await client.commissioning.status()).fallbacks.find(({ stationId }) => stationId === "P02")?.provenBy;
  expect(await provenBy()).not.toBe("test");

  await client.commissioning.witness({ stationId: "P02", kept_mA: 6_000 });
  expect(last()).toBe("witnessed");
  const shown = await stationOf(client, "P02");
  await client.devices.remove({ kind: "station", id: "P02", version: shown.version });
  await client.devices.save(isNew(on(port)));
  expect(last()).toBe("box-replaced");
  expect(await provenBy()).not.toBe("test");
});
