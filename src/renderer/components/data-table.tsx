import type { ReactNode } from "react";
import css from "./data-table.module.css";

export type Column<T> = {
  readonly id: string;
  readonly title: string;
  readonly number?: boolean;
  readonly cell: (row: T) => ReactNode;
};

type Props<T> = {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
};

/** A plain table for up to some hundred rows; the first column names the row. */
export function DataTable<T>({ label, columns, rows, keyOf }: Props<T>) {
  return (
    <div className={css["scroll"]} tabIndex={0} role="region" aria-label={label}>
      <table className={css["table"]}>
        <thead>
          <tr>
            {columns.map(({ id, title, number }) => (
              <th key={id} scope="col" data-number={number}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ id, cell, number }, index) =>
                index === 0 ? (
                  <th key={id} scope="row">
                    {cell(row)}
                  </th>
                ) : (
                  <td key={id} data-number={number}>
                    {cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
