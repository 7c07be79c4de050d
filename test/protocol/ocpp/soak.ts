import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionRow } from "../../../src/contract/index.ts";
import type { Station } from "../../../src/core/site/index.ts";
import { flatTariff } from "../../../src/core/tariff/index.ts";
import { basisPoint, epochMs, milliamp } from "../../../src/core/units/index.ts";
import type { Clock } from "../../../src/main/devices/ports.ts";
import { createLog } from "../../../src/main/log.ts";
import { startEngine } from "../../../src/main/site/engine.ts";
import { createOcppCrowd, type CrowdMember, type TrueTransaction } from "../../../src/main/simulator/ocpp-crowd.ts";
import { openDataFolder } from "../../../src/main/storage/index.ts";
import type { OpenedFolder, StoredSite } from "../../../src/main/storage/types.ts";
import { station } from "./station.ts";

/**
 * Real milliseconds a clock at ×60 may go on in one turn of the event loop: on a busy machine the hour takes longer,
 * rather than that an answer takes a simulated minute.
 */
export const SOAK_CREDIT_MS = 10;
/** Simulated milliseconds between two steps of the boxes. */
const STEP_MS = 1000;
/** Real milliseconds for the queues of all boxes to empty at the end. */
const QUIET_WITHIN_MS = 60_000;
const QUIET_STEPS = 70;
const EXAMPLES_MAX = 5;
/** The site's fuse per station: so little that limits go up and down all the time. */
const FUSE_MA_PER_STATION = 9000;
/** Car and register both count whole watt-hours. */
const REGISTER_STEP_WH = 2;
/** Every fact waits for the disk; at ×60 that would be a disk sixty times as slow as it is. In memory where there is room. */
const FOLDER = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const PINO_ERROR = '"level":50';

export type SoakResult = {
  readonly stations: number;
  /** Transactions the boxes had, and of these those that the database has not, or not closed, or with other registers. */
  readonly transactions: number;
  readonly lost: number;
  readonly wrong: number;
  /** Sessions of the database beyond those the boxes had. */
  readonly duplicated: number;
  /** Sessions whose energy is not what the car took. */
  readonly unlikeCar: number;
  /** What was wrong, for a few. */
  readonly examples: readonly string[];
  readonly cycles: number;
  readonly breaks: number;
  readonly faults: readonly string[];
  /** Stations whose facts have been stored. */
  readonly known: number;
};

/** Lets `count` boxes of all personalities live for `duration_ms` of the clock against the real site, then reads its database. */
export async function soakOcpp(options: {
  readonly count: number;
  readonly duration_ms: number;
  readonly clock: Clock;
  readonly speed: number;
  readonly seed: number;
  readonly resources: string;
}): Promise<SoakResult> {
  const { count, duration_ms, clock, seed } = options;
  const crowd = createOcppCrowd({ count, clock, seed });
  const path = mkdtempSync(join(FOLDER, "chargehand-soak-"));
  const folder = opened(path);
  const stored = siteOf(crowd.members.map(({ identity }) => station(identity, identity)));
  folder.stores.site.save(stored, clock.now_ms(), "soak");
  const faults: string[] = [];
  let cycles = 0;
  const engine = await startEngine({
    folder,
    stored,
    clock,
    speed: options.speed,
    resources: options.resources,
    ownProfiles: join(path, "devices"),
    ocpp: { host: "127.0.0.1", port: 0 },
    log: createLog({
      write: (line: string) => {
        if (line.includes(PINO_ERROR)) faults.push(line);
      },
    }),
    onCycle: () => (cycles += 1),
  });
  crowd.connect(engine.ocppUrl ?? "");
  const until_ms = clock.now_ms() + duration_ms;
  while (clock.now_ms() < until_ms) {
    crowd.step();
    await clock.sleep(STEP_MS);
  }
  crowd.sendHome();
  const deadline = performance.now() + QUIET_WITHIN_MS;
  for (let quiet = 0; quiet < QUIET_STEPS && performance.now() < deadline; quiet = crowd.isQuiet() ? quiet + 1 : 0) {
    crowd.step();
    await clock.sleep(STEP_MS);
  }
  const booked = compared(crowd.members, folder);
  const known = crowd.members.filter(({ identity }) => folder.stores.ocpp.facts(identity, 1) !== null).length;
  const breaks = crowd.mishaps();
  await crowd.close();
  await engine.close();
  folder.close();
  rmSync(path, { recursive: true, force: true });
  return { stations: count, ...booked, cycles, breaks, faults, known };
}

