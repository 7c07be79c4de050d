import { useTranslation } from "react-i18next";
import type { LimitNote } from "../../../contract/index.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { noteText } from "./limit-words.ts";
import css from "./limits.module.css";

type Props = {
  /** Empty: too little is set to say it. */
  readonly sentences: readonly string[];
  readonly notes: readonly LimitNote[];
  readonly missing: string;
};

/** What will be done, in sentences, and what is good to know of it. */
export function Preview({ sentences, notes, missing }: Props) {
  const { t } = useTranslation("limits");
  const format = useFormat();
  return (
    <section className={css["preview"]} aria-label={t("form.preview")}>
      <h3>{t("form.preview")}</h3>
      {sentences.length === 0 ? (
        <p className={css["muted"]}>{missing}</p>
      ) : (
        sentences.map((sentence) => (
          <p key={sentence} className={css["sentence"]}>
            {sentence}
          </p>
        ))
      )}
      {notes.length > 0 && (
        <ul className={css["notes"]}>
          {notes.map((note) => {
            const text = noteText({ t, format }, note);
            return <li key={text}>{text}</li>;
          })}
        </ul>
      )}
    </section>
  );
}
