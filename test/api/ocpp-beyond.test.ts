import { createRouterClient } from "@orpc/server";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  ocppAnswers,
  ocppRequestSchema,
  type BoxSetting,
  type OcppBeyond,
  type OcppRequest,
} from "../../src/contract/index.ts";
import { wattHour } from "../../src/core/units/index.ts";
import { createRouter } from "../../src/main/api/index.ts";
import { createLog } from "../../src/main/log.ts";
import { createClock } from "../../src/main/site/clock.ts";
import { createApplication } from "../../src/main/site/application.ts";
import { OcppStation } from "../../src/main/simulator/ocpp-station.ts";
import { folder, type Folder } from "../doctor/doctor-run.ts";
import { FakeStation, refuse, type Script } from "../protocol/ocpp/bench.ts";
import { car } from "../scenarios/cars.ts";

// What an owner asks of a box beyond charging, through the API of a running site, at boxes that dial in over real sockets.

const RESOURCES = fileURLToPath(new URL("../../resources", import.meta.url));
const SOON = { timeout: 20_000, interval: 20 };
const TICK_ms = 20;

const cleanups: (() => unknown)[] = [];
let here: Folder;
beforeEach(() => {
  here = folder();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  here.remove();
});

async function site() {
  const started = await createApplication({
    version: "test",
    headless: true,
    dataFolder: join(here.path, "data"),
    resources: RESOURCES,
    siteFile: [
      "site: {name: Test, timezone: Europe/Berlin, currency: EUR, country: DE}",
      "circuits: [{id: main, name: Main, fuse_A: 63}]",
      "stations:",
      "  - {id: P01, name: Bay 1, circuit: main, phases: 3, max_A: 16, fallback_A: 6, ocpp: CP-1}",
      "  - {id: P02, name: Bay 2, circuit: main, phases: 3, max_A: 16, fallback_A: 6, ocpp: CP-2}",
      "tariff: {per_kWh: '0.42', vat_percent: 19}",
    ].join("\n"),
    demo: false,
    speed: 1,
    seed: 1,
    ocpp: { host: "127.0.0.1", port: 0 },
    log: createLog({ write: () => undefined }),
  });
  if (!started.ok) throw new Error(started.message);
  const { application } = started;
  cleanups.push(() => application.close());
  const router = createRouter(application, {
    onFault: ({ error }) => {
      throw error;
    },
    renderInvoice: () => Promise.reject(new Error("no invoice here")),
  });
  const client = createRouterClient(router, { context: { role: "owner" } });
  const url = application.engine()?.ocppUrl ?? "";
  const port = new URL(url).port;
  return {
    client,
    ocppUrl: `ws://127.0.0.1:${port}/ocpp`,
    /** The answer, once it has the form that the contract has for it. */
    async ask(request: OcppRequest, stationId = "P01"): Promise<unknown> {
      const { answer } = await client.ocpp.ask({ stationId, request });
      return ocppAnswers[request.do].parse(answer);
    },
    beyond: (stationId = "P01"): Promise<OcppBeyond> => client.ocpp.beyond({ stationId }),
  };
}
type Site = Awaited<ReturnType<typeof site>>;

/** A simulated box in real time; resolves when the site has set it up. */
async function box(on: Site, more: { readonly version?: "2.0.1"; readonly rude?: boolean } = {}): Promise<OcppStation> {
  const clock = createClock({ speed: 1, start_ms: Date.now() });
  const station = new OcppStation({
    identity: "CP-1",
    clock,
    phases: 3,
    current_mA_max: 16_000,
    unmanaged_mA: 16_000,
    register_Wh: wattHour(1000),
    ...more,
  });
  const ticking = setInterval(() => {
    station.tick(clock.now_ms());
  }, TICK_ms);
  cleanups.push(async () => {
    clearInterval(ticking);
    clock.close();
    await station.close();
  });
  station.connect(on.ocppUrl);
  await expect.poll(async () => (await on.beyond()).connected, SOON).toBe(true);
  // What was found out is kept when the set-up has ended.
  await expect
    .poll(async () => (await on.client.devices.get({ kind: "station", id: "P01" })).ocpp !== null, SOON)
    .toBe(true);
  return station;
}

async function scripted(on: Site, script: Script): Promise<FakeStation> {
  const fake = await new FakeStation(on.ocppUrl, "CP-1", script).connect();
  await fake.boot();
  return fake;
}

async function customerWithCards(on: Site, cards: readonly string[]): Promise<void> {
  const customer = await on.client.billing.saveCustomer({
    id: null,
    name: "Ada",
    address: "",
    email: null,
    vatId: null,
  });
  for (const idToken of cards) await on.client.billing.assignCard({ customerId: customer.id, idToken });
}

