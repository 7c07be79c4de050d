import { afterEach, describe, expect, test } from "vitest";
import { ocppAnswers, ocppRequestSchema } from "../../../src/contract/index.ts";
import { askStation, type OcppAnswered, type StationRequest } from "../../../src/main/devices/ocpp/ask-station.ts";
import { schemaDeviation } from "../../../src/main/devices/ocpp/schema-check.ts";
import { FakeStation, openBench, refuse, START_MS, station, type Bench, type Script } from "./bench.ts";

// What an owner may ask of a station through the API, as it reaches the station.

let bench: Bench;
afterEach(() => bench.devices.close());

const PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
const location = "https://example.org/files";
const at_ms = START_MS;
const HASH = { hashAlgorithm: "SHA256", issuerNameHash: "aa", issuerKeyHash: "bb", serialNumber: "1" } as const;
const CARD = { idToken: "CARD1", status: "Accepted", expires_at_ms: null } as const;

const ASKED: readonly (readonly [StationRequest, string])[] = [
  [{ do: "configuration", keys: ["HeartbeatInterval"] }, "GetConfiguration"],
  [{ do: "configure", key: "LightIntensity", value: "50" }, "ChangeConfiguration"],
  [{ do: "settings" }, "GetConfiguration"],
  [{ do: "trigger", message: "MeterValues" }, "TriggerMessage"],
  [{ do: "extended-trigger", message: "LogStatusNotification" }, "ExtendedTriggerMessage"],
  [{ do: "local-list-version" }, "GetLocalListVersion"],
  [{ do: "send-local-list", version: 2, update: "Full", entries: [CARD] }, "SendLocalList"],
  [{ do: "reserve", reservationId: 1, idToken: "CARD1", until_ms: at_ms }, "ReserveNow"],
  [{ do: "cancel-reservation", reservationId: 1 }, "CancelReservation"],
  [{ do: "update-firmware", location, at_ms, retries: 2, retry_s: 60 }, "UpdateFirmware"],
  [
    { do: "signed-update-firmware", requestId: 1, location, at_ms, signingCertificate: PEM, signature: "c2ln" },
    "SignedUpdateFirmware",
  ],
  [{ do: "diagnostics", location, from_ms: at_ms, until_ms: at_ms + 1, retries: 1 }, "GetDiagnostics"],
  [{ do: "log", requestId: 2, kind: "SecurityLog", location, from_ms: at_ms }, "GetLog"],
  [{ do: "install-certificate", kind: "CentralSystemRootCertificate", certificate: PEM }, "InstallCertificate"],
  [{ do: "delete-certificate", ...HASH }, "DeleteCertificate"],
  [{ do: "installed-certificates", kind: "ManufacturerRootCertificate" }, "GetInstalledCertificateIds"],
  [{ do: "certificate-signed", chain: PEM }, "CertificateSigned"],
  [{ do: "clear-cache" }, "ClearCache"],
  [{ do: "availability", type: "Inoperative" }, "ChangeAvailability"],
  [{ do: "clear-charging-profiles" }, "ClearChargingProfile"],
  [{ do: "composite-schedule", duration_s: 60 }, "GetCompositeSchedule"],
  [{ do: "data-transfer", vendorId: "org.example", messageId: "m", data: "{}" }, "DataTransfer"],
];

const ADDRESS = {
  component: "Connector",
  componentInstance: "left",
  evse: 1,
  connector: 2,
  variable: "ChargeProtocol",
  variableInstance: null,
} as const;
/** The same in 2.0.1, as far as it has another name there or none in 1.6. */
const IN_201: Readonly<Record<string, string>> = {
  ChangeConfiguration: "SetVariables",
  ExtendedTriggerMessage: "TriggerMessage",
  GetConfiguration: "GetVariables",
  GetDiagnostics: "GetLog",
  SignedUpdateFirmware: "UpdateFirmware",
};
const ASKED_201: readonly (readonly [StationRequest, string])[] = [
  // A key of 1.6 alone has no name in 2.0.1.
  ...ASKED.filter(([request]) => request.do !== "configure" && request.do !== "settings").map(
    ([request, action]) => [request, IN_201[action] ?? action] as const,
  ),
  [{ do: "configure", key: "HeartbeatInterval", value: "60" }, "SetVariables"],
  [{ do: "set-variable", address: ADDRESS, value: "CCS" }, "SetVariables"],
  [{ do: "base-report" }, "GetBaseReport"],
];

async function open(script: Script, protocols = ["ocpp1.6"]): Promise<FakeStation> {
  bench = await openBench([station("P01", "CP-1")]);
  return new FakeStation(bench.devices.url, "CP-1", script, { protocols }).connect();
}
const ask = (request: StationRequest): Promise<OcppAnswered> => askStation(bench.port("P01"), request);

