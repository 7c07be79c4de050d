import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { sessionFilterSchema } from "../../src/contract/index.ts";
import type { OcppStation } from "../../src/main/simulator/index.ts";
import { startSite, until, type SiteUnderTest } from "./site-under-test.ts";
import { car } from "./cars.ts";

// The product with certificates of its own, on real sockets: boxes by wss and by ws beside each other.

async function open(path?: string): Promise<SiteUnderTest> {
  const where = path === undefined ? {} : { path };
  const site = await startSite({ points: 3, mixed: false, seed: 5, speed: 20, arrivals: false, tls: true, ...where });
  onTestFinished(() => site.close());
  return site;
}
function boxOf({ world }: SiteUnderTest, stationId: string): OcppStation {
  const box = world.simulated.ocpp.get(stationId);
  if (box === undefined) throw new Error(`no box at ${stationId}`);
  return box;
}
const isOnline = ({ engine }: SiteUnderTest, stationId: string): boolean =>
  engine.live().stations.find((one) => one.stationId === stationId)?.online === true;

test("a box that knows the site's authority runs a session by wss, and it is known how each one comes", async () => {
  const site = await open();
  const { engine, world } = site;
  const { tlsUrl, ca, problem } = engine.ocppSecurity.door();
  expect(problem).toBeNull();
  const box = boxOf(site, "P01");
  box.connect(tlsUrl ?? "", ca?.pem);
  await until(() => ["P01", "P02", "P03"].every((id) => isOnline(site, id)), "all are online");
  await until(() => {
    const found = engine.ocppSecurity.station(box.options.identity);
    return found !== "not-found" && found.came?.encrypted === true;
  }, "P01 came by TLS");
  expect(engine.ocppSecurity.station(boxOf(site, "P02").options.identity)).toMatchObject({
    came: { encrypted: false, withPassword: false },
    profile: 0,
  });
  world.simulated.world.plugIn("P01", { model: car(), soc_permille: 200, seed: 1 }, "04AA");
  await until(
    () => engine.live().stations.some((one) => one.stationId === "P01" && one.session !== null),
    "it charges",
  );
  world.simulated.world.unplug("P01");
  await until(
    () => [...site.folder.stores.sessions.iterate(sessionFilterSchema.parse({}))].length === 1,
    "its session is on record",
  );
});

test("a box that has to come by TLS is put out, told as an alert, and let in when it does", async () => {
  const site = await open();
  const { engine } = site;
  const box = boxOf(site, "P02");
  const { identity } = box.options;
  await until(() => isOnline(site, "P02"), "it is online by ws");
  expect(engine.ocppSecurity.requireTls("nobody", true)).toBe("not-found");
  expect(engine.ocppSecurity.requireTls(identity, true)).toMatchObject({ requiresTls: true });
  const alert = (): unknown => engine.stores.alerts.open().find(({ code }) => code === "ocpp-tls-required");
  await until(() => alert() !== undefined, "an alert says so");
  expect(alert()).toMatchObject({ ref: identity, inputs: { address: "127.0.0.1" } });
  expect(box.isOnline).toBe(false);
  const { tlsUrl, ca } = engine.ocppSecurity.door();
  box.connect(tlsUrl ?? "", ca?.pem);
  await until(() => isOnline(site, "P02") && alert() === undefined, "it came by TLS");
  expect(engine.ocppSecurity.station(identity)).toMatchObject({ requiresTls: true, came: { encrypted: true } });
});

test("a password that is wrong over TLS does not come in; with the right one it is security profile 2", async () => {
  const site = await open();
  const { engine } = site;
  const box = boxOf(site, "P03");
  const { identity } = box.options;
  await until(() => isOnline(site, "P03"), "it is online by ws");
  await engine.setOcppPassword({ identity, password: "the-first-password", tellBox: true });
  await until(() => {
    const found = engine.ocppSecurity.station(identity);
    return found !== "not-found" && found.profile === 1;
  }, "it came with its password");
  const { tlsUrl, ca } = engine.ocppSecurity.door();
  box.connect(tlsUrl ?? "", ca?.pem);
  await until(() => {
    const found = engine.ocppSecurity.station(identity);
    return found !== "not-found" && found.profile === 2;
  }, "it came by TLS with its password");
  await engine.setOcppPassword({ identity, password: "another-password-1", tellBox: false });
  await box.cut();
  box.restore();
  await until(
    () => engine.stores.alerts.open().some(({ code, ref }) => code === "ocpp-auth-failed" && ref === identity),
    "it is refused",
  );
});

test("the authority goes to a box by a message, as InstallCertificate", async () => {
  const site = await open();
  await until(() => isOnline(site, "P01"), "it is online");
  expect(await site.engine.ocppSecurity.sendCa("P01")).toMatchObject({ ok: true });
  expect(await site.engine.ocppSecurity.sendCa("P99")).toBe("not-found");
});

test("a damaged key of the authority is an alert: boxes by ws and by wss go on, and the owner may make a new one", async () => {
  const path = mkdtempSync(join(tmpdir(), "chargehand-tls-"));
  onTestFinished(() => {
    rmSync(path, { recursive: true, force: true });
  });
  const first = await startSite({ points: 1, mixed: false, seed: 5, speed: 20, arrivals: false, tls: true, path });
  const { ca: before } = first.engine.ocppSecurity.door();
  await first.close();
  const file = join(path, "tls", "ca-private.pem");
  writeFileSync(file, "a disk that failed");
  const site = await open(path);
  const { engine } = site;
  const alerts = (): unknown[] => engine.stores.alerts.open().filter(({ code }) => code === "ocpp-certificates");
  expect(alerts()).toMatchObject([{ ref: "ocpp", inputs: { code: "ca-damaged", file } }]);
  const { tlsUrl, ca } = engine.ocppSecurity.door();
  expect(ca).toBeNull();
  expect(await engine.ocppSecurity.sendCa("P01")).toBe("conflict");
  boxOf(site, "P01").connect(tlsUrl ?? "", before?.pem);
  await until(() => ["P01", "P02"].every((id) => isOnline(site, id)), "both ways are open");
  expect(readFileSync(file, "utf8")).toBe("a disk that failed");
  expect(await engine.ocppSecurity.replaceCa()).toMatchObject({ problem: null });
  expect(alerts()).toEqual([]);
  boxOf(site, "P02").connect(tlsUrl ?? "", engine.ocppSecurity.door().ca?.pem);
  await until(() => {
    const found = engine.ocppSecurity.station(boxOf(site, "P02").options.identity);
    return found !== "not-found" && found.came?.encrypted === true;
  }, "one that was given the new authority comes in");
});