/** Of a test authority of its own; its key is nowhere. */
const CERTIFICATE = [
  "-----BEGIN CERTIFICATE-----",
  "MIIBdTCCARugAwIBAgIUcf6MWMaCCP0HaL38DshlBVnaNeIwCgYIKoZIzj0EAwIw",
  "DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjMwMzQ2MzVaGA8yMTI2MTAzMDAzNDYz",
  "NVowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBUd",
  "saq36Ryqq4O3nn+dd8Irl8/l6G211UQz0sBFkhynFf0L1jkvw/EEJlj4nOkTnxS6",
  "gEc2fLIqGoc+nKIzyAKjUzBRMB0GA1UdDgQWBBR4A5ivYhSmJcmg6SoT38CuKWcl",
  "LDAfBgNVHSMEGDAWgBR4A5ivYhSmJcmg6SoT38CuKWclLDAPBgNVHRMBAf8EBTAD",
  "AQH/MAoGCCqGSM49BAMCA0gAMEUCIEsXPwasuUpU67Vk6GhR0q6yYLe0no2/Z6oD",
  "GpzO1zWEAiEArxyAXxV/y51zNLP6Cym6I09iDSW1e3046HqEJjwFz9A=",
  "-----END CERTIFICATE-----",
].join("\n");

const settingsOf = (answer: unknown): readonly BoxSetting[] => ocppAnswers.settings.parse(answer).settings;
const named = (settings: readonly BoxSetting[], name: string): BoxSetting | undefined =>
  settings.find((one) => one.name === name);
const location = "ftp://user:hidden@192.0.2.1/files";

