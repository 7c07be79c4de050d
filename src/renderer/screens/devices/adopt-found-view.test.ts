import { expect, test } from "vitest";
import type { ProfileFacts } from "../../../contract/index.ts";
import { adoptProblems, adoptRequest, currentsOf, NO_CIRCUIT, profilesFor } from "./adopt-found-view.ts";
import type { Find } from "./scan-state.ts";

const profile = (id: string, more: Partial<ProfileFacts> = {}): ProfileFacts => ({
  id,
  kind: "charger",
  vendor: "V",
  models: [],
  evidence: "multi",
  usual: { line: null, tcpPort: 502, udpPort: null, httpPort: null, group: null, unitId: 1, sockets: 1 },
  wires: ["modbus-tcp"],
  max_mA: 32_000,
  fallback_mA: 6_000,
  ...more,
});
const find: Find = {
  at: { kind: "modbus-tcp", host: "192.0.2.1", port: 502, unitId: 1 },
  profileId: null,
  candidates: ["b", "c"],
  model: null,
  serial: null,
};
const form = {
  id: "P07",
  name: " Bay 7 ",
  circuitId: "main",
  phases: 3,
  rotation: "L1L2L3",
  max_A: 16,
  fallback_A: 6,
} as const;
const nobody = { user: "", password: "" };

test("a person chooses among what the scan thinks, or else among all that can answer there", () => {
  const all = [profile("a"), profile("b"), profile("c"), profile("d", { wires: ["http"] })];
  const ids = (one: Find): string[] => profilesFor(one, all).map(({ id }) => id);
  expect(ids(find)).toEqual(["b", "c"]);
  expect(ids({ ...find, profileId: "c" })).toEqual(["c"]);
  expect(ids({ ...find, candidates: [] })).toEqual(["a", "b", "c"]);
});

test("the form begins with what usual wiring carries, and a box that keeps its last limit counts with all of it", () => {
  expect(currentsOf(profile("a"))).toEqual({ max_A: 16, fallback_A: 6 });
  expect(currentsOf(profile("a", { fallback_mA: 32_000 }))).toEqual({ max_A: 16, fallback_A: 16 });
  expect(currentsOf(profile("a", { max_mA: 10_000 }))).toEqual({ max_A: 10, fallback_A: 6 });
  expect(currentsOf(profile("a", { max_mA: null, fallback_mA: null }))).toEqual({ max_A: 16, fallback_A: 16 });
});

test("a charger is sent with its currents, a meter with what it measures, a login only where it is asked for", () => {
  expect(adoptRequest(find, profile("b"), form, nobody)).toEqual({
    at: find.at,
    profileId: "b",
    as: {
      kind: "station",
      id: "P07",
      name: "Bay 7",
      circuitId: "main",
      phases: 3,
      rotation: "L1L2L3",
      max_mA: 16_000,
      fallback_mA: 6_000,
    },
  });
  const meter = profile("m", { kind: "meter" });
  expect(adoptRequest(find, meter, { ...form, circuitId: NO_CIRCUIT }, { user: "me", password: "x" })).toMatchObject({
    as: { kind: "meter", id: "P07", name: "Bay 7", circuitId: null },
  });
  const web: Find = { ...find, at: { kind: "http", host: "192.0.2.1", port: 80 } };
  expect(adoptRequest(web, meter, form, { user: "me", password: "x" }).login).toEqual({ user: "me", password: "x" });
  expect(adoptRequest(web, meter, form, nobody).login).toBeUndefined();
});

test("what does not fit is read from the answer, whatever the answer is", () => {
  expect(adoptProblems({ problems: [{ field: "id", expected: "another" }, null, { field: 3 }] })).toEqual([
    { field: "id", expected: "another" },
  ]);
  for (const data of [null, undefined, "no", {}, { problems: 3 }]) expect(adoptProblems(data)).toEqual([]);
});
