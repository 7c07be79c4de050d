import fc from "fast-check";
import { expect, test } from "vitest";
import { crc16Arc, createP1Framer, P1_BYTES_MAX, type P1Event } from "./index.ts";

const BODY = [
  "/ISk5\\2MT382-1000",
  "",
  "1-3:0.2.8(50)",
  "0-0:1.0.0(101209113020W)",
  "0-0:96.1.1(4B384547303034303436333935353037)",
  "1-0:1.8.1(123456.789*kWh)",
  "1-0:1.7.0(01.193*kW)",
  "1-0:32.7.0(220.1*V)",
  "1-0:31.7.0(001*A)",
  "0-1:24.2.1(101209112500W)(12785.123*m3)",
  "",
].join("\r\n");

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (sign) => sign.charCodeAt(0));
function telegram(body: string): Uint8Array {
  const crc = crc16Arc(bytesOf(`${body}!`))
    .toString(16)
    .toUpperCase()
    .padStart(4, "0");
  return bytesOf(`${body}!${crc}\r\n`);
}
const GOOD = telegram(BODY);
const kinds = (events: readonly P1Event[]): string[] =>
  events.map((event) => (event.kind === "telegram" ? "telegram" : event.reason));

test("the CRC is CRC-16/ARC", () => {
  expect(crc16Arc(bytesOf("123456789"))).toBe(0xbb3d);
});

test("a telegram gives its numbers with units and the meter's serial number, and nothing of the gas meter's time", () => {
  const [event] = createP1Framer().push(GOOD);
  expect(event).toMatchObject({ kind: "telegram", telegram: { serial: "K8EG004046395507" } });
  const values = event?.kind === "telegram" ? event.telegram.values : new Map();
  expect([...values]).toEqual([
    ["1-0:1.8.1", { value: 123_456.789, unit: "kWh" }],
    ["1-0:1.7.0", { value: 1.193, unit: "kW" }],
    ["1-0:32.7.0", { value: 220.1, unit: "V" }],
    ["1-0:31.7.0", { value: 1, unit: "A" }],
  ]);
});

test("it does not matter how the stream is cut", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 20 }), (sizes) => {
      const framer = createP1Framer();
      const stream = [...GOOD, ...GOOD];
      const events: P1Event[] = [];
      for (let i = 0; stream.length > 0; i += 1) {
        events.push(...framer.push(Uint8Array.from(stream.splice(0, sizes[i % sizes.length]))));
      }
      expect(kinds(events)).toEqual(["telegram", "telegram"]);
    }),
  );
});

test("a half telegram is dropped and the next one is read", () => {
  const framer = createP1Framer();
  expect(kinds(framer.push(GOOD.slice(0, 120)))).toEqual([]);
  expect(kinds(framer.push(bytesOf("\r\n")))).toEqual([]);
  expect(kinds(framer.push(GOOD))).toEqual(["half", "telegram"]);
});

test("a stream that starts in the middle is caught at the next start", () => {
  expect(kinds(createP1Framer().push(Uint8Array.from([...GOOD.slice(60), ...GOOD])))).toEqual(["telegram"]);
});

test("a telegram without a CRC is not believed", () => {
  const old = bytesOf(`${BODY}!\r\n/next\r\n`);
  expect(kinds(createP1Framer().push(old))).toContain("no-crc");
});

test("one wrong bit anywhere gives no value", () => {
  fc.assert(
    fc.property(fc.nat(GOOD.length - 8), fc.nat(7), (at, bit) => {
      const damaged = GOOD.slice();
      damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
      expect(kinds(createP1Framer().push(damaged))).not.toContain("telegram");
    }),
  );
});

test("noise never throws, gives no telegram and does not pile up; the telegram after it is read", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 8 }), (noise) => {
      const framer = createP1Framer();
      for (const piece of noise) expect(kinds(framer.push(piece))).not.toContain("telegram");
      // What is lost with a telegram that noise runs into is at most that one.
      expect(kinds([...framer.push(GOOD), ...framer.push(GOOD)])).toContain("telegram");
    }),
  );
});

test("a start without an end is given up at the bound", () => {
  const endless = new Uint8Array(P1_BYTES_MAX * 3).fill(0x41);
  endless[0] = 0x2f;
  expect(kinds(createP1Framer().push(endless))).toContain("too-long");
});
