import { expect, test } from "vitest";
import { authorization, parseChallenge } from "./http-digest.ts";

const SHA = `Digest qop="auth", realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", algorithm=SHA-256, opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;
const MUFASA = { user: "Mufasa", password: "Circle of Life" };
const REQUEST = { method: "GET", path: "/dir/index.html", count: 1 };
const NONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

test.each([
  ["SHA-256", SHA, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
  ["MD5", SHA.replace("SHA-256", "MD5"), "8ca523f5e9506fed4657c9700eebdbec"],
])("the example of RFC 7616 with %s is answered as it stands there", (_name, header, response) => {
  const challenge = parseChallenge(header);
  if (challenge === null) throw new Error("a good challenge");
  expect(authorization(challenge, MUFASA, REQUEST, NONCE)).toContain(`response="${response}"`);
});

test("a basic challenge is answered with user and password", () => {
  expect(parseChallenge('Basic realm="box"')).toEqual({ kind: "basic" });
  expect(authorization({ kind: "basic" }, { user: "Aladdin", password: "open sesame" }, REQUEST)).toBe(
    "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
  );
});

test.each([
  "",
  "Negotiate",
  "Digest nonce=1",
  'Digest realm="a", nonce="b", algorithm=SHA-512-256',
  `Digest ${"x".repeat(2000)}`,
])("%j is a challenge we do not answer", (header) => {
  expect(parseChallenge(header)).toBeNull();
});
