import { expect, test } from "vitest";
import { failureOfError, wantsTls } from "./http-failure.ts";

test.each([
  ["ECONNREFUSED", "refused"],
  ["EHOSTUNREACH", "no-route"],
  ["ENETUNREACH", "no-route"],
  ["ENOTFOUND", "name-unknown"],
  ["EAI_AGAIN", "name-unknown"],
  ["ETIMEDOUT", "timeout"],
  ["ECONNRESET", "broken"],
  ["HPE_INVALID_CONSTANT", "broken"],
])("the system's %s is %s", (code, failure) => {
  expect(failureOfError(Object.assign(new Error("system"), { code }))).toBe(failure);
});

test("bytes of TLS where an HTTP answer should be are told apart from noise", () => {
  const error = (first: number): Error =>
    Object.assign(new Error("parse"), { code: "HPE_INVALID_CONSTANT", rawPacket: Uint8Array.of(first, 3, 1) });
  expect([error(0x15), error(0x16), error(0x41)].map(failureOfError)).toEqual(["tls", "tls", "broken"]);
});

test("an error without a code of the system is a broken connection", () => {
  expect([new Error("odd"), "odd", null].map(failureOfError)).toEqual(["broken", "broken", "broken"]);
});

test("only a redirect to HTTPS wants HTTPS", () => {
  expect(wantsTls(302, "https://box/")).toBe(true);
  expect([wantsTls(302, "/index.html"), wantsTls(200, "https://box/"), wantsTls(302, undefined)]).not.toContain(true);
});
