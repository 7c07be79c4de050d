import { afterEach, describe, expect, test } from "vitest";
import { milliamp } from "../../../src/core/units/index.ts";
import type { StationEvent } from "../../../src/main/devices/ports.ts";
import { FakeStation, openBench, START_MS, station, type Bench } from "./bench.ts";

const NOW = new Date(START_MS).toISOString();
let bench: Bench;
afterEach(() => bench.devices.close());

async function known(script?: ConstructorParameters<typeof FakeStation>[2]): Promise<FakeStation> {
  bench = await openBench([station("P01", "CP-1")]);
  const box = await new FakeStation(bench.devices.url, "CP-1", script).connect();
  expect(await box.boot()).toEqual({ status: "Accepted", currentTime: NOW, interval: 60 });
  return box;
}
const of = <K extends StationEvent["kind"]>(kind: K): Extract<StationEvent, { kind: K }>[] =>
  bench.events.all.filter((event): event is Extract<StationEvent, { kind: K }> => event.kind === kind);
const start = (box: FakeStation, more: object = {}): Promise<Record<string, unknown>> =>
  box.send("StartTransaction", { connectorId: 1, idTag: "CARD1", meterStart: 1000, timestamp: NOW, ...more });

describe("a known station", () => {
  test("is announced with what it says of itself, then as booted", async () => {
    await known();
    expect(bench.events.all.slice(0, 2)).toEqual([
      {
        kind: "online",
        stationId: "P01",
        at_ms: START_MS,
        vendor: "Test",
        model: "Box 1",
        serial: "S1",
        firmware: "1.0",
      },
      { kind: "booted", stationId: "P01", at_ms: START_MS },
    ]);
  });

  test("gets the answers of the standard to all its messages", async () => {
    const box = await known();
    expect(await box.send("Heartbeat", {})).toEqual({ currentTime: NOW });
    expect(await box.send("Authorize", { idTag: "CARD1" })).toEqual({ idTagInfo: { status: "Accepted" } });
    expect(await box.send("Authorize", { idTag: "BLOCKED" })).toEqual({ idTagInfo: { status: "Blocked" } });
    expect(await box.send("DataTransfer", { vendorId: "com.example" })).toEqual({ status: "UnknownVendorId" });
    for (const [action, payload] of [
      ["FirmwareStatusNotification", { status: "Installed" }],
      ["DiagnosticsStatusNotification", { status: "Idle" }],
      ["SecurityEventNotification", { type: "StartupOfTheDevice", timestamp: NOW }],
      ["StatusNotification", { connectorId: 0, errorCode: "NoError", status: "Available" }],
      ["StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Available" }],
      ["MeterValues", { connectorId: 1, meterValue: [] }],
    ] as const)
      expect(await box.send(action, payload)).toEqual({});
  });

  test("shows its status as controlPilot, with the vendor's error while faulted", async () => {
    const box = await known();
    const wanted = [
      ["Available", "A"],
      ["Preparing", "B"],
      ["Charging", "C"],
      ["SuspendedEV", "B"],
      ["SuspendedEVSE", "B"],
      ["Finishing", "B"],
      ["Unavailable", null],
      ["Faulted", "F"],
    ] as const;
    for (const [status] of wanted)
      await box.send("StatusNotification", { connectorId: 1, errorCode: "OtherError", vendorErrorCode: "E42", status });
    expect(of("reading").map(({ reading }) => [reading.status, reading.controlPilot])).toEqual(wanted);
    expect(of("reading").at(-1)?.reading.errorCode).toBe("E42");
  });

  test("measures once, and no later status makes the measured values look younger", async () => {
    const box = await known();
    const sampledValue = [{ value: "10", measurand: "Current.Import", phase: "L1" }, { value: "500" }];
    await box.send("MeterValues", { connectorId: 1, meterValue: [{ timestamp: NOW, sampledValue }] });
    await bench.clock.advance(30_000);
    await box.send("StatusNotification", { connectorId: 1, errorCode: "NoError", status: "SuspendedEV" });
    expect(of("reading").map(({ reading }) => [reading.measured_at_ms, reading.energyRegister_Wh])).toEqual([
      [START_MS, 500],
      [START_MS + 30_000, null],
    ]);
    expect(of("reading")[1]?.reading.current_mA).toEqual([null, null, null]);
  });

  test("is read as a whole when one instant is spread over several entries, and not when it comes out of a queue", async () => {
    const box = await known();
    const entry = (timestamp: string, sample: object): object => ({ timestamp, sampledValue: [sample] });
    await box.send("MeterValues", {
      connectorId: 1,
      meterValue: [
        entry("2026-06-01T11:50:00Z", { value: "400" }),
        entry(NOW, { value: "10", measurand: "Current.Import", phase: "L1" }),
        entry(NOW, { value: "11", measurand: "Current.Import", phase: "L2" }),
        entry(NOW, { value: "500" }),
      ],
    });
    await box.send("MeterValues", { connectorId: 1, meterValue: [entry("2026-06-01T11:58:00Z", { value: "450" })] });
    expect(of("reading").map(({ reading }) => reading)).toMatchObject([
      { measured_at_ms: START_MS, current_mA: [10_000, 11_000, null], energyRegister_Wh: 500 },
    ]);
  });

  test("has stored a fact before it gets the answer", async () => {
    let stored = 0;
    bench = await openBench([station("P01", "CP-1")], {
      emit: (event) => {
        if (event.kind.startsWith("transaction")) stored += 1;
      },
    });
    const box = await new FakeStation(bench.devices.url, "CP-1").connect();
    await box.boot();
    const { transactionId } = await start(box);
    expect(stored).toBe(1);
    await box.send("StopTransaction", { transactionId, meterStop: 2000, timestamp: NOW });
    expect(stored).toBe(2);
  });

  test("is told to repeat a message that could not be stored, and then gets it stored once", async () => {
    let broken = true;
    const kinds: string[] = [];
    bench = await openBench([station("P01", "CP-1")], {
      emit: (event) => {
        if (broken && event.kind === "transaction-started") throw new Error("disk full");
        kinds.push(event.kind);
      },
    });
    const box = await new FakeStation(bench.devices.url, "CP-1").connect();
    await box.boot();
    await expect(start(box)).rejects.toMatchObject({ rpcErrorCode: "InternalError" });
    broken = false;
    await start(box);
    expect(kinds.filter((kind) => kind === "transaction-started")).toHaveLength(1);
  });
});

