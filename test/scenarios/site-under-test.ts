import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SiteModel, SitePlanning } from "../../src/core/site/index.ts";
import { flatTariff } from "../../src/core/tariff/index.ts";
import { basisPoint, epochMs } from "../../src/core/units/index.ts";
import type { Log } from "../../src/main/log.ts";
import { createLog } from "../../src/main/log.ts";
import type { CycleReport } from "../../src/main/site/control-loop.ts";
import { createClock } from "../../src/main/site/clock.ts";
import type { RunningClock } from "../../src/main/site/clock.ts";
import { startEngine } from "../../src/main/site/engine.ts";
import type { Engine } from "../../src/main/site/engine.types.ts";
import { startWorld } from "../../src/main/simulator/index.ts";
import type { DemoWorld } from "../../src/main/simulator/index.ts";
import { openDataFolder } from "../../src/main/storage/index.ts";
import type { OpenedFolder } from "../../src/main/storage/types.ts";

/** A fixed start, so that what a seed leads to does not depend on the day it is run. */
export const START_MS = Date.UTC(2026, 5, 10, 6, 0, 0);

export type SiteUnderTest = {
  readonly engine: Engine;
  readonly world: DemoWorld;
  readonly clock: RunningClock;
  readonly folder: OpenedFolder;
  readonly path: string;
  readonly cycles: CycleReport[];
  close(): Promise<void>;
};

export const resources = join(import.meta.dirname, "../../resources");

/** Silent unless something goes wrong that the test should not hide. */
export const quietLog = (): Log =>
  createLog({ write: (line: string) => (line.includes('"level":50') ? process.stderr.write(line) : true) });

/** What a kilowatt-hour costs at every site under test. */
export const TARIFF = flatTariff({
  id: "t1",
  name: "Standard",
  currency: "EUR",
  perKWh: "0.42",
  vat_bp: basisPoint(1900),
  valid_from_ms: epochMs(0),
});

const asItIs = (model: SiteModel): SiteModel => model;

/** The product's own engine on simulated devices that answer real bytes on loopback. */
export async function startSite(options: {
  readonly points: number;
  readonly mixed: boolean;
  readonly seed: number;
  readonly speed: number;
  readonly arrivals: boolean;
  readonly cards?: "any" | "listed";
  readonly path?: string;
  readonly planning?: SitePlanning;
  /** Limits from outside, and the links that they come over. */
  readonly external?: Required<Pick<SiteModel, "links" | "signals">>;
  /** The site as its file tells it, where that is not how it really is. */
  readonly told?: (model: SiteModel) => SiteModel;
  /** With certificates of its own, which take some tenths of a second to make. */
  readonly tls?: boolean;
}): Promise<SiteUnderTest> {
  const path = options.path ?? mkdtempSync(join(tmpdir(), "chargehand-scenario-"));
  const folder = openDataFolder(path, { now_ms: () => Date.now() });
  if (!folder.ok) throw new Error(folder.message);
  const clock = createClock({ speed: options.speed, start_ms: START_MS });
  const world = await startWorld({
    clock,
    points: options.points,
    mixed: options.mixed,
    seed: options.seed,
    arrivals: options.arrivals,
  });
  const { planning, external, told = asItIs } = options;
  const stored = {
    ...world.site,
    model: told({
      ...world.site.model,
      ...(planning === undefined ? {} : { planning }),
      ...(external === undefined
        ? {}
        : { links: [...world.site.model.links, ...external.links], signals: external.signals }),
    }),
    access: { cards: options.cards ?? "any" },
  } as const;
  folder.stores.site.save(stored, clock.now_ms(), "test");
  if (folder.stores.tariffs.at(clock.now_ms()) === null) folder.stores.tariffs.add(TARIFF);
  const cycles: CycleReport[] = [];
  const engine = await startEngine({
    folder,
    stored,
    clock,
    speed: options.speed,
    resources,
    ownProfiles: join(path, "devices"),
    dataFolder: path,
    ocpp: { host: "127.0.0.1", port: 0, tls: options.tls ?? false },
    log: quietLog(),
    onCycle: (report) => cycles.push(report),
  });
  if (engine.ocppUrl !== null) world.connect(engine.ocppUrl);
  return {
    engine,
    world,
    clock,
    folder,
    path,
    cycles,
    close: async () => {
      await engine.close();
      await world.close();
      clock.close();
      folder.close();
      if (options.path === undefined) rmSync(path, { recursive: true, force: true });
    },
  };
}

const LOOK_EVERY_MS = 20;

/** Waits until `holds` answers true, taking a fresh `look` before each try; fails with what was awaited. */
export async function until(
  holds: () => boolean,
  what: string,
  options: { readonly real_ms_max?: number; readonly look?: () => Promise<void> } = {},
): Promise<void> {
  const deadline = performance.now() + (options.real_ms_max ?? 30_000);
  for (;;) {
    await options.look?.();
    if (holds()) return;
    if (performance.now() > deadline) throw new Error(`never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
