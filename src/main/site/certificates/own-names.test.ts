import { expect, test } from "vitest";
import { ownNames } from "./own-names.ts";

const interfaces = {
  lo: [{ address: "127.0.0.1", family: "IPv4" as const, internal: true }],
  lan: [
    { address: "192.0.2.7", family: "IPv4" as const, internal: false },
    { address: "fe80::1", family: "IPv6" as const, internal: false },
    { address: "fd00::7", family: "IPv6" as const, internal: false },
  ],
};

test("a machine is called by its name, as mDNS knows it, and by every address a charger can dial", () => {
  expect(ownNames({ hostname: "Site-PC", listensOn: "0.0.0.0", interfaces })).toEqual([
    "site-pc",
    "site-pc.local",
    "localhost",
    "127.0.0.1",
    "::1",
    "192.0.2.7",
    "fd00::7",
  ]);
});

test("a machine that listens on a name of its own is called by it: that is what the charger is told to dial", () => {
  expect(ownNames({ hostname: "site-pc", listensOn: "Chargers.Example.org", interfaces: {} })).toEqual([
    "site-pc",
    "site-pc.local",
    "chargers.example.org",
    "localhost",
    "127.0.0.1",
    "::1",
  ]);
});

test("a name that no certificate can carry is left out, and so are more than there is room for", () => {
  const many = Array.from({ length: 200 }, (_, i) => ({
    address: `10.0.${String(i)}.1`,
    family: "IPv4" as const,
    internal: false,
  }));
  const names = ownNames({ hostname: "Büro PC_1", listensOn: "192.0.2.50", interfaces: { many } });
  expect(names[0]).toBe("192.0.2.50");
  expect(names).toHaveLength(40);
});
