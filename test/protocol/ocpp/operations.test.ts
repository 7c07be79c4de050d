import { afterEach, describe, expect, test } from "vitest";
import { epochMs } from "../../../src/core/units/index.ts";
import type { OcppOperations } from "../../../src/main/devices/ocpp/operations.ts";
import { schemaDeviation } from "../../../src/main/devices/ocpp/schema-check.ts";
import { FakeStation, openBench, refuse, START_MS, station, type Bench, type Script } from "./bench.ts";

let bench: Bench;
afterEach(() => bench.devices.close());

async function connected(script: Script = () => ({ status: "Accepted" })): Promise<[FakeStation, OcppOperations]> {
  bench = await openBench([station("P01", "CP-1")]);
  const fake = await new FakeStation(bench.devices.url, "CP-1", script).connect();
  await fake.boot();
  await bench.logs.when(({ message }) => message === "the station is set up");
  const [port] = bench.devices.stations;
  if (port === undefined) throw new Error("the bench has one station");
  return [fake, port.operations];
}
const until_ms = epochMs(START_MS + 3_600_000);
const PEM = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----";
const HASH = { hashAlgorithm: "SHA256", issuerNameHash: "a", issuerKeyHash: "b", serialNumber: "1" } as const;
const ENTRY = { idToken: "CARD1", status: "Accepted", expires_at_ms: until_ms } as const;
const AT = { location: "https://192.0.2.1/fw.bin", at_ms: until_ms };

describe("what a box can be asked beyond charging", () => {
  test.each<[string, (ask: OcppOperations) => Promise<{ readonly ok: boolean }>]>([
    ["SendLocalList", (ask) => ask.sendLocalList({ version: 3, update: "Full", entries: [ENTRY] })],
    [
      "SendLocalList",
      (ask) =>
        ask.sendLocalList({
          version: 4,
          update: "Differential",
          entries: [{ idToken: "CARD1", status: null, expires_at_ms: null }],
        }),
    ],
    ["ReserveNow", (ask) => ask.reserve({ reservationId: 7, idToken: "CARD1", until_ms })],
    ["CancelReservation", (ask) => ask.cancelReservation(7)],
    ["UpdateFirmware", (ask) => ask.updateFirmware(AT)],
    [
      "SignedUpdateFirmware",
      (ask) => ask.signedUpdateFirmware({ ...AT, requestId: 1, signingCertificate: PEM, signature: "AA==" }),
    ],
    ["GetDiagnostics", (ask) => ask.diagnostics({ location: "ftp://192.0.2.1/logs" })],
    ["GetLog", (ask) => ask.log({ requestId: 2, kind: "SecurityLog", location: "sftp://192.0.2.1/logs" })],
    ["ExtendedTriggerMessage", (ask) => ask.extendedTrigger("MeterValues")],
    ["ExtendedTriggerMessage", (ask) => ask.extendedTrigger("SignChargePointCertificate")],
    ["InstallCertificate", (ask) => ask.installCertificate("CentralSystemRootCertificate", PEM)],
    ["DeleteCertificate", (ask) => ask.deleteCertificate(HASH)],
    ["GetInstalledCertificateIds", (ask) => ask.installedCertificates("ManufacturerRootCertificate")],
    ["CertificateSigned", (ask) => ask.certificateSigned(PEM)],
    ["ClearCache", (ask) => ask.clearCache()],
    ["ChangeAvailability", (ask) => ask.changeAvailability("Inoperative")],
    ["GetCompositeSchedule", (ask) => ask.compositeSchedule(600)],
    ["DataTransfer", (ask) => ask.dataTransfer("example.org", "hello", "world")],
  ])("%s is sent as the standard has it, and its answer passed on", async (action, ask) => {
    const [fake, operations] = await connected();
    const before = fake.calls.all.length;
    expect(await ask(operations)).toMatchObject({ ok: true });
    const sent = fake.calls.all.slice(before).find((call) => call.action === action);
    expect(sent).toBeDefined();
    expect(schemaDeviation(action, sent?.params)).toBeNull();
  });

  test("answers with what the box says of itself", async () => {
    const [, operations] = await connected(({ action }) =>
      action === "GetLocalListVersion"
        ? { listVersion: 12 }
        : action === "GetDiagnostics"
          ? { fileName: "box.zip" }
          : { status: "Accepted" },
    );
    expect(await operations.localListVersion()).toEqual({ ok: true, version: 12 });
    expect(await operations.diagnostics({ location: "ftp://192.0.2.1/" })).toEqual({ ok: true, fileName: "box.zip" });
  });

  test("passes on that a box refuses, does not know it, or talks nonsense", async () => {
    const [, operations] = await connected(({ action }) => {
      if (action === "ReserveNow") return { status: "Occupied" };
      if (action === "GetLog") return { status: "Rejected" };
      if (action === "SendLocalList") throw refuse("NotImplemented");
      return {};
    });
    const reservation = { reservationId: 7, idToken: "CARD1", until_ms };
    expect(await operations.reserve(reservation)).toMatchObject({ ok: false, code: "rejected", detail: "Occupied" });
    const list = { version: 1, update: "Full", entries: [] } as const;
    expect(await operations.sendLocalList(list)).toMatchObject({ ok: false, code: "not-supported" });
    expect(await operations.localListVersion()).toMatchObject({ ok: false, code: "rejected" });
    expect(await operations.log({ requestId: 1, kind: "DiagnosticsLog", location: "ftp://192.0.2.1/" })).toMatchObject({
      ok: false,
      detail: "Rejected",
    });
  });

  test("sends nothing that cannot be right", async () => {
    const [fake, operations] = await connected();
    const before = fake.calls.all.length;
    const long = { ...ENTRY, idToken: "x".repeat(21) };
    for (const refused of [
      operations.sendLocalList({ version: 1, update: "Full", entries: [long] }),
      operations.reserve({ reservationId: 1, idToken: "", until_ms }),
      operations.updateFirmware({ location: "file:///etc/passwd", at_ms: until_ms }),
      operations.signedUpdateFirmware({ ...AT, location: "x", requestId: 1, signingCertificate: PEM, signature: "" }),
      operations.diagnostics({ location: "not an address" }),
      operations.log({ requestId: 1, kind: "SecurityLog", location: "javascript:1" }),
      operations.installCertificate("CentralSystemRootCertificate", "no certificate"),
      operations.certificateSigned(PEM.repeat(500)),
    ])
      expect(await refused).toMatchObject({ ok: false, code: "invalid", retry: false });
    expect(fake.calls.all).toHaveLength(before);
  });
});

