import { createColumnHelper, tableFeatures } from "@tanstack/react-table";
import type { TFunction } from "i18next";
import type { SessionRow } from "../../../contract/index.ts";
import { StateChip } from "../../features/state/state-chip.tsx";
import type { Format } from "../../lib/format/format.ts";
import { FlagChip } from "./flag-chip.tsx";
import css from "./sessions-table.module.css";
import { dateLocale } from "../../lib/format/date-locale.ts";

export const features = tableFeatures({});
const helper = createColumnHelper<typeof features, SessionRow>();

export const COLUMN_IDS = [
  "start",
  "end",
  "bay",
  "customer",
  "card",
  "energy",
  "duration",
  "net",
  "gross",
  "invoice",
  "flags",
] as const;
export type ColumnId = (typeof COLUMN_IDS)[number];

/** Numbers stand right, so that digits of one place stand above each other. */
export const isNumeric = (id: string): boolean => ["energy", "duration", "net", "gross"].includes(id);

type Words = { readonly t: TFunction<"sessions">; readonly format: Format };

/** The columns of the list. `open` is what the start of a session does when it is pressed. */
export const sessionColumns = ({ t, format }: Words, open: (id: string) => void) =>
  helper.columns([
    helper.display({
      id: "start",
      cell: ({ row: { original } }) => (
        <button
          type="button"
          className={css["open"]}
          onClick={(event) => {
            event.stopPropagation();
            open(original.id);
          }}
        >
          {format.dateTime(original.started_at_ms)}
        </button>
      ),
    }),
    helper.display({
      id: "end",
      cell: ({ row: { original } }) =>
        original.ended_at_ms === null ? (
          <span className={css["running"]}>
            <StateChip state="charging" />
          </span>
        ) : (
          endText(original.started_at_ms, original.ended_at_ms, format)
        ),
    }),
    helper.accessor("stationName", { id: "bay", cell: ({ getValue }) => getValue() }),
    helper.accessor("customerName", { id: "customer", cell: ({ getValue }) => getValue() ?? "—" }),
    helper.accessor("cardAlias", {
      id: "card",
      cell: ({ getValue }) => {
        const alias = getValue();
        return alias === null ? <span className={css["muted"]}>{t("noCard")}</span> : `…${alias}`;
      },
    }),
    helper.accessor("energy_Wh", { id: "energy", cell: ({ getValue }) => format.energyValue(getValue(), 2) }),
    helper.accessor("charging_ms", { id: "duration", cell: ({ getValue }) => format.duration(getValue()) }),
    helper.display({ id: "net", cell: ({ row: { original } }) => money(original, "net_minor", format) }),
    helper.display({ id: "gross", cell: ({ row: { original } }) => money(original, "gross_minor", format) }),
    helper.accessor("invoiceNumber", { id: "invoice", cell: ({ getValue }) => getValue() ?? "—" }),
    helper.display({
      id: "flags",
      cell: ({ row: { original } }) => (
        <span className={css["flags"]}>
          {original.flags.map((flag) => (
            <FlagChip key={flag.rule} flag={flag} />
          ))}
        </span>
      ),
    }),
  ]);

/** Only the time where the session ended on the day it began. */
export const endText = (started_at_ms: number, ended_at_ms: number, format: Format): string =>
  format.date(started_at_ms) === format.date(ended_at_ms)
    ? format.time(ended_at_ms)
    : `${dayText(ended_at_ms, format)}, ${format.time(ended_at_ms)}`;

/** Day and month: the year stands with the start. */
function dayText(at_ms: number, { settings }: Format): string {
  const options: Intl.DateTimeFormatOptions = { day: "numeric", month: "short", timeZone: settings.timezone };
  return new Intl.DateTimeFormat(dateLocale(settings.locale), options).format(at_ms);
}

export const money = ({ cost }: SessionRow, part: "net_minor" | "gross_minor", format: Format): string =>
  cost === null ? "—" : format.money(cost[part], cost.currency);
