import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { wattHour } from "../../src/core/units/index.ts";
import { OcppStation, type OcppStationOptions } from "../../src/main/simulator/index.ts";
import { createVirtualClock, type VirtualClock } from "../../src/main/site/clock.ts";
import { createCentralSystem, type CentralSystem } from "./central-system.ts";
import { car } from "../scenarios/cars.ts";

const START = Date.parse("2026-03-02T08:00:00Z");
const CAR = { seed: 1, soc_permille: 200, model: car() } as const;

let central: CentralSystem;
let clock: VirtualClock;
let station: OcppStation;

const make = (change: Partial<OcppStationOptions> = {}): OcppStation =>
  new OcppStation({
    identity: "CP 1/a",
    clock,
    phases: 3,
    current_mA_max: 32_000,
    unmanaged_mA: 6000,
    register_Wh: wattHour(5000),
    ...change,
  });

/** Lets `seconds` pass for the box and its car. */
async function live(seconds: number): Promise<void> {
  for (let i = 0; i < seconds * 4; i += 1) {
    await clock.advance(250);
    station.tick(clock.now_ms());
    station.evse.step(clock.now_ms(), 250, [230_000, 230_000, 230_000]);
  }
}
/** Lets time pass until the box has reached what `check` looks for. */
async function liveUntil(check: () => boolean): Promise<void> {
  for (let i = 0; i < 4000 && !check(); i += 1) await live(0.25);
  expect(check()).toBe(true);
}
const statuses = (): unknown[] =>
  central
    .of("StatusNotification")
    .filter((params) => params["connectorId"] === 1)
    .map((params) => params["status"]);
const setProfile = (profile: object): Promise<unknown> =>
  central.call("CP 1/a", "SetChargingProfile", { connectorId: 1, csChargingProfiles: profile });
const txDefault = (limit: number, stackLevel: number, more: object = {}) => ({
  chargingProfileId: stackLevel + 1,
  stackLevel,
  chargingProfilePurpose: "TxDefaultProfile",
  chargingProfileKind: "Absolute",
  chargingSchedule: { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit }], ...more },
});

beforeEach(async () => {
  central = await createCentralSystem({ authorize: (idTag) => (idTag === "BLOCKED" ? "Blocked" : "Accepted") });
  clock = createVirtualClock(START);
  station = make();
});
afterEach(async () => {
  await station.close();
  await central.close();
});

async function connected(): Promise<void> {
  station.connect(central.url);
  await central.until(() => central.of("BootNotification").length === 1);
  await liveUntil(() => statuses().length === 1);
}
async function charging(): Promise<void> {
  await connected();
  station.plugIn(CAR, "CARD1");
  await liveUntil(() => (station.snapshot().transaction?.id ?? null) !== null && statuses().includes("Charging"));
}