describe("a transaction", () => {
  test("is reported from start to stop with registers on the way", async () => {
    const box = await known();
    const { transactionId, idTagInfo } = await start(box, { meterStart: "1000,4" });
    expect(idTagInfo).toEqual({ status: "Accepted" });
    await box.send("MeterValues", {
      connectorId: 1,
      transactionId,
      meterValue: [
        {
          timestamp: NOW,
          sampledValue: [
            { value: "1.5", unit: "kWh" },
            { value: "10,5", measurand: "Current.Import", unit: "Amp", phase: "L1" },
            { value: 2415, measurand: "Power.Active.Import" },
          ],
        },
      ],
    });
    await box.send("StopTransaction", {
      transactionId,
      meterStop: 2000.7,
      timestamp: NOW,
      reason: "EVDisconnected",
      transactionData: [{ timestamp: NOW, sampledValue: [{ value: "1990" }] }],
    });
    const at = { stationId: "P01", at_ms: START_MS, received_at_ms: START_MS, transactionId };
    expect(bench.events.all.filter((event) => event.kind.startsWith("transaction"))).toEqual([
      { kind: "transaction-started", ...at, idToken: "CARD1", meterStart_Wh: 1000 },
      { kind: "transaction-register", ...at, register_Wh: 1500 },
      { kind: "transaction-register", ...at, register_Wh: 1990 },
      { kind: "transaction-stopped", ...at, idToken: null, meterStop_Wh: 2000, reason: "EVDisconnected" },
    ]);
    expect(of("reading")[0]?.reading).toMatchObject({
      current_mA: [10_500, null, null],
      power_W: 2415,
      energyRegister_Wh: 1500,
    });
  });

  test("sent twice is one transaction, even with a clock that was never set", async () => {
    const box = await known();
    for (const timestamp of [NOW, "1970-01-01T00:00:09Z", "2031-01-01 10:00"]) {
      const first = await start(box, { timestamp });
      await bench.clock.advance(1000);
      expect(await start(box, { timestamp })).toEqual(first);
    }
    expect(of("transaction-started").map((event) => event.transactionId)).toEqual([1000, 1001, 1002]);
    expect(
      of("transaction-started").every((event) => event.at_ms <= event.received_at_ms && event.at_ms >= START_MS),
    ).toBe(true);
  });

  test("is the same when it is sent again after a restart of ours", async () => {
    const numbers: object[] = [];
    const transactionIdFor = (begun: object): number => numbers.push(begun);
    bench = await openBench([station("P01", "CP-1")], { transactionIdFor });
    const box = await new FakeStation(bench.devices.url, "CP-1").connect();
    await start(box);
    await bench.devices.close();
    bench = await openBench([station("P01", "CP-1")], { transactionIdFor });
    const again = await new FakeStation(bench.devices.url, "CP-1").connect();
    await start(again);
    expect(numbers[0]).toEqual({ stationId: "P01", evseId: 1, at_ms: START_MS, meterStart_Wh: 1000 });
    expect(numbers[1]).toEqual(numbers[0]);
  });

  test.each([
    ["BLOCKED", "Blocked"],
    ["UNKNOWN", "Invalid"],
  ])("of the card %s is on record, answered %s and ended", async (idTag, status) => {
    const box = await known();
    const { transactionId, idTagInfo } = await start(box, { idTag });
    expect(idTagInfo).toEqual({ status });
    expect(of("transaction-started")).toHaveLength(1);
    const call = await box.calls.when(({ action }) => action === "RemoteStopTransaction");
    expect(call.params).toEqual({ transactionId });
  });

  test("that is stopped without having been known is accepted and reported", async () => {
    const box = await known();
    for (const transactionId of [-1, 0, 99, "77"]) {
      expect(await box.send("StopTransaction", { transactionId, meterStop: 5, timestamp: NOW })).toEqual({
        idTagInfo: { status: "Accepted" },
      });
    }
    expect(of("transaction-stopped").map((event) => [event.transactionId, event.reason])).toEqual([
      [-1, "Local"],
      [0, "Local"],
      [99, "Local"],
      [77, "Local"],
    ]);
  });

  test("that happened while the station was offline keeps the station's times", async () => {
    const box = await known();
    const begun_ms = START_MS - 7_200_000;
    const { transactionId } = await start(box, { timestamp: new Date(begun_ms).toISOString() });
    await box.send("MeterValues", {
      connectorId: 1,
      transactionId,
      meterValue: [
        {
          timestamp: new Date(begun_ms + 60_000).toISOString(),
          sampledValue: [{ value: "1100" }, { value: "16", measurand: "Current.Import", phase: "L1" }],
        },
      ],
    });
    expect(of("transaction-started")[0]).toMatchObject({ at_ms: begun_ms, received_at_ms: START_MS });
    expect(of("transaction-register")[0]).toMatchObject({
      at_ms: begun_ms + 60_000,
      received_at_ms: START_MS,
      register_Wh: 1100,
    });
    expect(of("reading")[0]?.reading.measured_at_ms).toBe(begun_ms + 60_000);
  });

  test("is recognised again by its meter values after a reboot, and can be stopped", async () => {
    const box = await known();
    await box.send("StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Charging" });
    await box.send("MeterValues", {
      connectorId: 1,
      transactionId: 4711,
      meterValue: [{ timestamp: NOW, sampledValue: [{ value: "1100" }] }],
    });
    expect(await bench.port("P01").stop()).toEqual({ ok: true });
    expect(box.calls.all.find(({ action }) => action === "RemoteStopTransaction")?.params).toEqual({
      transactionId: 4711,
    });
  });

  test("is neither stopped nor guessed where none runs", async () => {
    await known();
    expect(await bench.port("P01").stop()).toMatchObject({ ok: false, code: "rejected", retry: false });
  });
});

