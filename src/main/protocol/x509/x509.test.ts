import { expect, test } from "vitest";
import { addressBytes } from "./address.ts";
import { oid, sequence, time, unsigned } from "./der.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test.each([
  ["192.0.2.7", "c0000207"],
  ["::1", "00000000000000000000000000000001"],
  ["fd00:1::ab", "fd0000010000000000000000000000ab"],
  ["::ffff:192.0.2.7", "00000000000000000000ffffc0000207"],
  ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
])("the address %s is these bytes", (text, bytes) => {
  expect(hex(addressBytes(text) ?? new Uint8Array())).toBe(bytes);
});

test.each([
  "192.0.2.7::",
  "::192.0.2.7:1",
  "192.0.2.007",
  "site-pc",
  "256.1.1.1",
  "1.2.3",
  "1:2:3",
  "::1::2",
  "fe80::1%eth0",
  "12345::",
  "1:2:3:4:5:6:7:8::",
  "",
])("%j is no address", (text) => {
  expect(addressBytes(text)).toBeNull();
});

test("numbers, names and lengths are written as X.690 has them", () => {
  expect(hex(unsigned(Uint8Array.of(0, 0, 0x80)))).toBe("02020080");
  expect(hex(unsigned(Uint8Array.of(0)))).toBe("020100");
  expect(hex(oid("1.2.840.113549.1.1.11"))).toBe("06092a864886f70d01010b");
  expect(hex(sequence(new Uint8Array(300))).slice(0, 8)).toBe("3082012c");
});

test("a year from 2050 on is written with four digits", () => {
  expect(hex(time(Date.UTC(2049, 11, 31, 23, 59, 59)))).toBe(`170d${Buffer.from("491231235959Z").toString("hex")}`);
  expect(hex(time(Date.UTC(2050, 0, 1)))).toBe(`180f${Buffer.from("20500101000000Z").toString("hex")}`);
});
