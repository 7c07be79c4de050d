import { join } from "node:path";
import type { HttpTrouble } from "../../contract/index.ts";
import { loadAnyProfile, type ProfileProblem } from "../devices/profile/index.ts";
import { hostsOf } from "../finding/cidr.ts";
import type { ScanEvent } from "../finding/find.ts";
import { readAllProfiles } from "../finding/known-devices.ts";
import { readDevice } from "../finding/read-device.ts";
import { scanNetwork } from "../finding/scan-network.ts";
import { scanSerial } from "../finding/scan-serial.ts";
import { setLimit } from "../finding/set-limit.ts";
import { createClock } from "../site/clock.ts";
import { knownProfiles } from "../site/known-profiles.ts";
import { DOCTOR_HELP, readDoctorArgs, type DoctorJob } from "./doctor-args.ts";
import { chooseDevice, defaultDataFolder, type ChosenDevice, type Refusal } from "./doctor-device.ts";
import { doctorProfile } from "./doctor-profile.ts";
import { obeyOrders, simulateDevice, unknownFault, unknownProfile, type OrderSource } from "./doctor-simulate.ts";
import { EXIT } from "./serve.ts";

/** What `doctor` is given by the process it runs in. */
export type DoctorIo = {
  /** The app's `resources/`. */
  readonly resources: string;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  /** Orders for a simulation. */
  readonly stdin?: OrderSource;
  /** Ends a scan or a simulation. */
  readonly stop: AbortSignal;
};

type Job<K extends DoctorJob["kind"]> = Extract<DoctorJob, { kind: K }>;

/** `chargehand doctor …`: resolves with the exit code; 1 says why in JSON on stdout and in words on stderr. */
export async function doctor(argv: readonly string[], io: DoctorIo): Promise<number> {
  if (argv[0] === "profile") return doctorProfile(argv.slice(1), io);
  const job = readDoctorArgs(argv);
  switch (job.kind) {
    case "help":
      io.stdout.write(DOCTOR_HELP);
      return EXIT.ok;
    case "bad-use":
      io.stderr.write(`${job.message}\n"chargehand doctor --help" lists what it takes\n`);
      return EXIT.badUse;
    case "read":
      return doctorRead(job, io);
    case "set":
      return doctorSet(job, io);
    case "scan-serial":
    case "scan-network":
      return doctorScan(job, io);
    case "simulate":
      return doctorSimulate(job, io);
  }
}

/** Own profiles win over the app's, as in a running site. */
const foldersOf = ({ data }: { readonly data: string | null }, { resources }: DoctorIo): readonly string[] => [
  join(data ?? defaultDataFolder(), "devices"),
  join(resources, "devices"),
];

const choose = (
  { site, id, data }: Job<"read"> | Job<"set">,
  { resources }: DoctorIo,
): Promise<ChosenDevice | Refusal> =>
  chooseDevice({ siteFile: site, id, dataFolder: data ?? defaultDataFolder(), resources });

async function doctorRead(job: Job<"read">, io: DoctorIo): Promise<number> {
  const chosen = await choose(job, io);
  if (!chosen.ok) return refuse(io, job.id, chosen);
  const { link, unitId, profileId } = chosen;
  const profileFolders = foldersOf(job, io);
  const loaded = loadAnyProfile(profileId, profileFolders);
  if (!loaded.ok) return refuseProfile(io, loaded.problems);
  const { profile } = loaded;
  const device = chosen.kind === "station" ? chosen.station : chosen.meter;
  const clock = createClock({ speed: 1 });
  try {
    const { connector } = chosen;
    const read = await readDevice({ device, link, unitId, connector, profile, profileFolders, clock });
    if (!read.ok) return fail(io, job.id, read);
    const { readings, without, exchanges, errors } = read;
    for (const { what, why } of without) io.stderr.write(`${what}: ${why}\n`);
    return say(io, { id: job.id, profile: profileId, ok: true, readings, exchanges, errors });
  } finally {
    clock.close();
  }
}