describe("a box with two connectors", () => {
  test("is two stations, each with its own transactions and readings", async () => {
    bench = await openBench([station("A", "DUO"), station("B", "DUO", { connectorId: 2, phaseCount: 1 })]);
    const box = await new FakeStation(bench.devices.url, "DUO").connect();
    await box.boot();
    const { transactionId } = await start(box, { connectorId: 2 });
    await box.send("MeterValues", {
      connectorId: 2,
      transactionId,
      meterValue: [{ timestamp: NOW, sampledValue: [{ value: "7", measurand: "Current.Import" }] }],
    });
    await box.send("StopTransaction", { transactionId, meterStop: 1200, timestamp: NOW });
    expect(of("online").map((event) => event.stationId)).toEqual(["A", "B"]);
    expect(of("transaction-started")[0]?.stationId).toBe("B");
    expect(of("transaction-stopped")[0]?.stationId).toBe("B");
    expect(of("reading")[0]).toMatchObject({ stationId: "B", reading: { current_mA: [7000, null, null] } });
  });

  test("asks the site whose transaction ended when it was begun before a restart of ours", async () => {
    bench = await openBench([station("A", "DUO"), station("B", "DUO", { connectorId: 2 })], {
      stationOfTransaction: (id) => (id === 55 ? "B" : null),
    });
    const box = await new FakeStation(bench.devices.url, "DUO").connect();
    await box.send("StopTransaction", { transactionId: 55, meterStop: 1200, timestamp: NOW });
    expect(of("transaction-stopped")[0]?.stationId).toBe("B");
  });

  test("has no transaction on a connector that is not part of the site", async () => {
    const box = await known();
    expect(await start(box, { connectorId: 2 })).toEqual({ transactionId: 0, idTagInfo: { status: "Invalid" } });
    expect(of("transaction-started")).toHaveLength(0);
  });
});

