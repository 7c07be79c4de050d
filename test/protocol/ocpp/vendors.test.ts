import { afterEach, describe, expect, test } from "vitest";
import { milliamp } from "../../../src/core/units/index.ts";
import type { OcppHost } from "../../../src/main/devices/ocpp/create-ocpp-devices.ts";
import { FakeStation, isProfile, openBench, profileIn, START_MS, station, type Bench, type Script } from "./bench.ts";

let bench: Bench;
afterEach(() => bench.devices.close());

const accepting: Script = () => ({ status: "Accepted" });

async function booted(
  boot: Record<string, string>,
  script: Script = accepting,
  host: Partial<OcppHost> = {},
): Promise<FakeStation> {
  bench = await openBench([station("P01", "CP-1")], host);
  const fake = await new FakeStation(bench.devices.url, "CP-1", script).connect();
  await fake.boot(boot);
  return fake;
}
const isSetUp = (): Promise<unknown> => bench.logs.when(({ message }) => message === "the station is set up");
const set = (current_A: number): ReturnType<Bench["devices"]["stations"][number]["setLimit"]> =>
  bench.port("P01").setLimit(milliamp(Math.round(current_A * 1000)));
const configured = (fake: FakeStation, key: string): unknown[] =>
  fake.calls.all.filter(({ params }) => params["key"] === key).map(({ params }) => params["value"]);

describe("a box is treated as its maker's row says", () => {
  test("Relative profiles without a start or an end, in stack above the fallback", async () => {
    const fake = await booted({ chargePointVendor: "Wall Box Chargers", firmwareVersion: "6.4.1" });
    expect(await set(10)).toEqual({ ok: true, confirmed_mA: 10_000 });
    expect(profileIn(fake.calls.all.filter(isProfile).at(-1) ?? { action: "", params: {} })).toMatchObject({
      kind: "Relative",
      startSchedule: undefined,
      duration: undefined,
      limits: [10],
    });
  });

  test("stack level 0, and the register measured although the list is refused", async () => {
    const fake = await booted({ chargePointVendor: "ABB" }, ({ action }) => ({
      status: action === "ChangeConfiguration" ? "Rejected" : "Accepted",
    }));
    await set(10);
    await isSetUp();
    expect(profileIn(fake.calls.all.filter(isProfile).at(-1) ?? { action: "", params: {} }).stackLevel).toBe(0);
    // It reboots when it is asked for each measurand.
    expect(configured(fake, "MeterValuesSampledData")).toHaveLength(1);
  });

  test("thirty seconds between samples for one, ten for others", async () => {
    const fake = await booted({ chargePointVendor: "Easee" });
    await isSetUp();
    expect(configured(fake, "MeterValueSampleInterval")).toEqual(["30"]);
  });

  test("no ChangeAvailability where it does harm", async () => {
    const fake = await booted({ chargePointVendor: "EN+" });
    await isSetUp();
    expect(fake.calls.all.map(({ action }) => action)).not.toContain("ChangeAvailability");
  });

  test("limits in watts from the first one on", async () => {
    const fake = await booted({ chargePointVendor: "Huawei" });
    await set(10);
    expect(fake.calls.all.filter(isProfile).map((call) => profileIn(call).unit)).toEqual(["W", "W"]);
  });

  test("only the kinds of profile it knows are tried", async () => {
    const fake = await booted({ chargePointVendor: "EVBox" }, ({ action }) => ({
      status: action === "SetChargingProfile" ? "NotSupported" : "Accepted",
    }));
    expect(await set(10)).toMatchObject({ ok: false, code: "not-supported" });
    expect(fake.calls.all.filter(isProfile).map((call) => profileIn(call).purpose)).not.toContain(
      "ChargePointMaxProfile",
    );
  });

  test("its firmware and how long it may stay away are said in words", async () => {
    const fake = await booted({ chargePointVendor: "Autel", firmwareVersion: "V1.20" });
    await isSetUp();
    const detail = (): string => bench.devices.health().find(({ id }) => id === "P01")?.detail ?? "";
    expect(detail()).toContain("row autel-maxicharger; TxDefaultProfile in A");
    expect(detail()).toContain("firmware V1.51 or newer is needed");
    await fake.close();
    await bench.events.when(({ kind }) => kind === "offline");
    expect(detail()).toContain("dials again within 300 s");
  });
});

