import { createRouterClient } from "@orpc/server";
import { describe, expect, onTestFinished, test } from "vitest";
import { NO_DEVICE_CHANGES } from "../api/fake-desks.ts";
import { createRouter } from "../../src/main/api/index.ts";
import type { Application } from "../../src/main/site/engine.types.ts";
import { car } from "./cars.ts";
import { type SiteUnderTest, startSite, until } from "./site-under-test.ts";

const POINTS = 6;
const HOUR_MS = 3_600_000;

function clientOf({ engine }: Pick<SiteUnderTest, "engine">) {
  const app: Application = {
    version: "test",
    headless: true,
    started_at_ms: 0,
    engine: () => engine,
    onChange: () => () => undefined,
    startDemo: () => Promise.resolve("conflict"),
    importSite: () => Promise.resolve({ ok: false, code: "conflict" }),
    scan: () => "conflict",
    profiles: () => [],
    adopt: () => Promise.resolve({ ok: false, code: "conflict" }),
    deviceChanges: NO_DEVICE_CHANGES,
    changeLimits: () => Promise.resolve({ ok: false, code: "conflict" }),
    setFallback: () => Promise.resolve("conflict"),
    close: () => Promise.resolve(),
  };
  const router = createRouter(app, {
    onFault: ({ error }) => {
      throw error;
    },
    renderInvoice: () => Promise.reject(new Error("no invoice is asked for here")),
  });
  return createRouterClient(router, { context: { role: "owner" } });
}

/** A car on every bay of one garage: three on all phases, and one more on each phase. */
async function fullSite() {
  const site = await startSite({ points: POINTS, mixed: false, seed: 5, speed: 20, arrivals: false });
  onTestFinished(() => site.close());
  const { world } = site.world.simulated;
  await until(() => site.engine.live().site.devicesOnline >= POINTS, "all boxes are connected");
  for (const { stationId } of site.engine.live().stations)
    world.plugIn(stationId, { model: car({ phases: 3 }), soc_permille: 200, seed: 1 }, `CARD-${stationId}`);
  await until(() => site.engine.live().stations.every(({ session }) => session !== null), "every car has a session");
  return { ...site, client: clientOf(site) };
}
const granted = ({ engine }: SiteUnderTest): number[] => engine.live().stations.map(({ granted_mA }) => granted_mA);
const waiting = ({ engine }: SiteUnderTest) => engine.live().stations.filter(({ queuePlace }) => queuePlace !== null);

const FIRST_COME = { rule: "first-come", hold_ms: HOUR_MS } as const;