describe("an unknown identity", () => {
  test("waits to be adopted, gets no current and stores nothing", async () => {
    bench = await openBench([]);
    const box = await new FakeStation(bench.devices.url, "NEW").connect();
    expect(await box.boot()).toEqual({ status: "Pending", currentTime: NOW, interval: 60 });
    expect(await box.send("Authorize", { idTag: "CARD1" })).toEqual({ idTagInfo: { status: "Invalid" } });
    expect(await start(box)).toEqual({ transactionId: 0, idTagInfo: { status: "Invalid" } });
    await box.send("StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Charging" });
    await box.send("MeterValues", {
      connectorId: 1,
      transactionId: 5,
      meterValue: [{ timestamp: NOW, sampledValue: [{ value: "5" }] }],
    });
    await box.send("StopTransaction", { transactionId: 5, meterStop: 5, timestamp: NOW });
    await bench.clock.advance(120_000);
    expect(bench.events.all).toEqual([]);
    expect(box.calls.all).toEqual([]);
    expect(bench.devices.waiting()).toEqual([
      {
        identity: "NEW",
        firstSeen_ms: START_MS,
        lastSeen_ms: START_MS,
        connected: true,
        vendor: "Test",
        model: "Box 1",
      },
    ]);
    await box.close();
  });

  test("becomes a station when it is adopted, without dialling in again", async () => {
    bench = await openBench([]);
    const box = await new FakeStation(bench.devices.url, "NEW").connect();
    await box.boot();
    const port = bench.devices.adopt(station("P09", "NEW"));
    await bench.events.when((event) => event.kind === "online");
    expect(bench.devices.waiting()).toEqual([]);
    expect(await box.boot()).toMatchObject({ status: "Accepted" });
    expect(await port.setLimit(milliamp(10_000))).toEqual({ ok: true, confirmed_mA: 10_000 });
    expect(box.calls.all.some(({ action }) => action === "TriggerMessage")).toBe(true);
  });

  test("does not crowd out others: only so many strangers are remembered", async () => {
    bench = await openBench([station("P01", "CP-1")]);
    for (let index = 0; index < 120; index += 1) {
      const box = await new FakeStation(bench.devices.url, `S${String(index)}`).connect();
      await box.close();
    }
    expect(bench.devices.waiting().length).toBeLessThanOrEqual(101);
    expect(bench.devices.health().map((one) => one.id)).toContain("P01");
  });
});

describe("a box that comes back free with the end of its session still in its queue", () => {
  const available = { connectorId: 1, errorCode: "NoError", status: "Available" };
  const stamp = new Date(START_MS).toISOString();
  const statuses = (): unknown[] =>
    bench.events.all.flatMap((one) =>
      one.kind === "reading" && one.reading.status !== null
        ? [one.reading.status]
        : one.kind === "transaction-stopped"
          ? [one.kind]
          : [],
    );
  async function cameBack(): Promise<[FakeStation, unknown]> {
    bench = await openBench([station("P01", "CP-1")]);
    const before = await new FakeStation(bench.devices.url, "CP-1").connect();
    await before.boot();
    const start = { connectorId: 1, idTag: "CARD1", meterStart: 100, timestamp: stamp };
    const { transactionId } = await before.send("StartTransaction", start);
    await before.close();
    await bench.events.when(({ kind }) => kind === "offline");
    await bench.clock.advance(300_000);
    const fake = await new FakeStation(bench.devices.url, "CP-1").connect();
    await fake.send("StatusNotification", available);
    return [fake, transactionId];
  }

  test("is shown free only after that end", async () => {
    const [fake, transactionId] = await cameBack();
    expect(statuses()).toEqual([]);
    await fake.send("StopTransaction", { transactionId, meterStop: 900, timestamp: stamp });
    expect(statuses()).toEqual(["transaction-stopped", "Available"]);
  });

  test("is shown free after a minute when no end comes", async () => {
    await cameBack();
    await bench.clock.advance(59_000);
    expect(statuses()).toEqual([]);
    await bench.clock.advance(1000);
    expect(statuses()).toEqual(["Available"]);
  });

  test("is shown as what it says next", async () => {
    const [fake] = await cameBack();
    await fake.send("StatusNotification", { ...available, status: "Preparing" });
    await bench.clock.advance(60_000);
    expect(statuses()).toEqual(["Preparing"]);
  });

  test("waits no longer when its connection ends", async () => {
    const [fake] = await cameBack();
    const before = bench.events.all.length;
    await fake.close();
    await bench.events.when(({ kind }) => kind === "offline", before);
    await bench.clock.advance(60_000);
    expect(statuses()).toEqual([]);
  });
});
