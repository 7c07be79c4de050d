import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CanonicalValue } from "../../src/main/devices/profile/index.ts";
import { createHttpDevice } from "../../src/main/simulator/network/index.ts";
import { profileWith } from "../protocol/network/bench.ts";
import { folder, run, type Folder } from "./doctor-run.ts";

const TIMEOUT_ms = 120_000;
const SHOWN = new Map<string, CanonicalValue>([
  ["state", "charging"],
  ["power", 11_040],
  ["current_l1", 16_000],
  ["current_l2", 15_900],
  ["current_l3", 16_100],
  ["voltage_l1", 231_000],
  ["voltage_l2", 229_000],
  ["voltage_l3", 230_000],
  ["energy_import", 123_456],
]);
const cleanups: (() => unknown)[] = [];
let here: Folder;

beforeEach(() => {
  here = folder();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  here.remove();
});

test("a charger with a web interface is read without an order, then told", { timeout: TIMEOUT_ms }, async () => {
  const box = await createHttpDevice({ profile: profileWith("goe-http", "http"), values: (what) => SHOWN.get(what) });
  cleanups.push(() => box.close());
  const site = here.site(
    `{id: l1, kind: http, host: 127.0.0.1, port: ${String(box.port)}}`,
    "stations: [{id: b1, name: Bay, circuit: main, phases: 3, max_A: 16, fallback_A: 6, profile: goe-http, link: l1}]",
  );
  const args = ["--site", site, "--id", "b1", "--data", join(here.path, "data")];
  expect(await run(["read", ...args])).toMatchObject({
    code: 0,
    out: [
      {
        id: "b1",
        profile: "goe-http",
        ok: true,
        errors: 0,
        readings: {
          state: "charging",
          power_W: 11_040,
          current_mA: [16_000, 15_900, 16_100],
          voltage_mV: [231_000, 229_000, 230_000],
          energy_import_Wh: 123_456,
        },
      },
    ],
  });
  expect(box.orders).toEqual([]);
  expect(await run(["set", ...args, "--current_A", "10"])).toEqual({
    code: 0,
    err: "",
    out: [{ ok: true, written_mA: 10_000, readback_mA: 10_000 }],
  });
  expect(box.offered_mA).toBe(10_000);
  await box.close();
  expect(await run(["read", ...args])).toMatchObject({ code: 1, out: [{ id: "b1", ok: false, code: "offline" }] });
});
