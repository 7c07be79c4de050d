import { join } from "node:path";
import { flatTariff } from "../../core/tariff/index.ts";
import type { SiteModel, Station } from "../../core/site/index.ts";
import { basisPoint, epochMs, milliamp } from "../../core/units/index.ts";
import type { Milliamp } from "../../core/units/index.ts";
import type { Log } from "../log.ts";
import { openDataFolder } from "../storage/index.ts";
import type { OpenedFolder, OpenFailure, StoredSite } from "../storage/types.ts";
import { adoptFound } from "./adopt-found.ts";
import { createClock } from "./clock.ts";
import { createDeviceChanges } from "./device-changes.ts";
import type { RunningClock } from "./clock.ts";
import type { DemoWorld } from "./demo.ts";
import { openDemo } from "./demo.ts";
import type { CycleReport } from "./control-loop.ts";
import { startEngine } from "./engine.ts";
import type { Application, Engine } from "./engine.types.ts";
import { knownProfiles } from "./known-profiles.ts";
import { profileFacts } from "./profile-facts.ts";
import { readAllProfiles } from "../finding/known-devices.ts";
import { createScanner } from "./scan-devices.ts";
import { parseSiteFile } from "./site-file/index.ts";
import { hashPassword } from "../devices/ocpp/password.ts";
import type { ParsedSite } from "./site-file/index.ts";

export type ApplicationOptions = {
  readonly version: string;
  readonly headless: boolean;
  /** Folder with the database, own profiles and documents; made when missing. */
  readonly dataFolder: string;
  /** The app's `resources/`. */
  readonly resources: string;
  /** Text of a site file, imported when the folder has no site yet. */
  readonly siteFile: string | null;
  readonly demo: boolean;
  /** Of the one clock; only simulated devices may run faster than real time. */
  readonly speed: number;
  readonly seed: number;
  readonly ocpp: { readonly host: string; readonly port: number };
  readonly log: Log;
  readonly onCycle?: (report: CycleReport) => void;
};

export type SiteProblemList = Extract<ParsedSite, { ok: false }>["problems"];

/** Why the app cannot start; every `message` says what to do. */
export type StartFailure =
  | OpenFailure
  | { readonly ok: false; readonly code: "site-invalid"; readonly message: string; readonly problems: SiteProblemList }
  | {
      readonly ok: false;
      readonly code: "demo-folder" | "real-folder" | "speed-refused" | "site-exists";
      readonly message: string;
    };

export type StartResult = { readonly ok: true; readonly application: Application } | StartFailure;

type Running = {
  readonly folder: OpenedFolder;
  readonly clock: RunningClock;
  readonly engine: Engine | null;
  readonly world: DemoWorld | null;
};

/** Opens the data folder and, when it has a site or is given one, runs it. Nothing is imported unless all of it is right. */
export async function createApplication(options: ApplicationOptions): Promise<StartResult> {
  if (options.speed !== 1 && !options.demo)
    return {
      ok: false,
      code: "speed-refused",
      message: "--speed works with --demo only: real devices live in real time. Leave --speed out.",
    };
  const first = await open(options, options.demo);
  if (!first.ok) return first;
  let running = first.running;
  const listeners = new Set<() => void>();
  const scan = createScanner(options);
  const replace = (next: Running): void => {
    running = next;
    for (const listener of listeners) listener();
  };
  const changer = createChanger(options, {
    running: () => running,
    hold: (next) => {
      running = next;
    },
    replace,
  });
  const application: Application = {
    version: options.version,
    headless: options.headless,
    started_at_ms: Date.now(),
    engine: () => running.engine,
    onChange: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    startDemo: async () => {
      if (running.engine !== null) return "conflict";
      const demo = await open(
        { ...options, demo: true, siteFile: null, dataFolder: join(options.dataFolder, "demo") },
        true,
      );
      if (!demo.ok) {
        options.log.error({ code: demo.code }, demo.message);
        return "conflict";
      }
      await shut(running);
      replace(demo.running);
      return "ok";
    },
    importSite: async (yaml) => {
      if (running.engine !== null) return { ok: false, code: "conflict" };
      const parsed = parseSiteFile(yaml, knownProfiles(options));
      if (!parsed.ok) return { ok: false, code: "invalid", problems: [...parsed.problems] };
      saveSite(running.folder, parsed, running.clock);
      replace({ ...running, engine: await run(options, running.folder, parsed.site, running.clock) });
      return { ok: true };
    },
    scan: (request, signal) => scan(request, running.folder.stores.site.load()?.model.links ?? [], signal),
    profiles: () =>
      readAllProfiles([join(options.dataFolder, "devices"), join(options.resources, "devices")]).map(profileFacts),
    adopt: (request) => changer.adopt(request),
    deviceChanges: changer.deviceChanges,
    changeLimits: (change, author) => changer.changeLimits(change, author),
    setFallback: (stationIds, fallback_mA) => changer.setFallback(stationIds, fallback_mA),
    close: async () => {
      await changer.settled();
      await shut(running);
    },
  };
  return { ok: true, application };
}

