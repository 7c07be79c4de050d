import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { wattHour } from "../../../src/core/units/index.ts";
import { hashPassword } from "../../../src/main/devices/ocpp/password.ts";
import { createLog } from "../../../src/main/log.ts";
import { createOcppAccess, setOcppPassword } from "../../../src/main/site/ocpp-access.ts";
import { OcppStation } from "../../../src/main/simulator/ocpp-station.ts";
import type { OcppStationOptions } from "../../../src/main/simulator/ocpp-station.types.ts";
import { openDataFolder } from "../../../src/main/storage/index.ts";
import type { Stores } from "../../../src/main/storage/types.ts";
import { FakeStation, openBench, station, type Bench, type Script } from "./bench.ts";

const OLD = "old-secret-16-chars";
const NEW = "new-secret-16-chars";

let bench: Bench;
let stores: Stores;
afterEach(() => bench.devices.close());

/** A site with a real store of passwords. */
async function open(): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), "chargehand-password-"));
  const folder = openDataFolder(path, { now_ms: () => 0 });
  if (!folder.ok) throw new Error(folder.message);
  onTestFinished(() => {
    folder.close();
    rmSync(path, { recursive: true, force: true });
  });
  stores = folder.stores;
  const log = createLog({ write: () => undefined });
  let access: ReturnType<typeof createOcppAccess> | null = null;
  bench = await openBench([station("P01", "CP-1")], {
    admit: (caller) => access?.admit(caller) ?? Promise.resolve("needs-password"),
  });
  access = createOcppAccess({ stores, clock: bench.clock, log });
}
const set = (password: string | null, tell = false): ReturnType<typeof setOcppPassword> =>
  setOcppPassword(
    stores.ocpp,
    { identity: "CP-1", password, clock: bench.clock },
    tell ? (text) => bench.port("P01").changePassword(text) : null,
  );
const dial = (password?: string, script?: Script, protocols = ["ocpp1.6"]): Promise<FakeStation> =>
  new FakeStation(bench.devices.url, "CP-1", script, {
    protocols,
    ...(password === undefined ? {} : { password }),
  }).connect();
const isWelcome = async (password?: string): Promise<boolean> =>
  dial(password).then(
    (fake) => fake.close().then(() => true),
    () => false,
  );

