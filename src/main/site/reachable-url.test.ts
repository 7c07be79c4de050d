import { expect, test } from "vitest";
import { reachableUrl } from "./reachable-url.ts";

const lan = {
  lo: [{ address: "127.0.0.1", family: "IPv4" as const, internal: true }],
  eth0: [{ address: "192.0.2.7", family: "IPv4" as const, internal: false }],
};

test("a server on all addresses is shown at the machine's LAN address", () => {
  expect(reachableUrl("ws://0.0.0.0:8887/ocpp", lan)).toBe("ws://192.0.2.7:8887/ocpp");
});

test("without a LAN it is shown on loopback, and a chosen address stays as it is", () => {
  expect(reachableUrl("ws://0.0.0.0:8887/ocpp", { lo: lan.lo })).toBe("ws://127.0.0.1:8887/ocpp");
  expect(reachableUrl("ws://127.0.0.1:8887/ocpp", lan)).toBe("ws://127.0.0.1:8887/ocpp");
});
