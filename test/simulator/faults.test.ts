import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { simulateDevice, type Simulated } from "../../src/main/commands/doctor-simulate.ts";
import { loadAnyProfile } from "../../src/main/devices/profile/index.ts";
import { run, type Ran } from "../doctor/doctor-run.ts";

// A device of each family with everything that can be wrong with its answers, read by `doctor read`: what comes is what
// the device measures, or nothing with a reason. Then all is well again.

const FOLDERS = [fileURLToPath(new URL("../../resources/devices", import.meta.url))];
/** Readings that run at the same time: most of them wait. */
const AT_ONCE = 120;
const TIMEOUT_ms = 240_000;
/** Until the car has followed what its installer set. */
const FOLLOWED_ms = 2_000;
/** Longer than any of these devices is waited for. */
const LATE_ms = 15_000;

type Case = {
  readonly id: string;
  readonly framing: "rtu" | "mbap" | "ascii" | null;
  /** Faults that no reader could tell from the truth: a serial line's frames have no number of their own. */
  readonly except: readonly string[];
};
const CASES: readonly Case[] = [
  { id: "eastron-sdm630", framing: "rtu", except: ["stale"] },
  { id: "janitza-umg", framing: "mbap", except: [] },
  { id: "abl-emh1", framing: "ascii", except: ["stale"] },
  { id: "heidelberg-energy-control", framing: "rtu", except: ["stale"] },
  { id: "sunspec-meter", framing: "mbap", except: [] },
  { id: "goe-http", framing: null, except: [] },
  { id: "shelly-pro3em-rpc", framing: null, except: [] },
  { id: "keba-p30-udp", framing: null, except: [] },
  { id: "dsmr-p1", framing: null, except: [] },
  { id: "sml-ir", framing: null, except: [] },
  { id: "sma-energy-meter", framing: null, except: [] },
];

/** Readings that stand still as long as nobody tells the box anything; energies and times go on. */
const STEADY = ["state", "power_W", "current_mA", "voltage_mV", "current_limit_mA"] as const;
const ready = z.looseObject({ siteFile: z.string() });

type Outcome = { readonly fault: string; readonly during: Ran; readonly after: Ran | null };
type Life = { readonly before: Ran; readonly outcomes: readonly Outcome[]; readonly unknown: boolean };

const lives = new Map<string, Life>();
const here = mkdtempSync(join(tmpdir(), "chargehand-faults-"));

beforeAll(async () => {
  await Promise.all(CASES.map(async (one) => lives.set(one.id, await liveThrough(one))));
}, TIMEOUT_ms);
afterAll(() => {
  rmSync(here, { recursive: true, force: true });
});

const free: { slots: number; readonly waiting: (() => void)[] } = { slots: AT_ONCE, waiting: [] };
/** Runs `act` when one of the few slots is free. */
async function inTurn<T>(act: () => Promise<T>): Promise<T> {
  if (free.slots === 0)
    await new Promise<void>((resolve) => {
      free.waiting.push(resolve);
    });
  else free.slots -= 1;
  try {
    return await act();
  } finally {
    const next = free.waiting.shift();
    if (next === undefined) free.slots += 1;
    else next();
  }
}

async function device(one: Case, name: string): Promise<{ simulated: Simulated; read: () => Promise<Ran> }> {
  const loaded = loadAnyProfile(one.id, FOLDERS);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const simulated = await simulateDevice({
    profile: loaded.profile,
    profileFolders: FOLDERS,
    unitId: null,
    place: { kind: "tcp", port: 0, framing: one.framing },
    connectors: 1,
  });
  if (!simulated.ok) throw new Error(simulated.detail);
  await new Promise((resolve) => setTimeout(resolve, FOLLOWED_ms));
  const site = join(here, `${one.id}-${name}.yaml`);
  writeFileSync(site, ready.parse(simulated.ready).siteFile);
  return { simulated, read: () => run(["read", "--site", site, "--id", "simulated", "--data", here]) };
}

async function liveThrough(one: Case): Promise<Life> {
  const { simulated, read } = await device(one, "well");
  const before = await settled(read);
  const unknown = simulated.fault("bad-mood", 1);
  await simulated.close();
  const names = simulated.faults.filter((fault) => !one.except.includes(fault));
  const outcomes = await Promise.all(
    names.map((fault) =>
      inTurn(async (): Promise<Outcome> => {
        const own = await device(one, fault);
        try {
          await settled(own.read);
          if (
            !own.simulated.fault(
              fault === "delay" || fault === "slow" ? `${fault}=${String(LATE_ms)}` : fault,
              Infinity,
            )
          )
            throw new Error(`${one.id} has no ${fault}`);
          const during = await own.read();
          own.simulated.fault("off", 0);
          return { fault, during, after: await settled(own.read) };
        } finally {
          await own.simulated.close();
        }
      }),
    ),
  );
  return { before, outcomes, unknown };
}

const SETTLED_TRIES = 20;
/** Reads until two readings agree. */
async function settled(read: () => Promise<Ran>): Promise<Ran> {
  let last = await read();
  for (let tries = 0; tries < SETTLED_TRIES; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    const next = await read();
    if (next.code === 0 && last.code === 0 && JSON.stringify(steady(next)) === JSON.stringify(steady(last)))
      return next;
    last = next;
  }
  return last;
}

const given = z.record(z.string(), z.unknown());
function steady({ out }: Ran): Readonly<Record<string, unknown>> {
  const shown = given.parse(out[0]?.["readings"] ?? {});
  return Object.fromEntries(STEADY.flatMap((name) => (name in shown ? [[name, shown[name]] as const] : [])));
}

describe.each(CASES.map((one) => [one.id, one] as const))("%s", (id) => {
  const life = (): Life => {
    const found = lives.get(id);
    if (found === undefined) throw new Error("it never ran");
    return found;
  };

  test("is read as it is while all is well, and knows no fault that it has not", () => {
    expect(life().before).toMatchObject({ code: 0, out: [{ ok: true }] });
    expect(life().unknown).toBe(false);
  });

  test("with each fault shows what it measures, or nothing and why", () => {
    const truth = steady(life().before);
    for (const { fault, during } of life().outcomes) {
      if (during.code === 0) {
        // Part of its values may be missing, none may be another.
        for (const [name, value] of Object.entries(steady(during)))
          expect([fault, name, isNothing(value) ? truth[name] : value]).toEqual([fault, name, truth[name]]);
      } else {
        expect([fault, during.code]).toEqual([fault, 1]);
        expect(during.err.length, fault).toBeGreaterThan(5);
      }
    }
    const failed = life().outcomes.filter(({ during }) => during.code === 1);
    expect(failed.map(({ fault }) => fault)).toContain("drop");
  });

  test("is read again once all is well", () => {
    const truth = steady(life().before);
    for (const { fault, after } of life().outcomes)
      expect([fault, after === null ? null : steady(after)]).toEqual([fault, truth]);
  });
});

const isNothing = (value: unknown): boolean =>
  value === null || value === "unknown" || (Array.isArray(value) && value.every((one) => one === null));
