import { describe, expect, test } from "vitest";
import { afterEvent, type Find, NOTHING_YET, percentDone, portsOf, siteFileLines } from "./scan-state.ts";

const find: Find = {
  at: { kind: "modbus-tcp", host: "10.0.0.7", port: 502, unitId: 3 },
  profileId: null,
  candidates: ["one", "two"],
  model: null,
  serial: null,
};

describe("a scan", () => {
  test("collects what was found and how far it is", () => {
    const state = [
      { kind: "progress", done: 1, total: 4 } as const,
      { kind: "found", find } as const,
      { kind: "progress", done: 3, total: 4 } as const,
    ].reduce(afterEvent, NOTHING_YET);
    expect(percentDone(state)).toBe(75);
    expect(state.finds).toEqual([find]);
  });

  test("knows no share before it knows the whole, and none above it", () => {
    expect(percentDone(NOTHING_YET)).toBeNull();
    expect(percentDone({ ...NOTHING_YET, done: 9, total: 8 })).toBe(100);
  });

  test("keeps the system's words when the port cannot be opened", () => {
    expect(afterEvent(NOTHING_YET, { kind: "failed", detail: "EACCES" }).failed).toBe("EACCES");
  });
});

test("what was found becomes lines for the site file that name the choice left to a person", () => {
  const lines = siteFileLines(find, "link-1");
  expect(lines).toContain("{ id: link-1, kind: modbus-tcp, host: 10.0.0.7, port: 502 }");
  expect(lines).toContain("profile: one, link: link-1, unitId: 3   # or two");
});

test("port numbers are read from whatever somebody writes; what is none is passed over", () => {
  expect(portsOf("502, 1502 502")).toEqual([502, 1502]);
  expect(portsOf("")).toEqual([]);
  expect(portsOf("0 70000 x")).toEqual([]);
});
