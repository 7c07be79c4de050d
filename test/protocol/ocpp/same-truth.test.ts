import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { flatTariff } from "../../../src/core/tariff/index.ts";
import { basisPoint, epochMs, wattHour } from "../../../src/core/units/index.ts";
import { applyEvent } from "../../../src/main/site/events.ts";
import { SessionRecorder } from "../../../src/main/site/recorder.ts";
import { newSiteState } from "../../../src/main/site/state.ts";
import { OcppStation } from "../../../src/main/simulator/ocpp-station.ts";
import type { Quirks } from "../../../src/main/simulator/personalities.ts";
import { openDataFolder } from "../../../src/main/storage/index.ts";
import { car } from "../../scenarios/cars.ts";
import { openBench, START_MS, station, type Bench } from "./bench.ts";

// One story, told in both versions of OCPP, leaves the same sessions in the database.

const CAR = { seed: 1, soc_permille: 200, model: car() } as const;
const TURNS = 6;
const EVERYTHING = { from_ms: null, to_ms: null, stationIds: [], customerId: null, state: "all", text: "" } as const;

type Stored = {
  readonly start_Wh: number | null;
  readonly stop_Wh: number | null;
  readonly energy_Wh: number | null;
  readonly endReason: string | null;
  readonly endedBy: string | null;
  readonly held: boolean;
  readonly lasted_s: number;
};
type Told = {
  readonly box: OcppStation;
  readonly bench: Bench;
  readonly live: (seconds: number) => Promise<void>;
  readonly sessions: () => readonly Stored[];
};

async function begin(version: "1.6" | "2.0.1", more: { quirks?: Quirks; duplicates?: boolean } = {}): Promise<Told> {
  const path = mkdtempSync(join(tmpdir(), "chargehand-truth-"));
  const folder = openDataFolder(path, { now_ms: () => 0 });
  if (!folder.ok) throw new Error(folder.message);
  folder.stores.tariffs.add(
    flatTariff({
      id: "t1",
      name: "Standard",
      currency: "EUR",
      perKWh: "0.42",
      vat_bp: basisPoint(1900),
      valid_from_ms: epochMs(0),
    }),
  );
  const site = newSiteState(
    {
      identity: { name: "Truth", timezone: "Europe/Berlin", currency: "EUR", country: "DE", nominal_V: 230 },
      circuits: [],
      links: [],
      meters: [],
      stations: [station("P01", "SIM-1")],
    },
    epochMs(START_MS),
  );
  const { stores, transaction } = folder;
  const recorder = new SessionRecorder({ site, stores, transaction, onClosed: () => undefined });
  const context = {
    site,
    recorder,
    openAccess: true,
    now_ms: () => bench.clock.now_ms(),
    hurry: () => undefined,
    onStatus: () => undefined,
  };
  const bench: Bench = await openBench([station("P01", "SIM-1")], {
    emit: (event) => {
      applyEvent(context, event);
    },
    transactionIdFor: (start) => recorder.transactionIdFor(start, bench.clock.now_ms()),
    stationOfTransaction: (id, stationIds) =>
      stationIds.find((one) => site.stations.get(one)?.evse.running?.opened.transactionId === id) ??
      stationIds.find((one) => stores.sessions.findByTransaction(one, id) !== null) ??
      null,
  });
  const state = site.stations.get("P01");
  if (state !== undefined) state.port = bench.port("P01");
  const box = new OcppStation({
    identity: "SIM-1",
    version,
    clock: bench.clock,
    phases: 3,
    current_mA_max: 32_000,
    unmanaged_mA: 16_000,
    register_Wh: wattHour(5000),
    ...more,
  });
  onTestFinished(async () => {
    await box.close();
    await bench.devices.close();
    folder.close();
    rmSync(path, { recursive: true, force: true });
  });
  const live = async (seconds: number): Promise<void> => {
    for (let i = 0; i < seconds * 4; i += 1) {
      await bench.clock.advance(250);
      for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      box.tick(bench.clock.now_ms());
      box.evse.step(bench.clock.now_ms(), 250, [230_000, 230_000, 230_000]);
    }
  };
  const connected = async (): Promise<void> => {
    for (let i = 0; i < 400 && !box.isOnline; i += 1) await live(1);
    expect(box.isOnline).toBe(true);
  };
  box.connect(bench.devices.url);
  await connected();
  await live(10);
  return {
    box,
    bench,
    live,
    sessions: () =>
      stores.sessions
        .list({ ...EVERYTHING, stationIds: [] }, { cursor: null, limit: 100 })
        .rows.toReversed()
        .map(({ start_Wh, stop_Wh, energy_Wh, endReason, endedBy, held, started_at_ms, ended_at_ms }) => ({
          start_Wh,
          stop_Wh,
          energy_Wh,
          endReason,
          endedBy,
          held,
          lasted_s: ended_at_ms === null ? -1 : Math.round((ended_at_ms - started_at_ms) / 1000),
        })),
  };
}

