import { createRouterClient } from "@orpc/server";
import Database from "better-sqlite3";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { createRouter } from "../../src/main/api/index.ts";
import type { Role } from "../../src/contract/index.ts";
import { fakeApplication, fakeEngine } from "./fake-application.ts";
import { runningSites, SOON } from "./running-site.ts";

const { runningSite } = runningSites({ beforeEach, afterEach });

const clientFor = (role: Role) => {
  const router = createRouter(fakeApplication(fakeEngine([])), {
    onFault: ({ error }) => {
      throw error;
    },
    renderInvoice: () => Promise.reject(new Error("no invoice here")),
  });
  return createRouterClient(router, { context: { role } });
};

test("only an owner takes a risk on, and not without a reason", async () => {
  await expect(clientFor("technician").commissioning.override({ reason: "it will be fine" })).rejects.toMatchObject({
    code: "FORBIDDEN",
  });
  await expect(clientFor("owner").commissioning.override({ reason: "  short   " })).rejects.toMatchObject({
    code: "BAD_REQUEST",
  });
  expect((await clientFor("owner").commissioning.override({ reason: "a bigger fuse comes on Friday" })).state).toBe(
    "armed",
  );
  await expect(clientFor("owner").commissioning.withdraw({})).rejects.toMatchObject({ code: "NOT_NEEDED" });
});

test("why a test cannot begin is told as a code", async () => {
  const { commissioning } = clientFor("technician");
  await expect(commissioning.test({ stationId: "P01" })).rejects.toMatchObject({
    code: "REFUSED",
    data: { reason: "no-car" },
  });
  await expect(commissioning.test({ stationId: "P99" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(commissioning.witness({ stationId: "P99", kept_mA: 6_000 })).rejects.toMatchObject({
    code: "NOT_FOUND",
  });
});

test("another safe current is kept in the site, counts at once, and the session that runs goes on", async () => {
  const { client } = await runningSite();
  const live = async () => (await client.stations.detail({ stationId: "P01" })).live;
  await vi.waitFor(async () => {
    expect((await live()).session).not.toBeNull();
  }, SOON);
  const before = (await live()).session?.sessionId;
  const fallbacks = async () => (await client.commissioning.status()).fallbacks;
  await vi.waitFor(async () => {
    expect(await fallbacks()).toMatchObject([{ promised_mA: 6_000, counted_mA: 6_000, provenBy: null }]);
  }, SOON);

  const change = (stationIds: string[], fallback_mA: number) =>
    client.commissioning.setFallback({ stationIds, fallback_mA });
  await expect(change(["P01"], 3_000)).rejects.toMatchObject({ code: "INVALID" });
  await expect(change(["P01"], 32_000)).rejects.toMatchObject({ code: "INVALID" });
  await expect(change(["P01", "P99"], 8_000)).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(await fallbacks()).toMatchObject([{ promised_mA: 6_000 }]);

  await change(["P01"], 8_000);
  await vi.waitFor(async () => {
    expect(await fallbacks()).toMatchObject([{ promised_mA: 8_000, counted_mA: 8_000 }]);
  }, SOON);
  expect((await client.app.exportSite()).yaml).toMatch(/id: P01,.*fallback_A: 8/u);
  // This kind of box cannot show what it keeps: somebody has to see it.
  expect((await client.commissioning.status()).state).toBe("trial");
  await client.commissioning.witness({ stationId: "P01", kept_mA: 8_000 });
  await vi.waitFor(async () => {
    expect(await client.commissioning.status()).toMatchObject({ state: "armed", fallbacks: [{ provenBy: "test" }] });
  }, SOON);
  await vi.waitFor(async () => {
    expect((await live()).session?.sessionId).toBe(before);
  }, SOON);
});

test("a change that cannot be stored is refused, and the site runs on as it was", async () => {
  const { client, data } = await runningSite();
  const db = new Database(join(data, "chargehand.sqlite"));
  const full = z
    .array(z.object({ name: z.string() }))
    .parse(db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all())
    .flatMap(({ name }) => ["INSERT", "UPDATE"].map((what) => ({ trigger: `no_room_${what}_${name}`, what, name })));
  for (const { trigger, what, name } of full)
    db.exec(
      `CREATE TRIGGER ${trigger} BEFORE ${what} ON ${name} BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`,
    );
  const change = () => client.commissioning.setFallback({ stationIds: ["P01"], fallback_mA: 8_000 });
  await expect(change()).rejects.toThrow();
  await vi.waitFor(async () => {
    expect((await client.commissioning.status()).fallbacks).toMatchObject([{ promised_mA: 6_000, online: true }]);
  }, SOON);
  for (const { trigger } of full) db.exec(`DROP TRIGGER ${trigger}`);
  db.close();
  await change();
  expect((await client.commissioning.status()).fallbacks).toMatchObject([{ promised_mA: 8_000 }]);
});
