import type { ReactNode } from "react";
import css from "./page.module.css";

type Props = {
  readonly title: string;
  /** One line under the title. */
  readonly lead?: string;
  /** Buttons at the end of the title's line. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
};

/** The frame of a screen: title, actions, content. */
export function Page({ title, lead, actions, children }: Props) {
  return (
    <div className={css["page"]}>
      <header className={css["head"]}>
        <div>
          <h1 className={css["title"]}>{title}</h1>
          {lead !== undefined && <p className={css["lead"]}>{lead}</p>}
        </div>
        {actions !== undefined && <div className={css["actions"]}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A titled part of a page on its own surface. */
export function Card({ title, actions, children }: Omit<Props, "lead">) {
  return (
    <section className={css["card"]} aria-label={title}>
      <header className={css["cardHead"]}>
        <h2 className={css["cardTitle"]}>{title}</h2>
        {actions}
      </header>
      {children}
    </section>
  );
}
