import type { ReactNode } from "react";
import type { Icon } from "./icons.ts";
import css from "./notice.module.css";

type Props = {
  readonly icon: Icon;
  readonly title: string;
  readonly text?: string;
  /** Buttons. */
  readonly children?: ReactNode;
};

/** The middle of an empty or broken part of a page: one sentence, what it means, at most one primary button. */
export function Notice({ icon: IconShown, title, text, children }: Props) {
  return (
    <div className={css["notice"]}>
      <IconShown size={28} stroke={1.75} aria-hidden />
      <p className={css["title"]}>{title}</p>
      {text !== undefined && <p className={css["text"]}>{text}</p>}
      {children !== undefined && <div className={css["actions"]}>{children}</div>}
    </div>
  );
}
