import type { TFunction } from "i18next";
import type { FlagView } from "../../../contract/index.ts";
import type { Format } from "../../lib/format/format.ts";

/** Every rule that can stand against a session; texts exist for each in each language. */
export const FLAG_RULES = [
  "D01",
  "D02",
  "D03",
  "D04",
  "D05",
  "D06",
  "D07",
  "D08",
  "D09",
  "D10",
  "D11",
  "D12",
  "D13",
  "D14",
  "D15",
  "D16",
  "D17",
  "D18",
  "D19",
  "D20",
  "D21",
  "D22",
] as const;
export type FlagRule = (typeof FLAG_RULES)[number];

type Words = { readonly t: TFunction<"sessions">; readonly format: Format };

const ruleOf = (rule: string): FlagRule | null => FLAG_RULES.find((known) => known === rule) ?? null;

/** The rule in at most four words, for a chip; an unknown rule keeps its number. */
export function flagShort({ rule }: FlagView, { t }: Words): string {
  const known = ruleOf(rule);
  return known === null ? rule : t(`flag.${known}.short`);
}

/** What was found and what it means for the bill. */
export function flagWhy({ rule }: FlagView, { t }: Words): string {
  const known = ruleOf(rule);
  return known === null ? t("flag.unknown", { rule }) : t(`flag.${known}.why`);
}

/** The inputs that have a name on screen, in this order. */
export const INPUT_NAMES = [
  "start_Wh",
  "stop_Wh",
  "previousStop_Wh",
  "baseline_Wh",
  "before_Wh",
  "after_Wh",
  "energy_Wh",
  "possible_Wh",
  "unassigned_Wh",
  "proposed_Wh",
  "ratedPower_W",
  "at_ms",
  "from_ms",
  "to_ms",
  "received_at_ms",
  "started_at_ms",
  "ended_at_ms",
  "previousEnded_at_ms",
  "offset_ms",
  "duration_ms",
  "duplicates",
  "transactionId",
  "startToken",
  "stopToken",
  "endedBy",
  "card",
  "tariff",
  "dimension",
] as const;
type InputName = (typeof INPUT_NAMES)[number];

/** The numbers behind a flag, each with its name and unit. Unknown ones are said to be unknown, never 0. */
export function flagNumbers(
  { inputs }: FlagView,
  words: Words,
): readonly { readonly label: string; readonly value: string }[] {
  const known = INPUT_NAMES.filter((name) => name in inputs);
  const others = Object.keys(inputs).filter((name) => !INPUT_NAMES.some((one) => one === name));
  return [
    ...known.map((name) => ({ label: words.t(`input.${name}`), value: inputText(name, inputs[name] ?? null, words) })),
    ...others.map((name) => ({ label: name, value: String(inputs[name] ?? "—") })),
  ];
}

function inputText(name: InputName, value: number | string | null, { t, format }: Words): string {
  if (value === null) return "—";
  if (typeof value === "string") {
    if (name === "startToken" || name === "stopToken") return maskedCard(value);
    if (name === "endedBy") return t(`endedBy.${value === "station" ? "station" : "server"}`);
    if (name === "card")
      return t(`cardState.${value === "blocked" ? "blocked" : value === "unknown" ? "unknown" : "accepted"}`);
    return value;
  }
  if (name.endsWith("_Wh")) return format.energy(value, 3);
  if (name.endsWith("_W")) return format.power(value);
  if (name === "offset_ms" || name === "duration_ms") return offsetText(value, format);
  return name.endsWith("_ms") ? format.dateTime(value) : format.count(value);
}

const offsetText = (value_ms: number, format: Format): string =>
  value_ms < 0 ? `−${format.age(-value_ms)}` : format.age(value_ms);

const SHOWN_OF_CARD = 4;

/** Last four characters only: a card's number opens chargers. */
export const maskedCard = (idToken: string): string => `…${idToken.slice(-SHOWN_OF_CARD)}`;
