import { useTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { z } from "zod";
import type { SessionRow, sessionTotalsSchema } from "../../../contract/index.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { features, isNumeric, sessionColumns } from "./session-columns.tsx";
import css from "./sessions-table.module.css";

export type SessionTotals = z.infer<typeof sessionTotalsSchema>;

const ROW_px = 36;
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
  const columns = useMemo(() => sessionColumns({ t, format }, onOpen), [t, format, onOpen]);
  const data = useMemo(() => [...rows], [rows]);
  const table = useTable({ features, columns, data, getRowId: ({ id }) => id });
  const all = table.getRowModel().rows;
  // Its values are read in this same component on every draw, so nothing of it goes stale.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: all.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_px,
    getItemKey: (index) => all[index]?.id ?? index,
    overscan: ROWS_AHEAD,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isFetchingMore && last >= all.length - FETCH_BEFORE_END_ROWS) fetchMore();
  }, [hasMore, isFetchingMore, last, all.length, fetchMore]);
  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <div ref={frame} className={css["frame"]} tabIndex={0} role="region" aria-label={t("table")}>
      <table className={css["table"]} aria-rowcount={totals.sessions + 2}>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} aria-rowindex={1}>
              {group.headers.map(({ id, column }) => (
                <th key={id} scope="col" data-numeric={isNumeric(column.id)} data-column={column.id}>
                  <ColumnTitle id={column.id} />
                </th>
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          {above > 0 && <Spacer height={above} />}
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
          {below > 0 && <Spacer height={below} />}
        </tbody>
        <TotalsRow totals={totals} isFetchingMore={isFetchingMore} />
      </table>
    </div>
  );
}

const Spacer = ({ height }: { readonly height: number }) => (
  <tr aria-hidden style={{ height }} className={css["spacer"]}>
    <td colSpan={11} />
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
  isFetchingMore,
}: {
  readonly totals: SessionTotals;
  readonly isFetchingMore: boolean;
}) {
  const { t } = useTranslation("sessions");
  const format = useFormat();
  return (
    <tfoot>
      <tr data-totals aria-rowindex={totals.sessions + 2}>
        <th scope="row" colSpan={5}>
          {t("total.label")}: <span data-total="sessions">{t("total.sessions", { count: totals.sessions })}</span>
        </th>
        <td data-numeric data-total="energy">
          {format.energyValue(totals.energy_Wh, 2)}
        </td>
        <td data-numeric>{format.duration(totals.charging_ms)}</td>
        <td data-numeric data-total="net">
          {format.money(totals.cost.net_minor, totals.cost.currency)}
        </td>
        <td data-numeric data-total="gross">
          {format.money(totals.cost.gross_minor, totals.cost.currency)}
        </td>
        <td colSpan={2} aria-live="polite">
          {isFetchingMore ? t("loadingMore") : ""}
        </td>
      </tr>
    </tfoot>
  );
}