function opened(path: string): OpenedFolder {
  const folder = openDataFolder(path, { now_ms: () => Date.now() });
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
  return folder;
}

function siteOf(stations: readonly Station[]): StoredSite {
  const fuse_mA = milliamp(Math.max(63_000, FUSE_MA_PER_STATION * stations.length));
  return {
    model: {
      identity: { name: "Soak", timezone: "Europe/Berlin", currency: "EUR", country: "DE", nominal_V: 230 },
      circuits: [
        {
          id: "main",
          name: "main",
          parentId: null,
          fuse_mA: [fuse_mA, fuse_mA, fuse_mA],
          margin_mA: milliamp(0),
          meterId: null,
          limit_W: null,
          otherLoad_mA_max: [milliamp(0), milliamp(0), milliamp(0)],
        },
      ],
      links: [],
      meters: [],
      stations,
    },
    access: { cards: "any" },
    demo: false,
  };
}

/** What the database has, beside what the boxes and their cars had. */
function compared(
  members: readonly CrowdMember[],
  folder: OpenedFolder,
): Pick<SoakResult, "transactions" | "lost" | "wrong" | "duplicated" | "unlikeCar" | "examples"> {
  const rows = Map.groupBy(allSessions(folder), ({ stationId }) => stationId);
  const examples: string[] = [];
  let [transactions, lost, wrong, duplicated, unlikeCar] = [0, 0, 0, 0, 0];
  for (const { identity, truth, personality } of members) {
    const mine = [...(rows.get(identity) ?? [])].sort((a, b) => a.started_at_ms - b.started_at_ms);
    transactions += truth.length;
    duplicated += Math.max(0, mine.length - truth.length);
    lost += Math.max(0, truth.length - mine.length);
    for (const [index, one] of truth.entries()) {
      const row = mine[index];
      if (row === undefined) continue;
      if (row.ended_at_ms === null) lost += 1;
      else if (!isSame(one, row)) wrong += 1;
      else if (Math.abs((row.energy_Wh ?? 0) - one.received_Wh) > REGISTER_STEP_WH) unlikeCar += 1;
      else continue;
      if (examples.length < EXAMPLES_MAX)
        examples.push(`${personality.id}: ${JSON.stringify(one)} is stored as ${JSON.stringify(row)}`);
    }
    if (mine.length !== truth.length && examples.length < EXAMPLES_MAX)
      examples.push(`${personality.id} ${identity}: ${String(truth.length)} had, ${String(mine.length)} stored`);
  }
  return { transactions, lost, wrong, duplicated, unlikeCar, examples };
}

const isSame = ({ meterStart_Wh, meterStop_Wh }: TrueTransaction, row: SessionRow): boolean =>
  row.start_Wh === meterStart_Wh &&
  row.stop_Wh === meterStop_Wh &&
  meterStop_Wh !== null &&
  row.energy_Wh === meterStop_Wh - meterStart_Wh;

function allSessions({ stores }: OpenedFolder): readonly SessionRow[] {
  const filter = { from_ms: null, to_ms: null, stationIds: [], customerId: null, state: "all", text: "" } as const;
  const rows: SessionRow[] = [];
  for (let cursor: string | null = null; ;) {
    const page = stores.sessions.list({ ...filter, stationIds: [] }, { cursor, limit: 500 });
    rows.push(...page.rows);
    cursor = page.nextCursor;
    if (cursor === null) return rows;
  }
}
