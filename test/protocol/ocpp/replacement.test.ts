import { afterEach, describe, expect, test } from "vitest";
import { milliamp } from "../../../src/core/units/index.ts";
import { parseVendorRows, type VendorRows } from "../../../src/main/devices/ocpp/vendor-rows.ts";
import { readFileSync } from "node:fs";
import { FakeStation, openBench, profileIn, station, type Bench, type Received } from "./bench.ts";

// Boxes that accept a new setpoint and keep the one before.

let bench: Bench;
afterEach(() => bench.devices.close());

const shipped = readFileSync(new URL("../../../resources/devices/ocpp-vendors.yaml", import.meta.url), "utf8");
/** The shipped rows with another way of replacing for all boxes without one of their own. */
function rows(replace: "overwrite" | "raise"): VendorRows {
  const parsed = parseVendorRows(shipped.replace("replace: overwrite", `replace: ${replace}`));
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.rows;
}

type Kept = { readonly limit: number; readonly stackLevel: number };
/** A box that takes a profile only where none of the same id is, and offers what its highest one says. */
class Keeping {
  readonly profiles = new Map<number, Kept>();
  readonly fake: FakeStation;

  constructor(stackLevel_max: number) {
    this.fake = new FakeStation(bench.devices.url, "CP-1", (received) => {
      if (received.action === "GetConfiguration")
        return { configurationKey: [{ key: "ChargeProfileMaxStackLevel", value: String(stackLevel_max) }] };
      this.#take(received);
      return { status: "Accepted" };
    });
  }

  #take(received: Received): void {
    const { action, params } = received;
    if (action === "ClearChargingProfile") this.profiles.delete(Number(params["id"]));
    if (action !== "SetChargingProfile") return;
    const id = Number(new Map(Object.entries(params["csChargingProfiles"] ?? {})).get("chargingProfileId"));
    const { limits, stackLevel } = profileIn(received);
    if (!this.profiles.has(id)) this.profiles.set(id, { limit: Number(limits[0]), stackLevel: Number(stackLevel) });
  }

  get offered_A(): number {
    const all = [...this.profiles.values()].sort((a, b) => b.stackLevel - a.stackLevel);
    return all[0]?.limit ?? 32;
  }

  async sample(): Promise<void> {
    await bench.clock.advance(5000);
    const timestamp = new Date(bench.clock.now_ms()).toISOString();
    const sampledValue = [{ measurand: "Current.Offered", value: String(this.offered_A) }];
    await this.fake.send("MeterValues", { connectorId: 1, meterValue: [{ timestamp, sampledValue }] });
  }
}

async function connected(how: {
  readonly boot?: Record<string, string>;
  readonly replace?: "overwrite" | "raise";
  readonly stackLevel_max?: number;
}): Promise<Keeping> {
  bench = await openBench([station("P01", "CP-1")], { vendorRows: rows(how.replace ?? "overwrite") });
  const box = new Keeping(how.stackLevel_max ?? 8);
  await box.fake.connect();
  await box.fake.boot(how.boot);
  await bench.logs.when(({ message }) => message === "the station is set up");
  return box;
}
const set = (current_A: number): ReturnType<Bench["devices"]["stations"][number]["setLimit"]> =>
  bench.port("P01").setLimit(milliamp(current_A * 1000));
const follows = () => bench.devices.stations[0]?.probe().follows;
const replaces = () => bench.devices.stations[0]?.probe().replace;
const charging = async (box: Keeping): Promise<void> => {
  await box.fake.send("StartTransaction", {
    connectorId: 1,
    idTag: "CARD1",
    meterStart: 0,
    timestamp: new Date(bench.clock.now_ms()).toISOString(),
  });
  await box.fake.send("StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Charging" });
};

