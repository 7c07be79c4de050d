import type { DeviceHealth } from "../../../contract/index.ts";
import { dateLocale } from "../../lib/format/date-locale.ts";
import type { Format } from "../../lib/format/format.ts";

/** Codes of the engine that the screen has words for; a newer engine's code is shown as it is. */
export const HINTS = [
  "termination-or-bias",
  "ab-swap-or-baud",
  "address-clash-or-cabling",
  "adapter-echoes",
  "another-client",
] as const;

const LEAST_SHARE = 0.001;

/** "12 (0.3 %)": how many failed, and which share of all; only the number while there is nothing to compare with. */
export function errorsText(
  { errors, exchanges }: Pick<DeviceHealth, "errors" | "exchanges">,
  format: Pick<Format, "count" | "settings">,
): string {
  if (errors === 0 || exchanges === 0) return format.count(errors);
  const percent = new Intl.NumberFormat(dateLocale(format.settings.locale), {
    style: "percent",
    maximumFractionDigits: 1,
  });
  const share = Math.min(1, errors / exchanges);
  const rounded = share < LEAST_SHARE ? `< ${percent.format(LEAST_SHARE)}` : percent.format(share);
  return `${format.count(errors)} (${rounded})`;
}