describe("what a box reports beyond charging", () => {
  test.each([
    ["SecurityEventNotification", { type: "TamperDetectionActivated", timestamp: "2026-06-01T12:00:00Z" }],
    ["LogStatusNotification", { status: "Uploaded", requestId: 1 }],
    ["FirmwareStatusNotification", { status: "Installed" }],
    ["SignedFirmwareStatusNotification", { status: "SignatureVerified", requestId: 1 }],
    ["DiagnosticsStatusNotification", { status: "UploadFailed" }],
  ])("%s is answered and logged with what it says", async (action, payload) => {
    const [fake] = await connected();
    expect(await fake.send(action, payload)).toEqual({});
    const { data } = await bench.logs.when(({ message }) => message === "the station reports");
    expect(data).toMatchObject({ action, status: Object.values(payload)[0] });
  });

  test("a request for a certificate is refused in the proper form", async () => {
    const [fake] = await connected();
    expect(await fake.send("SignCertificate", { csr: "-----BEGIN" })).toEqual({ status: "Rejected" });
  });
});

describe("a password", () => {
  const dial = (identity: string, password?: string): Promise<FakeStation> =>
    new FakeStation(bench.devices.url, identity, undefined, password === undefined ? {} : { password }).connect();

  test("is asked of the boxes that have one, and of no other", async () => {
    bench = await openBench([station("P01", "CP-1")], {
      admit: ({ identity, password }) =>
        Promise.resolve(
          identity !== "CP-1" || Buffer.from(password ?? []).toString() === "secret-16-characters"
            ? "welcome"
            : "needs-password",
        ),
    });
    await expect(dial("CP-1")).rejects.toThrow("Unauthorized");
    await expect(dial("CP-1", "wrong")).rejects.toThrow("Unauthorized");
    expect(await (await dial("CP-1", "secret-16-characters")).boot()).toMatchObject({ status: "Accepted" });
    expect(await (await dial("CP-2", "whatever")).boot()).toMatchObject({ status: "Pending" });
  });
});
