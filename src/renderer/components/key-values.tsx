import type { ReactNode } from "react";
import css from "./key-values.module.css";

/** Names and values in two columns. */
export function KeyValues({ rows }: { readonly rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={css["list"]}>
      {rows.map(([name, value]) => (
        <div key={name} className={css["row"]}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
