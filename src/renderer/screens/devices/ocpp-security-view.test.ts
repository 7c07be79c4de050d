import { expect, test } from "vitest";
import { arrivalWords } from "./ocpp-security-view.ts";

test.each([
  [null, "never"],
  [{ at_ms: 1, encrypted: false, withPassword: false }, "open"],
  [{ at_ms: 1, encrypted: false, withPassword: true }, "password"],
  [{ at_ms: 1, encrypted: true, withPassword: false }, "tls"],
  [{ at_ms: 1, encrypted: true, withPassword: true }, "tlsPassword"],
] as const)("how a station came (%j) has words of its own", (came, words) => {
  expect(arrivalWords(came)).toBe(words);
});
