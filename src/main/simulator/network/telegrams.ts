import { fromCanonical, type CanonicalValue, type ProfileOf } from "../../devices/profile/index.ts";
import { crc16Arc } from "../../protocol/dsmr/index.ts";
import { encodeSmlMessage, encodeSmlTransport } from "../../protocol/sml/index.ts";
import { encodeSpeedwire, type SpeedwireValue } from "../../protocol/speedwire/index.ts";

export type MeterValues = (what: string) => CanonicalValue | undefined;

const numberOf = (values: MeterValues, what: string, unit: string | undefined): number | null => {
  const raw = fromCanonical(what, values(what) ?? null, unit);
  return typeof raw === "number" ? raw : null;
};

/** A telegram of a Dutch meter with the values it has; the first register of several is the total. */
export function p1Telegram(profile: ProfileOf<"p1">, values: MeterValues, serial: string): Uint8Array {
  const lines = profile.readings.flatMap(({ what: names, obis, unit }) =>
    names.flatMap((what, index) => {
      const value = numberOf(values, what, unit);
      // Whole amperes, as Dutch meters print them.
      const shown = unit === "A" ? Math.floor(value ?? 0).toFixed(0) : (value ?? 0).toFixed(3);
      return value === null ? [] : [`${obis[index] ?? ""}(${shown}*${unit ?? ""})`];
    }),
  );
  const id = Buffer.from(serial, "latin1").toString("hex").toUpperCase();
  const text = ["/SIM5\\253000001_A", "", `0-0:96.1.1(${id})`, ...lines, "!"].join("\r\n");
  const bytes = Buffer.from(text, "latin1");
  const crc = crc16Arc(bytes).toString(16).toUpperCase().padStart(4, "0");
  return Buffer.concat([bytes, Buffer.from(`${crc}\r\n`, "latin1")]);
}

const UNIT_CODE: Readonly<Record<string, number>> = { W: 27, Wh: 30, A: 33, V: 35 };

/** An SML file with one list of the values the meter has, in steps of a thousandth. */
export function smlFile(profile: ProfileOf<"sml">, values: MeterValues): Uint8Array {
  const entries = profile.readings.flatMap(({ what: names, obis, unit = "" }) =>
    names.flatMap((what, index) => {
      const value = numberOf(values, what, unit);
      if (value === null) return [];
      const raw = Buffer.alloc(8);
      raw.writeBigInt64BE(BigInt(Math.round(value * 1_000)));
      const code = Buffer.from((obis[index] ?? "").replace(/^77/u, ""), "hex");
      // objName, no status, no time, unit, scaler -3, value of eight signed bytes, no signature.
      return [
        Buffer.concat([
          hex("77"),
          code,
          hex("010162"),
          Buffer.from([UNIT_CODE[unit] ?? 0]),
          hex("52fd59"),
          raw,
          hex("01"),
        ]),
      ];
    }),
  );
  const server = "0b0a01454d480000123456";
  const list = Buffer.concat([Buffer.from([0xf0 | 0x80, entries.length & 0x0f]), ...entries]);
  if (entries.length > 15) list[0] = 0xf0 | (entries.length >>> 4);
  const content = Buffer.concat([
    encodeSmlMessage(hex(`760501020304620062007263010176010105 0a0b0c0d ${server} 0101`)),
    encodeSmlMessage(
      Buffer.concat([hex(`76050102030562006200726307017701 ${server} 070100620affff 01`), list, hex("0101")]),
    ),
    encodeSmlMessage(hex("76050102030662006200726302017101")),
  ]);
  return encodeSmlTransport(content);
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

/** The datagram of an SMA Energy Meter. */
export function speedwireDatagram(profile: ProfileOf<"speedwire">, values: MeterValues, serial: number): Uint8Array {
  const shown = profile.readings.flatMap(({ what: names, channel, size, scale = 1, unit }): SpeedwireValue[] =>
    names.flatMap((what, index) => {
      const value = numberOf(values, what, unit);
      const own = channel[index];
      return value === null || own === undefined ? [] : [{ channel: own, type: size, raw: Math.round(value / scale) }];
    }),
  );
  return encodeSpeedwire({ susyId: 349, serial, ticker_ms: 1_000, values: shown });
}
