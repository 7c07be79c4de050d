import { describe, expect, test } from "vitest";
import type { BoxSetting } from "../../../contract/index.ts";
import {
  askedAbout,
  askedName,
  beginsAt,
  cardMistake,
  certificateMistake,
  changeRequest,
  firmwareReports,
  freeNumber,
  isOtherWay,
  knownWord,
  locationMistake,
  messageMistake,
  periodOf,
  reservedUntil,
  saysMore,
  settingRows,
  signedMistake,
  triesOf,
  uploadReports,
  valueMistake,
} from "./ocpp-box-view.ts";

const ADDRESS = {
  component: "EVSE",
  componentInstance: null,
  evse: 1,
  connector: null,
  variable: "Power",
  variableInstance: null,
};
const setting = (patch: Partial<BoxSetting> = {}): BoxSetting => ({
  name: "HeartbeatInterval",
  value: "300",
  readOnly: false,
  setBySite: false,
  address: null,
  unit: null,
  type: null,
  lowest: null,
  highest: null,
  choices: [],
  ...patch,
});
const HOUR = 3_600_000;

describe("the settings of a box", () => {
  const all = [
    setting({ name: "TimeZone", value: "Europe/Berlin" }),
    setting({ name: "NumberOfConnectors", value: "1", readOnly: true }),
    setting({ name: "HeartbeatInterval", value: null }),
  ];
  const names = (search: string, onlyWritable = false): string[] =>
    settingRows(all, search, onlyWritable).map(({ name }) => name);

  test("stand by name and are found by any words of name or value", () => {
    expect(names("")).toEqual(["HeartbeatInterval", "NumberOfConnectors", "TimeZone"]);
    expect(names("berlin zone")).toEqual(["TimeZone"]);
    expect(names("nothing like it")).toEqual([]);
    expect(names(" ", true)).toEqual(["HeartbeatInterval", "TimeZone"]);
  });

  test.each<[string, Partial<BoxSetting>, string, string | null]>([
    ["the same value", {}, "300", "same"],
    ["the same nothing", { value: null }, "", "same"],
    ["a line break", {}, "1\n2", "characters"],
    ["too much for OCPP 1.6", {}, "x".repeat(501), "long"],
    ["as much for 2.0.1", { address: ADDRESS }, "x".repeat(501), null],
    ["too much for 2.0.1", { address: ADDRESS }, "x".repeat(2501), "long"],
    ["no number", { type: "integer" }, "many", "number"],
    ["half a whole number", { type: "integer" }, "1.5", "whole"],
    ["less than it takes", { type: "decimal", lowest: 2 }, "1.9", "low"],
    ["more than it takes", { type: "integer", highest: 10 }, "11", "high"],
    ["no flag", { type: "boolean" }, "yes", "flag"],
    ["none of its choices", { type: "OptionList", choices: ["A", "W"] }, "V", "choice"],
    ["one of its choices", { type: "OptionList", choices: ["A", "W"] }, "W", null],
    ["several of a list", { type: "MemberList", choices: ["A", "W"] }, "A,W", null],
    ["anything of 1.6, whose types are not told", {}, "61 or so", null],
    ["nothing at all", {}, "", null],
  ])("a new value that is %s", (_what, patch, value, mistake) => {
    expect(valueMistake(setting(patch), value)).toBe(mistake);
  });

  test("are changed by key in 1.6 and by address in 2.0.1", () => {
    expect(changeRequest(setting(), "60")).toEqual({ do: "configure", key: "HeartbeatInterval", value: "60" });
    expect(changeRequest(setting({ address: ADDRESS }), "7")).toEqual({
      do: "set-variable",
      address: ADDRESS,
      value: "7",
    });
  });
});

