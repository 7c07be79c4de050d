import { describe, expect, test } from "vitest";
import type { DeviceSettings, ProfileFacts } from "../../../contract/index.ts";
import {
  conflictWhy,
  emptyForm,
  formMistakes,
  formOf,
  readingLines,
  saveInput,
  settingsFrom,
  wiresOf,
  withProfile,
  withWire,
} from "./device-form-view.ts";

const USUAL = { line: null, tcpPort: null, udpPort: null, httpPort: null, group: null, unitId: 1, sockets: 1 } as const;
const profile = (more: Partial<ProfileFacts>): ProfileFacts => ({
  id: "p",
  kind: "charger",
  vendor: "V",
  models: [],
  evidence: "multi",
  wires: ["modbus-tcp"],
  usual: USUAL,
  max_mA: 32_000,
  fallback_mA: 6_000,
  ...more,
});
const P1 = profile({
  id: "dsmr-p1",
  kind: "meter",
  wires: ["serial", "tcp-raw"],
  usual: { ...USUAL, tcpPort: 1502, line: { baud: 115_200, parity: "none", dataBits: 8, stopBits: 1 } },
});

describe("a profile that is chosen", () => {
  test("fills in what its document says is usual", () => {
    const form = withProfile(emptyForm("P01", "main"), P1);
    expect(form).toMatchObject({ kind: "meter", profileId: "dsmr-p1", wire: "serial", baud: 115_200 });
    expect(withWire(form, "tcp-raw", P1).port).toBe(1502);
    expect(wiresOf(P1)).toEqual(["serial", "tcp-raw"]);
  });

  test("proposes currents to a new charger and leaves those of one that was set", () => {
    const fresh = withProfile(emptyForm("P01", "main"), profile({ max_mA: 10_000, fallback_mA: 10_000 }));
    expect(fresh).toMatchObject({ max_A: 10, fallback_A: 10 });
    expect(withProfile({ ...fresh, max_A: 8, fallback_A: 0 }, profile({ id: "q" }))).toMatchObject({
      max_A: 8,
      fallback_A: 0,
    });
  });
});

const by = { kind: "profile", profileId: "p", unitId: 3, connector: 2, serial: null } as const;
const station = (place: Extract<DeviceSettings, { kind: "station" }>["by"]): DeviceSettings => ({
  kind: "station",
  id: "P01",
  name: "Bay 1",
  circuitId: "main",
  phases: 1,
  rotation: "L2",
  min_mA: 7_000,
  max_mA: 20_000,
  step_mA: 1_000,
  fallback_mA: 0,
  priority: 4,
  by: place,
});

test.each<DeviceSettings>([
  station({ kind: "ocpp", identity: "CP-1", connector: 2 }),
  station({ ...by, wire: { kind: "http", host: "192.0.2.1", port: 8080, user: "admin" } }),
  station({
    ...by,
    wire: { kind: "serial", path: "/dev/ttyUSB0", baud: 19_200, parity: "even", dataBits: 7, stopBits: 2 },
  }),
  {
    kind: "meter",
    id: "m1",
    name: "Main",
    circuitId: null,
    by: {
      ...by,
      serial: "1901234567",
      wire: { kind: "udp-multicast", group: "239.12.255.254", port: 9522, interface: null },
    },
  },
  {
    kind: "meter",
    id: "m2",
    name: "Heat",
    circuitId: "heat",
    by: { ...by, wire: { kind: "tcp-raw", host: "m", port: 23 } },
  },
])("what the site knows of $id by $by.kind is what an untouched form sends", (settings) => {
  expect(settingsFrom(formOf(settings))).toEqual(settings);
  expect(formMistakes(formOf(settings), [])).toEqual({});
});

test("a form says what is missing, and only of the wire that is chosen", () => {
  const form = { ...emptyForm("P01", "main"), min_A: "" };
  expect(formMistakes(form, ["P01"])).toEqual({
    id: "taken",
    profileId: "required",
    host: "required",
    min_A: "number",
  });
  expect(formMistakes({ ...form, wire: "serial", min_A: 6 }, [])).toEqual({ profileId: "required", path: "required" });
});

test("a password that was not typed is not sent", () => {
  const form = withWire({ ...emptyForm("P01", "main"), profileId: "p", host: "box" }, "http", undefined);
  expect(saveInput(form, "v")).not.toHaveProperty("password");
  expect(saveInput({ ...form, password: "x" }, "v")).toMatchObject({ version: "v", password: "x" });
});

test("readings are lines, and what is unknown is a dash", () => {
  expect(readingLines({ power_W: 5, current_mA: [1, null, 3], state: null })).toEqual([
    ["power_W", "5"],
    ["current_mA", "1 / — / 3"],
    ["state", "—"],
  ]);
  expect([conflictWhy({ why: "charging" }), conflictWhy({ why: "x" }), conflictWhy(null)]).toEqual([
    "charging",
    null,
    null,
  ]);
});