describe("what an owner asks of a station", () => {
  test.each(ASKED)("%j reaches it as %s", async (request, action) => {
    expect(ocppRequestSchema.parse(request)).toEqual(request);
    const box = await open(() => ({ status: "Accepted", listVersion: 7, fileName: "a.log", filename: "a.log" }));
    const reply = await ask(request);
    expect(reply).toMatchObject({ ok: true });
    expect(ocppAnswers[request.do].safeParse(reply.ok ? reply.answer : null)).toMatchObject({ success: true });
    const call = await box.calls.when((one) => one.action === action);
    expect(schemaDeviation(action, call.params, "1.6")).toBe(null);
  });

  test.each(ASKED)("%j and refused is said with its words", async (request) => {
    await open(() => {
      throw refuse("SecurityError");
    });
    const reply = await ask(request);
    expect(reply).toMatchObject({ ok: false, code: "rejected" });
    expect(reply.ok ? "" : reply.detail).toContain("SecurityError");
  });

  test.each(ASKED_201)("%j reaches a box of 2.0.1 as %s, as its schema has it", async (request, action) => {
    const box = await open(
      () => ({
        status: "Accepted",
        versionNumber: 7,
        filename: "a.log",
        setVariableResult: [{ attributeStatus: "Accepted" }],
      }),
      ["ocpp2.0.1"],
    );
    const reply = await ask(request);
    expect(reply).toMatchObject({ ok: true });
    expect(ocppAnswers[request.do].safeParse(reply.ok ? reply.answer : null)).toMatchObject({ success: true });
    const call = await box.calls.when((one) => one.action === action);
    expect(schemaDeviation(action, call.params, "2.0.1")).toBe(null);
  });

  test.each(["Failed", "Rejected"])("a file that a box of 2.0.1 answers with %s is refused", async (status) => {
    await open(() => ({ status }), ["ocpp2.0.1"]);
    for (const request of [
      { do: "update-firmware", location, at_ms } as const,
      { do: "diagnostics", location } as const,
      { do: "log", requestId: 1, kind: "SecurityLog", location } as const,
    ])
      expect(await ask(request)).toMatchObject({ ok: false, code: "rejected", detail: status });
  });

  test.each([
    [{ setVariableResult: [{ attributeStatus: "UnknownVariable" }] }, "not-supported"],
    [{ setVariableResult: [{ attributeStatus: "Rejected" }] }, "rejected"],
    [{ setVariableResult: {} }, "rejected"],
    [{}, "rejected"],
  ])("a variable that a box answers with %j is not set", async (answer, code) => {
    await open(() => answer, ["ocpp2.0.1"]);
    expect(await ask({ do: "set-variable", address: ADDRESS, value: "1" })).toMatchObject({ ok: false, code });
  });

  test("of 2.0.1 comes in its own form", async () => {
    const box = await open(() => ({ status: "Accepted" }), ["ocpp2.0.1"]);
    await box.send("BootNotification", { reason: "PowerUp", chargingStation: { model: "M", vendorName: "V" } });
    expect(await ask({ do: "base-report" })).toEqual({ ok: true, answer: {} });
    const variable = (component: string, name: string, value: string): object => ({
      component: { name: component },
      variable: { name },
      variableAttribute: [{ value }],
    });
    const report = { requestId: 1, generatedAt: new Date(START_MS).toISOString() };
    const first = [variable("EVSE", "Power", "22000"), variable("SecurityCtrlr", "BasicAuthPassword", "secret")];
    await box.send("NotifyReport", { ...report, seqNo: 0, tbc: true, reportData: first });
    await box.send("NotifyReport", {
      ...report,
      seqNo: 1,
      reportData: [variable("TxCtrlr", "StopTxOnInvalidId", "1")],
    });
    expect(await ask({ do: "variables" })).toEqual({
      ok: true,
      answer: { "EVSE.Power": "22000", "TxCtrlr.StopTxOnInvalidId": "1" },
    });
    expect(await ask({ do: "diagnostics", location: "nowhere" })).toMatchObject({ ok: false, code: "invalid" });
  });

  test("is no way to a password, nor to an address that is none", async () => {
    for (const key of ["AuthorizationKey", "SecurityCtrlr.BasicAuthPassword"])
      expect(ocppRequestSchema.safeParse({ do: "configure", key, value: "x" }).success).toBe(false);
    const secret = ["AuthorizationKey", "WifiPassword"].map((key) => ({ key, value: "secret", readonly: false }));
    await open(() => ({ configurationKey: [...secret, { key: "HeartbeatInterval", value: "60", readonly: false }] }));
    expect(await ask({ do: "configuration", keys: [] })).toEqual({ ok: true, answer: { HeartbeatInterval: "60" } });
    expect(await ask({ do: "diagnostics", location: "file:///etc" })).toMatchObject({ ok: false, code: "invalid" });
  });

  test(
    "of one that does not answer is said to be so, and the next question is asked",
    { timeout: 30_000 },
    async () => {
      await open(({ action }) =>
        action === "ClearCache" ? new Promise<Record<string, unknown>>(() => undefined) : { listVersion: 4 },
      );
      const [silent, next] = await Promise.all([ask({ do: "clear-cache" }), ask({ do: "local-list-version" })]);
      expect(silent).toMatchObject({ ok: false, code: "timeout", retry: true });
      expect(next).toEqual({ ok: true, answer: { version: 4 } });
    },
  );

  test("of one that is not connected is said to be so", async () => {
    bench = await openBench([station("P01", "CP-1")]);
    expect(await ask({ do: "clear-cache" })).toMatchObject({ ok: false, code: "offline", retry: true });
  });
});
