import { expect, test } from "vitest";
import { isSecretName, mayHoldSecret, withoutSecrets } from "./secrets.ts";

test.each([
  "AuthorizationKey",
  "SecurityCtrlr.BasicAuthPassword",
  "WifiPassword",
  "wifi_passwd",
  "WifiPassphrase",
  "GSM.SimPin",
  "APN Pin",
  "ClientSecret",
  "TlsPrivateKey",
  "WpaKey",
  "api-key",
])("%s is a name of something secret", (name) => {
  expect(isSecretName(name)).toBe(true);
});

test.each(["HeartbeatInterval", "MeterValuesSampledData", "PlugAndChargeId", "Shipping", "SpinUpTime"])(
  "%s is not",
  (name) => {
    expect(isSecretName(name)).toBe(false);
  },
);

test("an address is told without its user and password", () => {
  expect(withoutSecrets("put it to ftp://me:hidden@192.0.2.1/x and sftp://me@host/y")).toBe(
    "put it to ftp://…@192.0.2.1/x and sftp://…@host/y",
  );
  expect(mayHoldSecret('{"location":"ftp://me:hidden@host/"}')).toBe(true);
  expect(mayHoldSecret('{"location":"ftp://host/a@b"}')).toBe(false);
});
