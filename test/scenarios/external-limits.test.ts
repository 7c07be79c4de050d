import { createHash } from "node:crypto";
import { createRouterClient } from "@orpc/server";
import { afterEach, expect, test } from "vitest";
import type { SiteSignal } from "../../src/core/balancing/index.ts";
import { COMPLY_WITHIN_MS } from "../../src/core/balancing/index.ts";
import { milliamp, watt } from "../../src/core/units/index.ts";
import { createRouter } from "../../src/main/api/index.ts";
import type { ModbusServer } from "../../src/main/simulator/modbus/index.ts";
import { createMemoryBank, createModbusServer } from "../../src/main/simulator/modbus/index.ts";
import { fakeApplication } from "../api/fake-application.ts";
import { car } from "./cars.ts";
import { startSite, until } from "./site-under-test.ts";
import type { SiteUnderTest } from "./site-under-test.ts";

const INPUT_ADDRESS = 3;
const LIMIT_ADDRESS = 40;
const NO_LIMIT = 0xffff;
const TOKEN = "a token of the grid operator";

const contact: SiteSignal = {
  id: "steuerbox",
  name: "Steuerbox",
  circuitId: "main",
  rule: "dim-14a",
  counts: "cars",
  limit: { limit_mA: null, limit_W: watt(16_800) },
  failSafe: { limit_mA: null, limit_W: watt(16_800) },
  debounce_ms: 1_000,
  minimum_ms: 0,
  source: {
    kind: "digital-input",
    linkId: "io",
    unitId: 1,
    address: INPUT_ADDRESS,
    table: "discrete",
    activeLow: false,
  },
};
const register: SiteSignal = {
  ...contact,
  id: "import",
  name: "Import limit",
  rule: "g100",
  counts: "all",
  debounce_ms: 0,
  limit: { limit_mA: milliamp(20_000), limit_W: null },
  failSafe: { limit_mA: milliamp(20_000), limit_W: null },
  source: {
    kind: "register",
    linkId: "io",
    unitId: 1,
    address: LIMIT_ADDRESS,
    table: "holding",
    type: "uint16",
    scale: 0.1,
    unit: "A",
    none: NO_LIMIT,
  },
};
const caller: SiteSignal = {
  ...contact,
  id: "caller",
  name: "Caller",
  debounce_ms: 0,
  source: { kind: "http", tokenHash: createHash("sha256").update(TOKEN).digest("hex") },
};

let site: SiteUnderTest;
let module: ModbusServer;
afterEach(async () => {
  await site.close();
  await module.close();
});

const memory = createMemoryBank();

async function busySite(speed: number, signals: readonly SiteSignal[]): Promise<void> {
  memory.set(INPUT_ADDRESS, 0);
  memory.set(LIMIT_ADDRESS, NO_LIMIT);
  module = await createModbusServer({
    transport: { kind: "tcp", port: 0, framing: "mbap" },
    units: new Map([[1, memory]]),
  });
  const link = { id: "io", kind: "modbus-tcp", host: "127.0.0.1", port: module.port } as const;
  site = await startSite({
    points: 4,
    mixed: true,
    seed: 3,
    speed,
    arrivals: false,
    external: { links: [link], signals: [...signals] },
  });
  for (const { id } of site.world.site.model.stations)
    site.world.simulated.world.plugIn(id, { model: car(), soc_permille: 200, seed: 1 }, `CARD-${id}`);
  const charges = (): boolean => drawn_mA().every((current) => current > 8_000);
  await until(charges, "everybody charges", { real_ms_max: 60_000 });
}

const drawn_mA = (): number[] =>
  site.engine.live().stations.map(({ drawn_mA }) => Math.max(...drawn_mA.map((current) => current ?? 0)));
const main_mA = (): number =>
  Math.max(...(site.engine.live().circuits.find(({ parentId }) => parentId === null)?.total_mA ?? []));
const active = (id: string) => site.engine.external.signals().find((signal) => signal.id === id)?.active ?? null;

test(
  "a register and a contact on a real Modbus line lower the site in time, are noted, and release it by themselves",
  { timeout: 180_000 },
  async () => {
    await busySite(2, [contact, register]);
    expect(active("steuerbox")).toBeNull();
    expect(active("import")).toBeNull();

    const before_mA = main_mA();
    memory.set(LIMIT_ADDRESS, Math.floor((before_mA - 8_000) / 100));
    await until(
      () => active("import")?.complied_at_ms !== null && active("import") !== null,
      "the import limit is kept",
    );
    const [kept] = site.engine.external.log("import");
    expect(kept?.comply_ms).toBeLessThanOrEqual(COMPLY_WITHIN_MS);
    expect(kept?.sent_at_ms).not.toBeNull();
    expect(site.engine.live().stations.some(({ because }) => because.some(({ kind }) => kind === "grid_signal"))).toBe(
      true,
    );

    memory.set(LIMIT_ADDRESS, NO_LIMIT);
    await until(() => active("import") === null, "the register releases it");
    await until(() => site.engine.external.log("import")[0]?.released_at_ms !== null, "its release is noted");

    memory.set(INPUT_ADDRESS, 1);
    await until(() => active("steuerbox") !== null, "the contact closes");
    const most_W = (): number => site.engine.live().site.evPower_W ?? Infinity;
    await until(() => most_W() <= 16_800, "all cars together are dimmed");
    await until(() => (active("steuerbox")?.complied_at_ms ?? null) !== null, "that is noted, by what boxes measured");
    memory.set(INPUT_ADDRESS, 0);
    await until(() => active("steuerbox") === null && most_W() > 16_800, "the contact opens and cars go up again");
  },
);

test("only who knows the token may limit the site over HTTP", { timeout: 120_000 }, async () => {
  await busySite(10, [caller]);
  const { engine } = site;
  const client = createRouterClient(
    createRouter(fakeApplication(engine), {
      onFault: () => undefined,
      renderInvoice: () => Promise.reject(new Error("not here")),
    }),
    { context: { role: "kiosk" } },
  );
  const limit = { limit_mA: null, limit_W: 16_800 };
  await expect(client.signals.put({ id: "caller", token: "a wrong one", limit })).rejects.toMatchObject({
    code: "WRONG_TOKEN",
  });
  await expect(client.signals.put({ id: "nobody", token: TOKEN, limit })).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(active("caller")).toBeNull();
  const answer = await client.signals.put({ id: "caller", token: TOKEN, limit });
  expect(answer.active).toMatchObject({ limit_W: 16_800, why: "asked" });
  await until(() => active("caller")?.why === "fail-safe", "silence of two minutes is noticed");
  expect(engine.external.log("caller").map(({ why }) => why)).toEqual(["fail-safe", "asked"]);
  await until(
    () => engine.stores.alerts.open().some(({ code, ref }) => code === "signal-lost" && ref === "caller"),
    "the owner is told",
  );
});
