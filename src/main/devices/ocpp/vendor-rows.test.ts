import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { behaviourFor, NO_ROWS, parseVendorRows, readVendorRows } from "./vendor-rows.ts";

const FILE = fileURLToPath(new URL("../../../../resources/devices/ocpp-vendors.yaml", import.meta.url));
const read = readVendorRows(FILE);
const rows = read.ok ? read.rows : NO_ROWS;
const SOURCE = readFileSync(FILE, "utf8");

const box = (vendor: string, model = "X", firmware = "1.0") =>
  behaviourFor(rows, { vendor, model, serial: null, firmware });

describe("the vendor rows that are shipped", () => {
  test("can be read and are eighteen", () => {
    expect(read).toMatchObject({ ok: true });
    expect(rows.vendors).toHaveLength(18);
  });

  test("leave a box of no known maker at the defaults", () => {
    expect(box("Example Works")).toMatchObject({
      rowId: null,
      start: "autostart",
      meter_interval_s: 10,
      profile: { kind: "Absolute", stack_level: "max", rate_unit: "auto" },
    });
    expect(behaviourFor(rows, { vendor: null, model: null, serial: null, firmware: null }).rowId).toBeNull();
  });

  test.each([
    ["ABB", "Terra AC", "1.6.6", "abb-terra-ac", { profile: { stack_level: 0, kind: "Absolute" } }],
    ["Easee", "Charge", "330", "easee", { start: "remote", meter_interval_s: 30, firmwareHint: null }],
    ["EN+", "Caro", "1", "enplus", { change_availability: false }],
    ["Wall Box Chargers", "PLP1", "5.17", "wallbox-fw5", { start: "remote", profile: { stack_level: 0 } }],
    ["Wallbox", "PLP1", "6.5.1", "wallbox-fw6", { start: "autostart", profile: { kind: "Relative" } }],
    ["Wallbox", "PLP1", "7.0", null, {}],
    ["Huawei", "SCharger", "1", "huawei-scharger", { profile: { rate_unit: "W", stack_level: "max" } }],
    ["MENNEKES", "AMTRON 4You 500", "1", "mennekes-4you", { connect_timeout_s: 900 }],
    ["MENNEKES", "Smart 22", "1", "mennekes-acu", { meter_interval_s: 60 }],
    ["go-e", "Gemini", "1", "go-e", { composite_schedule: false, profile: { rate_unit: "A" } }],
    ["Alfen BV", "NG910", "6", "alfen", { keys: { plug_and_charge: "PlugAndChargeIdentifier" } }],
  ])("know %s %s %s as %s", (vendor, model, firmware, rowId, behaviour) => {
    expect(box(vendor, model, firmware)).toMatchObject({ rowId, ...behaviour });
  });

  test("keep a maker's unusable measurands out of the list", () => {
    expect(box("EVBox").measurands).not.toContain("Power.Offered");
    expect(box("EVBox").measurands).toContain("Energy.Active.Import.Register");
  });

  test.each([
    ["V1.50.02", "firmware V1.51 or newer is needed"],
    ["V1.51", null],
    ["V2.0", null],
    ["unknown", null],
  ])("compare firmware %s with what the row needs", (firmware, hint) => {
    expect(box("Autel", "MaxiCharger", firmware).firmwareHint).toBe(hint);
  });
});

describe("a file of vendor rows", () => {
  test.each([
    ["a field nobody knows", SOURCE.replace("start: remote", "strat: remote")],
    ["an expression that is none", SOURCE.replace("vendor: easee", 'vendor: "(easee"')],
    ["the same id twice", SOURCE.replace("id: easee", "id: alfen")],
    ["no YAML", "a: [1, 2"],
    ["another document", "schema: 1"],
    ["nothing", ""],
  ])("with %s is refused in words", (_name, source) => {
    const parsed = parseVendorRows(source);
    expect(parsed).toMatchObject({ ok: false });
    expect(parsed.ok ? "" : parsed.problem).not.toBe("");
  });

  test.each([
    ["start: remote", "strat: remote", "vendors.1.strat", "no field of this name here: strat"],
    ["meter_interval_s: 30", "meter_interval_s: soon", "vendors.2.meter_interval_s", "expected number"],
    [
      "rate_unit: W }",
      "rate_unit: W, number_phases: 3 }",
      "vendors.5.profile.number_phases",
      "no field of this name here",
    ],
    ["  ws_ping_s: 30", "  ws_pong_s: 30", "defaults.ws_pong_s", "no field of this name here"],
  ])("where %s became %s is told by line and field", (right, wrong, field, words) => {
    const source = SOURCE.replace(right, wrong);
    const line = source.slice(0, source.indexOf(wrong)).split("\n").length;
    const parsed = parseVendorRows(source, "rows.yaml");
    const problem = parsed.ok ? "" : parsed.problem;
    expect(problem).toContain(`rows.yaml:${String(line)}: `);
    expect(problem).toContain(field);
    expect(problem).toContain(words);
  });

  test("has every field of the rows used somewhere, so that none is read and dropped", () => {
    const folder = fileURLToPath(new URL(".", import.meta.url));
    const code = globSync("*.ts", { cwd: folder })
      .filter((file) => !file.endsWith(".test.ts") && file !== "vendor-rows.ts")
      .map((file) => readFileSync(folder + file, "utf8"))
      .join("\n");
    const { profile, keys, ...own } = NO_ROWS.defaults;
    const names = [...Object.keys(own), ...Object.keys(profile), ...Object.keys(keys)];
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`, "u").test(code))).toEqual([]);
  });

  test("that is not there is said to be missing", () => {
    expect(readVendorRows("/nowhere/rows.yaml")).toEqual({ ok: false, problem: "/nowhere/rows.yaml is not there" });
  });
});
