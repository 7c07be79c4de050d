import { afterEach, describe, expect, test } from "vitest";
import { milliamp, wattHour } from "../../../src/core/units/index.ts";
import { OcppStation } from "../../../src/main/simulator/ocpp-station.ts";
import { PERSONALITIES, PERSONALITIES_201, type Personality } from "../../../src/main/simulator/personalities.ts";
import { openBench, START_MS, station, type Bench } from "./bench.ts";
import { car } from "../../scenarios/cars.ts";

const CAR = { seed: 1, soc_permille: 200, model: car() } as const;
const TURNS = 6;

let bench: Bench;
let box: OcppStation;
afterEach(async () => {
  await box.close();
  await bench.devices.close();
});

async function dialled({ id: _id, vendor, model, firmware, quirks, ...more }: Personality): Promise<void> {
  bench = await openBench([station("P01", "SIM-1")], { remoteStartToken: () => "ANYBODY" });
  box = new OcppStation({
    identity: "SIM-1",
    clock: bench.clock,
    phases: 3,
    current_mA_max: 32_000,
    unmanaged_mA: 32_000,
    register_Wh: wattHour(5000),
    vendor,
    model,
    firmware,
    quirks,
    ...more,
  });
  box.connect(bench.devices.url);
  await liveUntil(() => box.snapshot().accepted);
  await live(5);
}

/** Lets a quarter of a second pass for the box, its car and us; the messages on the wire get their turn. */
async function step(): Promise<void> {
  await bench.clock.advance(250);
  for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  box.tick(bench.clock.now_ms());
  box.evse.step(bench.clock.now_ms(), 250, [230_000, 230_000, 230_000]);
}
async function live(seconds: number): Promise<void> {
  for (let i = 0; i < seconds * 4; i += 1) await step();
}
async function liveUntil(check: () => boolean): Promise<void> {
  for (let i = 0; i < 4000 && !check(); i += 1) await step();
  expect(check()).toBe(true);
}
const starts = () => bench.events.all.flatMap((one) => (one.kind === "transaction-started" ? [one] : []));
const stops = () => bench.events.all.flatMap((one) => (one.kind === "transaction-stopped" ? [one] : []));
const readings = () => bench.events.all.flatMap((one) => (one.kind === "reading" ? [one.reading] : []));
const follows = (): string => bench.devices.stations[0]?.probe().follows.state ?? "";

/** A car comes, charges for a while and goes; what the box billed is what we were told. */
async function session(during: () => Promise<void>): Promise<void> {
  box.plugIn(CAR, "CARD1");
  await liveUntil(() => starts().length > 0);
  await during();
  box.unplug();
  await liveUntil(() => stops().length > 0 && box.snapshot().waitingMessages === 0);
  await live(2);
}

describe("ten personalities, and those of 2.0.1", () => {
  test.each([...PERSONALITIES, ...PERSONALITIES_201].map((one) => [one.id, one] as const))(
    "%s: its session is told once, whole and true, and its limit held as far as it holds one",
    async (id, personality) => {
      await dialled(personality);
      await session(async () => {
        const limited = bench.port("P01").setLimit(milliamp(10_000));
        await live(100);
        expect((await limited).ok).toBe(true);
        const stubborn = id === "stubborn";
        expect(box.evse.reading().drawn_mA[0]).toBe(stubborn ? 16_000 : 10_000);
        expect(follows()).toBe(stubborn ? "disobeys" : "obeys");
        expect(readings().some(({ current_mA }) => current_mA[0] === (stubborn ? 16_000 : 10_000))).toBe(true);
      });
      expect([...PERSONALITIES, ...PERSONALITIES_201].filter((one) => one.id === id)).toHaveLength(1);
      const [start] = starts();
      const ids = new Set(stops().map(({ transactionId }) => transactionId));
      expect(new Set(starts().map(({ transactionId }) => transactionId)).size).toBe(1);
      expect([...ids]).toEqual([start?.transactionId]);
      expect(start).toMatchObject({ meterStart_Wh: 5000, idToken: id === "must-be-started" ? "ANYBODY" : "CARD1" });
      expect(stops()[0]?.meterStop_Wh).toBe(box.evse.register_Wh);
      expect(box.evse.register_Wh).toBeGreaterThan(5000);
    },
  );

  test("relative-without-boot comes back from a restart unannounced, and is held again", async () => {
    const found = PERSONALITIES.find(({ id }) => id === "relative-without-boot");
    if (found === undefined) throw new Error("it is one of the ten");
    await dialled(found);
    const before = bench.events.all.length;
    box.reboot("SoftReset");
    await liveUntil(() => bench.events.all.slice(before).some(({ kind }) => kind === "online"));
    await live(25);
    expect(bench.events.all.slice(before).map(({ kind }) => kind)).not.toContain("booted");
    expect(await bench.port("P01").setLimit(milliamp(10_000))).toEqual({ ok: true, confirmed_mA: 10_000 });
  });

  test("a whole session without a link arrives late, whole, and as old as it is", async () => {
    await dialled({ id: "offline", vendor: "Test", model: "X", firmware: "1", quirks: {} });
    await box.cut();
    box.plugIn(CAR, "CARD1");
    await live(120);
    box.unplug();
    await live(60);
    expect(starts()).toEqual([]);
    box.restore();
    await liveUntil(() => stops().length === 1);
    expect(starts()).toHaveLength(1);
    expect(stops()[0]?.transactionId).toBe(starts()[0]?.transactionId);
    expect(starts()[0]?.at_ms).toBeLessThan(START_MS + 60_000);
    expect((stops()[0]?.received_at_ms ?? 0) - (stops()[0]?.at_ms ?? 0)).toBeGreaterThan(59_000);
  });
});
