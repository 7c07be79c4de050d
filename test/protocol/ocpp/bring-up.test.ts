import { afterEach, describe, expect, test } from "vitest";
import { FakeStation, isProfile, openBench, refuse, START_MS, station, type Bench, type Script } from "./bench.ts";

let bench: Bench;
afterEach(() => bench.devices.close());

const configuration = (values: Record<string, string>): Record<string, unknown> => ({
  configurationKey: Object.entries(values).map(([key, value]) => ({ key, readonly: false, value })),
});
/** A box that knows its configuration and accepts everything else. */
const box =
  (values: Record<string, string>, more: Script = () => ({ status: "Accepted" })): Script =>
  (received) =>
    received.action === "GetConfiguration" ? configuration(values) : more(received);

async function connected(script?: Script, more: Parameters<typeof station>[2] = {}): Promise<FakeStation> {
  bench = await openBench([station("P01", "CP-1", more)]);
  const fake = await new FakeStation(bench.devices.url, "CP-1", script).connect();
  await fake.boot();
  return fake;
}
describe("the set-up of a station", () => {
  const steps = (fake: FakeStation): unknown[] =>
    fake.calls.all.map(({ action, params }) =>
      action === "ChangeConfiguration"
        ? params["key"]
        : action === "TriggerMessage"
          ? params["requestedMessage"]
          : action,
    );

  test("asks what it can, stores the fallback, makes it operative and has it measure", async () => {
    const fake = await connected(box({ ChargeProfileMaxStackLevel: "8" }));
    await fake.calls.when(({ params }) => params["requestedMessage"] === "MeterValues");
    expect(steps(fake)).toEqual([
      "GetConfiguration",
      "SetChargingProfile",
      "ChangeAvailability",
      "MeterValuesSampledData",
      "MeterValueSampleInterval",
      "WebSocketPingInterval",
      "HeartbeatInterval",
      "StatusNotification",
      "MeterValues",
    ]);
  });

  test.each([
    ["refuses", (): Record<string, unknown> => ({ status: "Rejected" })],
    [
      "does not know",
      (): Record<string, unknown> => {
        throw refuse("NotImplemented");
      },
    ],
    ["answers with nonsense", (): Record<string, unknown> => ({ status: 5, configurationKey: "none" })],
  ])("goes to its end with a box that %s everything", async (_name, how) => {
    const fake = await connected(how);
    const entry = await bench.logs.when(({ message }) => message === "the station is set up");
    expect(entry.level).toBe("warn");
    expect(fake.calls.all.filter(({ params }) => params["key"] === "MeterValuesSampledData")).toHaveLength(8);
    expect(await fake.send("Heartbeat", {})).toHaveProperty("currentTime");
  });

  test("takes place five seconds after a reconnect without BootNotification, which is asked for", async () => {
    bench = await openBench([station("P01", "CP-1")]);
    const fake = await new FakeStation(bench.devices.url, "CP-1", ({ action, params }) => ({
      status:
        action === "TriggerMessage" && params["requestedMessage"] === "BootNotification"
          ? "NotImplemented"
          : "Accepted",
    })).connect();
    await bench.clock.advance(4000);
    expect(fake.calls.all).toEqual([]);
    await bench.clock.advance(1000);
    await fake.calls.when(({ action }) => action === "GetConfiguration");
    expect(steps(fake)[0]).toBe("BootNotification");
    expect(bench.events.all[0]).toMatchObject({ kind: "online", stationId: "P01", vendor: null });
  });

  test("starts over with each BootNotification", async () => {
    const fake = await connected();
    await bench.logs.when(({ message }) => message === "the station is set up");
    const before = fake.calls.all.length;
    await fake.boot();
    await fake.calls.when(({ params }) => params["requestedMessage"] === "MeterValues", before);
  });
});

describe("a station that falls silent", () => {
  test("is asked for a sign of life and then declared offline", async () => {
    bench = await openBench([station("P01", "CP-1")]);
    const fake = await new FakeStation(bench.devices.url, "CP-1", ({ params }) =>
      params["requestedMessage"] === "Heartbeat" ? new Promise(() => undefined) : { status: "Accepted" },
    ).connect();
    await fake.boot();
    await bench.logs.when(({ message }) => message === "the station is set up");
    await bench.clock.advance(150_000);
    await fake.calls.when(({ params }) => params["requestedMessage"] === "Heartbeat");
    expect(bench.events.all.map((event) => event.kind)).not.toContain("offline");
    await bench.clock.advance(60_000);
    expect(await bench.events.when((event) => event.kind === "offline")).toMatchObject({ stationId: "P01" });
    await fake.closed;
  });

  test("stays online while it answers anything", async () => {
    const fake = await connected();
    await bench.logs.when(({ message }) => message === "the station is set up");
    for (let minute = 0; minute < 10; minute += 1) {
      await bench.clock.advance(60_000);
      await fake.send("Heartbeat", {});
    }
    expect(bench.events.all.map((event) => event.kind)).toEqual(["online", "booted"]);
  });

  test("is offline at once when its connection ends", async () => {
    const fake = await connected();
    await fake.close();
    expect(await bench.events.when((event) => event.kind === "offline")).toEqual({
      kind: "offline",
      stationId: "P01",
      at_ms: START_MS,
    });
  });
});

describe("commands", () => {
  test("are sent as OCPP knows them, and the box's refusal is passed on", async () => {
    const fake = await connected(({ action }) => ({
      status: action === "UnlockConnector" ? "Unlocked" : action === "Reset" ? "Rejected" : "Accepted",
    }));
    const port = bench.port("P01");
    expect(await port.start("CARD1")).toEqual({ ok: true });
    expect(await port.unlock()).toEqual({ ok: true });
    expect(await port.reset("Hard")).toMatchObject({ ok: false, code: "rejected", retry: true, detail: "Rejected" });
    expect(await port.changeConfiguration("X", "1")).toEqual({ ok: true });
    expect(await port.triggerMessage("StatusNotification")).toEqual({ ok: true });
    expect(await port.clearChargingProfile()).toEqual({ ok: true });
    expect(await port.start("x".repeat(21))).toMatchObject({ ok: false, code: "invalid" });
    const sent = (action: string): unknown => fake.calls.all.find((call) => call.action === action)?.params;
    expect(sent("RemoteStartTransaction")).toEqual({ connectorId: 1, idTag: "CARD1" });
    expect(sent("Reset")).toEqual({ type: "Hard" });
    expect(sent("ClearChargingProfile")).toEqual({ connectorId: 1 });
    expect(isProfile(fake.calls.all.at(-1) ?? { action: "", params: {} })).toBe(true);
  });

  test("can read the configuration of a box", async () => {
    await connected(box({ NumberOfConnectors: "1" }));
    const reply = await bench.port("P01").getConfiguration([]);
    expect(reply.ok && Object.fromEntries(reply.configuration)).toEqual({ NumberOfConnectors: "1" });
  });
});