describe.each([{ version: "1.6" as const }, { version: "2.0.1" as const }])("a box of OCPP $version", ({ version }) => {
  const dialled = async (): Promise<[Site, OcppStation]> => {
    const on = await site();
    return [on, await box(on, version === "2.0.1" ? { version } : {})];
  };
  const zone = version === "1.6" ? "TimeZone" : "ClockCtrlr.TimeZone";

  test("shows its settings without what is secret, takes a new value, and says that it wants a restart", async () => {
    const [on, station] = await dialled();
    const settings = async (): Promise<readonly BoxSetting[]> => settingsOf(await on.ask({ do: "settings" }));
    await expect.poll(async () => named(await settings(), zone)?.value, SOON).toBe("Europe/Berlin");
    const all = await settings();
    expect(all.filter(({ name }) => /password/iu.test(name))).toEqual([]);
    expect(JSON.stringify(all)).not.toContain("not for your eyes");
    expect(all.some(({ readOnly }) => readOnly)).toBe(true);
    expect(named(all, zone)?.readOnly).toBe(false);
    const ours = version === "1.6" ? "HeartbeatInterval" : "OCPPCommCtrlr.HeartbeatInterval";
    expect([named(all, zone)?.setBySite, named(all, ours)?.setBySite]).toEqual([false, true]);
    expect((await on.beyond()).fileWays).toBe("FTP,HTTP,HTTPS");
    const address = named(all, zone)?.address ?? null;
    const change = (value: string): OcppRequest =>
      address === null ? { do: "configure", key: zone, value } : { do: "set-variable", address, value };
    expect(await on.ask(change("Europe/Vienna"))).toEqual({ status: "RebootRequired" });
    expect(named(await settings(), zone)?.value).toBe("Europe/Vienna");
    const { restartFor, requests } = await on.beyond();
    expect(restartFor).toEqual([zone]);
    expect(requests[0]).toMatchObject({
      about: { key: zone, value: "Europe/Vienna" },
      outcome: "ok",
      words: "RebootRequired",
    });
    await on.client.stations.reset({ stationId: "P01", kind: "Soft" });
    await expect.poll(async () => (await on.beyond()).restartFor, SOON).toEqual([]);
    await expect.poll(() => station.snapshot().accepted, SOON).toBe(true);
  });

  test("gets the cards of the site as its whole list, and the versions are told", async () => {
    const [on] = await dialled();
    const cards = Array.from({ length: 120 }, (_, index) => `CARD${String(index).padStart(4, "0")}`);
    await customerWithCards(on, cards);
    expect((await on.beyond()).siteCards).toEqual({ cards: 120, leftOut: 0 });
    expect(await on.ask({ do: "local-list-version" })).toEqual({ version: 0 });
    if (version === "2.0.1")
      await expect
        .poll(async () => settingsOf(await on.ask({ do: "settings" })).map(({ name }) => name), SOON)
        .toContain("LocalAuthListCtrlr.ItemsPerMessage");
    // The simulated box takes 50 cards in a message.
    expect(await on.ask({ do: "send-site-cards" })).toEqual({ version: 3, cards: 120, leftOut: 0, enabled: true });
    expect(await on.ask({ do: "local-list-version" })).toEqual({ version: 3 });
    expect((await on.beyond()).localList).toMatchObject({ version: 3, cards: 120 });
  });

  test("keeps a bay for a card until it is taken back or used up", async () => {
    const [on, station] = await dialled();
    const until_ms = Date.now() + 3_600_000;
    const status = async (): Promise<unknown> => (await on.client.stations.detail({ stationId: "P01" })).live.status;
    expect(await on.ask({ do: "reserve", reservationId: 7, idToken: "CARD1", until_ms })).toEqual({
      status: "Accepted",
    });
    expect((await on.beyond()).reservations).toEqual([{ reservationId: 7, idToken: "CARD1", until_ms }]);
    await expect.poll(status, SOON).toBe("Reserved");
    expect((await on.beyond("P02")).reservations).toEqual([]);
    expect(await on.ask({ do: "cancel-reservation", reservationId: 7 })).toEqual({ status: "Accepted" });
    expect((await on.beyond()).reservations).toEqual([]);
    await expect.poll(status, SOON).toBe("Available");
    await on.ask({ do: "reserve", reservationId: 8, idToken: "CARD1", until_ms });
    station.plugIn({ seed: 1, soc_permille: 200, model: car() }, "CARD1");
    await expect.poll(async () => (await on.beyond()).reservations, SOON).toEqual([]);
    await expect(on.ask({ do: "reserve", reservationId: 9, idToken: "CARD2", until_ms })).rejects.toMatchObject({
      code: "DEVICE_FAILED",
      data: { code: "rejected", detail: "Occupied" },
    });
  });

  test("tells how far firmware and diagnostics are, with the time, and no password of an address is kept", async () => {
    const [on] = await dialled();
    const at_ms = Date.now();
    const file = await on.ask({ do: "diagnostics", location, from_ms: at_ms - 1000, until_ms: at_ms });
    expect(ocppAnswers.diagnostics.parse(file).fileName).toContain("CP-1");
    await on.ask({ do: "update-firmware", location, at_ms, retries: 1, retry_s: 10 });
    const about = version === "1.6" ? "DiagnosticsStatusNotification" : "LogStatusNotification";
    const told = async (name: string): Promise<unknown[]> =>
      (await on.beyond()).reports.filter((one) => one.name === name).map((one) => one.status);
    await expect.poll(() => told(about), SOON).toEqual(["Uploaded", "Uploading"]);
    await expect.poll(() => told("FirmwareStatusNotification"), SOON).toContain("Downloaded");
    const { reports, requests } = await on.beyond();
    for (const { at_ms: told_ms } of reports) expect(told_ms).toBeGreaterThanOrEqual(at_ms - 60_000);
    expect(JSON.stringify(requests)).not.toContain("hidden");
    expect(requests.map(({ asked }) => asked)).toEqual(["update-firmware", "diagnostics"]);
    expect(JSON.stringify(await on.client.devices.raw({ kind: "station", id: "P01" }))).not.toContain("hidden");
  });

  test("takes a certificate, lists and forgets it; what is none is refused", async () => {
    const [on] = await dialled();
    const kind = "CentralSystemRootCertificate" as const;
    const certificate = CERTIFICATE;
    expect(await on.ask({ do: "installed-certificates", kind })).toEqual({ certificates: [] });
    expect(await on.ask({ do: "install-certificate", kind, certificate })).toEqual({ status: "Accepted" });
    const listed = await on.ask({ do: "installed-certificates", kind });
    const { certificates } = ocppAnswers["installed-certificates"].parse(listed);
    expect(certificates).toHaveLength(1);
    const [first] = certificates;
    if (first === undefined) throw new Error("it has one");
    expect(await on.ask({ do: "delete-certificate", ...first })).toEqual({ status: "Accepted" });
    expect(await on.ask({ do: "installed-certificates", kind })).toEqual({ certificates: [] });
    await expect(on.ask({ do: "install-certificate", kind, certificate: "nonsense" })).rejects.toMatchObject({
      data: { code: "invalid" },
    });
  });

  test("is put out of service and back, and says its messages when asked", async () => {
    const [on] = await dialled();
    const status = async (): Promise<unknown> => (await on.client.stations.detail({ stationId: "P01" })).live.status;
    expect(await on.ask({ do: "availability", type: "Inoperative" })).toEqual({ status: "Accepted" });
    await expect.poll(status, SOON).toBe("Unavailable");
    expect(await on.ask({ do: "availability", type: "Operative" })).toEqual({ status: "Accepted" });
    await expect.poll(status, SOON).toBe("Available");
    expect(await on.ask({ do: "trigger", message: "FirmwareStatusNotification" })).toEqual({});
    await expect
      .poll(async () => (await on.beyond()).reports.map(({ name }) => name), SOON)
      .toContain("FirmwareStatusNotification");
  });
});

