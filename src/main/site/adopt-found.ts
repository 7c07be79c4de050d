import { parse, stringify } from "yaml";
import { z } from "zod";
import type { AdoptDevice, SiteProblem } from "../../contract/index.ts";
import type { Link } from "../../core/site/index.ts";
import type { TariffVersion } from "../../core/tariff/index.ts";
import type { StoredSite } from "../storage/types.ts";
import { realPath } from "./scan-devices.ts";
import { exportSiteFile, type KnownProfiles, parseSiteFile } from "./site-file/index.ts";

type Around = { readonly tariff: TariffVersion | null; readonly profiles: KnownProfiles };
export type Adopted =
  { readonly ok: true; readonly site: StoredSite } | { readonly ok: false; readonly problems: readonly SiteProblem[] };

const entries = z.array(z.looseObject({ id: z.string() })).default([]);
const fileSchema = z.looseObject({ circuits: entries, links: entries, meters: entries, stations: entries });
type File = z.infer<typeof fileSchema>;

/** A price that nobody sees: only devices are taken from the file below. */
const NO_TARIFF = { per_kWh: "0", vat_percent: 0 };

/**
 * The site with a device that a scan found, over the link it already has there or over a new one. It is checked as the
 * site file with these entries would be, with the same mistakes in the same words; their fields are those of the entry.
 */
export function adoptFound(site: StoredSite, request: AdoptDevice, { tariff, profiles }: Around): Adopted {
  const misfits = [...kindMistakes(request, profiles), ...circuitMistakes(site, request.as)];
  if (misfits.length > 0) return { ok: false, problems: misfits };
  const file = fileSchema.parse(parse(exportSiteFile(site, tariff)));
  const known = site.model.links.find((link) => isWireOf(link, request.at));
  const linkId = known?.id ?? freeId(nameOf(request.at), new Set(file.links.map(({ id }) => id)));
  if (known === undefined) file.links.push(linkEntry(linkId, request));
  addDevice(file, linkId, request);
  const parsed = parseSiteFile(stringify({ tariff: NO_TARIFF, ...file }), profiles);
  if (!parsed.ok) return { ok: false, problems: parsed.problems.map((problem) => ofTheEntry(problem, site.model)) };
  const { as } = request;
  const added = parsed.site.model;
  const measured = as.kind === "meter" ? as.circuitId : null;
  return {
    ok: true,
    // Only what is new is taken over: the file knows no passwords of links.
    site: {
      ...site,
      model: {
        ...site.model,
        links: [...site.model.links, ...added.links.slice(site.model.links.length)],
        meters: [...site.model.meters, ...added.meters.slice(site.model.meters.length)],
        stations: [...site.model.stations, ...added.stations.slice(site.model.stations.length)],
        circuits: site.model.circuits.map((circuit) =>
          circuit.id === measured ? { ...circuit, meterId: as.id } : circuit,
        ),
      },
    },
  };
}

/** No file can hold a charger among its meters by mistake, but a page can ask for it. */
function kindMistakes({ profileId, as }: AdoptDevice, profiles: KnownProfiles): SiteProblem[] {
  const kind = profiles.wiresOf?.(profileId)?.kind;
  if (kind === undefined || (kind === "charger") === (as.kind === "station")) return [];
  return [problem("profile", "wrong-kind", `a profile of a ${as.kind === "station" ? "charger" : "meter"}`)];
}

/** Which circuit a meter measures stands at the circuit in the file, so that no entry of the meter could be wrong. */
function circuitMistakes({ model }: StoredSite, as: AdoptDevice["as"]): SiteProblem[] {
  if (as.kind !== "meter" || as.circuitId === null) return [];
  const circuit = model.circuits.find(({ id }) => id === as.circuitId);
  const ids = model.circuits.map(({ id }) => id).join(", ");
  if (circuit === undefined) return [problem("circuit", "unknown-reference", `an existing circuit: ${ids}`)];
  if (circuit.meterId === null) return [];
  return [problem("circuit", "measured-twice", `a circuit without a meter: ${circuit.meterId} measures this one`)];
}

const problem = (field: string, code: string, expected: string): SiteProblem => ({
  line: null,
  column: null,
  field,
  code,
  expected,
});

/** Lines of a file that nobody wrote say nothing; fields of the new entries are named without their list. */
function ofTheEntry({ field, code, expected }: SiteProblem, model: StoredSite["model"]): SiteProblem {
  const [, list, index, own] = /^(links|meters|stations)\[(\d+)\]\.(.+)$/u.exec(field) ?? [];
  const isNew = (list === "links" || list === "meters" || list === "stations") && Number(index) >= model[list].length;
  return problem(isNew ? (own ?? field) : field, code, expected);
}

function isWireOf(link: Link, at: AdoptDevice["at"]): boolean {
  if (link.kind !== at.kind) return false;
  if (at.kind !== "serial") return "host" in link && link.host === at.host && link.port === at.port;
  // Another speed on the same port is a mistake, and told as that.
  const isSame = link.kind === "serial" && realPath(link.path) === realPath(at.path);
  const { baud, parity, dataBits, stopBits } = at;
  const hasLine = link.kind === "serial" && link.baud === baud && link.parity === parity;
  return isSame && hasLine && link.dataBits === dataBits && link.stopBits === stopBits;
}

const nameOf = (at: AdoptDevice["at"]): string =>
  at.kind === "serial" ? (at.path.split(/[/\\]/u).at(-1) ?? "serial") : `${at.host}-${String(at.port)}`;

const ID_LENGTH_MAX = 60;

function freeId(wanted: string, taken: ReadonlySet<string>): string {
  const base = wanted.replaceAll(/[^A-Za-z0-9_-]+/gu, "-").slice(0, ID_LENGTH_MAX);
  const others = Array.from({ length: taken.size }, (_, index) => `${base}-${String(index + 2)}`);
  return [base, ...others].find((id) => !taken.has(id)) ?? base;
}

function linkEntry(id: string, { at, login }: AdoptDevice): File["links"][number] {
  switch (at.kind) {
    case "serial": {
      const { kind, path, baud, parity, dataBits, stopBits } = at;
      return { id, kind, path, baud, parity, dataBits, stopBits };
    }
    case "http":
      return { id, kind: at.kind, host: at.host, port: at.port, ...login };
    default:
      return { id, kind: at.kind, host: at.host, port: at.port };
  }
}

function addDevice(file: File, linkId: string, { at, profileId, as }: AdoptDevice): void {
  const where = { profile: profileId, link: linkId, ...("unitId" in at ? { unitId: at.unitId } : {}) };
  const { id, name } = as;
  if (as.kind === "meter") {
    file.meters.push({ id, name, ...where });
    for (const circuit of file.circuits) if (circuit.id === as.circuitId) circuit["meter"] = id;
    return;
  }
  const { circuitId: circuit, phases, rotation, max_mA, fallback_mA } = as;
  const currents = { max_A: max_mA / 1000, fallback_A: fallback_mA / 1000 };
  file.stations.push({ id, name, circuit, phases, rotation, ...currents, ...where });
}
