import { homedir } from "node:os";
import { join } from "node:path";
import { assert } from "../../core/units/index.ts";
import type { Link, MeterDevice, SiteModel, Station } from "../../core/site/index.ts";
import { knownProfiles } from "../site/known-profiles.ts";
import { realPath } from "../site/scan-devices.ts";
import { parseSiteFile } from "../site/site-file/index.ts";
import { isFolderInUse } from "../storage/folder-in-use.ts";
import { openDataFolder } from "../storage/index.ts";
import { readSiteFile, startFailureWords } from "./serve.ts";

/** Why there is nothing to talk to; `code` goes to stdout, `message` to the person. */
export type Refusal = {
  readonly ok: false;
  readonly badUse: boolean;
  readonly code: "site-invalid" | "unknown-id" | "not-supported" | "link-in-use" | "invalid";
  readonly message: string;
};

export type ChosenDevice = {
  readonly ok: true;
  readonly model: SiteModel;
  readonly link: Link;
  readonly unitId: number;
  /** Which socket (from 1) of a box whose registers repeat for each of them. */
  readonly connector: number;
  readonly profileId: string;
} & ({ readonly kind: "station"; readonly station: Station } | { readonly kind: "meter"; readonly meter: MeterDevice });

/** Where an application keeps its data on this system, as `npm start` chooses it. */
export function defaultDataFolder(): string {
  const { env, platform } = process;
  const home = homedir();
  if (platform === "win32") return join(env["APPDATA"] ?? join(home, "AppData", "Roaming"), "chargehand");
  if (platform === "darwin") return join(home, "Library", "Application Support", "chargehand");
  return join(env["XDG_DATA_HOME"] ?? join(home, ".local", "share"), "chargehand");
}

/** The station or meter `id` of a site file, unless a running site owns its link. */
export async function chooseDevice(options: {
  readonly siteFile: string;
  readonly id: string;
  readonly dataFolder: string;
  readonly resources: string;
}): Promise<ChosenDevice | Refusal> {
  const { siteFile, id, dataFolder, resources } = options;
  const read = await readSiteFile(siteFile);
  if (!read.ok) return refuse("site-invalid", read.message, true);
  const parsed = parseSiteFile(read.yaml ?? "", knownProfiles({ resources, dataFolder }));
  if (!parsed.ok) {
    const { problems } = parsed;
    const failure = { ok: false, code: "site-invalid", message: "the site file has mistakes.", problems } as const;
    return refuse("site-invalid", startFailureWords(failure, siteFile), true);
  }
  const { model } = parsed.site;
  const found = deviceOf(model, id);
  if (!found.ok) return found;
  if (isOwned(found.link, dataFolder))
    return refuse("link-in-use", `the site running on ${dataFolder} owns ${placeOf(found.link)}; quit it first.`);
  return found;
}

function deviceOf(model: SiteModel, id: string): ChosenDevice | Refusal {
  const station = model.stations.find((one) => one.id === id);
  const meter = model.meters.find((one) => one.id === id);
  if (station?.connection.kind === "ocpp") {
    const words = `${id} speaks OCPP: it calls in, nobody can call it. Run the site and look at the station there.`;
    return refuse("not-supported", words);
  }
  const { profileId, linkId, unitId } = station?.connection ?? meter ?? { profileId: "", linkId: "", unitId: 0 };
  const link = model.links.find((one) => one.id === linkId);
  const connector = station?.connection.connector ?? 1;
  const place = { ok: true, model, profileId, unitId, connector } as const;
  if (station !== undefined && link !== undefined) return { ...place, link, kind: "station", station };
  if (meter !== undefined && link !== undefined) return { ...place, link, kind: "meter", meter };
  const ids = [...model.stations, ...model.meters].map((one) => one.id);
  assert(station === undefined && meter === undefined, "a site file without mistakes has the links it names");
  return refuse("unknown-id", `the site has no "${id}"; it has ${ids.join(", ")}.`, true);
}

/** A running site opens all its links; who else talks on one spoils both. */
function isOwned(link: Link, dataFolder: string): boolean {
  if (!isFolderInUse(dataFolder)) return false;
  const folder = openDataFolder(dataFolder, { now_ms: () => Date.now(), readOnly: true });
  // What runs there but cannot be read may own any link.
  if (!folder.ok) return true;
  try {
    const place = placeOf(link);
    return folder.stores.site.load()?.model.links.some((one) => placeOf(one) === place) ?? false;
  } finally {
    folder.close();
  }
}

function placeOf(link: Link): string {
  switch (link.kind) {
    case "serial":
      return realPath(link.path);
    case "udp-multicast":
      return `${link.group}:${String(link.port)}`;
    case "http":
    case "udp":
    case "tcp-raw":
    case "modbus-tcp":
    case "rtu-over-tcp":
      return `${link.host.toLowerCase()}:${String(link.port)}`;
  }
}

const refuse = (code: Refusal["code"], message: string, badUse = false): Refusal => ({
  ok: false,
  badUse,
  code,
  message,
});
