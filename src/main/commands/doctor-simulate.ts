import { createInterface } from "node:readline";
import { flatTariff } from "../../core/tariff/index.ts";
import { basisPoint, epochMs, milliamp, wattHour } from "../../core/units/index.ts";
import type { Link, SiteModel } from "../../core/site/index.ts";
import { createClock } from "../site/clock.ts";
import { exportSiteFile } from "../site/site-file/index.ts";
import type { CarModel } from "../simulator/car.ts";
import { faultNames, switchFault } from "../simulator/named-fault.ts";
import { simulateSite, type SimulatedSite } from "../simulator/simulated-site.ts";
import { DEVICE_ID, framingOf, siteOfDevice, type SingleDevice } from "../simulator/single-device.ts";

/** A car that takes what it is offered for hours, on all phases. */
const CAR: CarModel = {
  name: "Simulated car",
  phases: 3,
  current_mA_max: milliamp(16_000),
  battery_Wh: 1_000_000,
  target_permille: 1_000,
  follow_ms: [300, 1_000],
  resume_ms: 1_000,
  pausesItself: false,
  overdraw_permille: 0,
};
const CAR_SOC_permille = 200;
const SEED = 1;
const VOLTAGE_mV = 230_000;
const REGISTER_Wh = 123_456;
/** What the simulated building draws at its meter. */
const LOAD_mA = [12_400, 9_800, 11_100] as const;
/** One step of the world, so that nobody reads the moment before it began. */
const FIRST_STEP_ms = 250;

export type Simulated = {
  readonly ok: true;
  /** Where it answers, for programs. */
  readonly ready: object;
  /** How a person reads it from another terminal. */
  readonly words: string;
  /** Switches a fault on for so many answers, or off; false when the device cannot have it. */
  fault(named: string, times: number): boolean;
  readonly faults: readonly string[];
  close(): Promise<void>;
};
type Refused = { readonly ok: false; readonly badUse: boolean; readonly detail: string };

/**
 * Answers like a device of a profile until closed: a charger with a car at each socket, or a meter of a small building.
 * On loopback only, or on the serial line that is named.
 */
export async function simulateDevice(
  device: SingleDevice & { readonly profileFolders: readonly string[] },
): Promise<Simulated | Refused> {
  const site = siteOfDevice(device);
  if (typeof site === "string") return { ok: false, badUse: true, detail: site };
  const clock = createClock({ speed: 1 });
  const simulated = await answering(device, site, clock);
  if (simulated instanceof Error) {
    clock.close();
    return { ok: false, badUse: false, detail: simulated.message };
  }
  const { world } = simulated;
  for (const { id } of site.stations)
    world.plugIn(id, { model: CAR, soc_permille: CAR_SOC_permille, seed: SEED }, null);
  world.stepTo(clock.now_ms() + FIRST_STEP_ms);
  const siteFile = siteFileOf(simulated.site);
  return {
    ok: true,
    ready: { ...readyOf(device, simulated.site), siteFile },
    words: wordsOf(device, siteFile),
    fault: (named, times) => switchFault(simulated, named, times),
    faults: faultNames(simulated),
    close: async () => {
      await simulated.close();
      clock.close();
    },
  };
}

/** A port that is taken is the system's answer, with a code; anything else is ours. */
async function answering(
  { profile, place, profileFolders }: Parameters<typeof simulateDevice>[0],
  site: SiteModel,
  clock: ReturnType<typeof createClock>,
): Promise<SimulatedSite | Error> {
  const framing = framingOf(profile, place);
  try {
    return await simulateSite({
      clock,
      seed: SEED,
      site,
      profileFolders,
      ports: place.kind === "tcp" && place.port !== 0 ? "as-in-site" : "free",
      serialPaths: new Map(place.kind === "serial" ? [["wire", place.path]] : []),
      registers: new Map([...site.stations, ...site.meters].map(({ id }) => [id, wattHour(REGISTER_Wh)])),
      building_mA: () => LOAD_mA,
      steadyVoltage_mV: VOLTAGE_mV,
      ...(framing === "mbap" ? {} : { lineFraming: framing }),
    });
  } catch (error) {
    if (error instanceof Error && "code" in error) return error;
    throw error;
  }
}

