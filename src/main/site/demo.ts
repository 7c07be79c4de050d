import type { WattHour } from "../../core/units/index.ts";
import type { Clock } from "../devices/ports.ts";
import type { Log } from "../log.ts";
import { fillDemoHistory, startDemoWorld, type TlsWay } from "../simulator/index.ts";
import type { OpenedFolder, StoredSite } from "../storage/types.ts";

export type DemoWorld = {
  readonly site: StoredSite;
  /** OCPP stations dial in here. */
  connect(ocppUrl: string, byTls?: TlsWay): void;
  /** All cars leave, so that a demo that is closed in order leaves no session behind that nobody ended. */
  depart(): void;
  close(): Promise<void>;
};

/** Starts the simulated devices, goes on with the registers of the last run, and invents a year of history the first time. */
export async function openDemo(options: {
  readonly folder: OpenedFolder;
  readonly clock: Clock;
  readonly seed: number;
  readonly log: Log;
}): Promise<DemoWorld> {
  const { folder, clock, seed, log } = options;
  const { stores } = folder;
  const before = stores.site.load();
  if (before === null) {
    const world = await startDemoWorld({ clock, seed });
    const { site } = world;
    await world.close();
    log.info({}, "first start of the demo: a year of history is being made up");
    stores.site.save(site, clock.now_ms(), "demo");
    fillDemoHistory({ stores, transaction: folder.transaction, site, now_ms: clock.now_ms(), seed });
  }
  const registers = new Map<string, WattHour>();
  for (const station of (before ?? stores.site.load())?.model.stations ?? []) {
    const last = stores.stationLog.lastRegister(station.id);
    if (last !== null) registers.set(station.id, last.register_Wh);
  }
  const world = await startDemoWorld({ clock, seed, registers });
  if (!world.site.model.links.some(({ kind }) => kind === "udp-multicast"))
    log.warn(
      {},
      "this system refuses multicast on its loopback interface: the demo goes without the meter of garage A",
    );
  // Ports of simulated devices differ from run to run.
  stores.site.save(world.site, clock.now_ms(), "demo");
  const { stations } = world.site.model;
  return {
    site: world.site,
    connect: (ocppUrl, byTls) => {
      world.connect(ocppUrl, byTls);
    },
    depart: () => {
      for (const { id } of stations) world.simulated.world.unplug(id);
    },
    close: () => world.close(),
  };
}
