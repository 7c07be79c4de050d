import { afterEach, describe, expect, test } from "vitest";
import { milliamp } from "../../../src/core/units/index.ts";
import { schemaDeviation } from "../../../src/main/devices/ocpp/schema-check.ts";
import type { OcppHost } from "../../../src/main/devices/ocpp/create-ocpp-devices.ts";
import { transactionNumber } from "../../../src/main/protocol/ocpp/index.ts";
import { FakeStation, openBench, START_MS, station, type Bench, type Script } from "./bench.ts";

let bench: Bench;
afterEach(() => bench.devices.close());

const NAME = "5f3c1a2e-0000-4000-8000-00000000abcd";
const NUMBER = transactionNumber(NAME);
const at = (second: number): string => new Date(START_MS - 60_000 + second * 1000).toISOString();
const register = (second: number, kWh: number, context: string): object => ({
  timestamp: at(second),
  sampledValue: [
    { value: kWh, context, measurand: "Energy.Active.Import.Register", unitOfMeasure: { unit: "Wh", multiplier: 3 } },
  ],
});
const event = (eventType: string, seqNo: number, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  eventType,
  seqNo,
  timestamp: at(seqNo * 10),
  triggerReason: "ChargingStateChanged",
  transactionInfo: { transactionId: NAME, chargingState: "Charging" },
  evse: { id: 1, connectorId: 1 },
  ...more,
});
const begun = event("Started", 0, {
  idToken: { idToken: "CARD1", type: "ISO14443" },
  meterValue: [register(0, 5, "Transaction.Begin")],
});
const over = event("Ended", 3, {
  transactionInfo: { transactionId: NAME, stoppedReason: "EVDisconnected" },
  meterValue: [register(30, 7.5, "Transaction.End")],
});

async function dialled(script?: Script, host: Partial<OcppHost> = {}): Promise<FakeStation> {
  bench = await openBench([station("P01", "CP-1")], host);
  return dialAgain(script);
}
async function dialAgain(script?: Script): Promise<FakeStation> {
  const fake = await new FakeStation(bench.devices.url, "CP-1", script, { protocols: ["ocpp2.0.1"] }).connect();
  expect(
    await fake.send("BootNotification", {
      reason: "PowerUp",
      chargingStation: { vendorName: "Test", model: "Two", serialNumber: "S2", firmwareVersion: "2.0" },
    }),
  ).toMatchObject({ status: "Accepted", interval: 60 });
  return fake;
}
const isSetUp = (): Promise<unknown> => bench.logs.when(({ message }) => message === "the station is set up");
const ofTransaction = (): unknown[] =>
  bench.events.all.filter(({ kind }) => kind.startsWith("transaction-")).map((one) => ({ ...one }));
const kinds = (): string[] =>
  bench.events.all.map(({ kind }) => kind).filter((kind) => kind.startsWith("transaction-"));