const VERSIONS = ["1.6", "2.0.1"] as const;
type Story = (told: Told) => Promise<void>;

const back = async ({ box, live }: Told): Promise<void> => {
  box.restore();
  for (let i = 0; i < 200 && !(box.isOnline && box.snapshot().waitingMessages === 0); i += 1) await live(1);
  await live(5);
};

const STORIES: readonly (readonly [string, number, Story, { quirks?: Quirks; duplicates?: boolean }?])[] = [
  [
    "a car charges and goes",
    1,
    async ({ box, live }) => {
      box.plugIn(CAR, "CARD1");
      await live(120);
      box.unplug();
      await live(10);
    },
  ],
  [
    "a session is stopped by us while the car stays",
    1,
    async ({ box, live, bench }) => {
      box.plugIn(CAR, "CARD1");
      await live(60);
      const stopped = bench.port("P01").stop();
      await live(5);
      expect(await stopped).toEqual({ ok: true });
      await live(30);
      box.unplug();
      await live(10);
    },
  ],
  [
    "a session begins and ends without a line",
    1,
    async (told) => {
      const { box, live } = told;
      await box.cut();
      box.plugIn(CAR, "CARD1");
      await live(200);
      box.unplug();
      await live(100);
      await back(told);
    },
  ],
  [
    "the line is away in the middle, and the car goes meanwhile",
    1,
    async (told) => {
      const { box, live } = told;
      box.plugIn(CAR, "CARD1");
      await live(100);
      await box.cut();
      await live(100);
      box.unplug();
      await live(30);
      await back(told);
    },
  ],
  [
    "the box restarts in the middle",
    1,
    async (told) => {
      const { box, live } = told;
      box.plugIn(CAR, "CARD1");
      await live(100);
      box.reboot("HardReset");
      await live(20);
      await back(told);
      box.unplug();
      await live(10);
    },
  ],
  [
    "every start and stop is told twice",
    2,
    async (told) => {
      const { box, live } = told;
      for (const card of ["CARD1", "CARD2"]) {
        box.plugIn(CAR, card);
        await live(60);
        await box.cut();
        await live(10);
        box.unplug();
        await live(10);
        await back(told);
      }
    },
    { duplicates: true },
  ],
];

const close_Wh = (a: Stored | undefined, b: Stored | undefined): number =>
  Math.abs((a?.energy_Wh ?? -1000) - (b?.energy_Wh ?? 1000));

describe.each(STORIES.map(([name, ...rest]) => ({ name, rest })))("$name", ({ rest: [count, story, more = {}] }) => {
  test("and 1.6 and 2.0.1 leave the same in the database", async () => {
    const [old, modern] = await Promise.all(
      VERSIONS.map(async (version) => {
        const told = await begin(version, more);
        const before = told.box.evse.register_Wh;
        await story(told);
        const sessions = told.sessions();
        expect(sessions).toHaveLength(count);
        expect(sessions[0]?.start_Wh).toBe(before);
        // A car that was told to stop takes a moment, and a little, more.
        const after_Wh = told.box.evse.register_Wh - (sessions.at(-1)?.stop_Wh ?? 0);
        expect(after_Wh).toBeGreaterThanOrEqual(0);
        expect(after_Wh).toBeLessThanOrEqual(2);
        expect(sessions.every(({ endedBy, held }) => endedBy === "station" && !held)).toBe(true);
        return sessions;
      }),
    );
    for (const [index, one] of (old ?? []).entries()) {
      const other = modern?.[index];
      expect(other?.endReason).toBe(one.endReason);
      expect(Math.abs((other?.lasted_s ?? 0) - one.lasted_s)).toBeLessThanOrEqual(3);
      // Both boxes live by steps of a quarter of a second: a step more or less at 11 kW.
      expect(close_Wh(one, other)).toBeLessThanOrEqual(5);
    }
  });
});

test("a queue told from its end leaves the same session as one told in order", async () => {
  const story: Story = async (told) => {
    const { box, live } = told;
    box.plugIn(CAR, "CARD1");
    await live(30);
    box.unplug();
    await live(20);
    await box.cut();
    box.plugIn(CAR, "CARD2");
    await live(200);
    box.unplug();
    await live(100);
    await back(told);
    await live(70);
  };
  const [ordered, backwards] = await Promise.all(
    [{}, { quirks: { newestFirst: true } }].map(async (more) => {
      const told = await begin("2.0.1", more);
      await story(told);
      return told.sessions();
    }),
  );
  expect(ordered).toHaveLength(2);
  expect(backwards).toHaveLength(2);
  for (const [index, one] of (ordered ?? []).entries()) {
    expect(backwards?.[index]).toMatchObject({ endReason: one.endReason, endedBy: "station" });
    expect(close_Wh(one, backwards?.[index])).toBeLessThanOrEqual(5);
  }
});
