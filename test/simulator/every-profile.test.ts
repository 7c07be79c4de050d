import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { doctor } from "../../src/main/commands/doctor.ts";
import { loadAnyProfile, type AnyProfile } from "../../src/main/devices/profile/index.ts";
import { run } from "../doctor/doctor-run.ts";

const RESOURCES = fileURLToPath(new URL("../../resources", import.meta.url));
const FOLDERS = [join(RESOURCES, "devices")];
/** Devices that run at the same time, so that the whole list is done soon and no time-out is reached for want of time. */
const AT_ONCE = 24;
const PATIENCE_ms = 20_000;
const TIMEOUT_ms = 180_000;

const profiles: readonly AnyProfile[] = globSync("*/*.yaml", { cwd: join(RESOURCES, "devices") })
  .sort()
  .map((file) => {
    const loaded = loadAnyProfile(basename(file, ".yaml"), FOLDERS);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    return loaded.profile;
  });

/** What the simulated building draws, and what its meter began with. */
const LOAD = { power_W: 7_659, current_mA: [12_400, 9_800, 11_100], voltage_mV: 230_000, energy_Wh: 123_456 };
/** What the box is told; one whose guard waits for a sign of life may have fallen back to 6 A when it is read. */
const TOLD = { current_A: 10, min_mA: 5_900, max_mA: 10_000 };

const phases = z.tuple([z.number().nullable(), z.number().nullable(), z.number().nullable()]);
const readings = z.looseObject({
  state: z.string().optional(),
  power_W: z.number().nullish(),
  current_mA: phases.optional(),
  voltage_mV: phases.optional(),
  energy_import_Wh: z.number().nullish(),
  energy_export_Wh: z.number().nullish(),
});
type Readings = z.infer<typeof readings>;
type Life = { set: unknown; read: unknown; readings: Readings | null; problem: string | null };

const lives = new Map<string, Life>();
const here = mkdtempSync(join(tmpdir(), "chargehand-every-"));
const ready = z.object({ event: z.literal("ready"), siteFile: z.string() });

/** A profile, and which socket of the box is looked at. */
type Case = { readonly name: string; readonly profile: AnyProfile; readonly socket: number };
const cases: readonly Case[] = profiles.flatMap((profile) => {
  const { connectors } = profile.transport;
  const one: Case = { name: profile.id, profile, socket: 1 };
  const hasMore = connectors !== undefined || profile.id === "hardybarth-ecb1";
  return hasMore ? [one, { name: `${profile.id}, second socket`, profile, socket: 2 }] : [one];
});

