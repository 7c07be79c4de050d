import fc from "fast-check";
import { describe, expect, test } from "vitest";
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

test("a telegram that breaks off anywhere, in the middle of a line too, does not take the next one with it", () => {
  for (let length = 1; length < GOOD.length; length += 1) {
    const broken = [...GOOD.slice(0, length), ...GOOD];
    expect(kinds(createP1Framer().push(Uint8Array.from(broken))), String(length)).toContain("telegram");
  }
  const damaged = bytesOf(`\u0000\u0000/ISk5 1-0:1.8.1(0001/23\u0007${String.fromCharCode(...GOOD)}`);
  expect(kinds(createP1Framer().push(damaged))).toEqual(["half", "telegram"]);
});

test("many slashes cost no more than a few tries", () => {
  const slashes = bytesOf(`/ABC5x\r\n${"/".repeat(P1_BYTES_MAX - 100)}\r\n!0000\r\n`);
  expect(kinds(createP1Framer().push(slashes)).at(-1)).toBe("bad-crc");
});

test("megabytes of nothing but starts cost no more than their bytes", { timeout: 10_000 }, () => {
  const starts = new TextEncoder().encode("/XMX5\r\n\r\n".repeat(800));
  const framer = createP1Framer();
  let events = 0;
  for (let turn = 0; turn < 1000; turn += 1) events += framer.push(starts).length;
  expect(events).toBe(1000 * 800 - 1);
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

test("a telegram of a version that has a CRC is not believed without it", () => {
  const old = bytesOf(`${BODY}!\r\n`);
  const framer = createP1Framer();
  expect(kinds([...framer.push(old), ...framer.push(old)])).toEqual(["no-crc", "no-crc"]);
});

/** As DSMR 2.2 and 3.0 meters send it: 7 data bits, no check sum, the gas value on its own line. */
const BARE = [
  "/KMP5 KA6U001660297912",
  "",
  "0-0:96.1.1(204B413655303031363630323937393132)",
  "1-0:1.8.1(00123.456*kWh)",
  "1-0:1.8.2(00456.789*kWh)",
  "1-0:2.8.1(00000.000*kWh)",
  "1-0:1.7.0(0001.01*kW)",
  "1-0:2.7.0(0000.00*kW)",
  "0-1:24.3.0(121030140000)(00)(60)(1)(0-1:24.2.1)(m3)",
  "(00024.123)",
  "!",
  "",
].join("\r\n");

describe("a meter without check sums (DSMR 2 and 3)", () => {
  const twice = (second: string): readonly P1Event[] => {
    const framer = createP1Framer();
    framer.push(bytesOf(BARE));
    return framer.push(bytesOf(second));
  };

  test("is believed from its second telegram on, at once and marked as not protected", () => {
    const framer = createP1Framer();
    expect(kinds(framer.push(bytesOf(BARE)))).toEqual(["no-crc"]);
    const [event] = framer.push(bytesOf(BARE.replace("0001.01", "0011.50")));
    expect(event).toMatchObject({ kind: "telegram", telegram: { isProtected: false, serial: " KA6U001660297912" } });
    expect(event?.kind === "telegram" ? event.telegram.values.get("1-0:1.7.0") : null).toEqual({
      value: 11.5,
      unit: "kW",
    });
    // The gas meter's value has no code of ours.
    expect(event?.kind === "telegram" ? event.telegram.values.size : 0).toBe(5);
  });

  test("is not believed once it has sent a check sum", () => {
    const framer = createP1Framer();
    const events = [GOOD, bytesOf(BARE), bytesOf(BARE)].flatMap((bytes) => framer.push(bytes));
    expect(kinds(events)).toEqual(["telegram", "no-crc", "no-crc"]);
  });

  test("a lost, an added or a foreign byte anywhere gives no value, and the next whole telegram is read", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: BARE.length - 4 }),
        fc.constantFrom("", "7", "x", "\u0000", "\u0080"),
        (at, put) => {
          const damaged = BARE.slice(0, at) + put + BARE.slice(at + (put === "" || put > "~" || put < " " ? 1 : 0));
          fc.pre(damaged.replaceAll(/\d/gu, "0") !== BARE.replaceAll(/\d/gu, "0"));
          expect(kinds(twice(damaged))).not.toContain("telegram");
          expect(kinds(twice(damaged + BARE))).toContain("telegram");
        },
      ),
    );
  });
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
