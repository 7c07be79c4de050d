import type { WattHour } from "../../core/units/index.ts";
import type { Clock } from "../devices/ports.ts";
import type { StoredSite } from "../storage/types.ts";
import { DEMO_TARIFF } from "./demo-people.ts";
import { DEMO_GROUP, demoBays, demoSite, siteOf } from "./demo-site.ts";
import { freeMulticastPort } from "./network/index.ts";
import { simulateSite, type SimulatedSite, type SimulateOptions, type TlsWay } from "./simulated-site.ts";
import type { WorldTruth } from "./world.ts";

export type DemoWorld = {
  /** The site with the loopback ports its devices listen on. */
  readonly site: StoredSite;
  readonly tariff: { readonly perKWh: string; readonly vat_bp: number; readonly currency: string };
  /** OCPP stations dial in, and cars begin to come. */
  connect(ocppUrl: string, byTls?: TlsWay): void;
  truth(): WorldTruth;
  close(): Promise<void>;
  /** The devices themselves, for tests that pull plugs and cables. */
  readonly simulated: SimulatedSite;
};

type Choice = {
  readonly clock: Clock;
  readonly seed: number;
  /** Lifetime registers to go on from, by station or meter id. */
  readonly registers?: ReadonlyMap<string, WattHour>;
  readonly profileFolders?: readonly string[];
};

/** Bays that have a car when the demo opens, however late at night somebody looks at it. */
const DEMO_OPENING_permille = 850;

/** The demo site without the devices that this system cannot simulate. */
export async function demoSiteHere(): Promise<StoredSite> {
  return demoSite((await freeMulticastPort(DEMO_GROUP)) !== null);
}

/** Starts simulated devices on loopback and returns the demo site that describes them. */
export async function startDemoWorld(options: Choice): Promise<DemoWorld> {
  const stored = await demoSiteHere();
  return start(stored, {
    ...options,
    site: stored.model,
    bays: demoBays(stored.model),
    opening_permille: DEMO_OPENING_permille,
  });
}

/** A site of `points` bays with visitors all day, for tests and measurements. */
export async function startWorld(
  options: Choice & {
    readonly points: number;
    /** Modbus boxes among the OCPP ones. */
    readonly mixed: boolean;
    readonly opening_permille?: number;
    /** False: only the caller plugs cars in. */
    readonly arrivals?: boolean;
  },
): Promise<DemoWorld> {
  const { points, mixed, arrivals = true, opening_permille = 1000, ...choice } = options;
  const stored = siteOf(points, mixed);
  const bays = stored.model.stations.map(({ id }, i) => ({
    stationId: id,
    pattern: "visitors" as const,
    cards: [`04${String(i).padStart(4, "0")}C0FFEE`] as const,
  }));
  return start(stored, { ...choice, site: stored.model, bays: arrivals ? bays : [], opening_permille });
}

async function start(stored: StoredSite, options: SimulateOptions): Promise<DemoWorld> {
  const simulated = await simulateSite(options);
  return {
    site: { ...stored, model: simulated.site },
    tariff: DEMO_TARIFF,
    connect: (ocppUrl, byTls) => {
      simulated.connect(ocppUrl, byTls);
    },
    truth: () => simulated.truth(),
    close: () => simulated.close(),
    simulated,
  };
}
