import { afterEach, describe, expect, test } from "vitest";
import type { OcppFacts } from "../../../src/contract/index.ts";
import { milliamp } from "../../../src/core/units/index.ts";
import type { OcppHost } from "../../../src/main/devices/ocpp/create-ocpp-devices.ts";
import { FakeStation, openBench, station, type Bench, type Received, type Script } from "./bench.ts";

let bench: Bench;
afterEach(() => bench.devices.close());

const DAY_MS = 86_400_000;

/** A store of facts that outlives the devices, and how often it was written. */
function keeper(): { readonly facts: NonNullable<OcppHost["facts"]>; readonly saved: OcppFacts[] } {
  const kept = new Map<string, OcppFacts>();
  const saved: OcppFacts[] = [];
  return {
    saved,
    facts: {
      load: (identity, connectorId) => kept.get(`${identity} ${String(connectorId)}`) ?? null,
      save: (identity, connectorId, facts) => {
        kept.set(`${identity} ${String(connectorId)}`, facts);
        saved.push(facts);
      },
    },
  };
}
/** Takes watts and TxProfile alone, and no list of measurands. */
const peculiar: Script = ({ action, params }) => {
  const profile = JSON.stringify(params);
  if (action === "GetConfiguration")
    return { configurationKey: [{ key: "NumberOfConnectors", readonly: true, value: "1" }] };
  if (action === "SetChargingProfile")
    return { status: profile.includes('"A"') || profile.includes("TxDefaultProfile") ? "Rejected" : "Accepted" };
  if (action === "ChangeConfiguration" && String(params["value"]).includes(",")) return { status: "Rejected" };
  return { status: "Accepted" };
};
const isSetUp = (): Promise<unknown> => bench.logs.when(({ message }) => message === "the station is set up");
const actions = (fake: FakeStation): string[] => fake.calls.all.map(({ action }) => action);
const asksForBoot = ({ params }: Received): boolean => params["requestedMessage"] === "BootNotification";

async function dial(script: Script = peculiar): Promise<FakeStation> {
  return new FakeStation(bench.devices.url, "CP-1", script).connect();
}
/** A box that was set up and given a limit by a process of ours that is no more. */
async function knownBefore(store: ReturnType<typeof keeper>): Promise<void> {
  bench = await openBench([station("P01", "CP-1")], { facts: store.facts });
  const before = await dial();
  await before.boot();
  await isSetUp();
  await bench.port("P01").setLimit(milliamp(10_000));
  await bench.devices.close();
}

describe("what was found out about a box", () => {
  test("is kept when its set-up has ended, and again only when something new was found", async () => {
    const store = keeper();
    bench = await openBench([station("P01", "CP-1")], { facts: store.facts });
    const fake = await dial();
    await fake.boot();
    expect(bench.devices.factsOf("P01")).toBeNull();
    await isSetUp();
    expect(bench.devices.factsOf("P01")).toMatchObject({
      version: "1.6",
      vendor: "Test",
      model: "Box 1",
      serial: "S1",
      firmware: "1.0",
      unit: null,
      purposes: { accepted: [], refused: ["TxDefaultProfile"] },
      configuration: { NumberOfConnectors: "1" },
    });
    expect(bench.devices.factsOf("P01")?.refusedSteps).toContain("MeterValuesSampledData: Rejected");
    await bench.port("P01").setLimit(milliamp(10_000));
    expect(bench.devices.factsOf("P01")).toMatchObject({
      unit: "W",
      purposes: { accepted: ["ChargePointMaxProfile"], refused: ["TxDefaultProfile"] },
    });
    const { length } = store.saved;
    await bench.port("P01").setLimit(milliamp(12_000));
    expect(store.saved).toHaveLength(length);
    expect(bench.devices.factsOf("nobody")).toBeNull();
  });

  test("holds after a restart of ours: the box is neither booted nor probed again", async () => {
    const store = keeper();
    await knownBefore(store);
    bench = await openBench([station("P01", "CP-1")], { facts: store.facts });
    const fake = await dial();
    await bench.clock.advance(6000);
    await fake.calls.when(({ params }) => params["requestedMessage"] === "MeterValues");
    expect(actions(fake)).not.toContain("GetConfiguration");
    expect(actions(fake)).not.toContain("ChangeConfiguration");
    expect(fake.calls.all.some(asksForBoot)).toBe(false);
    expect(bench.events.all.map(({ kind }) => kind)).not.toContain("booted");
    const tries = fake.calls.all.length;
    expect(await bench.port("P01").setLimit(milliamp(13_000))).toEqual({ ok: true, confirmed_mA: 13_000 });
    const sent = fake.calls.all.slice(tries).map(({ params }) => JSON.stringify(params));
    expect(sent).toHaveLength(1);
    expect(sent[0]).toContain('"W"');
    expect(bench.devices.factsOf("P01")?.firmware).toBe("1.0");
  });

  test("is found out anew when the box restarts, and with new firmware takes the place of what was known", async () => {
    const store = keeper();
    await knownBefore(store);
    bench = await openBench([station("P01", "CP-1")], { facts: store.facts });
    const fake = await dial(() => ({ status: "Accepted" }));
    await fake.boot({ firmwareVersion: "2.0" });
    await isSetUp();
    await bench.port("P01").setLimit(milliamp(10_000));
    expect(actions(fake)).toContain("GetConfiguration");
    expect(bench.devices.factsOf("P01")).toMatchObject({
      firmware: "2.0",
      unit: "A",
      purposes: { accepted: ["TxDefaultProfile"], refused: [] },
    });
  });

  test("is found out anew after a month, and when the box now speaks the other version", async () => {
    const store = keeper();
    await knownBefore(store);
    bench = await openBench([station("P01", "CP-1")], { facts: store.facts });
    await bench.clock.advance(31 * DAY_MS);
    const late = await dial();
    await bench.clock.advance(6000);
    await late.calls.when(asksForBoot);
    await bench.devices.close();
    bench = await openBench([station("P01", "CP-1")], { facts: store.facts });
    const other = await new FakeStation(bench.devices.url, "CP-1", peculiar, { protocols: ["ocpp2.0.1"] }).connect();
    await bench.clock.advance(6000);
    await other.calls.when(asksForBoot);
  });

  test("that cannot be stored is a line in the log, and charging goes on", async () => {
    const { facts } = keeper();
    const save = (): never => {
      throw new Error("disk full");
    };
    bench = await openBench([station("P01", "CP-1")], { facts: { ...facts, save } });
    const fake = await dial();
    await fake.boot();
    await bench.logs.when(({ message }) => message === "what was found out could not be stored");
    expect(await bench.port("P01").setLimit(milliamp(10_000))).toMatchObject({ ok: true });
  });

  test("of a 2.0.1 box holds what matters of its report, and no password", async () => {
    const store = keeper();
    bench = await openBench([station("P01", "CP-1")], { facts: store.facts });
    const fake = await new FakeStation(bench.devices.url, "CP-1", () => ({ status: "Accepted" }), {
      protocols: ["ocpp2.0.1"],
    }).connect();
    const chargingStation = { vendorName: "Test", model: "Two", firmwareVersion: "9" };
    await fake.send("BootNotification", { reason: "PowerUp", chargingStation });
    await fake.calls.when(({ action }) => action === "GetBaseReport");
    await isSetUp();
    const variable = (component: string, name: string, value: string): object => ({
      component: { name: component },
      variable: { name },
      variableAttribute: [{ value }],
    });
    await fake.send("NotifyReport", {
      requestId: 1,
      generatedAt: new Date(0).toISOString(),
      seqNo: 0,
      reportData: [
        variable("SmartChargingCtrlr", "ProfileStackLevel", "5"),
        variable("SecurityCtrlr", "BasicAuthPassword", "secret"),
        variable("DisplayMessageCtrlr", "Language", "en"),
      ],
    });
    expect(store.saved.at(-1)?.configuration).toEqual({ "SmartChargingCtrlr.ProfileStackLevel": "5" });
  });
});

