import type { TFunction } from "i18next";
import type { DeviceHint, DeviceRaw, HttpTrouble, DeviceSummary, ExchangeView } from "../../../contract/index.ts";
import { dateLocale } from "../../lib/format/date-locale.ts";
import type { Format } from "../../lib/format/format.ts";

type Texts = TFunction<"devices">;
const LEAST_SHARE = 0.001;

/** "0.3 %"; a share is never rounded down to none. `null`: nothing was said yet. */
export function shareText(permille: number | null, format: Pick<Format, "settings">): string {
  if (permille === null) return "—";
  const percent = new Intl.NumberFormat(dateLocale(format.settings.locale), {
    style: "percent",
    maximumFractionDigits: 1,
  });
  return percent.format(permille / 1000);
}

/** "12 (0.3 %)": how many failed, and which share of all; only the number while there is nothing to compare with. */
export function errorsText(
  { errors, exchanges }: Pick<DeviceSummary, "errors" | "exchanges">,
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

/** What the numbers behind a hint are, in a sentence. */
export function hintFacts(hint: DeviceHint, t: Texts, format: Format): string {
  if ("number" in hint) return httpFacts(hint, t, format);
  switch (hint.code) {
    case "termination-or-bias":
      return t("hint.termination-or-bias.facts", {
        damaged: format.count(hint.crcErrors),
        frames: format.count(hint.frames),
        share: shareText(hint.share_permille, format),
      });
    case "ab-swap-or-baud":
      return t("hint.ab-swap-or-baud.facts", { units: hint.unitIds.join(", ") });
    case "line-cut":
      return t("hint.line-cut.facts", { units: hint.unitIds.join(", ") });
    case "not-modbus":
      return t("hint.not-modbus.facts", { foreign: format.count(hint.foreign), frames: format.count(hint.frames) });
    case "address-clash-or-cabling":
      return t("hint.address-clash-or-cabling.facts", {
        unit: String(hint.unitId),
        times: format.count(hint.failedInARow),
      });
    case "adapter-echoes":
      return t("hint.adapter-echoes.facts", { echoes: format.count(hint.echoes) });
    case "another-client":
      return t("hint.another-client.facts", { losses: format.count(hint.losses) });
    case "several-meters": {
      const serials = hint.serials.join(", ");
      return hint.taken === null
        ? t("hint.several-meters.facts", { serials })
        : t("hint.several-meters.taken", { serials, taken: hint.taken });
    }
    case "life-signs-untaken":
      return hint.answer === ""
        ? t("hint.life-signs-untaken.facts", { times: format.count(hint.inARow) })
        : t("hint.life-signs-untaken.refused", { times: format.count(hint.inARow), answer: hint.answer });
  }
}

function httpFacts({ code, number }: HttpTrouble, t: Texts, format: Format): string {
  if (number === null) return t(`hint.${code}.facts`, { number: "—" });
  const shown = code === "http-timeout" ? format.count(Math.ceil(number / 1000)) : String(number);
  return t(`hint.${code}.facts`, { number: shown });
}

type Value = DeviceRaw["values"][number];

/** A value as a person reads it: amperes, volts, kilowatts; what has no unit as the device gave it. */
export function valueText({ value, unit }: Pick<Value, "value" | "unit">, format: Format): string {
  if (value === null) return "—";
  if (typeof value === "string") return value;
  switch (unit) {
    case "mA":
      return format.current(value, 1);
    case "mV":
      return format.voltage(value);
    case "W":
      return format.power(value, 2);
    case "Wh":
      return format.energy(value, 2);
    case null:
      return String(value);
    case "degC":
      return `${String(value)}\u00a0°C`;
    default:
      return `${Number.isInteger(value) ? format.count(value) : String(value)}\u00a0${unit}`;
  }
}

const KNOWN = [
  "state",
  "plugged",
  "charging_active",
  "current",
  "voltage",
  "power",
  "power_factor",
  "frequency",
  "energy_import",
  "energy_export",
  "energy_total",
  "energy_session",
  "session_duration",
  "current_limit",
  "current_signalled",
  "hw_current_min",
  "hw_current_max",
  "cable_limit",
  "phases_active",
  "error_code",
  "temperature",
  "serial",
  "firmware",
  "model",
  "enabled",
] as const;

/** "Current L2"; `null` where we have no word, and the name of the document has to do. */
export function valueName(name: string, t: Texts): string | null {
  const [, base = name, phase = ""] = /^(.*?)(?:_(l[123]))?$/u.exec(name) ?? [];
  const known = KNOWN.find((one) => one === base);
  if (known === undefined) return null;
  const word = t(`value.${known}`);
  return `${word} ${phase.toUpperCase()}`.trim();
}

/** What was wrong with an exchange, in words, with the device's own behind them. */
export function problemText({ problem }: Pick<ExchangeView, "problem">, t: Texts): string | null {
  if (problem === null) return null;
  const word = t(`problem.${problem.code}`);
  return problem.detail === "" ? word : `${word} (${problem.detail})`;
}

/** All exchanges as text for a mail to whoever helps, oldest first. */
export function exchangesText(
  exchanges: readonly ExchangeView[],
  t: Texts,
  zoneTime: (at_ms: number) => string,
): string {
  return exchanges
    .toReversed()
    .map((exchange) => {
      const { at_ms, direction, summary, raw, decoded, took_ms } = exchange;
      const problem = problemText(exchange, t);
      const head = [
        zoneTime(at_ms),
        direction === "out" ? ">" : "<",
        summary,
        ...(took_ms === null ? [] : [`${String(took_ms)} ms`]),
        ...(problem === null ? [] : [`! ${problem}`]),
      ].join(" ");
      const values = decoded.map(({ name, value }) => `${name}=${value}`).join(" ");
      return [head, ...(raw === "" ? [] : [`  ${raw}`]), ...(values === "" ? [] : [`  ${values}`])].join("\n");
    })
    .join("\n");
}

/** What needs a look comes first; otherwise chargers, meters, then wires, each by name. */
export function byNeed(devices: readonly DeviceSummary[]): readonly DeviceSummary[] {
  const need = ({ state, hints }: DeviceSummary): number =>
    state === "offline" ? 0 : hints.some(({ code }) => code !== "adapter-echoes") || state === "degraded" ? 1 : 2;
  const kinds: readonly DeviceSummary["kind"][] = ["station", "meter", "link"];
  return devices.toSorted(
    (a, b) =>
      need(a) - need(b) ||
      kinds.indexOf(a.kind) - kinds.indexOf(b.kind) ||
      a.name.localeCompare(b.name, undefined, { numeric: true }),
  );
}
