import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMs } from "../../../core/units/index.ts";
import {
  decodeCall,
  decodeConfiguration,
  decodeMeterValues,
  MESSAGE_BYTES_MAX,
  rateUnitOf,
  readDecimal,
  readFrame,
  readTimestamp,
  registerFrom,
  salvageCallId,
  stackLevelMaxOf,
  tooLargeFrame,
  type MeterSample,
} from "./index.ts";

const NOW = epochMs(Date.UTC(2026, 5, 1, 12, 0, 0));
const STAMP = "2026-06-01T11:59:50Z";
const ACTIONS = [
  "BootNotification",
  "Heartbeat",
  "StatusNotification",
  "Authorize",
  "StartTransaction",
  "StopTransaction",
  "MeterValues",
  "DataTransfer",
  "FirmwareStatusNotification",
  "Reset",
  "Nonsense",
];

function sample(...sampledValue: readonly unknown[]): MeterSample {
  const [first] = decodeMeterValues([{ timestamp: STAMP, sampledValue }], NOW);
  if (first === undefined) throw new Error("one entry gives one sample");
  return first;
}

describe("a number from a station", () => {
  test.each([
    ["12", 12],
    [" 12.5 ", 12.5],
    ["12,5", 12.5],
    ["1.234,5", 1234.5],
    ["1,234.5", 1234.5],
    ["-3", -3],
    ["1e3", 1000],
    [7.25, 7.25],
    [".5", 0.5],
    ["", null],
    [" ", null],
    ["twelve", null],
    ["12 A", null],
    ["0x10", null],
    ["Infinity", null],
    [Number.NaN, null],
    [null, null],
    [{}, null],
    [true, null],
    ["1".repeat(41), null],
  ])("%j is %j", (value, expected) => {
    expect(readDecimal(value)).toBe(expected);
  });
});

describe("a timestamp from a station", () => {
  test.each([
    ["2026-06-01T11:59:50Z", "ok", "2026-06-01T11:59:50.000Z"],
    ["2026-06-01T11:59:50.123Z", "ok", "2026-06-01T11:59:50.123Z"],
    ["2026-06-01T11:59:50.123456789Z", "ok", "2026-06-01T11:59:50.123Z"],
    ["2026-06-01T13:59:50+02:00", "ok", "2026-06-01T11:59:50.000Z"],
    ["2026-06-01T06:29:50-0530", "ok", "2026-06-01T11:59:50.000Z"],
    ["2026-06-01 11:59", "no-zone", "2026-06-01T11:59:00.000Z"],
    ["2026-06-01T11:59:50", "no-zone", "2026-06-01T11:59:50.000Z"],
    ["2026-06-01", "no-zone", "2026-06-01T00:00:00.000Z"],
    [1780315190, "ok", "2026-06-01T11:59:50.000Z"],
    [1780315190123, "ok", "2026-06-01T11:59:50.123Z"],
    ["2026-06-01T12:00:30Z", "ok", "2026-06-01T12:00:00.000Z"],
    ["2026-06-01T12:30:00Z", "future", "2026-06-01T12:00:00.000Z"],
    ["1970-01-01T00:00:09Z", "unset", "2026-06-01T12:00:00.000Z"],
    ["2026-02-30T00:00:00Z", "unreadable", "2026-06-01T12:00:00.000Z"],
    ["2026-13-01T00:00:00Z", "unreadable", "2026-06-01T12:00:00.000Z"],
    ["2026-06-01T25:00:00Z", "unreadable", "2026-06-01T12:00:00.000Z"],
    ["yesterday", "unreadable", "2026-06-01T12:00:00.000Z"],
    ["", "unreadable", "2026-06-01T12:00:00.000Z"],
    [undefined, "unreadable", "2026-06-01T12:00:00.000Z"],
  ])("%j is %s", (text, clock, at) => {
    const time = readTimestamp(text, NOW);
    expect([time.clock, new Date(time.at_ms).toISOString()]).toEqual([clock, at]);
  });

  test("that cannot be right still tells one message from another", () => {
    expect(readTimestamp("1970-01-01T00:00:09Z", NOW).stated_ms).toBe(9000);
    expect(readTimestamp("soon", NOW).stated_ms).toBeNull();
  });

  test("never lies after its receipt", () => {
    fc.assert(fc.property(fc.anything(), (value) => readTimestamp(value, NOW).at_ms <= NOW));
  });
});

