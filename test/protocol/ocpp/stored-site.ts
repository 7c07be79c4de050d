import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flatTariff } from "../../../src/core/tariff/index.ts";
import { basisPoint, epochMs } from "../../../src/core/units/index.ts";
import { applyEvent } from "../../../src/main/site/events.ts";
import { SessionRecorder } from "../../../src/main/site/recorder.ts";
import { newSiteState } from "../../../src/main/site/state.ts";
import { openDataFolder } from "../../../src/main/storage/index.ts";
import { ManualClock, openBench, START_MS, station, type Bench } from "./bench.ts";

const EVERYTHING = { from_ms: null, to_ms: null, stationIds: [], customerId: null, state: "all", text: "" } as const;

export type StoredSite = {
  readonly clock: ManualClock;
  /** Where stations dial in now. */
  readonly url: () => string;
  /** Our process ends, and begins anew with what was stored. */
  readonly restart: () => Promise<void>;
  /** As they are stored, oldest first. */
  readonly sessions: () => readonly {
    readonly start_Wh: number | null;
    readonly stop_Wh: number | null;
    readonly energy_Wh: number | null;
    readonly endedBy: string | null;
    readonly started_at_ms: number;
  }[];
  readonly close: () => Promise<void>;
};

/** A site with the bay P01 behind the identity CP-1, and with a database that outlives the process. */
export async function openStoredSite(): Promise<StoredSite> {
  const path = mkdtempSync(join(tmpdir(), "chargehand-stored-"));
  const clock = new ManualClock(START_MS);
  let life = await begin(path, clock);
  return {
    clock,
    url: () => life.bench.devices.url,
    async restart() {
      await life.end();
      life = await begin(path, clock);
    },
    sessions: () =>
      life.stores.sessions
        .list({ ...EVERYTHING, stationIds: [] }, { cursor: null, limit: 100 })
        .rows.toSorted((a, b) => a.started_at_ms - b.started_at_ms)
        .map(({ start_Wh, stop_Wh, energy_Wh, endedBy, started_at_ms }) => ({
          start_Wh,
          stop_Wh,
          energy_Wh,
          endedBy,
          started_at_ms,
        })),
    async close() {
      await life.end();
      rmSync(path, { recursive: true, force: true });
    },
  };
}

async function begin(path: string, clock: ManualClock) {
  const folder = openDataFolder(path, { now_ms: () => 0 });
  if (!folder.ok) throw new Error(folder.message);
  const { stores, transaction } = folder;
  if (stores.tariffs.at(epochMs(START_MS)) === null)
    stores.tariffs.add(
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
      identity: { name: "Stored", timezone: "Europe/Berlin", currency: "EUR", country: "DE", nominal_V: 230 },
      circuits: [],
      links: [],
      meters: [],
      stations: [station("P01", "CP-1")],
    },
    clock.now_ms(),
  );
  const recorder = new SessionRecorder({ site, stores, transaction, onClosed: () => undefined });
  recorder.resume(clock.now_ms());
  const context = {
    site,
    recorder,
    openAccess: true,
    now_ms: () => clock.now_ms(),
    hurry: () => undefined,
    onStatus: () => undefined,
  };
  const bench: Bench = await openBench([station("P01", "CP-1")], {
    clock,
    emit: (event) => {
      applyEvent(context, event);
    },
    transactionIdFor: (start) => recorder.transactionIdFor(start, clock.now_ms()),
    stationOfTransaction: (id, stationIds) =>
      stationIds.find((one) => site.stations.get(one)?.evse.running?.opened.transactionId === id) ??
      stationIds.find((one) => stores.sessions.findByTransaction(one, id) !== null) ??
      null,
    unendedTransaction: (id) => site.stations.get(id)?.evse.running?.opened.transactionId ?? null,
  });
  const state = site.stations.get("P01");
  if (state !== undefined) state.port = bench.port("P01");
  return {
    bench,
    stores,
    async end() {
      await bench.devices.close();
      folder.close();
    },
  };
}