describe("a box that must be told to start", () => {
  const preparing = { connectorId: 1, status: "Preparing", errorCode: "NoError" };
  const starts = (fake: FakeStation): unknown[] =>
    fake.calls.all.filter(({ action }) => action === "RemoteStartTransaction").map(({ params }) => params["idTag"]);

  test("is told when a car is plugged in where everybody may charge, three times at most", async () => {
    const fake = await booted({ chargePointVendor: "Autel" }, accepting, { remoteStartToken: () => "ANYBODY" });
    await isSetUp();
    await fake.send("StatusNotification", preparing);
    await fake.calls.when(({ action }) => action === "RemoteStartTransaction");
    await fake.send("StatusNotification", preparing);
    for (let i = 0; i < 8; i += 1) await bench.clock.advance(20_000);
    expect(starts(fake)).toEqual(["ANYBODY", "ANYBODY", "ANYBODY"]);
  });

  test("is told once when it follows", async () => {
    const fake = await booted({ chargePointVendor: "Autel" }, accepting, { remoteStartToken: () => "ANYBODY" });
    await fake.send("StatusNotification", preparing);
    await fake.calls.when(({ action }) => action === "RemoteStartTransaction");
    await fake.send("StartTransaction", {
      connectorId: 1,
      idTag: "ANYBODY",
      meterStart: 0,
      timestamp: new Date(START_MS).toISOString(),
    });
    for (let i = 0; i < 8; i += 1) await bench.clock.advance(20_000);
    expect(starts(fake)).toHaveLength(1);
  });

  test("is not told where a card is wanted", async () => {
    const fake = await booted({ chargePointVendor: "Autel" }, accepting, { remoteStartToken: () => null });
    await fake.send("StatusNotification", preparing);
    await isSetUp();
    await bench.clock.advance(20_000);
    expect(starts(fake)).toEqual([]);
  });
});

test("the number a box writes for everybody is good where everybody may charge", async () => {
  const fake = await booted(
    { chargePointVendor: "Alfen" },
    ({ action }) =>
      action === "GetConfiguration"
        ? { configurationKey: [{ key: "PlugAndChargeIdentifier", readonly: false, value: "UNKNOWN" }] }
        : { status: "Accepted" },
    { remoteStartToken: () => "ANYBODY" },
  );
  await isSetUp();
  expect(await fake.send("Authorize", { idTag: "UNKNOWN" })).toEqual({ idTagInfo: { status: "Accepted" } });
  expect(await fake.send("Authorize", { idTag: "BLOCKED" })).toEqual({ idTagInfo: { status: "Blocked" } });
});

test("where a box does not say its unit and refuses amperes, watts are tried and kept", async () => {
  const fake = await booted({}, (received) => ({
    status: isProfile(received) && profileIn(received).unit === "A" ? "Rejected" : "Accepted",
  }));
  expect(await set(10)).toEqual({ ok: true, confirmed_mA: 10_000 });
  expect(await set(8)).toEqual({ ok: true, confirmed_mA: 8000 });
  expect(fake.calls.all.filter(isProfile).map((call) => [profileIn(call).unit, profileIn(call).limits[0]])).toEqual([
    ["A", 6],
    ["W", 4140],
    ["W", 6900],
    ["W", 5520],
  ]);
  expect(bench.devices.stations[0]?.probe()).toMatchObject({ unit: "W", purposes: { accepted: ["TxDefaultProfile"] } });
});

test(
  "a mute box is not asked the rest of its set-up, and commands do not wait behind it",
  { timeout: 60_000 },
  async () => {
    const fake = await booted({}, ({ action }) =>
      action === "GetConfiguration" || action === "SetChargingProfile"
        ? { status: "Accepted" }
        : new Promise(() => undefined),
    );
    await isSetUp();
    expect(fake.calls.all.map(({ action }) => action)).toEqual([
      "GetConfiguration",
      "SetChargingProfile",
      "ChangeAvailability",
      "ChangeAvailability",
      "ChangeConfiguration",
    ]);
  },
);