beforeAll(async () => {
  const waiting = [...cases];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const life: Life = { set: null, read: null, readings: null, problem: null };
      lives.set(next.name, life);
      await live(next, life).catch((error: unknown) => {
        life.problem = String(error);
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}, TIMEOUT_ms);
afterAll(() => {
  rmSync(here, { recursive: true, force: true });
});

const isTold = (profile: AnyProfile): boolean =>
  profile.kind === "charger" && "control" in profile && profile.control !== undefined;

/** `doctor simulate` prints a site file; with it `doctor set` tells the box and `doctor read` reads it. */
async function live({ profile, socket, name }: Case, life: Life): Promise<void> {
  const end = new AbortController();
  const first = Promise.withResolvers<string>();
  const data = join(here, name.replaceAll(/\W/gu, "-"));
  mkdirSync(data);
  const ended = doctor(["simulate", profile.id, "--port", "0", "--data", data, "--connectors", String(socket)], {
    resources: RESOURCES,
    stdout: {
      write: (text: string) => {
        first.resolve(text);
      },
    },
    stderr: {
      write: (text: string) => {
        first.reject(new Error(text));
      },
    },
    stop: end.signal,
  });
  try {
    const site = join(data, "site.yaml");
    writeFileSync(site, ready.parse(JSON.parse(await first.promise)).siteFile);
    const id = socket === 1 ? "simulated" : `simulated-${String(socket)}`;
    const args = ["--site", site, "--id", id, "--data", data];
    if (isTold(profile)) life.set = await run(["set", ...args, "--current_A", String(TOLD.current_A)]);
    const until_ms = performance.now() + PATIENCE_ms;
    do {
      const reply = await run(["read", ...args]);
      life.read = reply;
      life.readings = reply.code === 0 ? readings.parse(reply.out[0]?.["readings"]) : null;
    } while (profile.kind === "charger" && !isFollowed(life.readings) && performance.now() < until_ms);
  } finally {
    end.abort();
    await ended;
  }
}

/**
 * The car draws, and was neither on its way up nor down while it was read: a box that is asked for one value each half
 * second shows its current of before and its power of after.
 */
function isFollowed(shown: Readings | null): boolean {
  const current_mA = shown?.current_mA?.[0] ?? null;
  if (shown?.state !== "charging" || (current_mA !== null && current_mA < TOLD.min_mA)) return false;
  const power_W = shown.power_W ?? null;
  return current_mA === null || power_W === null || isTogether(power_W, current_mA);
}

const isTogether = (power_W: number, current_mA: number): boolean => {
  const wanted_W = (current_mA / 1000) * 3 * 230;
  return Math.abs(power_W - wanted_W) <= wanted_W * 0.03;
};

/** Names of what a device of this profile gives. */
function given(profile: AnyProfile): ReadonlySet<string> {
  if (profile.driver === "sunspec")
    return new Set(["power", "current_l1", "current_l2", "voltage_l1", "energy_import"]);
  const read = profile.driver === "modbus" ? profile.registers : profile.readings;
  return new Set([...read.flatMap(({ what }) => what), ...Object.keys(profile.derived ?? {})]);
}

function lifeOf(name: string): Life & { readonly readings: Readings } {
  const life = lives.get(name);
  if (life === undefined) throw new Error("it never ran");
  if (life.problem !== null) throw new Error(life.problem);
  if (life.readings === null) throw new Error(JSON.stringify(life.read));
  return { ...life, readings: life.readings };
}

const near = (value: number | null | undefined, wanted: number, share: number): void => {
  expect(Math.abs((value ?? Number.NaN) - wanted), `${String(value)} for ${String(wanted)}`).toBeLessThanOrEqual(
    wanted * share,
  );
};

describe.each(cases.filter(({ profile }) => profile.kind === "meter").map((one) => [one.name, one] as const))(
  "meter %s",
  (name, { profile }) => {
    test("can be simulated, and doctor reads what the building draws", () => {
      const shown = lifeOf(name).readings;
      const has = given(profile);
      if (has.has("power")) near(shown.power_W, LOAD.power_W, 0.01);
      if (has.has("current_l1")) near(shown.current_mA?.[0], LOAD.current_mA[0] ?? 0, 0.02);
      if (has.has("current_l2")) near(shown.current_mA?.[1], LOAD.current_mA[1] ?? 0, 0.02);
      if (has.has("voltage_l1")) near(shown.voltage_mV?.[0], LOAD.voltage_mV, 0.005);
      if (has.has("energy_import")) {
        // Some registers count in whole kilowatt-hours.
        near(shown.energy_import_Wh, LOAD.energy_Wh, 0.01);
      }
    });
  },
);

describe.each(cases.filter(({ profile }) => profile.kind === "charger").map((one) => [one.name, one] as const))(
  "charger %s",
  (name, { profile }) => {
    test("can be simulated: it takes a limit, its car follows, and doctor reads that", () => {
      const { set, readings: shown } = lifeOf(name);
      if (isTold(profile)) expect(set).toMatchObject({ code: 0, out: [{ ok: true }] });
      expect(shown.state).toBe("charging");
      const has = given(profile);
      const max_mA = isTold(profile) ? TOLD.max_mA : 16_000;
      if (has.has("current_l1")) {
        const current_mA = shown.current_mA?.[0];
        expect(current_mA).toBeGreaterThanOrEqual(TOLD.min_mA);
        expect(current_mA).toBeLessThanOrEqual(max_mA);
        if (has.has("power")) near(shown.power_W, ((current_mA ?? 0) / 1000) * 3 * 230, 0.03);
      }
      if (has.has("voltage_l1")) near(shown.voltage_mV?.[0], LOAD.voltage_mV, 0.005);
      if (has.has("energy_import")) near(shown.energy_import_Wh, LOAD.energy_Wh, 0.01);
    });
  },
);
