import { afterEach, describe, expect, test } from "vitest";
import { milliamp } from "../../../src/core/units/index.ts";
import {
  FakeStation,
  isProfile,
  isSetpoint,
  openBench,
  profileIn,
  refuse,
  START_MS,
  station,
  type Bench,
  type Received,
  type Script,
} from "./bench.ts";

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
const limit = (current_A: number): ReturnType<Bench["devices"]["stations"][number]["setLimit"]> =>
  bench.port("P01").setLimit(milliamp(Math.round(current_A * 1000)));
const setpoints = (fake: FakeStation): unknown[] =>
  fake.calls.all
    .filter((call) => isProfile(call) && profileIn(call).duration !== undefined)
    .map((call) => profileIn(call).limits[0]);
/** A gate in a script: the station answers only when told. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return {
    opened,
    open: () => {
      open();
    },
  };
}

describe("a limit", () => {
  test("is a profile that expires above a fallback that does not", async () => {
    const fake = await connected(box({ ChargeProfileMaxStackLevel: "3" }));
    expect(await limit(13.37)).toEqual({ ok: true, confirmed_mA: 13_300 });
    const [fallback, setpoint] = fake.calls.all.filter(isProfile).map(profileIn);
    expect(fallback).toMatchObject({
      connectorId: 1,
      purpose: "TxDefaultProfile",
      stackLevel: 0,
      limits: [6],
      unit: "A",
      duration: undefined,
    });
    expect(setpoint).toMatchObject({
      connectorId: 1,
      purpose: "TxDefaultProfile",
      stackLevel: 3,
      limits: [13.3],
      unit: "A",
      duration: 180,
    });
    expect(setpoint?.startSchedule).toBe(new Date(START_MS - 60_000).toISOString());
  });

  test("of zero pauses", async () => {
    const fake = await connected();
    expect(await limit(0)).toEqual({ ok: true, confirmed_mA: 0 });
    expect(setpoints(fake)).toEqual([0]);
  });

  test("is renewed every 40 seconds, from the time it was confirmed", async () => {
    const fake = await connected();
    await limit(10);
    await bench.clock.advance(39_000);
    expect(setpoints(fake)).toEqual([10]);
    const before = fake.calls.all.length;
    await bench.clock.advance(1000);
    const renewed = await fake.calls.when(isSetpoint(10), before);
    expect(profileIn(renewed).startSchedule).toBe(new Date(START_MS - 20_000).toISOString());
    const after = fake.calls.all.length;
    await bench.clock.advance(40_000);
    await fake.calls.when(isSetpoint(10), after);
  });

  test("is written in watts for a box that takes only power, per phase it has", async () => {
    const fake = await connected(box({ ChargingScheduleAllowedChargingRateUnit: "Power" }));
    expect(await limit(10)).toEqual({ ok: true, confirmed_mA: 10_000 });
    const profiles = fake.calls.all.filter(isProfile).map(profileIn);
    expect(profiles.map((one) => [one.unit, one.limits[0]])).toEqual([
      ["W", 4140],
      ["W", 6900],
    ]);
  });

  test("falls back within its own schedule where the box has one stack level only", async () => {
    const fake = await connected(box({ ChargeProfileMaxStackLevel: "0" }));
    await limit(16);
    const setpoint = fake.calls.all.filter(isProfile).map(profileIn).at(-1);
    expect(setpoint).toMatchObject({
      stackLevel: 0,
      duration: undefined,
      periods: [
        { startPeriod: 0, limit: 16 },
        { startPeriod: 180, limit: 6 },
      ],
    });
  });

  test("outside what the station may have is not sent", async () => {
    const fake = await connected();
    expect(await limit(33)).toMatchObject({ ok: false, code: "invalid", retry: false });
    expect(setpoints(fake)).toEqual([]);
  });

  test("of a station that is not connected says so", async () => {
    bench = await openBench([station("P01", "CP-1")]);
    expect(await limit(10)).toMatchObject({ ok: false, code: "offline", retry: true });
  });

  test("that loses its connection on the way says so, and nothing is renewed", async () => {
    const fake = await connected((received) =>
      isSetpoint(10)(received) ? new Promise(() => undefined) : { status: "Accepted" },
    );
    const reply = limit(10);
    await fake.calls.when(isSetpoint(10));
    fake.cut();
    expect(await reply).toMatchObject({ ok: false, code: "offline", retry: true });
    await bench.events.when((event) => event.kind === "offline");
    const again = await new FakeStation(bench.devices.url, "CP-1").connect();
    await again.boot();
    await bench.clock.advance(60_000);
    expect(setpoints(again)).toEqual([]);
  });
});

describe("a box that does not take the usual profile", () => {
  const refusing =
    (purposes: readonly unknown[], how: () => Record<string, unknown>): Script =>
    (received: Received) =>
      isProfile(received) && purposes.includes(profileIn(received).purpose) ? how() : { status: "Accepted" };

  test("is limited as a whole instead, and remembered", async () => {
    const fake = await connected(refusing(["TxDefaultProfile"], () => ({ status: "Rejected" })));
    expect(await limit(10)).toEqual({ ok: true, confirmed_mA: 10_000 });
    const last = fake.calls.all.filter(isProfile).map(profileIn).at(-1);
    expect(last).toMatchObject({
      purpose: "ChargePointMaxProfile",
      connectorId: 0,
      periods: [
        { startPeriod: 0, limit: 10 },
        { startPeriod: 180, limit: 6 },
      ],
    });
    const before = fake.calls.all.length;
    await limit(11);
    expect(
      fake.calls.all
        .slice(before)
        .filter(isProfile)
        .map((call) => profileIn(call).purpose),
    ).toEqual(["ChargePointMaxProfile"]);
  });

  test("is limited within its transaction when that is all it takes", async () => {
    const fake = await connected(
      refusing(["TxDefaultProfile", "ChargePointMaxProfile"], () => ({ status: "NotSupported" })),
    );
    expect(await limit(10)).toMatchObject({ ok: false, code: "not-supported" });
    const { transactionId } = await fake.send("StartTransaction", {
      connectorId: 1,
      idTag: "C",
      meterStart: 0,
      timestamp: new Date(START_MS).toISOString(),
    });
    expect(await limit(10)).toEqual({ ok: true, confirmed_mA: 10_000 });
    expect(profileIn(fake.calls.all.filter(isProfile).at(-1) ?? { action: "", params: {} })).toMatchObject({
      purpose: "TxProfile",
      transactionId,
    });
  });

  test("and takes none at all is reported as such", async () => {
    await connected(
      refusing(["TxDefaultProfile", "ChargePointMaxProfile", "TxProfile"], () => {
        throw refuse("NotImplemented");
      }),
    );
    expect(await limit(10)).toMatchObject({ ok: false, code: "not-supported", retry: false });
  });

  test("refusing a decrease is left to run out into its fallback instead of being renewed", async () => {
    let rude = false;
    const fake = await connected((received) => ({ status: rude && isProfile(received) ? "Rejected" : "Accepted" }));
    await limit(16);
    rude = true;
    expect(await limit(8)).toMatchObject({ ok: false, code: "rejected" });
    const before = fake.calls.all.length;
    await bench.clock.advance(100_000);
    expect(fake.calls.all.slice(before).filter(isSetpoint(16))).toEqual([]);
  });

  test("and refuses the renewal as well is announced anew when the setpoint has run out", async () => {
    let rude = false;
    const fake = await connected((received) => ({ status: rude && isProfile(received) ? "Rejected" : "Accepted" }));
    await limit(16);
    rude = true;
    for (let second = 0; second < 140; second += 10) {
      await bench.clock.advance(10_000);
      await fake.send("Heartbeat", {});
    }
    await bench.logs.when(({ message }) => message.startsWith("a setpoint has run out"));
    const kinds = bench.events.all.map((event) => event.kind);
    expect(kinds).toEqual(["online", "booted", "offline", "online"]);
  });

  test("with two connectors is never limited as a whole for one of them", async () => {
    bench = await openBench([station("P01", "DUO"), station("P02", "DUO", { connectorId: 2 })]);
    const fake = await new FakeStation(
      bench.devices.url,
      "DUO",
      refusing(["TxDefaultProfile"], () => ({ status: "Rejected" })),
    ).connect();
    await fake.boot();
    expect(await limit(10)).toMatchObject({ ok: false, code: "rejected" });
    expect(fake.calls.all.filter(isProfile).map((call) => profileIn(call).purpose)).not.toContain(
      "ChargePointMaxProfile",
    );
  });
});

describe("several limits at once", () => {
  /** The station holds its answer to the first setpoint until the gate opens. */
  async function held(): Promise<{
    readonly fake: FakeStation;
    readonly first: Promise<unknown>;
    readonly door: ReturnType<typeof gate>;
  }> {
    bench = await openBench([station("P01", "DUO"), station("P02", "DUO", { connectorId: 2 })]);
    const door = gate();
    const fake = await new FakeStation(bench.devices.url, "DUO", async (received) => {
      if (isSetpoint(10)(received)) await door.opened;
      return { status: "Accepted" };
    }).connect();
    await fake.boot();
    await bench.port("P02").setLimit(milliamp(12_000));
    const first = limit(10);
    await fake.calls.when(isSetpoint(10));
    return { fake, first, door };
  }

  test("a decrease overtakes an increase that is still waiting", async () => {
    const { fake, first, door } = await held();
    const before = fake.calls.all.length;
    const increase = bench.port("P02").setLimit(milliamp(16_000));
    const command = bench.port("P02").unlock();
    const decrease = limit(8);
    door.open();
    await Promise.all([first, increase, decrease, command]);
    const order = fake.calls.all
      .slice(before)
      .filter(isProfile)
      .map((call) => profileIn(call).limits[0]);
    expect(order.indexOf(8)).toBeLessThan(order.indexOf(16));
  });

  test("the newest setpoint wins, and only what the box took is confirmed", async () => {
    const { fake, first, door } = await held();
    const replies = [limit(14), limit(9), limit(11)];
    door.open();
    expect(await first).toEqual({ ok: true, confirmed_mA: 10_000 });
    const [higher, lower, newest] = await Promise.all(replies);
    expect(higher).toEqual({ ok: true, confirmed_mA: 11_000 });
    expect(lower).toMatchObject({ ok: false, code: "not-followed", retry: false });
    expect(newest).toEqual({ ok: true, confirmed_mA: 11_000 });
    expect(fake.calls.all.filter((call) => isSetpoint(14)(call) || isSetpoint(9)(call))).toEqual([]);
  });

  test("only one question is open at a time", async () => {
    let open = 0;
    let most = 0;
    bench = await openBench([station("P01", "DUO"), station("P02", "DUO", { connectorId: 2 })]);
    const fake = await new FakeStation(bench.devices.url, "DUO", async () => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
      return { status: "Accepted" };
    }).connect();
    await fake.boot();
    await Promise.all([
      limit(10),
      bench.port("P02").setLimit(milliamp(9000)),
      bench.port("P01").unlock(),
      bench.port("P02").reset("Soft"),
      bench.port("P01").start("CARD"),
    ]);
    expect(most).toBe(1);
  });
});