describe("on the product's own engine with simulated chargers", { timeout: 90_000 }, () => {
  test("another rule is previewed without changing anything, then set and kept", async () => {
    const site = await fullSite();
    const { client } = site;
    await until(
      () => granted(site).every((current_mA) => current_mA === 12_000),
      "the four cars on each phase share 48 A equally",
    );
    expect((await client.balancing.settings()).site).toEqual({ rule: "need", hold_ms: HOUR_MS });

    const preview = await client.balancing.preview({ circuitId: null, sharing: FIRST_COME });
    expect(preview.map(({ before_mA }) => before_mA)).toEqual(granted(site));
    expect(preview.filter(({ placeBefore }) => placeBefore !== null)).toEqual([]);
    expect(preview.filter(({ placeAfter }) => placeAfter !== null).length).toBeGreaterThan(0);
    expect((await client.balancing.settings()).site.rule).toBe("need");

    const settings = await client.balancing.setSharing({ circuitId: null, sharing: FIRST_COME });
    expect(settings.site).toEqual(FIRST_COME);
    await until(() => waiting(site).length > 0, "those who came last wait");
    const after = new Map(preview.map(({ stationId, after_mA }) => [stationId, after_mA]));
    for (const { stationId, granted_mA } of site.engine.live().stations)
      expect(granted_mA, stationId).toBe(after.get(stationId));
    expect(site.folder.stores.site.load()?.model.sharing).toEqual(FIRST_COME);

    await client.balancing.setSharing({ circuitId: "garage-1", sharing: { rule: "equal", hold_ms: HOUR_MS } });
    await until(() => waiting(site).length === 0, "the garage shares equally again");
    const own = (await client.balancing.setSharing({ circuitId: "garage-1", sharing: null })).circuits;
    expect(own.find(({ circuitId }) => circuitId === "garage-1")?.sharing).toBeNull();
    await expect(client.balancing.setSharing({ circuitId: "none", sharing: null })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    await expect(client.balancing.preview({ circuitId: "none", sharing: null })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });

  test("every waiting car has a place and a turn, live and in the history of its charger", async () => {
    const site = await fullSite();
    const { client } = site;
    await client.balancing.setSharing({ circuitId: null, sharing: FIRST_COME });
    await until(
      () => waiting(site).length > 0 && waiting(site).every((one) => one.queueTurn !== null),
      "turns are known",
    );
    const queue = waiting(site).toSorted((a, b) => (a.queuePlace ?? 0) - (b.queuePlace ?? 0));
    expect(queue.map(({ queuePlace }) => queuePlace)).toEqual(queue.map((_, index) => index + 1));
    // Nothing is known of these drivers: eight hours are what anybody is taken to stay.
    const first = queue[0];
    expect(first?.queueTurn?.kind).toBe("leaves");
    expect(first?.queueTurn?.expected_at_ms).toBeGreaterThan(site.clock.now_ms() + 7 * HOUR_MS);
    const stationId = first?.stationId ?? "";
    const [latest] = await client.stations.grants({ stationId, limit: 1 });
    expect(latest).toMatchObject({ granted_mA: 0, queue: { place: 1, turn: { kind: "leaves" } } });
    expect(latest?.because.at(-1)).toMatchObject({ kind: "min_current", ref: "garage-1", after_mA: 0 });

    await client.balancing.setSharing({ circuitId: null, sharing: null });
    await until(() => waiting(site).length === 0, "nobody waits");
    await until(
      () => site.folder.stores.grants.list(stationId, 1)[0]?.queue === null,
      "that it waits no more is in its history",
    );
    expect(site.folder.stores.grants.list(stationId, 20).some(({ queue: kept }) => kept?.place === 1)).toBe(true);
  });

  test("what is said of a stay counts half, moves the turns of others, and ends with the stay", async () => {
    const site = await fullSite();
    const { client } = site;
    const expected = async () => (await client.stations.detail({ stationId: "P02" })).stay.expected;
    await expect.poll(expected).toMatchObject({ from: "usual", needed_Wh: 20_000 });
    const before = await expected();
    const departure_ms = site.clock.now_ms() + HOUR_MS;
    await client.stations.setNeed({ stationId: "P02", departure_ms, needed_Wh: 6_000 });
    await expect.poll(expected).toMatchObject({ from: "declared", needed_Wh: 13_000 });
    expect((await expected())?.departure_ms).toBe(Math.round(((before?.departure_ms ?? 0) + departure_ms) / 2));
    expect(site.folder.stores.wishes.list()).toMatchObject([{ stationId: "P02", declared: { departure_ms } }]);

    await client.stations.setNeed({ stationId: "P02", departure_ms: null, needed_Wh: null });
    await expect.poll(expected).toMatchObject({ from: "usual" });
    await client.stations.setNeed({ stationId: "P02", departure_ms, needed_Wh: null });
    site.world.simulated.world.unplug("P02");
    await until(() => site.folder.stores.wishes.list().length === 0, "the next car is not taken for this one");
    await expect(client.stations.setNeed({ stationId: "P02", departure_ms, needed_Wh: null })).rejects.toMatchObject({
      code: "NO_CAR",
    });
    await expect(client.stations.setNeed({ stationId: "P99", departure_ms, needed_Wh: null })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });

  test("what if: each answer is of the present, and nothing happens by asking", async () => {
    const site = await fullSite();
    const { client } = site;
    await until(
      () => granted(site).every((current_mA) => current_mA === 12_000),
      "the four cars on each phase share 48 A equally",
    );
    const [fuse, margin, first, rule] = await client.explain.whatIf({
      questions: [
        { kind: "fuse", circuitId: "garage-1", more_mA: 4_000 },
        { kind: "no-margin", circuitId: "garage-1" },
        { kind: "first", stationId: "P06" },
        { kind: "rule", circuitId: null, sharing: FIRST_COME },
      ],
    });
    expect(fuse?.map(({ before_mA, after_mA }) => [before_mA, after_mA])).toEqual(
      granted(site).map(() => [12_000, 13_000]),
    );
    // 50 A for four on each phase: half an ampere more where the box can.
    expect(margin?.every(({ after_mA }) => after_mA >= 12_000 && after_mA <= 13_000)).toBe(true);
    expect(margin?.some(({ after_mA }) => after_mA > 12_000)).toBe(true);
    expect(first?.find(({ stationId }) => stationId === "P06")?.after_mA).toBe(32_000);
    expect(rule?.some(({ placeAfter }) => placeAfter !== null)).toBe(true);
    expect(granted(site)).toEqual(granted(site).map(() => 12_000));
    await expect(
      client.explain.whatIf({ questions: [{ kind: "rotation", stationId: "P01", rotation: "L2" }] }),
    ).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(client.explain.whatIf({ questions: [] })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });
});