async function open(
  options: ApplicationOptions,
  demo: boolean,
): Promise<{ ok: true; running: Running } | StartFailure> {
  const folder = openDataFolder(options.dataFolder, { now_ms: () => Date.now() });
  if (!folder.ok) return folder;
  const refuse = (failure: StartFailure): StartFailure => {
    folder.close();
    return failure;
  };
  const stored = folder.stores.site.load();
  if (stored !== null && stored.demo && !demo)
    return refuse({
      ok: false,
      code: "demo-folder",
      message: "this data folder holds the demo site. Start with --demo, or name another folder with --data.",
    });
  if (stored !== null && !stored.demo && demo)
    return refuse({
      ok: false,
      code: "real-folder",
      message:
        "this data folder holds a real site, which the demo would mix with invented data. Name another folder with --data.",
    });
  if (demo) return { ok: true, running: await runDemo(options, folder) };
  if (stored !== null && options.siteFile !== null)
    options.log.warn({ folder: options.dataFolder }, "this data folder has a site already; the site file was not read");
  const clock = createClock({ speed: 1 });
  if (stored !== null)
    return { ok: true, running: { folder, clock, engine: await run(options, folder, stored, clock), world: null } };
  if (options.siteFile === null) return { ok: true, running: { folder, clock, engine: null, world: null } };
  const parsed = parseSiteFile(options.siteFile, knownProfiles(options));
  if (!parsed.ok) {
    clock.close();
    return refuse({
      ok: false,
      code: "site-invalid",
      message: "the site file has mistakes; nothing was imported.",
      problems: parsed.problems,
    });
  }
  for (const warning of parsed.warnings) options.log.warn(warning, "the site file is odd here, but was imported");
  saveSite(folder, parsed, clock);
  return { ok: true, running: { folder, clock, engine: await run(options, folder, parsed.site, clock), world: null } };
}

/** Simulated devices first, then the engine that finds them where the site file says they are. */
async function runDemo(options: ApplicationOptions, folder: OpenedFolder): Promise<Running> {
  // A clock that ran faster than real time left facts of the future behind; time must not run backwards over them.
  const start_ms = Math.max(Date.now(), (folder.latest_ms ?? 0) + 1_000);
  const ahead = start_ms > Date.now();
  const clock = createClock(options.speed === 1 && !ahead ? { speed: 1 } : { speed: options.speed, start_ms });
  const world = await openDemo({ folder, clock, seed: options.seed, log: options.log });
  const engine = await run(options, folder, world.site, clock);
  const { tlsUrl, ca } = engine.ocppSecurity.door();
  const byTls = tlsUrl === null || ca === null ? undefined : { url: tlsUrl, ca: ca.pem };
  if (engine.ocppUrl !== null) world.connect(engine.ocppUrl, byTls);
  return { folder, clock, engine, world };
}

const run = (
  options: ApplicationOptions,
  folder: OpenedFolder,
  stored: StoredSite,
  clock: RunningClock,
): Promise<Engine> =>
  startEngine({
    folder,
    stored,
    clock,
    speed: options.speed,
    resources: options.resources,
    ownProfiles: join(options.dataFolder, "devices"),
    dataFolder: options.dataFolder,
    ocpp: options.ocpp,
    log: options.log,
    ...(options.onCycle === undefined ? {} : { onCycle: options.onCycle }),
  });

type Site = {
  readonly running: () => Running;
  /** What runs from now on; `replace` tells the pages too. */
  readonly hold: (next: Running) => void;
  readonly replace: (next: Running) => void;
};

/** Changes of the site that its engine has to be started anew for, one at a time. */
function createChanger(options: ApplicationOptions, site: Site) {
  let restarting: Promise<Restarted> | null = null;
  /** `false`: it is being started anew already. Throws when the site had to stay as it was. */
  const changeTo = async (next: StoredSite): Promise<boolean> => {
    const before = site.running();
    if (before.engine === null) return false;
    // Nothing is told to boxes that are being handed over; pages hear of it when the new engine is there.
    site.hold({ ...before, engine: null });
    restarting = restartWith(options, before, next);
    let restarted: Restarted | null = null;
    try {
      restarted = await restarting;
    } finally {
      site.replace({ ...before, engine: restarted?.engine ?? null });
    }
    if (restarted.refused !== null) throw restarted.refused;
    return true;
  };
  const adopt: Application["adopt"] = async (request) => {
    const { engine, folder, world, clock } = site.running();
    const stored = folder.stores.site.load();
    if (engine === null || stored === null || world !== null) return { ok: false, code: "conflict" };
    const tariff = folder.stores.tariffs.at(clock.now_ms());
    const adopted = adoptFound(stored, request, { tariff, profiles: knownProfiles(options) });
    if (!adopted.ok) return { ok: false, code: "invalid", problems: [...adopted.problems] };
    await changeTo(adopted.site);
    return { ok: true };
  };
  const setFallback: Application["setFallback"] = async (stationIds, fallback_mA) => {
    const stored = site.running().folder.stores.site.load();
    if (stored === null) return "conflict";
    const next = withFallback(stored.model, stationIds, milliamp(fallback_mA));
    if (typeof next === "string") return next;
    return (await changeTo({ ...stored, model: next })) ? "ok" : "conflict";
  };
  const changeLimits: Application["changeLimits"] = async (change, author) => {
    const desk = site.running().engine?.limits;
    if (desk === undefined) return { ok: false, code: "conflict" };
    const checked = await desk.check(change);
    if (checked === null) return { ok: false, code: "not-found" };
    if (checked.mistakes.length > 0) return { ok: false, code: "invalid", mistakes: checked.mistakes };
    // A module may have been asked meanwhile: what was right then need not be now.
    const made = site.running().engine?.limits === desk ? desk.changed(change) : null;
    if (made === null) return { ok: false, code: "conflict" };
    if (desk.isReachable(made.model)) desk.take(made, author);
    else {
      const stored = site.running().folder.stores.site.load();
      if (stored === null || !(await changeTo({ ...stored, model: made.model })))
        return { ok: false, code: "conflict" };
    }
    return { ok: true, made };
  };
  return {
    adopt,
    deviceChanges: createDeviceChanges(options, site.running, changeTo),
    changeLimits,
    setFallback,
    settled: async (): Promise<void> => {
      await Promise.allSettled([restarting]);
    },
  };
}

