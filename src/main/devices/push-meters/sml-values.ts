import type { SmlReading, SmlValue } from "../../protocol/sml/index.ts";
import type { ProfileOf } from "../profile/index.ts";
import { completed, ShownValues, type Values } from "../network/values.ts";

/** Units as IEC 62056-61 numbers them. */
const UNITS: ReadonlyMap<number, string> = new Map([
  [27, "W"],
  [30, "Wh"],
  [33, "A"],
  [35, "V"],
]);
/** A list of seven, an octet string of six: what stands before the number in the telegram. */
const PREFIX = /^7707/u;

type Unsigned = NonNullable<ProfileOf<"sml">["unsigned_as_signed"]>[number];

/** Whether this very meter is one that calls a number signed that it wrote without a sign. */
function isMistaken({ server_id, serials }: Unsigned, serverId: string | null): boolean {
  if (serverId?.startsWith(server_id) !== true) return false;
  const serial = Number.parseInt(serverId.slice(server_id.length), 16);
  return serials.some(([from, to]) => serial >= from && serial <= to);
}

/** The number as it was meant. */
function meant(profile: ProfileOf<"sml">, serverId: string | null, code: string, shown: SmlValue): number {
  const mistake = profile.unsigned_as_signed?.find(
    (one) =>
      plain(one.obis) === code && (shown.unsigned?.bytes ?? Infinity) <= one.bytes_max && isMistaken(one, serverId),
  );
  return mistake === undefined ? shown.value : (shown.unsigned?.value ?? shown.value);
}

const plain = (obis: string): string => obis.toLowerCase().replace(PREFIX, "");

/** What a list shows. A value whose unit is another than the profile says is no value. */
export function smlValues(profile: ProfileOf<"sml">, reading: SmlReading): Values {
  const values = new ShownValues();
  for (const { what: names, obis, unit, unless = [] } of profile.readings) {
    if (unless.some((other) => reading.values.has(plain(other)))) continue;
    names.forEach((what, index) => {
      const code = plain(obis[index] ?? "");
      const shown = reading.values.get(code);
      if (shown === undefined) return;
      const own = shown.unit === null ? unit : UNITS.get(shown.unit);
      if (own === unit) values.take(what, meant(profile, reading.serverId, code, shown), { unit });
    });
  }
  if (reading.serverId !== null) values.set("serial", reading.serverId);
  return completed(values, profile);
}
