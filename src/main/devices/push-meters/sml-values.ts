import type { SmlReading } from "../../protocol/sml/index.ts";
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

/** What a list shows. A value whose unit is another than the profile says is no value. */
export function smlValues(profile: ProfileOf<"sml">, reading: SmlReading): Values {
  const values = new ShownValues();
  for (const { what: names, obis, unit } of profile.readings) {
    names.forEach((what, index) => {
      const shown = reading.values.get((obis[index] ?? "").toLowerCase().replace(PREFIX, ""));
      if (shown === undefined) return;
      const own = shown.unit === null ? unit : UNITS.get(shown.unit);
      if (own === unit) values.take(what, shown.value, { unit });
    });
  }
  if (reading.serverId !== null) values.set("serial", reading.serverId);
  return completed(values, profile);
}