/** The site with another safe current for these stations, each of which must be able to offer it. */
function withFallback(
  model: SiteModel,
  stationIds: readonly string[],
  fallback_mA: Milliamp,
): SiteModel | "not-found" | "invalid" {
  const wanted = new Set(stationIds);
  const chosen = model.stations.filter(({ id }) => wanted.has(id));
  if (chosen.length !== wanted.size) return "not-found";
  const can = ({ current_mA_min, current_mA_max }: Station): boolean =>
    fallback_mA === 0 || (fallback_mA >= current_mA_min && fallback_mA <= current_mA_max);
  if (!chosen.every(can)) return "invalid";
  return {
    ...model,
    stations: model.stations.map((station) => (wanted.has(station.id) ? { ...station, fallback_mA } : station)),
  };
}

/** What runs now; `refused`: why that is the site as it was before. */
type Restarted = { readonly engine: Engine; readonly refused: Error | null };

/**
 * Ends the engine and starts one that runs `site`, on the same OCPP port; sessions go on and boxes count with what they
 * last had, as after any start. When the site cannot be stored or started it is as before, and so is its engine.
 */
async function restartWith(options: ApplicationOptions, running: Running, site: StoredSite): Promise<Restarted> {
  const { folder, clock, engine } = running;
  const before = folder.stores.site.load();
  const url = engine?.ocppUrl ?? null;
  const port = url === null ? options.ocpp.port : Number(new URL(url).port);
  const again = { ...options, ocpp: { ...options.ocpp, port } };
  let isSaved = false;
  try {
    await engine?.close();
    folder.stores.site.save(site, clock.now_ms(), "owner");
    isSaved = true;
    return { engine: await run(again, folder, site, clock), refused: null };
  } catch (error) {
    if (before === null) throw error;
    options.log.error({ err: error }, "the site could not be started as it was changed; it goes on as before");
    if (isSaved) folder.stores.site.save(before, clock.now_ms(), "owner");
    const refused = new Error("the site could not be changed", { cause: error });
    return { engine: await run(again, folder, before, clock), refused };
  }
}

function saveSite(
  folder: OpenedFolder,
  { site, tariff, passwords }: Extract<ParsedSite, { ok: true }>,
  clock: RunningClock,
): void {
  const now_ms = clock.now_ms();
  const hashes = [...passwords].map(([identity, password]) => ({ identity, hash: hashPassword(password) }));
  folder.transaction(() => {
    folder.stores.site.save(site, now_ms, "site file");
    folder.stores.tariffs.add(
      flatTariff({
        id: `tariff-${now_ms.toString(36)}`,
        name: "Standard",
        currency: tariff.currency,
        perKWh: tariff.perKWh,
        vat_bp: basisPoint(tariff.vat_bp),
        valid_from_ms: epochMs(now_ms),
      }),
    );
    for (const { identity, hash } of hashes)
      folder.stores.ocpp.setPassword(identity, hash, { keepBefore: false, at_ms: now_ms });
  });
}

/** Boxes of the demo report the end of their sessions within this real time. */
const DEPART_REAL_MS = 2_000;
const DEPART_LOOK_MS = 50;

async function shut(running: Running): Promise<void> {
  running.world?.depart();
  const deadline = performance.now() + (running.world === null ? 0 : DEPART_REAL_MS);
  while (
    performance.now() < deadline &&
    (running.engine?.live().stations.some((station) => station.session !== null) ?? false)
  )
    await new Promise((resolve) => setTimeout(resolve, DEPART_LOOK_MS));
  await running.engine?.close();
  await running.world?.close();
  running.clock.close();
  running.folder.close();
}