describe("meter values", () => {
  test("without measurand and unit are the import register in Wh", () => {
    expect(sample({ value: "12345" })).toMatchObject({
      register_Wh: 12_345,
      at_ms: Date.UTC(2026, 5, 1, 11, 59, 50),
      clock: "ok",
    });
  });

  test.each([
    [{ value: "12.3456", unit: "kWh" }, 12_345],
    [{ value: "12.345", unit: "kWh" }, 12_345],
    [{ value: 12345.9 }, 12_345],
    [{ value: "12345,9", unit: "Wh" }, 12_345],
    [{ value: "" }, null],
    [{ value: "-1" }, null],
    [{ value: "5", unit: "A" }, null],
    [{ value: "1e300" }, null],
    [{ value: "5", format: "SignedData" }, null],
    [{ value: "5", measurand: "Energy.Active.Import.Interval" }, null],
    [{ value: "5", measurand: "Energy.Active.Export.Register" }, null],
  ])("with %j read as register %j", (value, register) => {
    expect(sample(value).register_Wh).toBe(register);
  });

  test("mix kW, W, A, Amp and mA from sample to sample", () => {
    const got = sample(
      { value: "7.36", measurand: "Power.Active.Import", unit: "kW" },
      { value: "16", measurand: "Current.Import", unit: "Amp", phase: "L1" },
      { value: "15,9", measurand: "Current.Import", phase: "L2-N" },
      { value: 16_100, measurand: "Current.Import", unit: "mA", phase: "L3" },
      { value: "230.1", measurand: "Voltage", phase: "L1-N", unit: "V" },
      { value: "32", measurand: "Current.Offered" },
    );
    expect(got).toMatchObject({
      power_W: 7360,
      current_mA: [16_000, 15_900, 16_100],
      voltage_mV: [230_100, null, null],
      offered_mA: 32_000,
    });
  });

  test("with power or energy per phase only are summed, unless one of the phases is blank", () => {
    const per = (measurand: string, values: readonly unknown[]): MeterSample =>
      sample(...values.map((value, index) => ({ value, measurand, phase: `L${String(index + 1)}` })));
    expect(per("Power.Active.Import", ["1000", "2000", "3000"]).power_W).toBe(6000);
    expect(per("Power.Active.Import", ["1000", " ", "3000"]).power_W).toBeNull();
    expect(per("Energy.Active.Import.Register", [1, 2, 3]).register_Wh).toBe(6);
    expect(per("Energy.Active.Import.Register", [1, "", 3]).register_Wh).toBeNull();
  });

  test("with a total and phases use the total", () => {
    expect(
      sample(
        { value: "1", measurand: "Power.Active.Import", phase: "L1" },
        { value: "5", measurand: "Power.Active.Import" },
      ).power_W,
    ).toBe(5);
  });

  test("with a current that names no phase keep it apart", () => {
    expect(sample({ value: "8", measurand: "Current.Import" })).toMatchObject({
      current_mA: [null, null, null],
      unphased_mA: 8000,
    });
  });

  test("with voltages for all phases, for N or from line to line give voltages to neutral", () => {
    expect(sample({ value: "231", measurand: "Voltage" }).voltage_mV).toEqual([231_000, 231_000, 231_000]);
    expect(sample({ value: "231", measurand: "Voltage", phase: "N" }).voltage_mV).toEqual([231_000, 231_000, 231_000]);
    expect(sample({ value: "400", measurand: "Voltage", phase: "L1-L2" }).voltage_mV).toEqual([230_940, null, null]);
  });

  test("of the outlet count before those of the inlet", () => {
    const inlet = { value: "99", measurand: "Power.Active.Import", location: "Inlet" };
    const outlet = { value: "11", measurand: "Power.Active.Import" };
    expect(sample(inlet, outlet).power_W).toBe(11);
    expect(sample(outlet, inlet).power_W).toBe(11);
  });

  test("with export give a negative power", () => {
    expect(sample({ value: "3", unit: "kW", measurand: "Power.Active.Export" }).power_W).toBe(-3000);
  });

  test("as a lone object, with blanks or garbage among them are still read", () => {
    expect(decodeMeterValues({ timestamp: STAMP, sampledValue: { value: "5" } }, NOW)[0]?.register_Wh).toBe(5);
    expect(
      decodeMeterValues([null, 5, "x", { timestamp: STAMP }, { sampledValue: [null, { value: "6" }] }], NOW).map(
        (one) => one.register_Wh,
      ),
    ).toEqual([null, 6]);
  });
});

