// DSMR P1 3.0, 5.12: telegrams before version 4 end with a bare "!". What holds without a check sum is their form.

/** `/XXX`, a digit for the speed, then the maker's own words; Kamstrup puts a space between (`/KMP5 KA6U…`). */
const IDENTIFICATION = /^\/[A-Za-z]{3}\d[\x20-\x7e]{1,64}$/u;
const DATA_LINE = /^\d{1,3}-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3}(?:\([\x20-\x27\x2a-\x7e]*\))+$/u;
/** The gas meter's value stands on a line of its own. */
const FOLLOWING_LINE = /^\([\x20-\x27\x2a-\x7e]*\)$/u;
/** Version 4 and later say their version, and always send a check sum. */
const VERSION_LINE = /^(?:1-3:0\.2\.8|0-0:96\.1\.4)\(/u;
const ENERGY_OR_POWER = /^1-0:(?:1|2)\.(?:7|8)\.\d\(\d{4,6}\.\d{2,3}\*kWh?\)$/u;

/**
 * What a telegram without a check sum looks like once its digits are taken away, or `null` when it is none: a meter
 * sends the same form for ever, so that a lost or added byte shows.
 */
export function unprotectedForm(text: string): string | null {
  const lines = text.split(/\r\n|\n/u);
  const [identification = "", blank, ...data] = lines;
  if (!IDENTIFICATION.test(identification) || blank !== "" || data.at(-1) !== "") return null;
  const body = data.slice(0, -1);
  if (!body.every((line) => DATA_LINE.test(line) || FOLLOWING_LINE.test(line))) return null;
  if (body.some((line) => VERSION_LINE.test(line)) || !body.some((line) => ENERGY_OR_POWER.test(line))) return null;
  return text.replaceAll(/\d/gu, "0");
}