function readyOf(device: SingleDevice, { links, stations, meters }: SiteModel): object {
  const [link] = links;
  const sockets = stations.map(({ id, connection }) => {
    const { linkId, unitId, connector } =
      connection.kind === "profile" ? connection : { linkId: "", unitId: 1, connector: undefined };
    const own = links.find((one) => one.id === linkId);
    return { id, ...placeOf(own), unitId, ...(connector === undefined ? {} : { connector }) };
  });
  const [first] = stations;
  const unitId = meters[0]?.unitId ?? (first?.connection.kind === "profile" ? first.connection.unitId : 1);
  const { driver, id } = device.profile;
  const isRegisters = driver === "modbus" || driver === "sunspec";
  return {
    event: "ready",
    profile: id,
    ...placeOf(link),
    unitId,
    ...(isRegisters ? { framing: framingOf(device.profile, device.place) } : {}),
    ...(sockets.length > 1 ? { sockets } : {}),
  };
}

function placeOf(link: Link | undefined): object {
  if (link === undefined) return {};
  if (link.kind === "serial") return { path: link.path };
  if (link.kind === "udp-multicast") return { group: link.group, port: link.port, interface: link.interface };
  return { host: link.host, port: link.port };
}

/** What stands in the site file for the end of the line that is not ours. */
const OTHER_END = "/the/other/end/of/the/line";

function siteFileOf(model: SiteModel): string {
  const links = model.links.map((link) => (link.kind === "serial" ? { ...link, path: OTHER_END } : link));
  const tariff = flatTariff({
    id: "t1",
    name: "Simulated",
    currency: model.identity.currency,
    perKWh: "0.40",
    vat_bp: basisPoint(1900),
    valid_from_ms: epochMs(0),
  });
  return exportSiteFile({ model: { ...model, links }, access: { cards: "any" }, demo: false }, tariff);
}

function wordsOf({ profile, place }: SingleDevice, siteFile: string): string {
  const end = place.kind === "serial" ? `; put your end of the line in for ${OTHER_END}` : "";
  return `${profile.id} answers until Ctrl-C. To read it, in another terminal${end}:

cat > simulated.yaml <<'END'
${siteFile.trimEnd()}
END
chargehand doctor read --site simulated.yaml --id ${DEVICE_ID}
`;
}

/** Where orders for a running simulation come from: a pipe or a file, never a keyboard. */
export type OrderSource = NodeJS.ReadableStream & { readonly isTTY?: boolean };
const ORDER = /^fault\s+(\S+)(?:\s+(\d{1,6}))?$/u;

/**
 * Obeys lines such as `fault bad-crc 3`, `fault delay=3000` and `fault off` until `stop`; what it does not understand
 * it says through `complain`. The end of the orders ends nothing.
 */
export async function obeyOrders(
  simulated: Pick<Simulated, "fault" | "faults">,
  options: {
    readonly orders: OrderSource | undefined;
    readonly stop: AbortSignal;
    readonly complain: (words: string) => void;
  },
): Promise<void> {
  const { orders, stop, complain } = options;
  const stopped = new Promise<void>((resolve) => {
    stop.addEventListener("abort", () => {
      resolve();
    });
    if (stop.aborted) resolve();
  });
  // A job in the background that reads from a terminal is halted by it.
  const lines = orders === undefined || orders.isTTY === true ? null : createInterface({ input: orders });
  lines?.on("line", (line) => {
    const [, named, times] = ORDER.exec(line.trim()) ?? [];
    if (line.trim() === "") return;
    if (named === undefined) complain(`"${line.trim()}" is no order: fault NAME [TIMES], or fault off.\n`);
    else if (!simulated.fault(named, times === undefined ? Infinity : Number(times))) complain(unknownFault(simulated));
  });
  await stopped;
  lines?.close();
  orders?.pause();
}

export const unknownFault = ({ faults }: Pick<Simulated, "faults">): string =>
  `This device can have: ${faults.join(", ")}.\n`;

/** Shorter parts of a name are in too many others. */
const PART_LENGTH_min = 3;

/** Whose names begin alike: a person knows the maker, rarely the file. */
export function unknownProfile(id: string, known: readonly string[]): string {
  const [maker = id] = id.toLowerCase().split("-");
  const isLike = (part: string): boolean => maker.length >= PART_LENGTH_min && part.startsWith(maker);
  const near = known.filter((one) => one.split("-").some(isLike)).toSorted();
  const advice =
    near.length > 0
      ? `perhaps ${near.join(", ")}`
      : "the electrician's guide and resources/devices name those there are";
  return `there is no profile "${id}"; ${advice}.\n`;
}
