import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeviceKey, DeviceRaw, DeviceSummary, ExchangeView } from "../../src/contract/index.ts";
import { deviceDetailSchema, deviceRawSchema, deviceSummarySchema } from "../../src/contract/index.ts";
import { milliamp } from "../../src/core/units/index.ts";
import { startSite, until, type SiteUnderTest } from "../scenarios/site-under-test.ts";

// The product's own engine on simulated devices that answer real bytes, and what it shows of these bytes.

let site: SiteUnderTest;
beforeAll(async () => {
  site = await startSite({ points: 6, mixed: true, seed: 11, speed: 10, arrivals: true });
  await until(() => site.engine.devices.list().every((one) => one.state === "online"), "every device is online");
});
afterAll(async () => {
  await site.close();
});

const list = (): DeviceSummary[] => site.engine.devices.list();
const raw = ({ kind, id }: DeviceKey): DeviceRaw => {
  const found = site.engine.devices.raw({ kind, id });
  if (found === null) throw new Error(`no device ${kind} ${id}`);
  return found;
};
const onModbus = (kind: DeviceSummary["kind"]): DeviceSummary => {
  const found = list().find((one) => one.kind === kind && one.unitId !== null);
  if (found === undefined) throw new Error(`no ${kind} on a bus`);
  return found;
};
const codes = (exchanges: readonly ExchangeView[]): (string | undefined)[] =>
  exchanges.map(({ problem }) => problem?.code);

describe("the list of devices", () => {
  test("holds every charger, every meter and every wire, in the form of the contract", () => {
    const devices = list();
    for (const device of devices) expect(deviceSummarySchema.parse(device)).toEqual(device);
    const { stations, meters, links } = site.world.site.model;
    const ids = (kind: DeviceSummary["kind"]): string[] =>
      devices.filter((one) => one.kind === kind).map(({ id }) => id);
    expect(ids("station").sort()).toEqual(stations.map(({ id }) => id).sort());
    expect(ids("meter").sort()).toEqual(meters.map(({ id }) => id).sort());
    expect(ids("link")).toEqual(expect.arrayContaining([...links.map(({ id }) => id), "ocpp"]));
  });

  test("tells of each where it hangs and when it was heard last", () => {
    for (const device of list().filter(({ kind }) => kind !== "link")) {
      expect(device.place).not.toBe("");
      expect(device.lastExchange_ms).not.toBeNull();
      expect(device.exchanges).toBeGreaterThan(0);
    }
  });

  test("gives details in the form of the contract, and none of a device that is not there", () => {
    for (const { kind, id } of list()) {
      const detail = site.engine.devices.get({ kind, id });
      expect(deviceDetailSchema.parse(detail)).toEqual(detail);
      const shown = raw({ kind, id });
      expect(deviceRawSchema.parse(shown)).toEqual(shown);
    }
    expect(site.engine.devices.get({ kind: "meter", id: "nobody" })).toBeNull();
    expect(site.engine.devices.raw({ kind: "station", id: "nobody" })).toBeNull();
  });
});

describe("what was said with a device on a bus", () => {
  test("is the request and its answer in hex, with what the registers say", () => {
    const device = onModbus("station");
    const { exchanges } = raw(device);
    const answer = exchanges.find((one) => one.direction === "in" && one.decoded.length > 0 && one.problem === null);
    expect(answer?.raw).toMatch(/^(?:[0-9a-f]{2} )+[0-9a-f]{2}$/u);
    expect(answer?.took_ms).not.toBeNull();
    const asked = exchanges[exchanges.findIndex((one) => one === answer) + 1];
    expect(asked?.direction).toBe("out");
    expect(asked?.summary).toMatch(new RegExp(`^FC[34] unit ${String(device.unitId)} address \\d+ × \\d+$`, "u"));
    const times = exchanges.map(({ at_ms }) => at_ms);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  });

  test("shows the values of the last poll by their names, with unit, words and age", () => {
    const { values } = raw(onModbus("meter"));
    const voltage = values.find(({ name }) => name === "voltage_l1");
    expect(voltage?.unit).toBe("mV");
    expect(Number(voltage?.value)).toBeGreaterThan(200_000);
    expect(Number(voltage?.value)).toBeLessThan(260_000);
    expect(voltage?.raw).toMatch(/^[0-9a-f]{4}(?: [0-9a-f]{4})*$/u);
    expect(voltage?.age_ms).toBeLessThan(120_000);
  });

  test("names what is written", async () => {
    const device = onModbus("station");
    const written = (): ExchangeView | undefined =>
      raw(device).exchanges.find((one) => one.direction === "out" && /^FC(?:6|16) /u.test(one.summary));
    site.engine.setManualLimit(device.id, milliamp(7_000), null);
    await until(() => written() !== undefined, "a limit is written");
    expect(written()?.decoded.length).toBeGreaterThan(0);
  });

  test("stays bounded however long it runs", async () => {
    const device = onModbus("meter");
    await until(() => (list().find((one) => one.id === device.id)?.exchanges ?? 0) > 150, "much was said");
    expect(raw(device).exchanges.length).toBeLessThanOrEqual(200);
  });
});

describe("faults on a wire", () => {
  // A refusal first: soon after an answer that did not come, one is doubted.
  test.each([
    [{ kind: "exception", code: 4 }, "exception"],
    [{ kind: "noise-before" }, "stray-bytes"],
    [{ kind: "half-frame" }, "truncated"],
    [{ kind: "drop" }, "silence"],
  ] as const)("%j is shown as %s, counted, and kept when all is well again", async (fault, code) => {
    const line = list().find((one) => one.kind === "link" && serverOf(one) !== undefined);
    if (line === undefined) throw new Error("no simulated line");
    const onLine = (): DeviceSummary[] => list().filter(({ kind, linkId }) => kind !== "link" && linkId === line.id);
    // Whoever is asked next is hit.
    serverOf(line)?.faults.set(fault, { times: 1 });
    await until(() => codes(raw(line).errors).includes(code), `an exchange with ${code}`);
    expect(onLine().some((one) => codes(raw(one).errors).includes(code))).toBe(true);
    expect(onLine().some(({ recentErrors_permille }) => (recentErrors_permille ?? 0) > 0)).toBe(true);
    await until(() => codes(raw(line).exchanges.slice(0, 4)).every((one) => one === undefined), "all is well again");
    await until(() => onLine().every(({ state }) => state === "online"), "everybody answers again");
    expect(codes(raw(line).errors)).toContain(code);
  });
});

const serverOf = ({ linkId }: DeviceSummary) => site.world.simulated.servers.get(linkId ?? "");
