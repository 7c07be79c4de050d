import { createServer } from "node:http";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { createHttpHost, httpStation } from "../../../src/main/devices/http/index.ts";
import type { StationTalk } from "../../../src/main/devices/network/station-talk.ts";
import { createHttpPeer } from "../../../src/main/links/http-peer.ts";
import { milliamp } from "../../../src/core/units/index.ts";
import { clockOf } from "../modbus/bench.ts";
import { profileWith } from "./bench.ts";

// Boxes written from their makers' documents, without anything of our own.

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

type Answer = { readonly status?: number; readonly text: string };

async function talkTo(profileId: string, answer: (path: string) => Answer): Promise<StationTalk> {
  const server = createServer((request, response) => {
    const { status = 200, text } = answer(request.url ?? "");
    response.writeHead(status, { "Content-Type": "text/html" }).end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const peer = createHttpPeer({ host: "127.0.0.1", port, keepAlive: true, timeout_ms: 5_000 });
  ends.push(() => {
    peer.close();
    server.closeAllConnections();
    server.close();
  });
  return httpStation({ profile: profileWith(profileId, "http"), host: createHttpHost(peer, clockOf(1)), unitId: 1 });
}

/** EVSE-WiFi: `getParameters`, `setCurrent`; newer firmware shows and takes hundredths of an ampere. */
function evseWifi(isFine: boolean): { readonly answer: (path: string) => Answer; readonly held_cA: () => number } {
  let held_cA = 1_600;
  const [least, most, unit] = isFine ? [600, 3_200, 1] : [6, 32, 100];
  const answer = (path: string): Answer => {
    const asked = /^\/setCurrent\?current=(\d+)$/u.exec(path)?.[1];
    if (asked !== undefined) {
      if (Number(asked) < least || Number(asked) > most) return { text: "E1_could not set current" };
      held_cA = Number(asked) * unit;
      return { text: "S0_set current to given value" };
    }
    if (path.startsWith("/setStatus")) return { text: "S0_EVSE activated" };
    const fine = isFine ? { actualCurrentMA: held_cA } : {};
    const shown = { vehicleState: 3, evseState: true, actualCurrent: Math.trunc(held_cA / 100), ...fine };
    return { text: JSON.stringify({ type: "parameters", list: [shown] }) };
  };
  return { answer, held_cA: () => held_cA };
}

test.each([
  ["hundredths of an ampere", true],
  ["whole amperes", false],
])("a box whose firmware counts in %s is told 10 A in its own numbers", async (_, isFine) => {
  const box = evseWifi(isFine);
  const talk = await talkTo("evse-wifi", box.answer);
  expect(await talk.read(true)).toMatchObject({ kind: "values" });
  expect(await talk.limits?.tell(milliamp(10_000), true)).toBeNull();
  expect(box.held_cA()).toBe(1_000);
});

const STATUS = JSON.stringify({ car: 2, amp: 16, alw: true, eto: 1_234_567, nrg: [231, 229, 230] });

test.each([
  ["an error told as JSON", '{"error":"busy"}'],
  ["nothing but nulls", '{"car":null,"amp":null,"nrg":null}'],
  ["an empty object", "{}"],
  ["a list", "[1,2]"],
  ["a number", "5"],
  ["null", "null"],
  ["a page", "<html><body>Login</body></html>"],
  ["a number that JSON does not have", STATUS.replace("231", "NaN")],
  ["half an answer", STATUS.slice(0, -4)],
])("%s with status 200 is no answer of this box", async (_, text) => {
  const talk = await talkTo("goe-http", () => ({ text }));
  expect(await talk.read(true)).toMatchObject({ kind: "missed" });
});

test("an answer with a mark of its byte order is read", async () => {
  const talk = await talkTo("goe-http", () => ({ text: `\ufeff${STATUS}` }));
  const outcome = await talk.read(true);
  expect(outcome.kind === "values" ? outcome.values.get("energy_import") : outcome).toBe(1_234_567);
});

test("values of a wrong kind are none, and the others are read", async () => {
  const odd = { car: [2], amp: "16", alw: "x".repeat(10_000), eto: { a: 1 }, nrg: ["231", null, 310, 1] };
  const talk = await talkTo("goe-http", () => ({ text: JSON.stringify(odd) }));
  const outcome = await talk.read(true);
  const values = outcome.kind === "values" ? outcome.values : new Map();
  expect(values.get("current_limit")).toBe(16_000);
  expect(values.get("voltage_l1")).toBe(231_000);
  for (const what of ["state", "energy_import", "voltage_l2", "voltage_l3"])
    expect(values.get(what) ?? null).toBeNull();
  expect(outcome).toMatchObject({ values: { doubts: [{ what: "voltage_l3", code: "out-of-range", value: 310_000 }] } });
});