describe("a message", () => {
  test("with floats, numbers as text and missing options is mended", () => {
    expect(
      decodeCall(
        "StartTransaction",
        { connectorId: "1", idTag: 12345, meterStart: "1000.7", timestamp: "2026-06-01 10:00" },
        NOW,
      ),
    ).toEqual({
      kind: "message",
      message: {
        action: "StartTransaction",
        connectorId: 1,
        idToken: "12345",
        meterStart_Wh: 1000,
        time: { at_ms: Date.UTC(2026, 5, 1, 10), stated_ms: Date.UTC(2026, 5, 1, 10), clock: "no-zone" },
      },
    });
    expect(decodeCall("StopTransaction", { transactionId: "7", meterStop: 5.5, reason: "Tired" }, NOW)).toMatchObject({
      message: { transactionId: 7, meterStop_Wh: 5, reason: "Other" },
    });
    expect(decodeCall("StopTransaction", { transactionId: 7 }, NOW)).toMatchObject({
      message: { meterStop_Wh: null, reason: "Local", samples: [] },
    });
    for (const transactionId of [undefined, null, "", "seven", 1.5])
      expect(decodeCall("StopTransaction", { transactionId, meterStop: 5 }, NOW)).toMatchObject({
        message: { transactionId: -1, meterStop_Wh: 5 },
      });
    expect(decodeCall("StatusNotification", { connectorId: 1, status: "charging" }, NOW)).toMatchObject({
      message: { status: "Charging", errorCode: null },
    });
    expect(decodeCall("MeterValues", { connectorId: 1, transactionId: -1, meterValue: [] }, NOW)).toMatchObject({
      message: { transactionId: null },
    });
  });

  test.each([
    ["Authorize", {}, "OccurrenceConstraintViolation"],
    ["Authorize", { idTag: [] }, "TypeConstraintViolation"],
    ["Authorize", [], "FormationViolation"],
    ["StartTransaction", { idTag: "x" }, "OccurrenceConstraintViolation"],
    ["StartTransaction", { connectorId: 1, idTag: {} }, "TypeConstraintViolation"],
    ["MeterValues", { connectorId: 1 }, "OccurrenceConstraintViolation"],
    ["StatusNotification", { connectorId: 1, status: "Occupied" }, "PropertyConstraintViolation"],
    ["DataTransfer", {}, "OccurrenceConstraintViolation"],
    ["GetConfiguration", {}, "NotSupported"],
    ["constructor", {}, "NotImplemented"],
  ])("%s with %j is refused as %s", (action, payload, code) => {
    expect(decodeCall(action, payload, NOW)).toMatchObject({ kind: "refused", code });
  });

  test("of any kind with any content is answered with a decision, never an exception", () => {
    const loose = fc.record(
      {
        connectorId: fc.jsonValue(),
        idTag: fc.jsonValue(),
        meterStart: fc.jsonValue(),
        meterStop: fc.jsonValue(),
        timestamp: fc.jsonValue(),
        status: fc.jsonValue(),
        transactionId: fc.jsonValue(),
        transactionData: fc.jsonValue(),
        meterValue: fc.oneof(
          fc.jsonValue(),
          fc.array(
            fc.record(
              {
                timestamp: fc.jsonValue(),
                sampledValue: fc.oneof(
                  fc.jsonValue(),
                  fc.array(
                    fc.record(
                      {
                        value: fc.oneof(fc.jsonValue(), fc.double()),
                        unit: fc.constantFrom("Wh", "kWh", "A", 5, null),
                        measurand: fc.constantFrom("Voltage", "Current.Import", "__proto__", 7),
                        phase: fc.constantFrom("L1", "N", "constructor", null),
                      },
                      { requiredKeys: [] },
                    ),
                  ),
                ),
              },
              { requiredKeys: [] },
            ),
          ),
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(...ACTIONS), fc.string()),
        fc.oneof(fc.jsonValue(), loose, fc.anything()),
        (action, payload) => {
          expect(["message", "refused"]).toContain(decodeCall(action, payload, NOW).kind);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("a frame", () => {
  test("in proper form goes through as it is", () => {
    const text = '[2,"1","Heartbeat",{}]';
    expect(readFrame(text)).toEqual({ kind: "message", text });
  });

  test.each([
    ['[2,5,"Heartbeat",{}]', '[2,"5","Heartbeat",{}]'],
    ['[2,"5","Heartbeat"]', '[2,"5","Heartbeat",{}]'],
    ['[2,"5","Heartbeat",null]', '[2,"5","Heartbeat",{}]'],
    ['[2,"5","Heartbeat",[]]', '[2,"5","Heartbeat",{}]'],
    ["[3,5,{}]", '[3,"5",{}]'],
    ['\uFEFF[2,"5","Heartbeat",{}]', '[2,"5","Heartbeat",{}]'],
    ['[2,"5","Heartbeat",{}]\r\n\0', '[2,"5","Heartbeat",{}]'],
  ])("%s is mended", (sent, text) => {
    expect(readFrame(sent)).toEqual({ kind: "message", text });
  });

  test("that is too large is answered when its id can be found", () => {
    const frame = tooLargeFrame('[2, "abc", "DataTransfer", ');
    expect(frame.kind === "bad" ? [frame.reason, frame.reply?.slice(0, 31)] : null).toEqual([
      "too-large",
      '[4,"abc","FormationViolation","',
    ]);
    expect(tooLargeFrame("x".repeat(MESSAGE_BYTES_MAX))).toMatchObject({ reply: null });
    expect(salvageCallId('[3,"abc",')).toBeNull();
  });

  test("of any text is a message or a bad frame, never an exception", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.array(fc.jsonValue()).map((list) => JSON.stringify([2, ...list])),
        ),
        (text) => {
          expect(["message", "bad"]).toContain(readFrame(text).kind);
        },
      ),
    );
  });
});

describe("a configuration", () => {
  test("may be partial or nonsense", () => {
    const read = decodeConfiguration({
      configurationKey: [
        { key: "A", value: "1" },
        { key: "B" },
        { key: "C", value: 3, readonly: "x" },
        { value: "4" },
        null,
        { key: "D", value: true },
      ],
    });
    expect(Object.fromEntries(read)).toEqual({ A: "1", C: "3", D: "true" });
    for (const nonsense of [null, 5, [], { configurationKey: "x" }, { unknownKey: ["A"] }])
      expect(decodeConfiguration(nonsense).size).toBe(0);
  });

  test.each([
    ["Current", "A"],
    ["Power", "W"],
    ["Current,Power", "A"],
    ["A", "A"],
    ["W", "W"],
    ["power;", "W"],
    ["", null],
    ["Bananas", null],
  ])("with rate unit %j means %j", (value, unit) => {
    expect(rateUnitOf(new Map([["ChargingScheduleAllowedChargingRateUnit", value]]))).toBe(unit);
  });

  test("tells the highest stack level, or nothing", () => {
    expect(stackLevelMaxOf(new Map([["ChargeProfileMaxStackLevel", "8"]]))).toBe(8);
    expect(stackLevelMaxOf(new Map([["ChargeProfileMaxStackLevel", "many"]]))).toBeNull();
    expect(stackLevelMaxOf(new Map())).toBeNull();
  });
});

test("a register is whole watt-hours the meter has shown in full", () => {
  expect([registerFrom(1.9999), registerFrom(4.35 * 1000), registerFrom(-0.1), registerFrom(null)]).toEqual([
    1,
    4350,
    null,
    null,
  ]);
});
