import { createColumnHelper, tableFeatures } from "@tanstack/react-table";
import type { TFunction } from "i18next";
import type { ReactNode } from "react";
import type { SessionRow } from "../../../contract/index.ts";
import { IconAlertTriangle } from "../../components/icons.ts";
import { StateChip } from "../../features/state/state-chip.tsx";
import type { Format } from "../../lib/format/format.ts";
import { FlagChip } from "./flag-chip.tsx";
import { flagShort } from "./flag-words.ts";
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
type ColumnId = (typeof COLUMN_IDS)[number];

/** How much stands beside each other: what has no column of its own stands small below its neighbour. */
export type Breadth = "all" | "merged" | "less" | "narrow";

const COLUMNS: Readonly<Record<Breadth, readonly ColumnId[]>> = {
  all: COLUMN_IDS,
  merged: ["start", "bay", "customer", "energy", "duration", "gross", "invoice", "flags"],
  less: ["start", "bay", "customer", "energy", "gross"],
  narrow: ["start", "bay", "energy", "gross"],
};
const ALL_FROM_px = 1240;
const MERGED_FROM_px = 860;
const LESS_FROM_px = 520;

/** What fits into a list of this width without scrolling sideways. Before it was measured (0): the usual width. */
export function breadthFor(width_px: number): Breadth {
  if (width_px >= ALL_FROM_px) return "all";
  if (width_px === 0 || width_px >= MERGED_FROM_px) return "merged";
  return width_px >= LESS_FROM_px ? "less" : "narrow";
}

const ROW_px = 36;
const ROW_OF_TWO_LINES_px = 44;

/** Height of every row, which the style sheet gives it too. */
export const rowHeight = (breadth: Breadth): number => (breadth === "all" ? ROW_px : ROW_OF_TWO_LINES_px);

/** The columns of this breadth, in their order. */
export const columnIds = (breadth: Breadth): readonly ColumnId[] => COLUMNS[breadth];

/** Numbers stand right, so that digits of one place stand above each other. */
export const isNumeric = (id: string): boolean => ["energy", "duration", "net", "gross"].includes(id);

type Words = { readonly t: TFunction<"sessions">; readonly format: Format };

/** The columns of the list. `open` is what the start of a session does when it is pressed. */
export const sessionColumns = (words: Words, breadth: Breadth, open: (id: string) => void) => {
  const shown = new Set<string>(columnIds(breadth));
  return columnsOf(words, shown, open).filter(({ id }) => id !== undefined && shown.has(id));
};

const columnsOf = ({ t, format }: Words, shown: ReadonlySet<string>, open: (id: string) => void) =>
  helper.columns([
    helper.display({
      id: "start",
      cell: ({ row: { original } }) => <Start row={original} words={{ t, format }} shown={shown} open={open} />,
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
    helper.display({
      id: "customer",
      cell: ({ row: { original } }) => (
        <Lines below={shown.has("card") ? null : cardText(original, t)}>{original.customerName ?? "—"}</Lines>
      ),
    }),
    helper.display({
      id: "card",
      cell: ({ row: { original } }) => (
        <span className={css["muted"]} data-known={original.cardAlias !== null}>
          {cardText(original, t)}
        </span>
      ),
    }),
    helper.accessor("energy_Wh", { id: "energy", cell: ({ getValue }) => format.energyValue(getValue(), 2) }),
    helper.accessor("charging_ms", { id: "duration", cell: ({ getValue }) => format.duration(getValue()) }),
    helper.display({ id: "net", cell: ({ row: { original } }) => money(original, "net_minor", format) }),
    helper.display({
      id: "gross",
      cell: ({ row: { original } }) => (
        <Lines below={hasNetBelow(shown) && original.cost !== null ? netText(original.cost, { t, format }) : null}>
          {money(original, "gross_minor", format)}
        </Lines>
      ),
    }),
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

type CellProps = { readonly row: SessionRow; readonly words: Words; readonly shown: ReadonlySet<string> };

/** When it began, which opens it; when it ended and that there are doubts, where these have no column of their own. */
function Start({ row, words, shown, open }: CellProps & { readonly open: (id: string) => void }) {
  const { format } = words;
  return (
    <Lines below={shown.has("end") ? null : <Hours row={row} words={words} shown={shown} />}>
      <button
        type="button"
        className={css["open"]}
        onClick={(event) => {
          event.stopPropagation();
          open(row.id);
        }}
      >
        {shown.has("customer") ? format.dateTime(row.started_at_ms) : format.date(row.started_at_ms)}
      </button>
      {!shown.has("flags") && row.flags.length > 0 && (
        <IconAlertTriangle
          size={14}
          stroke={1.75}
          role="img"
          aria-label={row.flags.map((flag) => flagShort(flag, words)).join(", ")}
        />
      )}
    </Lines>
  );
}

function Lines({ below, children }: { readonly below: ReactNode; readonly children: ReactNode }) {
  if (below === null) return children;
  return (
    <span className={css["lines"]}>
      <span>{children}</span>
      <small>{below}</small>
    </span>
  );
}

/** "until 15:23", or that it goes on; with the time of the start where only its day stands above. */
function Hours({ row, words: { t, format }, shown }: CellProps) {
  const { started_at_ms, ended_at_ms } = row;
  const start = shown.has("customer") ? "" : `${format.time(started_at_ms)} `;
  if (ended_at_ms === null) {
    return (
      <>
        {start}
        <span className={css["going"]}>{t("running")}</span>
      </>
    );
  }
  const end = endText(started_at_ms, ended_at_ms, format);
  return shown.has("customer") ? t("until", { end }) : `${start}– ${end}`;
}

const cardText = ({ cardAlias }: SessionRow, t: Words["t"]): string =>
  cardAlias === null ? t("noCard") : `…${cardAlias}`;

/** Net stands below gross where it has no column of its own, but not on a phone. */
export const hasNetBelow = (shown: ReadonlySet<string>): boolean => !shown.has("net") && shown.has("customer");

export const netText = (
  { net_minor, currency }: { readonly net_minor: number; readonly currency: string },
  { t, format }: Words,
): string => t("net", { amount: format.money(net_minor, currency) });

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
