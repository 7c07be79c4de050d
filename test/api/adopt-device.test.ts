import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import type { AdoptDevice } from "../../src/contract/index.ts";
import { runningSites, SOON } from "./running-site.ts";

const { runningSite, simulated } = runningSites({ beforeEach, afterEach });

const invalid = z.object({
  data: z.object({ problems: z.array(z.object({ field: z.string(), expected: z.string() })) }),
});

const wire = (port: number) => ({ kind: "modbus-tcp", host: "127.0.0.1", port, unitId: 1 }) as const;

const meterAt = (port: number, more: Partial<Extract<AdoptDevice["as"], { kind: "meter" }>> = {}): AdoptDevice => ({
  at: wire(port),
  profileId: "eastron-sdm630",
  as: { kind: "meter", id: "m1", name: "Main meter", circuitId: "main", ...more },
});

const chargerAt = (port: number, more: Partial<Extract<AdoptDevice["as"], { kind: "station" }>> = {}): AdoptDevice => ({
  at: wire(port),
  profileId: "abb-terra-ac",
  as: {
    kind: "station",
    id: "P02",
    name: "Bay 2",
    circuitId: "main",
    phases: 3,
    rotation: "L2L3L1",
    max_mA: 16_000,
    fallback_mA: 6_000,
    ...more,
  },
});

test("a found meter measures its circuit, a found charger charges, and the session that ran goes on", async () => {
  const { application, client } = await runningSite();
  const sessionOf = async (stationId: string) => (await client.stations.detail({ stationId })).live.session;
  await vi.waitFor(async () => {
    expect(await sessionOf("P01")).not.toBeNull();
  }, SOON);
  const before = await sessionOf("P01");
  const dialIn = application.engine()?.ocppUrl;
  const [meter, charger] = [await simulated("eastron-sdm630"), await simulated("abb-terra-ac")];
  let replaced = 0;
  application.onChange(() => (replaced += 1));
  expect(await client.devices.adopt(meterAt(meter))).toEqual({ id: "m1" });
  expect(await client.devices.adopt(chargerAt(charger))).toEqual({ id: "P02" });
  expect(replaced).toBe(2);
  await vi.waitFor(async () => {
    const devices = await client.devices.list();
    expect(devices.filter(({ state }) => state === "online").map(({ id }) => id)).toEqual(
      expect.arrayContaining(["P01", "P02", "m1"]),
    );
    expect(await sessionOf("P02")).not.toBeNull();
  }, SOON);
  expect((await sessionOf("P01"))?.sessionId).toBe(before?.sessionId);
  expect(application.engine()?.ocppUrl).toBe(dialIn);
  const { yaml } = await client.app.exportSite();
  expect(yaml).toContain("meter: m1");
  expect(yaml).toMatch(/id: P02,.*circuit: main,.*rotation: L2L3L1,.*max_A: 16,.*fallback_A: 6/u);
});

test("what does not fit the site is told as in a site file, and nothing changes", async () => {
  const { client, port } = await runningSite();
  const before = (await client.app.exportSite()).yaml;
  const fields = async (request: AdoptDevice): Promise<string[]> => {
    const refused: unknown = await client.devices.adopt(request).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "INVALID" });
    const { data } = invalid.parse(refused);
    return data.problems.map(({ field, expected }) => `${field}: ${expected}`);
  };
  expect(await fields(chargerAt(port))).toEqual([expect.stringMatching(/^unitId: another one: address 1 on l1/u)]);
  expect(await fields(chargerAt(1, { id: "P01" }))).toEqual([expect.stringMatching(/^id: an id of its own/u)]);
  expect(await fields(chargerAt(1, { circuitId: "mian" }))).toEqual(["circuit: main (did you mean that?)"]);
  expect(await fields(chargerAt(1, { fallback_mA: 3_000 }))).toEqual(["fallback_A: 0 or at least 6 A"]);
  expect(await fields(chargerAt(1, { fallback_mA: 20_000, max_mA: 5_000 }))).not.toEqual([]);
  expect(await fields(chargerAt(1, { rotation: "L2" }))).toEqual([expect.stringMatching(/^rotation: three phases/u)]);
  expect(await fields({ ...chargerAt(1), profileId: "eastron-sdm630" })).toEqual(["profile: a profile of a charger"]);
  expect(await fields({ ...chargerAt(1), profileId: "goe-http" })).toEqual([expect.stringMatching(/^link: /u)]);
  expect(await fields(meterAt(1, { circuitId: "roof" }))).toEqual(["circuit: an existing circuit: main"]);
  expect((await client.app.exportSite()).yaml).toBe(before);
});

test("two at the same time are one after the other: the second is told to wait", async () => {
  const { client } = await runningSite();
  const port = await simulated("eastron-sdm630");
  const [first, second] = await Promise.allSettled([
    client.devices.adopt(meterAt(port)),
    client.devices.adopt(meterAt(port, { id: "m2" })),
  ]);
  expect([first.status, second.status].toSorted()).toEqual(["fulfilled", "rejected"]);
  expect((await client.devices.list()).filter(({ kind }) => kind === "meter")).toHaveLength(1);
});

test("profiles propose what the form begins with", async () => {
  const { client } = await runningSite();
  const profiles = await client.devices.profiles();
  const known = new Map(profiles.map((profile) => [profile.id, profile]));
  expect(known.get("heidelberg-energy-control")).toMatchObject({
    kind: "charger",
    wires: ["serial", "rtu-over-tcp", "modbus-tcp"],
    max_mA: 16_000,
    fallback_mA: 6_000,
  });
  // It keeps its last limit for ever: nothing less may be counted on.
  expect(known.get("goe-http")).toMatchObject({ wires: ["http"], max_mA: 32_000, fallback_mA: 32_000 });
  expect(known.get("eastron-sdm630")).toMatchObject({ kind: "meter", max_mA: null, fallback_mA: null });
});