describe("a station that speaks 2.0.1", () => {
  test("is set up by variables, and each request is as the standard has it", async () => {
    const fake = await dialled(({ action, params }) => {
      if (action === "GetVariables")
        return {
          getVariableResult: [
            {
              attributeStatus: "Accepted",
              attributeValue: "4",
              component: { name: "SmartChargingCtrlr" },
              variable: { name: "ProfileStackLevel" },
            },
          ],
        };
      if (action === "SetVariables") return { setVariableResult: [{ ...params, attributeStatus: "Accepted" }] };
      return { status: "Accepted" };
    });
    await isSetUp();
    expect(await bench.port("P01").setLimit(milliamp(13_370))).toEqual({ ok: true, confirmed_mA: 13_300 });
    for (const { action, params } of fake.calls.all)
      expect([action, schemaDeviation(action, params, "2.0.1")]).toEqual([action, null]);
    expect(fake.calls.all.map(({ action }) => action)).toContain("SetVariables");
    expect(fake.calls.all.at(-1)).toMatchObject({
      action: "SetChargingProfile",
      params: {
        evseId: 1,
        chargingProfile: {
          stackLevel: 4,
          chargingProfilePurpose: "TxDefaultProfile",
          chargingSchedule: [{ chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: 13.3 }] }],
        },
      },
    });
    expect(bench.events.all[0]).toMatchObject({ kind: "online", vendor: "Test", model: "Two", firmware: "2.0" });
    expect(bench.devices.health()[0]?.detail).toContain("OCPP 2.0.1");
  });

  test("has its transaction told as start, registers and stop", async () => {
    const fake = await dialled();
    expect(await fake.send("Authorize", { idToken: { idToken: "BLOCKED", type: "ISO14443" } })).toEqual({
      idTokenInfo: { status: "Blocked" },
    });
    expect(await fake.send("TransactionEvent", begun)).toEqual({ idTokenInfo: { status: "Accepted" } });
    await fake.send("TransactionEvent", event("Updated", 1, { meterValue: [register(10, 6, "Sample.Periodic")] }));
    expect(await fake.send("TransactionEvent", over)).toEqual({});
    const of = { stationId: "P01", transactionId: NUMBER };
    expect(ofTransaction()).toMatchObject([
      { ...of, kind: "transaction-started", at_ms: Date.parse(at(0)), idToken: "CARD1", meterStart_Wh: 5000 },
      { ...of, kind: "transaction-register", register_Wh: 5000 },
      { ...of, kind: "transaction-register", register_Wh: 6000 },
      { ...of, kind: "transaction-register", register_Wh: 7500 },
      { ...of, kind: "transaction-stopped", meterStop_Wh: 7500, reason: "EVDisconnected", idToken: "CARD1" },
    ]);
  });

  test("shows what its car does, although its connector only says occupied", async () => {
    const fake = await dialled();
    const occupied = { timestamp: at(0), connectorStatus: "Occupied", evseId: 1, connectorId: 1 };
    const last = (): unknown =>
      bench.events.all
        .flatMap((one) => (one.kind === "reading" && one.reading.status !== null ? [one.reading.status] : []))
        .at(-1);
    await fake.send("StatusNotification", occupied);
    expect(last()).toBe("Preparing");
    await fake.send("TransactionEvent", begun);
    expect(last()).toBe("Charging");
    const suspended = { transactionInfo: { transactionId: NAME, chargingState: "SuspendedEVSE" } };
    await fake.send("TransactionEvent", event("Updated", 1, suspended));
    await fake.send("StatusNotification", occupied);
    expect(last()).toBe("SuspendedEVSE");
    await fake.send("TransactionEvent", over);
    await fake.send("StatusNotification", occupied);
    expect(last()).toBe("Finishing");
    await fake.send("StatusNotification", { ...occupied, connectorStatus: "Available" });
    expect(last()).toBe("Available");
  });

  test("is started and stopped by its own name of the transaction", async () => {
    const fake = await dialled();
    await isSetUp();
    await fake.send("TransactionEvent", begun);
    expect(await bench.port("P01").start("CARD1")).toEqual({ ok: true });
    expect(await bench.port("P01").stop()).toEqual({ ok: true });
    expect(await bench.port("P01").reset("Hard")).toEqual({ ok: true });
    await bench.port("P01").unlock();
    const calls = fake.calls.all.slice(-4);
    expect(calls.map(({ action }) => action)).toEqual([
      "RequestStartTransaction",
      "RequestStopTransaction",
      "Reset",
      "UnlockConnector",
    ]);
    expect(calls[1]?.params).toEqual({ transactionId: NAME });
    for (const { action, params } of calls) expect(schemaDeviation(action, params, "2.0.1")).toBeNull();
  });

  test("clears and reads back profiles, changes its availability and reports what it is", async () => {
    const fake = await dialled();
    await isSetUp();
    const [port] = bench.devices.stations;
    await port?.clearChargingProfile();
    await port?.operations.compositeSchedule(60);
    await port?.operations.changeAvailability("Inoperative");
    expect(await port?.requestReport()).toEqual({ ok: true });
    const asked = port?.operations;
    expect(await asked?.reserve({ reservationId: 1, idToken: "A", until_ms: bench.clock.now_ms() })).toMatchObject({
      ok: true,
    });
    for (const { action, params } of fake.calls.all)
      expect([action, schemaDeviation(action, params, "2.0.1")]).toEqual([action, null]);
    await fake.send("NotifyReport", {
      requestId: 1,
      generatedAt: at(0),
      seqNo: 0,
      reportData: [
        { component: { name: "EVSE" }, variable: { name: "Power" }, variableAttribute: [{ value: "22000" }] },
        "noise",
      ],
    });
    expect(port?.variables.get("EVSE.Power")).toBe("22000");
  });

  test.each([
    ["SecurityEventNotification", { type: "FirmwareUpdated", timestamp: at(0) }, {}],
    ["LogStatusNotification", { status: "Uploaded" }, {}],
    ["FirmwareStatusNotification", { status: "Installed" }, {}],
    ["NotifyEvent", { generatedAt: at(0), seqNo: 0, eventData: [] }, {}],
    ["SignCertificate", { csr: "x" }, { status: "Rejected" }],
    ["DataTransfer", { vendorId: "x" }, { status: "UnknownVendorId" }],
    ["MeterValues", { evseId: 1, meterValue: [register(0, 5, "Sample.Clock")] }, {}],
  ])("gets a proper answer to %s", async (action, payload, answer) => {
    const fake = await dialled();
    expect(await fake.send(action, payload)).toEqual(answer);
  });

  test.each([
    ["TransactionEvent", { eventType: "Started" }],
    ["TransactionEvent", event("Lost", 1)],
    ["TransactionEvent", { ...event("Started", 0), transactionInfo: [] }],
    ["StatusNotification", { evseId: 1, connectorStatus: "Broken" }],
    ["StatusNotification", {}],
    ["BootNotification", { chargingStation: "box" }],
    ["Authorize", {}],
    ["StartTransaction", { connectorId: 1 }],
    ["NotifyEVChargingNeeds", { evseId: 1 }],
  ])("gets an error for a bad %s, and the connection lives on", async (action, payload) => {
    const fake = await dialled();
    await expect(fake.send(action, payload)).rejects.toThrow();
    expect(await fake.send("Heartbeat", {})).toHaveProperty("currentTime");
    expect(kinds()).toEqual([]);
  });
});

