import { afterEach, describe, expect, test } from "vitest";
import { wattHour } from "../../src/core/units/index.ts";
import { createClock, type RunningClock } from "../../src/main/site/clock.ts";
import { OcppStation } from "../../src/main/simulator/ocpp-station.ts";
import { car } from "../scenarios/cars.ts";
import { createCentralSystem, type CentralSystem } from "./central-system.ts";

const SPEED = 60;
let central: CentralSystem;
let clock: RunningClock;
let box: OcppStation;
let running: AbortController;
afterEach(async () => {
  running.abort();
  await box.close();
  await central.close();
  clock.close();
});

/** A box on a strict server: what breaks the schema of 2.0.1 is answered with an error and not heard. */
async function dialled(): Promise<void> {
  central = await createCentralSystem();
  clock = createClock({ speed: SPEED, start_ms: Date.UTC(2026, 5, 1) });
  box = new OcppStation({
    identity: "NEW-1",
    version: "2.0.1",
    clock,
    phases: 3,
    current_mA_max: 32_000,
    unmanaged_mA: 16_000,
    register_Wh: wattHour(1000),
  });
  running = new AbortController();
  const { signal } = running;
  void (async () => {
    while (!signal.aborted) {
      box.tick(clock.now_ms());
      box.evse.step(clock.now_ms(), 250, [230_000, 230_000, 230_000]);
      await clock.sleep(250, signal);
    }
  })();
  box.connect(central.url);
  await central.until(() => central.of("StatusNotification").length > 0);
}
const events = () => central.of("TransactionEvent");
const charge = async (): Promise<void> => {
  box.plugIn({ seed: 1, soc_permille: 200, model: car() }, "CARD1");
  await central.until(() => events().length > 3);
};
const ask = (method: string, params: object): Promise<unknown> => central.call("NEW-1", method, params);

describe("a simulated box of 2.0.1", () => {
  test("boots, and numbers the events of its transaction without a gap", async () => {
    await dialled();
    expect(central.of("BootNotification")[0]).toMatchObject({ reason: "PowerUp" });
    await charge();
    box.unplug();
    await central.until(() => events().some(({ eventType }) => eventType === "Ended"));
    expect(events().map(({ seqNo }) => seqNo)).toEqual(events().map((_, index) => index));
    expect(events()[0]).toMatchObject({ eventType: "Started", idToken: { idToken: "CARD1" } });
    expect(new Set(events().map(({ transactionInfo }) => JSON.stringify(transactionInfo).slice(0, 40))).size).toBe(1);
    expect(events().at(-1)).toMatchObject({ transactionInfo: { stoppedReason: "EVDisconnected" } });
  });

  test("answers the requests of its version by the schema of its version", async () => {
    await dialled();
    await charge();
    const transactionId = box.transaction?.name;
    const chargingSchedule = [{ id: 1, chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: 7 }] }];
    const profile = (purpose: string, more: object = {}): object => ({
      evseId: 1,
      chargingProfile: {
        id: 5,
        stackLevel: 2,
        chargingProfilePurpose: purpose,
        chargingProfileKind: "Relative",
        chargingSchedule,
        ...more,
      },
    });
    expect(await ask("SetChargingProfile", profile("TxProfile"))).toEqual({ status: "Rejected" });
    expect(await ask("SetChargingProfile", profile("TxProfile", { transactionId: "another" }))).toEqual({
      status: "Rejected",
    });
    expect(await ask("SetChargingProfile", profile("TxProfile", { transactionId }))).toEqual({ status: "Accepted" });
    expect(await ask("GetCompositeSchedule", { evseId: 1, duration: 60 })).toMatchObject({
      status: "Accepted",
      schedule: { evseId: 1, chargingSchedulePeriod: [{ startPeriod: 0, limit: 7 }] },
    });
    expect(await ask("ClearChargingProfile", { chargingProfileId: 5 })).toEqual({ status: "Accepted" });
    expect(await ask("ClearChargingProfile", { chargingProfileId: 5 })).toEqual({ status: "Unknown" });
    expect(await ask("UnlockConnector", { evseId: 1, connectorId: 1 })).toEqual({
      status: "OngoingAuthorizedTransaction",
    });
    expect(await ask("ChangeAvailability", { operationalStatus: "Operative" })).toEqual({ status: "Scheduled" });
    expect(await ask("TriggerMessage", { requestedMessage: "TransactionEvent", evse: { id: 1 } })).toEqual({
      status: "Accepted",
    });
    await central.until(() => events().some(({ triggerReason }) => triggerReason === "Trigger"));
    expect(await ask("RequestStopTransaction", { transactionId: "another" })).toEqual({ status: "Rejected" });
    expect(await ask("RequestStopTransaction", { transactionId })).toEqual({ status: "Accepted" });
    await central.until(() => events().some(({ eventType }) => eventType === "Ended"));
  });

  test("tells its variables one by one and in a report, takes those it may, and keeps its password to itself", async () => {
    await dialled();
    const named = (component: string, variable: string): object => ({
      component: { name: component },
      variable: { name: variable },
    });
    const interval = named("SampledDataCtrlr", "TxUpdatedInterval");
    expect(
      await ask("SetVariables", {
        setVariableData: [
          { ...interval, attributeValue: "15" },
          { ...named("ChargingStation", "Model"), attributeValue: "other" },
          { ...named("No", "Such"), attributeValue: "1" },
        ],
      }),
    ).toMatchObject({
      setVariableResult: [
        { attributeStatus: "Accepted" },
        { attributeStatus: "Rejected" },
        { attributeStatus: "UnknownVariable" },
      ],
    });
    expect(
      await ask("GetVariables", { getVariableData: [interval, named("SecurityCtrlr", "BasicAuthPassword")] }),
    ).toMatchObject({
      getVariableResult: [{ attributeStatus: "Accepted", attributeValue: "15" }, { attributeStatus: "Rejected" }],
    });
    expect(await ask("GetBaseReport", { requestId: 7, reportBase: "FullInventory" })).toEqual({ status: "Accepted" });
    await central.until(() => central.of("NotifyReport").some(({ tbc }) => tbc === false));
    expect(central.of("NotifyReport").every(({ requestId }) => requestId === 7)).toBe(true);
  });

  test("waits with a restart until its car is served, where it is asked to", async () => {
    await dialled();
    await charge();
    expect(await ask("Reset", { type: "OnIdle" })).toEqual({ status: "Scheduled" });
    expect(box.transaction).not.toBeNull();
    box.unplug();
    await central.until(() => central.of("BootNotification").some(({ reason }) => reason === "RemoteReset"));
    expect(events().some(({ eventType }) => eventType === "Ended")).toBe(true);
  });

  test("marks what it says later than it happened", async () => {
    await dialled();
    await box.cut();
    box.plugIn({ seed: 1, soc_permille: 200, model: car() }, "CARD1");
    await clock.sleep(60_000);
    box.restore();
    await central.until(() => events().length > 2);
    expect(events()[0]).toMatchObject({ eventType: "Started", seqNo: 0, offline: true });
  });
});
