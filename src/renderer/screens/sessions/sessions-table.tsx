import { useElementSize, useMergedRef } from "@mantine/hooks";
import { useTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { z } from "zod";
import type { SessionRow, sessionTotalsSchema } from "../../../contract/index.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import {
  type Breadth,
  breadthFor,
  columnIds,
  features,
  hasNetBelow,
  isNumeric,
  netText,
  rowHeight,
  sessionColumns,
} from "./session-columns.tsx";
import css from "./sessions-table.module.css";

export type SessionTotals = z.infer<typeof sessionTotalsSchema>;

const ROWS_AHEAD = 12;
const FETCH_BEFORE_END_ROWS = 60;

type Props = {
  readonly rows: readonly SessionRow[];
  readonly totals: SessionTotals;
  readonly selected: string | null;
  readonly hasMore: boolean;
  readonly isFetchingMore: boolean;
  readonly fetchMore: () => unknown;
  readonly onOpen: (id: string) => void;
};

/** The list: only the rows in sight are in the page, the next ones are fetched before the end is reached. */
export function SessionsTable({ rows, totals, selected, hasMore, isFetchingMore, fetchMore, onOpen }: Props) {
  const { t } = useTranslation("sessions");
  const format = useFormat();
  const frame = useRef<HTMLDivElement>(null);
  const { ref: measured, width } = useElementSize<HTMLDivElement>();
  const frameAndMeasure = useMergedRef(frame, measured);
  const breadth = breadthFor(width);
  const columns = useMemo(() => sessionColumns({ t, format }, breadth, onOpen), [t, format, breadth, onOpen]);
  const data = useMemo(() => [...rows], [rows]);
  const table = useTable({ features, columns, data, getRowId: ({ id }) => id });
  const all = table.getRowModel().rows;
  // Its values are read in this same component on every draw, so nothing of it goes stale.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: all.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight(breadth),
    getItemKey: (index) => all[index]?.id ?? index,
    overscan: ROWS_AHEAD,
  });
  useEffect(() => {
    virtual.measure();
  }, [virtual, breadth]);
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isFetchingMore && last >= all.length - FETCH_BEFORE_END_ROWS) fetchMore();
  }, [hasMore, isFetchingMore, last, all.length, fetchMore]);
  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <div ref={frameAndMeasure} className={css["frame"]} tabIndex={0} role="region" aria-label={t("table")}>
      <table className={css["table"]} data-breadth={breadth} aria-rowcount={totals.sessions + 2}>
        <Head breadth={breadth} />
        <tbody>
          {above > 0 && <Spacer height={above} columns={columns.length} />}
          {items.map(({ index }) => {
            const row = all[index];
            if (row === undefined) return null;
            return (
              <tr
                key={row.id}
                aria-rowindex={index + 2}
                data-session={row.id}
                data-selected={row.id === selected}
                data-held={row.original.held}
                onClick={() => {
                  onOpen(row.id);
                }}
              >
                {row.getAllCells().map((cell) => (
                  <td key={cell.id} data-numeric={isNumeric(cell.column.id)} data-column={cell.column.id}>
                    <table.FlexRender cell={cell} />
                  </td>
                ))}
              </tr>
            );
          })}
          {below > 0 && <Spacer height={below} columns={columns.length} />}
        </tbody>
        <TotalsRow totals={totals} breadth={breadth} isFetchingMore={isFetchingMore} />
      </table>
    </div>
  );
}

const Head = ({ breadth }: { readonly breadth: Breadth }) => (
  <thead>
    <tr aria-rowindex={1}>
      {columnIds(breadth).map((id) => (
        <th key={id} scope="col" data-numeric={isNumeric(id)} data-column={id}>
          <ColumnTitle id={id} />
        </th>
      ))}
    </tr>
  </thead>
);

const Spacer = ({ height, columns }: { readonly height: number; readonly columns: number }) => (
  <tr aria-hidden style={{ height }} className={css["spacer"]}>
    <td colSpan={columns} />
  </tr>
);

export function ColumnTitle({ id }: { readonly id: string }) {
  const { t } = useTranslation("sessions");
  switch (id) {
    case "start":
    case "end":
    case "bay":
    case "customer":
    case "card":
    case "energy":
    case "duration":
    case "net":
    case "gross":
    case "invoice":
    case "flags":
      return t(`column.${id}`);
    default:
      return id;
  }
}

/** Sums of everything that is filtered, whether it is in sight or not. */
export function TotalsRow({
  totals,
  breadth,
  isFetchingMore,
}: {
  readonly totals: SessionTotals;
  readonly breadth: Breadth;
  readonly isFetchingMore: boolean;
}) {
  const { t } = useTranslation("sessions");
  const format = useFormat();
  const shown = new Set<string>(columnIds(breadth));
  const before = columnIds(breadth).indexOf("energy");
  const after = columnIds(breadth).length - columnIds(breadth).indexOf("gross") - 1;
  return (
    <tfoot>
      <tr data-totals aria-rowindex={totals.sessions + 2}>
        <th scope="row" colSpan={before}>
          <span className={css["label"]}>{t("total.label")}: </span>
          <span data-total="sessions">{t("total.sessions", { count: totals.sessions })}</span>
        </th>
        <td data-numeric data-total="energy">
          {format.energyValue(totals.energy_Wh, 2)}
        </td>
        {shown.has("duration") && <td data-numeric>{format.duration(totals.charging_ms)}</td>}
        {shown.has("net") && (
          <td data-numeric data-total="net">
            {format.money(totals.cost.net_minor, totals.cost.currency)}
          </td>
        )}
        <td data-numeric>
          <span className={css["lines"]}>
            <span data-total="gross">{format.money(totals.cost.gross_minor, totals.cost.currency)}</span>
            {hasNetBelow(shown) && <small>{netText(totals.cost, { t, format })}</small>}
          </span>
        </td>
        {after > 0 && (
          <td colSpan={after} aria-live="polite">
            {isFetchingMore ? t("loadingMore") : ""}
          </td>
        )}
      </tr>
    </tfoot>
  );
}