describe("the last messages of a box", () => {
  test("are shown in both directions as they were, with what they were taken for and how long the answer took", async () => {
    bench = await openBench([station("P01", "CP-1")]);
    const fake = await dial();
    await fake.boot();
    await isSetUp();
    await fake.send("MeterValues", {
      connectorId: 1,
      meterValue: [{ timestamp: "2026-06-01 12:00", sampledValue: [{ value: 5 }] }],
    });
    const { frames } = bench.devices.framesOf("P01");
    const boot = frames.find(({ summary }) => summary === "CALL BootNotification");
    expect(boot).toMatchObject({ direction: "in", problem: null, took_ms: null });
    expect(boot?.raw).toMatch(/^\[2,".*","BootNotification",\{/u);
    expect(boot?.decoded).toContainEqual({ name: "vendor", value: "Test" });
    const answer = frames.find(({ summary }) => summary === "CALLRESULT BootNotification");
    expect(answer?.direction).toBe("out");
    expect(answer?.took_ms).toBeGreaterThanOrEqual(0);
    const asked = frames.find(({ summary }) => summary === "CALL GetConfiguration");
    const told = frames.find(({ summary }) => summary === "CALLRESULT GetConfiguration");
    expect([asked?.direction, told?.direction]).toEqual(["out", "in"]);
    const loose = frames.find(({ summary }) => summary === "CALL MeterValues");
    expect(loose?.decoded.find(({ name }) => name === "schema")?.value).toContain("timestamp must match");
    expect(bench.devices.framesOf("nobody")).toEqual({ frames: [], errors: [] });
  });

  test("that failed are kept apart: refused ones, and ones that were no OCPP at all", async () => {
    bench = await openBench([station("P01", "CP-1")]);
    const fake = await dial();
    await expect(fake.send("MakeCoffee", {})).rejects.toThrow();
    for (let i = 0; i < 210; i += 1) await fake.send("Heartbeat", {});
    const { frames, errors } = bench.devices.framesOf("P01");
    expect(frames).toHaveLength(200);
    expect(errors.map(({ summary }) => summary)).toEqual(["CALLERROR MakeCoffee"]);
    expect(errors[0]?.problem).toContain("NotImplemented");
  });

  test("never hold more than their share of a message, however large", async () => {
    bench = await openBench([station("P01", "CP-1")]);
    const fake = await dial();
    await fake.send("DataTransfer", { vendorId: "x", data: "y".repeat(100_000) });
    const found = bench.devices.framesOf("P01").frames.find(({ summary }) => summary === "CALL DataTransfer");
    expect(found?.raw.length).toBeLessThanOrEqual(4096);
    expect(found?.decoded).toEqual([]);
  });
});