describe("what is typed", () => {
  test.each([
    ["", "required"],
    ["  ", "required"],
    ["somewhere", "address"],
    ["file:///etc/passwd", "scheme"],
    ["javascript:alert(1)", "scheme"],
    [`ftp://a/${"x".repeat(512)}`, "long"],
    [" ftp://user:pass@192.0.2.1/logs ", null],
    ["https://example.org/fw.bin", null],
  ])("as an address of files: %s", (text, mistake) => {
    expect(locationMistake(text)).toBe(mistake);
  });

  test("as an address of a way that the box does not have is told, where it said its ways", () => {
    expect(isOtherWay("https://example.org/x", "FTP,HTTP")).toBe(true);
    expect(isOtherWay("ftp://example.org/x", "ftp, http")).toBe(false);
    expect(isOtherWay("https://example.org/x", null)).toBe(false);
    expect(isOtherWay("nothing", "FTP")).toBe(false);
  });

  test.each([
    ["", "required"],
    ["hello", "form"],
    ["-----BEGIN CERTIFICATE-----", "form"],
    ["-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----", "key"],
    [`-----BEGIN CERTIFICATE-----\n${"x".repeat(5500)}\n-----END CERTIFICATE-----`, "long"],
    ["-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", null],
  ])("as a certificate: %s", (text, mistake) => {
    expect(certificateMistake(text)).toBe(mistake);
  });

  test("as a card, as hours, as tries", () => {
    expect([cardMistake(" "), cardMistake("x".repeat(21)), cardMistake(" CARD1 ")]).toEqual(["required", "long", null]);
    expect([reservedUntil(2, 1000), reservedUntil(0, 0), reservedUntil(169, 0), reservedUntil("", 0)]).toEqual([
      1000 + 2 * HOUR,
      null,
      null,
      null,
    ]);
    expect([beginsAt(0, 7), beginsAt(-1, 7), beginsAt(721, 7), beginsAt("soon", 7)]).toEqual([7, null, null, null]);
    expect([triesOf(""), triesOf(3), triesOf(1.5), triesOf(21), triesOf(-1)]).toEqual([
      {},
      { retries: 3 },
      null,
      null,
      null,
    ]);
    expect(periodOf("all", 5 * HOUR)).toEqual({});
    expect(periodOf("hour", 5 * HOUR)).toEqual({ from_ms: 4 * HOUR, until_ms: 5 * HOUR });
    expect(periodOf("week", HOUR)).toEqual({ from_ms: 0, until_ms: HOUR });
  });
});

test.each([
  [
    { vendorId: " ", messageId: "", data: "" },
    { field: "vendorId", what: "required" },
  ],
  [
    { vendorId: "v", messageId: "x".repeat(51), data: "" },
    { field: "messageId", what: "long" },
  ],
  [
    { vendorId: "v", messageId: "", data: "x".repeat(10_001) },
    { field: "data", what: "long" },
  ],
  [{ vendorId: "v", messageId: "", data: "" }, null],
])("a message of the maker's own that cannot be sent is said to be so: %#", (message, mistake) => {
  expect(messageMistake(message)).toEqual(mistake);
});

test("signed firmware comes with certificate and signature, or with neither", () => {
  const certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
  expect(signedMistake({ certificate: "", signature: " " })).toBeNull();
  expect(signedMistake({ certificate, signature: "c2ln\nbmF0dXJl" })).toBeNull();
  expect(signedMistake({ certificate, signature: "" })).toBe("signature");
  expect(signedMistake({ certificate, signature: "no base64!" })).toBe("signature");
  expect(signedMistake({ certificate, signature: "A".repeat(801) })).toBe("signature");
  expect(signedMistake({ certificate: "", signature: "c2ln" })).toBe("required");
  expect(signedMistake({ certificate: "x", signature: "c2ln" })).toBe("form");
});

test("a new reservation has a number that none has", () => {
  const one = (reservationId: number) => ({ reservationId, idToken: "A", until_ms: 1 });
  expect(freeNumber([], 5_000)).toBe(5);
  expect(freeNumber([one(5), one(6)], 5_999)).toBe(7);
});

test.each([
  [
    { key: "TimeZone", value: "UTC" },
    { kind: "setting", name: "TimeZone", value: "UTC" },
  ],
  [{ key: "WifiPassword" }, { kind: "setting", name: "WifiPassword", value: null }],
  [
    { reservationId: 7, idToken: "A", until_ms: 5 },
    { kind: "card", card: "A", until_ms: 5 },
  ],
  [
    { version: 3, cards: 12 },
    { kind: "list", cards: 12, version: 3 },
  ],
  [{ location: "ftp://…@host/" }, { kind: "text", text: "ftp://…@host/" }],
  [{}, { kind: "text", text: "" }],
])("what was asked for is told by what it is: %j", (about, told) => {
  const request = { at_ms: 1, stationId: "P01", asked: "x", about, outcome: "ok" as const, words: "" };
  expect(askedAbout(request)).toEqual(told);
});

test("what a box tells is sorted by what it is about, and its words are ours where we have better ones", () => {
  const report = (name: string) => ({ at_ms: 1, name, status: null, about: null });
  const all = ["FirmwareStatusNotification", "LogStatusNotification", "SecurityEventNotification"].map(report);
  expect(firmwareReports(all)).toEqual([all[0]]);
  expect(uploadReports(all)).toEqual([all[1]]);
  expect([knownWord("Uploaded"), knownWord("toString"), knownWord("Wednesday")]).toEqual(["Uploaded", null, null]);
  expect(["Occupied", "Rejected", "Accepted", ""].map(saysMore)).toEqual([true, false, false, false]);
  expect([askedName("reserve"), askedName("explode")]).toEqual(["reserve", null]);
});