describe("the password of a station", () => {
  test("is wanted once it is set, and is not to be found in the database", async () => {
    await open();
    expect(await isWelcome()).toBe(true);
    await set(OLD);
    expect([await isWelcome(), await isWelcome("wrong"), await isWelcome(OLD)]).toEqual([false, false, true]);
    const kept = stores.ocpp.passwords("CP-1").map(({ hash }) => Buffer.from(hash).toString());
    expect(kept.join("")).not.toContain("secret");
    await set(null);
    expect(await isWelcome()).toBe(true);
  });

  test("when wrong is told as an alert that counts, and ends when the station has come", async () => {
    await open();
    await set(OLD);
    await isWelcome("wrong");
    await isWelcome("wrong");
    expect(stores.alerts.open()).toMatchObject([{ code: "ocpp-auth-failed", ref: "CP-1", count: 1 }]);
    await bench.clock.advance(61_000);
    await isWelcome();
    expect(stores.alerts.open()).toMatchObject([{ count: 2, inputs: { attempts: 3, address: "127.0.0.1" } }]);
    await isWelcome(OLD);
    expect(stores.alerts.open()).toEqual([]);
  });

  test.each([
    ["1.6", ["ocpp1.6"], "AuthorizationKey"],
    ["2.0.1", ["ocpp2.0.1"], "BasicAuthPassword"],
  ])("is told to a box of %s; the old one is good until it has come with the new one", async (_v, protocols, name) => {
    await open();
    await set(OLD);
    const script: Script = ({ action }) =>
      action === "SetVariables" ? { setVariableResult: [{ attributeStatus: "Accepted" }] } : { status: "Accepted" };
    const fake = await dial(OLD, script, protocols);
    expect(await set(NEW, true)).toEqual({ ok: true });
    const said = fake.calls.all.map(({ params }) => JSON.stringify(params)).find((text) => text.includes(name));
    expect(said).toContain(NEW);
    expect(JSON.stringify(bench.devices.framesOf("P01"))).not.toContain(NEW);
    expect([await isWelcome(OLD), await isWelcome(NEW), await isWelcome(OLD)]).toEqual([true, true, false]);
  });

  test("stays as it was when the box refuses the new one, in letters and in hexadecimal digits", async () => {
    await open();
    await set(OLD);
    const fake = await dial(OLD, () => ({ status: "Rejected" }));
    expect(await set(NEW, true)).toMatchObject({ ok: false, code: "rejected" });
    const tried = fake.calls.all.filter(({ params }) => params["key"] === "AuthorizationKey");
    expect(tried.map(({ params }) => params["value"])).toEqual([NEW, Buffer.from(NEW).toString("hex")]);
    expect([await isWelcome(NEW), await isWelcome(OLD)]).toEqual([false, true]);
  });

  test("of which nobody knows whether the box took it leaves the old one good, too", async () => {
    await open();
    const silent: Script = ({ action }) =>
      action === "ChangeConfiguration" ? new Promise(() => undefined) : { status: "Accepted" };
    /** Tells a new password to a box whose line ends before its answer. */
    const tellUnanswered = async (password: string, presented?: string): Promise<void> => {
      const fake = await dial(presented, silent);
      const told = set(password, true);
      await expect.poll(() => fake.calls.all.some(({ action }) => action === "ChangeConfiguration")).toBe(true);
      fake.cut();
      expect(await told).toMatchObject({ ok: false, code: "offline" });
    };
    await tellUnanswered(OLD);
    expect([await isWelcome(), await isWelcome(OLD)]).toEqual([true, true]);
    await set(OLD);
    await tellUnanswered(NEW, OLD);
    expect([await isWelcome(OLD), await isWelcome(NEW), await isWelcome(OLD)]).toEqual([true, true, false]);
  });

  test("of many of which nobody knows keeps the one that the box is known to have", async () => {
    await open();
    await set(OLD);
    const silent: Script = ({ action }) =>
      action === "ChangeConfiguration" ? new Promise(() => undefined) : { status: "Accepted" };
    for (const no of ["1", "2", "3", "4", "5"]) {
      const fake = await dial(OLD, silent);
      const told = set(NEW + no, true);
      await expect.poll(() => fake.calls.all.some(({ action }) => action === "ChangeConfiguration")).toBe(true);
      fake.cut();
      expect(await told).toMatchObject({ ok: false });
    }
    expect([await isWelcome(OLD), await isWelcome(`${NEW}5`), await isWelcome(OLD)]).toEqual([true, true, false]);
  });

  test("is checked for the box itself while guesses come from elsewhere, and by TLS if that is asked meanwhile", async () => {
    await open();
    await set(OLD);
    const access = createOcppAccess({ stores, clock: bench.clock, log: createLog({ write: () => undefined }) });
    const from = (address: string, password: string): ReturnType<typeof access.admit> =>
      access.admit({ identity: "CP-1", password: Buffer.from(password), address, isEncrypted: false });
    const guesses = Array.from({ length: 20 }, () => from("192.0.2.66", "wrong"));
    expect(await from("192.0.2.7", OLD)).toBe("welcome");
    expect(await Promise.all(guesses)).toContain("try-later");
    const late = from("192.0.2.7", OLD);
    stores.ocpp.setRequiresTls("CP-1", true);
    expect(await late).toBe("needs-tls");
  });

  test("lets all stations in that come back at once after a power cut, and of a flood of guesses at one but a few", async () => {
    await open();
    const identities = Array.from({ length: 120 }, (_, index) => `CP-${String(index)}`);
    const { salt, hash } = hashPassword(OLD);
    for (const identity of identities)
      stores.ocpp.setPassword(identity, { salt, hash }, { keepBefore: false, at_ms: bench.clock.now_ms() });
    const all = identities.map((identity) =>
      new FakeStation(bench.devices.url, identity, undefined, { protocols: ["ocpp1.6"], password: OLD }).connect(),
    );
    const came = (await Promise.allSettled(all)).flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect(came).toHaveLength(120);
    await Promise.all(came.map((fake) => fake.close()));

    const guesses = Array.from({ length: 60 }, () => isWelcome("wrong"));
    await expect.poll(() => isWelcome(OLD)).toBe(true);
    expect((await Promise.all(guesses)).some((isIn) => isIn)).toBe(false);
  });

  test.each(["1.6", "2.0.1"] as const)(
    "changes on a simulated box of %s, which dials in anew with it",
    async (version) => {
      await open();
      await set(OLD);
      const options: OcppStationOptions = {
        identity: "CP-1",
        version,
        password: OLD,
        clock: bench.clock,
        phases: 3,
        current_mA_max: 32_000,
        unmanaged_mA: 32_000,
        register_Wh: wattHour(0),
      };
      const box = new OcppStation(options);
      onTestFinished(() => box.close());
      const live = async (until: () => boolean): Promise<void> => {
        const step = async (): Promise<boolean> => {
          await bench.clock.advance(250);
          box.tick(bench.clock.now_ms());
          return until();
        };
        // Ends with what is waited for, not with a number of steps: hashing a password takes time of its own.
        await expect.poll(step, { interval: 1, timeout: 30_000 }).toBe(true);
      };
      box.connect(bench.devices.url);
      await live(() => box.snapshot().accepted);
      const changed = set(NEW, true);
      await live(() => stores.ocpp.passwords("CP-1").length === 1);
      expect(await changed).toEqual({ ok: true });
      await live(() => box.isOnline);
      expect([await isWelcome(OLD), await isWelcome(NEW)]).toEqual([false, true]);
    },
  );
});