describe("messages of a transaction", () => {
  test("sent again are answered and told once", async () => {
    const fake = await dialled();
    for (const one of [begun, begun, over, over]) await fake.send("TransactionEvent", one);
    await fake.send("TransactionEvent", { ...over, seqNo: 4, timestamp: at(50) });
    expect(kinds().filter((kind) => kind !== "transaction-register")).toEqual([
      "transaction-started",
      "transaction-stopped",
    ]);
  });

  test("whose storing failed are new when they come again", async () => {
    let broken = true;
    const stored: string[] = [];
    const fake = await dialled(undefined, {
      emit: ({ kind }) => {
        if (kind === "transaction-started" && broken) throw new Error("disk full");
        stored.push(kind);
      },
    });
    await expect(fake.send("TransactionEvent", begun)).rejects.toThrow();
    broken = false;
    await fake.send("TransactionEvent", begun);
    expect(stored).toContain("transaction-started");
  });

  test("in the wrong order end what they belong to", async () => {
    const fake = await dialled();
    for (const one of [over, begun]) await fake.send("TransactionEvent", { ...one, offline: true });
    expect(kinds()).toEqual([
      "transaction-register",
      "transaction-stopped",
      "transaction-started",
      "transaction-stopped",
    ]);
    expect(bench.devices.stations).toHaveLength(1);
    expect(await bench.port("P01").stop()).toMatchObject({ ok: false, detail: "no transaction is running" });
  });

  test("from the queue say nothing about now", async () => {
    const fake = await dialled();
    await fake.send("TransactionEvent", { ...begun, offline: true });
    await fake.send(
      "TransactionEvent",
      event("Updated", 1, { offline: true, meterValue: [register(10, 6, "Sample.Periodic")] }),
    );
    expect(bench.events.all.filter(({ kind }) => kind === "reading")).toEqual([]);
    expect(kinds()).toEqual(["transaction-started", "transaction-register", "transaction-register"]);
  });

  test("that are missing are noticed", async () => {
    const fake = await dialled();
    await fake.send("TransactionEvent", begun);
    await fake.send("TransactionEvent", event("Updated", 7));
    const { data } = await bench.logs.when(({ message }) => message === "messages of a transaction are missing");
    expect(data).toMatchObject({ after: 0, came: 7 });
  });

  test("have the same number after a restart of ours, and can be stopped", async () => {
    const before = await dialled();
    await before.send("TransactionEvent", begun);
    await bench.devices.close();
    const fake = await dialled();
    await fake.send("TransactionEvent", event("Updated", 1, { meterValue: [register(10, 6, "Sample.Periodic")] }));
    expect(ofTransaction()).toMatchObject([{ kind: "transaction-register", transactionId: NUMBER, register_Wh: 6000 }]);
    await isSetUp();
    expect(await bench.port("P01").stop()).toEqual({ ok: true });
    expect(fake.calls.all.at(-1)?.params).toEqual({ transactionId: NAME });
  });

  test("under a name given out a second time are another transaction", async () => {
    const fake = await dialled();
    for (const one of [begun, over, { ...begun, timestamp: at(55) }, { ...over, timestamp: at(58) }])
      await fake.send("TransactionEvent", one);
    const numbers = bench.events.all.flatMap((one) => (one.kind === "transaction-stopped" ? [one.transactionId] : []));
    expect(new Set(numbers).size).toBe(2);
    expect(numbers[0]).toBe(NUMBER);
  });

  test("without a valid card are on record, and the station is told", async () => {
    const fake = await dialled();
    const token = { idToken: { idToken: "UNKNOWN", type: "ISO14443" } };
    expect(await fake.send("TransactionEvent", { ...begun, ...token })).toEqual({ idTokenInfo: { status: "Invalid" } });
    expect(kinds()[0]).toBe("transaction-started");
    await fake.calls.when(({ action }) => action === "RequestStopTransaction");
  });
});

test("numbers of transactions are whole, distinct, and above those of boxes that count", () => {
  const numbers = Array.from({ length: 20_000 }, (_, index) => transactionNumber(`transaction ${String(index)}`));
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(numbers.every((one) => Number.isSafeInteger(one) && one > 2 ** 32)).toBe(true);
});