describe("a box that cannot", () => {
  test.each<OcppRequest>([
    { do: "local-list-version" },
    { do: "send-site-cards" },
    { do: "reserve", reservationId: 1, idToken: "CARD1", until_ms: 4_000_000_000_000 },
    { do: "update-firmware", location, at_ms: 0 },
    { do: "diagnostics", location },
    { do: "installed-certificates", kind: "CentralSystemRootCertificate" },
  ])("$do is said not to know it, and asking again is not offered", async (request) => {
    const on = await site();
    await box(on, { rude: true });
    await expect(on.ask(request)).rejects.toMatchObject({
      code: "DEVICE_FAILED",
      data: { code: "not-supported", retry: false },
    });
  });

  test("keep a list, or all cards of the site, or stops in the middle, is told in its own words", async () => {
    const on = await site();
    await customerWithCards(on, ["CARD1", "CARD2", "CARD3"]);
    const answers = { version: -1, room: "2" };
    const fake = await scripted(on, ({ action }) => {
      if (action === "GetLocalListVersion") return { listVersion: answers.version };
      if (action === "GetConfiguration")
        return {
          configurationKey: [
            { key: "LocalAuthListMaxLength", readonly: true, value: answers.room },
            { key: "SendLocalListMaxLength", readonly: true, value: "2" },
          ],
        };
      if (action === "SendLocalList") return { status: "Failed" };
      return { status: "Accepted" };
    });
    const outcome = async (): Promise<unknown> => {
      const error: unknown = await on.ask({ do: "send-site-cards" }).catch((caught: unknown) => caught);
      return error;
    };
    expect(await outcome()).toMatchObject({ data: { code: "not-supported", detail: "it keeps no list of cards" } });
    answers.version = 5;
    expect(await outcome()).toMatchObject({
      data: { code: "invalid", detail: "the box takes 2 cards, the site has 3" },
    });
    expect(fake.calls.all.some(({ action }) => action === "SendLocalList")).toBe(false);
    answers.room = "10";
    expect(await outcome()).toMatchObject({ data: { code: "rejected", detail: "Failed" } });
    const sent = fake.calls.all.filter(({ action }) => action === "SendLocalList");
    expect(sent.map(({ params }) => params)).toMatchObject([{ listVersion: 6, updateType: "Full" }]);
    expect((await on.beyond()).localList).toBe(null);
    expect((await on.beyond()).requests.map((one) => one.outcome)).toEqual(["rejected", "invalid", "not-supported"]);
  });

  test("answer, or is away, or answers nonsense, is told apart, and nothing else stops", async () => {
    const on = await site();
    await expect(on.ask({ do: "clear-cache" })).rejects.toMatchObject({ data: { code: "offline", retry: true } });
    await scripted(on, ({ action }) => {
      if (action === "ClearCache") throw refuse("NotSupported");
      if (action === "SetVariables") return { setVariableResult: 5 };
      return action === "GetInstalledCertificateIds" ? { certificateHashData: [{ serialNumber: 5 }, null] } : {};
    });
    await expect(on.ask({ do: "clear-cache" })).rejects.toMatchObject({ data: { code: "not-supported" } });
    await expect(on.ask({ do: "reserve", reservationId: 1, idToken: "A", until_ms: 1 })).rejects.toMatchObject({
      data: { code: "rejected" },
    });
    expect(await on.ask({ do: "settings" })).toEqual({ settings: [], reported_at_ms: null });
    const kind = "ManufacturerRootCertificate" as const;
    expect(await on.ask({ do: "installed-certificates", kind })).toEqual({ certificates: [] });
    await expect(on.beyond("P09")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test.each<[string, unknown]>([
    ["a password as a setting", { do: "configure", key: "AuthorizationKey", value: "x" }],
    ["a negative number of tries", { do: "update-firmware", location, at_ms: 0, retries: -1 }],
    ["a card of 21 characters", { do: "reserve", reservationId: 1, idToken: "x".repeat(21), until_ms: 1 }],
    ["something nobody knows", { do: "explode" }],
  ])("be asked for %s is not asked at all", (_what, request) => {
    expect(ocppRequestSchema.safeParse(request).success).toBe(false);
  });
});