async function doctorSet(job: Job<"set">, io: DoctorIo): Promise<number> {
  const chosen = await choose(job, io);
  if (!chosen.ok) return refuse(io, job.id, chosen);
  if (chosen.kind === "meter")
    return refuse(io, job.id, refusal("not-supported", `${job.id} is a meter; only stations take a limit.`));
  const { station, link, profileId } = chosen;
  const [min_mA, max_mA] = [station.current_mA_min, station.current_mA_max];
  if (job.current_mA !== 0 && (job.current_mA < min_mA || job.current_mA > max_mA)) {
    const range = `${String(min_mA / 1000)} to ${String(max_mA / 1000)} A`;
    return refuse(io, job.id, { ...refusal("invalid", `${job.id} takes 0 or ${range}.`), badUse: true });
  }
  const profileFolders = foldersOf(job, io);
  const loaded = loadAnyProfile(profileId, profileFolders);
  if (!loaded.ok) return refuseProfile(io, loaded.problems);
  const { profile } = loaded;
  const clock = createClock({ speed: 1 });
  try {
    const reply = await setLimit({ station, link, profile, limit_mA: job.current_mA, profileFolders, clock });
    return reply.ok ? say(io, reply) : fail(io, job.id, reply);
  } finally {
    clock.close();
  }
}

async function doctorScan(job: Job<"scan-serial"> | Job<"scan-network">, io: DoctorIo): Promise<number> {
  const profiles = readAllProfiles(foldersOf(job, io));
  let events: AsyncGenerator<ScanEvent, void>;
  if (job.kind === "scan-serial") {
    const { path, line, units } = job;
    const only = { ...(line === null ? {} : { lines: [line] }), ...(units === null ? {} : { units }) };
    events = scanSerial({ path, profiles, ...only, signal: io.stop });
  } else {
    const network = hostsOf(job.cidr);
    if (!network.ok) {
      io.stderr.write(`--cidr "${job.cidr}" is not ${network.expected}\n`);
      return EXIT.badUse;
    }
    const only = job.ports === null ? {} : { ports: job.ports };
    events = scanNetwork({ hosts: network.hosts, profiles, ...only, signal: io.stop });
  }
  let [found, tried] = [0, 0];
  for await (const event of events) {
    switch (event.kind) {
      case "progress":
        tried = event.done;
        break;
      case "found":
        found += 1;
        say(io, event.find);
        break;
      case "failed":
        return fail(io, null, { code: "offline", detail: event.detail });
    }
  }
  say(io, { event: "done", found, tried, cancelled: io.stop.aborted });
  return EXIT.ok;
}

async function doctorSimulate(job: Job<"simulate">, io: DoctorIo): Promise<number> {
  const known = knownProfiles({ resources: io.resources, dataFolder: job.data ?? defaultDataFolder() });
  if (!known.has(job.profileId)) {
    io.stderr.write(unknownProfile(job.profileId, [...known.keys()]));
    return EXIT.badUse;
  }
  const profileFolders = foldersOf(job, io);
  const loaded = loadAnyProfile(job.profileId, profileFolders);
  if (!loaded.ok) return refuseProfile(io, loaded.problems);
  const simulated = await simulateDevice({ ...job, profile: loaded.profile, profileFolders });
  if (!simulated.ok) {
    if (!simulated.badUse) return fail(io, null, { code: "offline", detail: simulated.detail });
    io.stderr.write(`${simulated.detail}\n`);
    return EXIT.badUse;
  }
  try {
    if (job.fault !== null && !simulated.fault(job.fault, Infinity)) {
      io.stderr.write(unknownFault(simulated));
      return EXIT.badUse;
    }
    say(io, simulated.ready);
    io.stderr.write(simulated.words);
    const complain = (words: string): void => void io.stderr.write(words);
    await obeyOrders(simulated, { orders: io.stdin, stop: io.stop, complain });
  } finally {
    await simulated.close();
  }
  return EXIT.ok;
}

function say({ stdout }: DoctorIo, value: object): number {
  stdout.write(`${JSON.stringify(value)}\n`);
  return EXIT.ok;
}

function fail(
  io: DoctorIo,
  id: string | null,
  { code, detail, trouble }: { readonly code: string; readonly detail: string; readonly trouble?: HttpTrouble },
): number {
  say(io, { ...(id === null ? {} : { id }), ok: false, code, detail, ...(trouble === undefined ? {} : { trouble }) });
  io.stderr.write(`${detail}\n`);
  return EXIT.negative;
}

function refuse(io: DoctorIo, id: string, { code, message, badUse }: Refusal): number {
  if (badUse) {
    io.stderr.write(`${message}\n`);
    return EXIT.badUse;
  }
  return fail(io, id, { code, detail: message });
}

const refusal = (code: Refusal["code"], message: string): Refusal => ({ ok: false, badUse: false, code, message });

/** A profile with mistakes, its file's lines named. */
function refuseProfile({ stderr }: DoctorIo, problems: readonly ProfileProblem[]): number {
  const lines = problems.map(({ file, line, field, expected }) => `${file}:${String(line)}: ${field}: ${expected}`);
  stderr.write(`the profile cannot be used:\n${lines.join("\n")}\n`);
  return EXIT.badUse;
}