describe("a box that keeps the last setpoint", () => {
  test.each([
    ["Relative, of Wallbox with firmware 6", { chargePointVendor: "Wall Box Chargers", firmwareVersion: "6.4.1" }],
    ["Relative, of Timxon", { chargePointVendor: "Timxon" }],
  ])("%s, gets each fresh value, up and down, and renewals clear nothing", async (_name, boot) => {
    const box = await connected({ boot });
    for (const current_A of [10, 16, 6, 0, 13]) {
      await set(current_A);
      expect(box.offered_A).toBe(current_A);
    }
    const cleared = box.fake.calls.all.filter(({ action }) => action === "ClearChargingProfile");
    expect(cleared).toHaveLength(4);
    await set(13);
    await bench.clock.advance(45_000);
    await box.fake.settled();
    expect(box.fake.calls.all.filter(({ action }) => action === "ClearChargingProfile")).toHaveLength(4);
  });

  test("is given the new one on another stack level where its row says so, and is never without one", async () => {
    const box = await connected({ replace: "raise" });
    const offered: number[] = [];
    for (const current_A of [10, 16, 6, 8]) {
      await set(current_A);
      expect(box.offered_A).toBe(current_A);
      offered.push(box.profiles.size);
    }
    // The fallback below, and one setpoint.
    expect(offered).toEqual([2, 2, 2, 2]);
  });

  test("has the old one cleared where it has no room for two levels", async () => {
    const box = await connected({ replace: "raise", stackLevel_max: 1 });
    for (const current_A of [10, 16, 6]) {
      await set(current_A);
      expect(box.offered_A).toBe(current_A);
    }
  });

  test("unknown to the rows, is seen to exceed its limit, and follows from the next one on", async () => {
    const box = await connected({});
    await set(16);
    await set(10);
    for (let i = 0; i < 8; i += 1) await box.sample();
    expect(follows()).toMatchObject({ state: "disobeys", by: "Current.Offered" });
    expect(replaces()).toBe("clear");
    const again = set(10);
    for (let i = 0; i < 8; i += 1) await box.sample();
    expect(await again).toMatchObject({ ok: true });
    expect(follows()).toMatchObject({ state: "obeys" });
  });

  test("unknown to the rows, offers its car less than it accepted, and gets the setpoint afresh without a new one", async () => {
    const box = await connected({});
    await charging(box);
    await set(8);
    await set(16);
    expect(box.offered_A).toBe(8);
    for (let i = 0; i < 8; i += 1) await box.sample();
    expect(box.offered_A).toBe(16);
    for (let i = 0; i < 8; i += 1) await box.sample();
    expect(follows()).toMatchObject({ state: "obeys" });
    expect(replaces()).toBe("clear");
  });
});

describe("a box that offers less than it accepted for a reason of its own", () => {
  test("is shown with what it offers, and is set afresh once, not for ever", async () => {
    bench = await openBench([station("P01", "CP-1")]);
    const fake = await new FakeStation(bench.devices.url, "CP-1", () => ({ status: "Accepted" })).connect();
    await fake.boot();
    await bench.logs.when(({ message }) => message === "the station is set up");
    await fake.send("StartTransaction", {
      connectorId: 1,
      idTag: "CARD1",
      meterStart: 0,
      timestamp: new Date(bench.clock.now_ms()).toISOString(),
    });
    await fake.send("StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Charging" });
    await set(32);
    for (let i = 0; i < 24; i += 1) {
      await bench.clock.advance(5000);
      const timestamp = new Date(bench.clock.now_ms()).toISOString();
      await fake.send("MeterValues", {
        connectorId: 1,
        meterValue: [{ timestamp, sampledValue: [{ measurand: "Current.Offered", value: "20" }] }],
      });
    }
    expect(follows()).toMatchObject({ state: "offers-less", offered_mA: 20_000 });
    expect(fake.calls.all.filter(({ action }) => action === "ClearChargingProfile")).toHaveLength(1);
    expect(bench.devices.health()[0]?.detail).toContain("offers 20 A");
    expect(await set(16)).toMatchObject({ ok: true });
  });
});
