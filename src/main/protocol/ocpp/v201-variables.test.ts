import { describe, expect, test } from "vitest";
import { decodeCall201, decodeKeys, reportedVariable, variablePath, wireAddress } from "./index.ts";
import { epochMs } from "../../../core/units/index.ts";

const POWER = {
  component: { name: "EVSE", instance: "left", evse: { id: 1, connectorId: 2 } },
  variable: { name: "Power", instance: "Max" },
  variableAttribute: [
    { type: "Target", value: "9" },
    { value: " 22000 ", mutability: "ReadOnly" },
  ],
  variableCharacteristics: { dataType: "decimal", unit: "W", minLimit: 0, maxLimit: "43000", valuesList: "a, b" },
};

describe("a variable of a 2.0.1 report", () => {
  test("is read with its place, its actual value and what may be written there", () => {
    const [read, ...more] = reportedVariable(POWER);
    expect(more).toEqual([]);
    expect(read).toEqual({
      address: {
        component: "EVSE",
        componentInstance: "left",
        evse: 1,
        connector: 2,
        variable: "Power",
        variableInstance: "Max",
      },
      value: "22000",
      mutability: "ReadOnly",
      unit: "W",
      type: "decimal",
      lowest: 0,
      highest: 43_000,
      choices: ["a", "b"],
    });
  });

  test("is named by all that tells it from others, and addressed so on the wire", () => {
    const [read] = reportedVariable(POWER);
    if (read === undefined) throw new Error("it is a variable");
    expect(variablePath(read.address)).toBe("EVSE[left]#1/2.Power[Max]");
    const { component, variable } = POWER;
    expect(wireAddress(read.address)).toEqual({ component, variable });
    const [plain] = reportedVariable({ component: { name: "TxCtrlr" }, variable: { name: "TxStartPoint" } });
    expect(plain && variablePath(plain.address)).toBe("TxCtrlr.TxStartPoint");
    expect(plain && wireAddress(plain.address)).toEqual({
      component: { name: "TxCtrlr" },
      variable: { name: "TxStartPoint" },
    });
    expect(plain).toMatchObject({ value: null, mutability: "ReadWrite", choices: [] });
  });

  test("that can only be written has no value, whatever the box tells", () => {
    const [read] = reportedVariable({ ...POWER, variableAttribute: [{ value: "secret", mutability: "WriteOnly" }] });
    expect(read).toMatchObject({ value: null, mutability: "WriteOnly" });
  });

  test.each<[string, unknown]>([
    ["nothing", null],
    ["a list", []],
    ["no component", { variable: { name: "x" } }],
    ["no name", { component: { name: "" }, variable: { name: "x" } }],
    ["a component that is a text", { component: "EVSE", variable: { name: "x" } }],
  ])("%s is none", (_what, entry) => {
    expect(reportedVariable(entry)).toEqual([]);
  });

  test("is cut where a box has no measure, and a report of nonsense is an empty one", () => {
    const long = "x".repeat(5000);
    const [read] = reportedVariable({
      component: { name: long, evse: { id: -1, connectorId: "two" } },
      variable: { name: long },
      variableAttribute: { value: long },
      variableCharacteristics: { valuesList: `${long},`.repeat(200), minLimit: "low" },
    });
    expect(read?.address.component).toHaveLength(50);
    expect(read?.value).toHaveLength(2500);
    expect(read?.choices.length).toBeLessThanOrEqual(100);
    expect(read).toMatchObject({ lowest: null, address: { evse: null, connector: null } });
    for (const reportData of [undefined, 5, "x", [null, 7, {}]])
      expect(decodeCall201("NotifyReport", { reportData }, epochMs(0))).toMatchObject({
        kind: "message",
        message: { entries: [] },
      });
  });
});

describe("keys of a 1.6 box", () => {
  test("are read once each, with what may be written", () => {
    expect(
      decodeKeys({
        configurationKey: [
          { key: "A", readonly: false, value: "1" },
          { key: "A", readonly: "true", value: 2 },
          { key: "B", readonly: true },
          { key: "C", value: true },
        ],
      }),
    ).toEqual([
      { name: "A", value: "2", readOnly: true },
      { name: "B", value: null, readOnly: true },
      { name: "C", value: "true", readOnly: false },
    ]);
  });

  test.each([[null], [5], [{}], [{ configurationKey: "x" }], [{ configurationKey: [null, 1, { value: "x" }] }]])(
    "of nonsense (%j) are none",
    (payload) => {
      expect(decodeKeys(payload)).toEqual([]);
    },
  );
});