describe("a simulated OCPP station", () => {
  test("boots, tells its status, authorizes the card, and starts and stops with the register", async () => {
    await charging();
    await live(20);
    expect(station.evse.reading().drawn_mA).toEqual([6000, 6000, 6000]);
    station.unplug();
    await liveUntil(() => central.of("StopTransaction").length === 1);
    await liveUntil(() => statuses().at(-1) === "Available");
    expect(statuses()).toEqual(["Available", "Preparing", "Charging", "Available"]);
    const [start] = central.of("StartTransaction");
    const [stop] = central.of("StopTransaction");
    expect(start).toMatchObject({ connectorId: 1, idTag: "CARD1", meterStart: 5000 });
    expect(stop).toMatchObject({ transactionId: 101, meterStop: station.evse.register_Wh, reason: "EVDisconnected" });
    expect(station.evse.register_Wh).toBeGreaterThan(5000);
  });

  test("a refused card starts nothing", async () => {
    await connected();
    station.plugIn(CAR, "BLOCKED");
    await liveUntil(() => central.of("Authorize").length === 1);
    await live(5);
    expect(central.of("StartTransaction")).toEqual([]);
    expect(station.evse.reading().drawn_mA).toEqual([0, 0, 0]);
    expect(station.status).toBe("Preparing");
  });

  test("sends meter values at the interval it is told, with everything Live needs", async () => {
    await connected();
    expect(
      await central.call("CP 1/a", "ChangeConfiguration", { key: "MeterValueSampleInterval", value: "10" }),
    ).toEqual({ status: "Accepted" });
    station.plugIn(CAR, "CARD1");
    await liveUntil(() => central.of("MeterValues").length >= 3);
    const last = central.of("MeterValues").at(-1);
    expect(last?.["transactionId"]).toBe(101);
    const sampled = JSON.stringify(last?.["meterValue"]);
    for (const measurand of [
      "Energy.Active.Import.Register",
      "Power.Active.Import",
      "Current.Import",
      "Voltage",
      "Current.Offered",
    ])
      expect(sampled).toContain(measurand);
    const times = central.of("MeterValues").map((one) => /"timestamp":"([^"]+)"/u.exec(JSON.stringify(one))?.[1] ?? "");
    expect(Date.parse(times[1] ?? "") - Date.parse(times[0] ?? "")).toBe(10_000);
  });

  test("follows a profile, and falls back to the lower level when its duration is over", async () => {
    await charging();
    expect(await setProfile(txDefault(8, 0))).toEqual({ status: "Accepted" });
    expect(
      await setProfile(txDefault(14.5, 1, { duration: 60, startSchedule: new Date(clock.now_ms()).toISOString() })),
    ).toEqual({ status: "Accepted" });
    await live(10);
    expect(station.evse.reading().drawn_mA[0]).toBe(14_500);
    await live(60);
    expect(station.evse.reading().drawn_mA[0]).toBe(8000);
    expect(await central.call("CP 1/a", "ClearChargingProfile", { id: 1 })).toEqual({ status: "Accepted" });
    expect(await central.call("CP 1/a", "ClearChargingProfile", { id: 99 })).toEqual({ status: "Unknown" });
    await live(10);
    expect(station.evse.reading().drawn_mA[0]).toBe(6000);
  });

  test("a limit of 0 A suspends, and says so", async () => {
    await charging();
    await setProfile(txDefault(0, 1));
    await liveUntil(() => statuses().at(-1) === "SuspendedEVSE");
    await live(6);
    expect(station.evse.reading().drawn_mA).toEqual([0, 0, 0]);
    const held = station.evse.register_Wh;
    await live(30);
    expect(station.evse.register_Wh).toBe(held);
  });

  test("goes on without the link and delivers everything later with the original times", async () => {
    await charging();
    await central.call("CP 1/a", "ChangeConfiguration", { key: "MeterValueSampleInterval", value: "30" });
    await station.cut();
    const before = central.heard.length;
    await live(120);
    const unplugged_at = new Date(clock.now_ms()).toISOString();
    station.unplug();
    await live(600);
    expect(central.heard.length).toBe(before);
    expect(station.snapshot().waitingMessages).toBeGreaterThanOrEqual(2);
    station.restore();
    await central.until(() => central.of("StopTransaction").length === 1);
    expect(central.of("StopTransaction")[0]).toMatchObject({ transactionId: 101, timestamp: unplugged_at });
    expect(central.of("BootNotification").length).toBe(1);
    await liveUntil(() => statuses().at(-1) === "Available");
  });

  test("a whole session without the link arrives complete and in order", async () => {
    await connected();
    await station.cut();
    station.plugIn(CAR, "CARD1");
    await live(90);
    station.unplug();
    station.restore();
    await central.until(() => central.of("StopTransaction").length === 1);
    expect(central.of("StopTransaction")[0]?.["transactionId"]).toBe(101);
    const [start] = central.of("StartTransaction");
    expect(Date.parse(String(start?.["timestamp"]))).toBeLessThan(clock.now_ms() - 80_000);
  });

  test("starts and stops on request, with the limit that came along", async () => {
    await connected();
    station.plugIn(CAR, null);
    await live(5);
    expect(central.of("StartTransaction")).toEqual([]);
    const profile = { ...txDefault(9, 3), chargingProfilePurpose: "TxProfile" };
    expect(
      await central.call("CP 1/a", "RemoteStartTransaction", {
        connectorId: 1,
        idTag: "REMOTE",
        chargingProfile: profile,
      }),
    ).toEqual({ status: "Accepted" });
    await liveUntil(() => station.snapshot().transaction?.id === 101);
    await live(10);
    expect(station.evse.reading().drawn_mA[0]).toBe(9000);
    expect(await central.call("CP 1/a", "RemoteStopTransaction", { transactionId: 5 })).toEqual({ status: "Rejected" });
    expect(await central.call("CP 1/a", "RemoteStopTransaction", { transactionId: 101 })).toEqual({
      status: "Accepted",
    });
    await liveUntil(() => central.of("StopTransaction").length === 1);
    expect(central.of("StopTransaction")[0]).toMatchObject({ reason: "Remote" });
    expect(station.snapshot().profiles).toEqual([]);
    await liveUntil(() => statuses().at(-1) === "Finishing");
  });

  test("a remote start before the car waits for it, but not for ever", async () => {
    await connected();
    expect(await central.call("CP 1/a", "RemoteStartTransaction", { idTag: "EARLY" })).toEqual({ status: "Accepted" });
    await live(61);
    station.plugIn(CAR, null);
    await live(5);
    expect(central.of("StartTransaction")).toEqual([]);
    station.unplug();
    await central.call("CP 1/a", "RemoteStartTransaction", { idTag: "EARLY" });
    await live(30);
    station.plugIn(CAR, null);
    await liveUntil(() => central.of("StartTransaction").length === 1);
  });

  test("a reset ends the transaction and boots again", async () => {
    await charging();
    expect(await central.call("CP 1/a", "Reset", { type: "Hard" })).toEqual({ status: "Accepted" });
    await liveUntil(() => central.of("BootNotification").length === 2);
    await central.until(() => central.of("StopTransaction").length === 1);
    expect(central.of("StopTransaction")[0]).toMatchObject({ reason: "HardReset" });
    await liveUntil(() => statuses().at(-1) === "Preparing");
  });

  test("a fault stops the current, not the transaction", async () => {
    await charging();
    station.setFault("GroundFailure");
    await liveUntil(() => statuses().at(-1) === "Faulted");
    await live(6);
    expect(station.evse.reading().drawn_mA).toEqual([0, 0, 0]);
    station.setFault(null);
    await liveUntil(() => statuses().at(-1) === "Charging");
    expect(central.of("StopTransaction")).toEqual([]);
    expect(central.of("StatusNotification").some((one) => one["errorCode"] === "GroundFailure")).toBe(true);
  });

  test("answers configuration, triggers, unlocking and what it does not know", async () => {
    await charging();
    const reply = await central.call("CP 1/a", "GetConfiguration", { key: ["NumberOfConnectors", "NoSuchKey"] });
    expect(reply).toMatchObject({
      configurationKey: [{ key: "NumberOfConnectors", value: "1", readonly: true }],
      unknownKey: ["NoSuchKey"],
    });
    expect(await central.call("CP 1/a", "ChangeConfiguration", { key: "NumberOfConnectors", value: "2" })).toEqual({
      status: "Rejected",
    });
    expect(await central.call("CP 1/a", "TriggerMessage", { requestedMessage: "MeterValues", connectorId: 1 })).toEqual(
      { status: "Accepted" },
    );
    await liveUntil(() => central.of("MeterValues").length === 1);
    await expect(central.call("CP 1/a", "CertificateSigned", { certificateChain: "none" })).rejects.toMatchObject({
      rpcErrorCode: "NotImplemented",
    });
    expect(await central.call("CP 1/a", "GetCompositeSchedule", { connectorId: 1, duration: 60 })).toMatchObject({
      status: "Accepted",
      chargingSchedule: { chargingSchedulePeriod: [{ startPeriod: 0, limit: 6 }] },
    });
    expect(await central.call("CP 1/a", "UnlockConnector", { connectorId: 1 })).toEqual({ status: "Unlocked" });
    await liveUntil(() => central.of("StopTransaction").length === 1);
    expect(central.of("StopTransaction")[0]).toMatchObject({ reason: "UnlockCommand" });
  });

  test("one that duplicates sends start and stop twice; a rude one takes no configuration", async () => {
    station = make({ duplicates: true, rude: true });
    await charging();
    expect(
      await central.call("CP 1/a", "ChangeConfiguration", { key: "MeterValueSampleInterval", value: "10" }),
    ).toEqual({ status: "Rejected" });
    station.unplug();
    await liveUntil(() => central.of("StopTransaction").length === 2);
    expect(central.of("StartTransaction").length).toBe(2);
    expect(new Set(central.of("StopTransaction").map((one) => one["transactionId"])).size).toBe(1);
  });

  test("out of service it starts nothing until it is operative again", async () => {
    await connected();
    expect(await central.call("CP 1/a", "ChangeAvailability", { connectorId: 0, type: "Inoperative" })).toEqual({
      status: "Accepted",
    });
    await liveUntil(() => statuses().at(-1) === "Unavailable");
    station.plugIn(CAR, "CARD1");
    await live(10);
    expect(central.of("StartTransaction")).toEqual([]);
  });
});
