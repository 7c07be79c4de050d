import { afterEach, describe, expect, test } from "vitest";
import { milliamp } from "../../../src/core/units/index.ts";
import {
  FakeStation,
  isProfile,
  isSetpoint,
  openBench,
  profileIn,
  station,
  type Bench,
  type Received,
} from "./bench.ts";

let bench: Bench;
afterEach(() => bench.devices.close());

/** A box that accepts all; `schedule` is what it says its limit is, in amperes. */
async function connected(schedule: ((received: Received) => number | null) | null = null): Promise<FakeStation> {
  bench = await openBench([station("P01", "CP-1")]);
  const fake = await new FakeStation(bench.devices.url, "CP-1", (received) => {
    if (received.action !== "GetCompositeSchedule" || schedule === null) return { status: "Accepted" };
    const limit = schedule(received);
    return limit === null
      ? { status: "Rejected" }
      : {
          status: "Accepted",
          connectorId: 1,
          chargingSchedule: { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit }] },
        };
  }).connect();
  await fake.boot();
  await bench.logs.when(({ message }) => message === "the station is set up");
  return fake;
}
const set = (current_A: number): ReturnType<Bench["devices"]["stations"][number]["setLimit"]> =>
  bench.port("P01").setLimit(milliamp(current_A * 1000));
const follows = (): string => bench.devices.stations[0]?.probe().follows.state ?? "";
const by = (): string | null => bench.devices.stations[0]?.probe().follows.by ?? null;

async function sample(fake: FakeStation, values: Record<string, number>): Promise<void> {
  await bench.clock.advance(5000);
  const timestamp = new Date(bench.clock.now_ms()).toISOString();
  const sampledValue = Object.entries(values).map(([measurand, value]) => ({
    measurand,
    value: String(value),
    ...(measurand === "Current.Import" ? { phase: "L1" } : {}),
  }));
  await fake.send("MeterValues", { connectorId: 1, meterValue: [{ timestamp, sampledValue }] });
}
/** The rest of the half minute a box has. */
async function wait(fake: FakeStation): Promise<void> {
  for (let i = 0; i < 8; i += 1) {
    await bench.clock.advance(5000);
    // What is on the wire arrives before time goes on.
    await fake.settled();
  }
}

describe("a box that accepts a limit", () => {
  test.each<[string, Record<string, number>]>([
    ["Current.Offered", { "Current.Offered": 10 }],
    ["Power.Offered", { "Power.Offered": 6900 }],
    ["Current.Import", { "Current.Import": 9.8 }],
  ])("and shows it by %s follows", async (evidence, values) => {
    const fake = await connected();
    await set(10);
    expect(follows()).toBe("unproven");
    await sample(fake, values);
    expect([follows(), by()]).toEqual(["obeys", evidence]);
  });

  test("and shows nothing is asked for its schedule", async () => {
    const fake = await connected(() => 10);
    await set(10);
    await wait(fake);
    expect([follows(), by()]).toEqual(["obeys", "GetCompositeSchedule"]);
  });

  test("and offers less proves nothing: something else may hold the car back", async () => {
    const fake = await connected(() => null);
    await set(16);
    await sample(fake, { "Current.Offered": 8, "Current.Import": 8 });
    await wait(fake);
    expect(follows()).toBe("unproven");
  });

  test("and draws right below it follows, although it shows its maximum as offered", async () => {
    const fake = await connected(() => null);
    await set(10);
    await sample(fake, { "Current.Offered": 32, "Current.Import": 9.9 });
    await wait(fake);
    expect(follows()).toBe("obeys");
  });

  test.each<[string, Record<string, number>]>([
    ["Current.Offered", { "Current.Offered": 32 }],
    ["Power.Offered", { "Power.Offered": 22_000 }],
    ["Current.Import", { "Current.Offered": 10, "Current.Import": 16 }],
  ])("and shows more by %s is set anew, and then believed no more", async (evidence, values) => {
    const fake = await connected(() => null);
    expect(await set(10)).toEqual({ ok: true, confirmed_mA: 10_000 });
    await sample(fake, values);
    expect(follows()).toBe("unproven");
    await wait(fake);
    expect([follows(), by()]).toEqual(["disobeys", evidence]);
  });
});

describe("a box that accepts limits and does not follow them", () => {
  async function stubborn(): Promise<FakeStation> {
    const fake = await connected(() => null);
    await set(10);
    await sample(fake, { "Current.Offered": 32, "Current.Import": 16 });
    await wait(fake);
    expect(follows()).toBe("disobeys");
    return fake;
  }

  test("is announced again, so that the site takes nothing of it for certain", async () => {
    await stubborn();
    expect(bench.events.all.map(({ kind }) => kind).slice(-2)).toEqual(["offline", "online"]);
    expect(bench.devices.health().find(({ id }) => id === "P01")?.detail).toContain(
      "accepts limits but does not follow",
    );
  });

  test("answers the next limits with not-followed, half a minute later, and as often as it is asked", async () => {
    const fake = await stubborn();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const first = set(6);
      const again = set(6);
      await sample(fake, { "Current.Offered": 32, "Current.Import": 16 });
      await wait(fake);
      expect(await first).toMatchObject({ ok: false, code: "not-followed", retry: true });
      expect(await again).toMatchObject({ ok: false, code: "not-followed" });
    }
    expect(fake.calls.all.filter(isProfile).map((call) => profileIn(call).limits[0])).toContain(6);
  });

  test("is trusted again as soon as it proves that it follows", async () => {
    const fake = await stubborn();
    const limited = set(6);
    await fake.calls.when(isSetpoint(6));
    // Its answer arrives before time goes on.
    await fake.settled();
    await sample(fake, { "Current.Offered": 6, "Current.Import": 5.9 });
    expect(await limited).toEqual({ ok: true, confirmed_mA: 6000 });
    expect(follows()).toBe("obeys");
  });

  test("is unproven again when it has rebooted", async () => {
    const fake = await stubborn();
    await fake.boot();
    expect(follows()).toBe("unproven");
  });
});

test("a box whose clock is behind ours is live all the same, once a sample made on request has shown by how much", async () => {
  const fake = await connected();
  const behind_ms = 600_000;
  const at = (ago_ms: number): string => new Date(bench.clock.now_ms() - behind_ms - ago_ms).toISOString();
  const send = (context: string, ago_ms: number): Promise<unknown> =>
    fake.send("MeterValues", {
      connectorId: 1,
      meterValue: [{ timestamp: at(ago_ms), sampledValue: [{ value: "1000", context }] }],
    });
  const measured = (): number[] =>
    bench.events.all.flatMap((event) => (event.kind === "reading" ? [event.reading.measured_at_ms] : []));
  await send("Trigger", 0);
  await bench.clock.advance(10_000);
  await send("Sample.Periodic", 0);
  expect(measured().at(-1)).toBe(bench.clock.now_ms());
});
