import { createRouterClient } from "@orpc/server";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ScanEvent, ScanRequest } from "../../src/contract/index.ts";
import { createRouter } from "../../src/main/api/index.ts";
import { createLog } from "../../src/main/log.ts";
import { createApplication } from "../../src/main/site/application.ts";
import { folder, simulate, type Folder } from "./doctor-run.ts";

const RESOURCES = fileURLToPath(new URL("../../resources", import.meta.url));
const cleanups: (() => unknown)[] = [];
let here: Folder;

beforeEach(() => {
  here = folder();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  here.remove();
});

/** A technician's client of an application on a fresh folder. */
async function clientOf(siteFile: string | null) {
  const started = await createApplication({
    version: "test",
    headless: true,
    dataFolder: join(here.path, "data"),
    resources: RESOURCES,
    siteFile,
    demo: false,
    speed: 1,
    seed: 1,
    ocpp: { host: "127.0.0.1", port: 0 },
    log: createLog({ write: () => undefined }),
  });
  if (!started.ok) throw new Error(started.message);
  cleanups.push(() => started.application.close());
  const router = createRouter(started.application, {
    onFault: ({ error }) => {
      throw error;
    },
    renderInvoice: () => Promise.reject(new Error("no invoice here")),
  });
  return createRouterClient(router, { context: { role: "technician" } });
}

async function all(events: AsyncIterable<ScanEvent>): Promise<ScanEvent[]> {
  const seen: ScanEvent[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

async function meter(): Promise<number> {
  const simulated = await simulate(["eastron-sdm630", "--port", "0", "--framing", "mbap"]);
  cleanups.push(simulated.stop);
  return simulated.port;
}

test("before there is a site a technician sees what stands in the network, with progress", async () => {
  const port = await meter();
  const client = await clientOf(null);
  const events = await all(await client.devices.scan({ kind: "network", cidr: "127.0.0.1/32", ports: [port] }));
  const [found, progress] = events;
  expect(found?.kind === "found" ? found.find : null).toMatchObject({
    at: { kind: "modbus-tcp", host: "127.0.0.1", port, unitId: 1 },
    profileId: null,
    model: null,
  });
  // Several meters of the maker share these registers.
  expect(found?.kind === "found" ? found.find.candidates : []).toContain("eastron-sdm630");
  expect(progress).toEqual({ kind: "progress", done: 1, total: 1 });
});

test("a device of the running site is left alone", async () => {
  const port = await meter();
  const file = here.site(
    `{id: l1, kind: modbus-tcp, host: 127.0.0.1, port: ${String(port)}}, {id: l2, kind: serial, path: /dev/null, baud: 9600}`,
    "meters: [{id: m1, profile: eastron-sdm630, link: l1, unitId: 1}]\nstations: []",
  );
  const client = await clientOf(readFileSync(file, "utf8"));
  expect(await all(await client.devices.scan({ kind: "network", cidr: "127.0.0.1/32", ports: [port] }))).toEqual([]);
  await expect(client.devices.scan({ kind: "serial", path: "/dev/null" })).rejects.toMatchObject({ code: "CONFLICT" });
});

test("one scan at a time; leaving it makes room for the next", async () => {
  const client = await clientOf(null);
  const network: ScanRequest = { kind: "network", cidr: "127.0.0.0/24", ports: [1] };
  const first = await client.devices.scan(network);
  await first.next();
  await expect(client.devices.scan(network)).rejects.toMatchObject({ code: "CONFLICT" });
  await first.return();
  const next = await client.devices.scan(network);
  expect((await next.next()).value).toEqual({ kind: "progress", done: 1, total: 254 });
  await next.return();
});

test("too large a network and half an address are bad requests", async () => {
  const client = await clientOf(null);
  for (const cidr of ["10.0.0.0/8", "127.0.0.1", "300.0.0.1/32"]) {
    await expect(client.devices.scan({ kind: "network", cidr })).rejects.toMatchObject({
      code: "BAD_REQUEST",
      data: { field: "cidr" },
    });
  }
});
