import fc from "fast-check";
import { expect, test } from "vitest";
import { fillRequest } from "./fill-request.ts";
import { valueAt } from "./json-path.ts";

test.each([
  ["nrg[2]", 3],
  ["list[0].vehicleState", "B"],
  ['meter.data["1-0:1.4.0"]', 42],
  ["nrg[9]", undefined],
  ["list.constructor", undefined],
  ["", undefined],
  ["a b[", undefined],
])("the path %s leads to %s", (path, value) => {
  const document = { nrg: [1, 2, 3], list: [{ vehicleState: "B" }], meter: { data: { "1-0:1.4.0": 42 } } };
  expect(valueAt(document, path)).toBe(value);
});

test("no document and no path makes the walk throw", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), (document, path) => {
      expect(() => valueAt(document, path)).not.toThrow();
    }),
  );
});

test("values are put into path, form and JSON, as numbers or as text", () => {
  const fillings = { amps: 13, connector: 2 };
  expect(fillRequest({ method: "GET", path: "/api/set?amp={amps}" }, "/api", fillings).path).toBe("/api/set?amp=13");
  expect(fillRequest({ method: "POST", path: "/boxes/{connector}/stop" }, "/api/v1", fillings)).toEqual({
    method: "POST",
    path: "/api/v1/boxes/2/stop",
    body: null,
  });
  const json = { state: "active", current: "{amps}", text: "{amps:text}", list: [{ also: "{amps}" }], keep: "{other}" };
  expect(fillRequest({ method: "PUT", path: "/secc", json }, "", fillings).body).toEqual({
    type: "application/json",
    text: '{"state":"active","current":13,"text":"13","list":[{"also":13}],"keep":"{other}"}',
  });
  expect(fillRequest({ method: "POST", path: "", form: { ampere: "{amps}" } }, "/x", fillings)).toEqual({
    method: "POST",
    path: "/x",
    body: { type: "application/x-www-form-urlencoded", text: "ampere=13" },
  });
});
