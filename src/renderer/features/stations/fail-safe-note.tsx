import { useTranslation } from "react-i18next";
import type { StationDetail } from "../../../contract/index.ts";
import { type Icon, IconAlertTriangle, IconCheck, IconInfoCircle } from "../../components/icons.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import css from "./fail-safe-note.module.css";
import { failSafeWords } from "./fail-safe-view.ts";

const ICONS: Readonly<Record<StationDetail["failSafe"]["kind"], Icon>> = {
  known: IconCheck,
  unknown: IconInfoCircle,
  unsafe: IconAlertTriangle,
};

/** What the charger does by itself when it hears nothing from us, whether that is proven, and what to do if not. */
export function FailSafeNote({ failSafe }: Pick<StationDetail, "failSafe">) {
  const { t } = useTranslation("charger");
  const format = useFormat();
  const words = failSafeWords(failSafe);
  const NoteIcon = ICONS[words.kind];
  const shown = format.current(failSafe.shown_mA);
  const counted = format.current(failSafe.counted_mA);
  const promised = format.current(failSafe.promised_mA);
  const time = failSafe.timeout_ms === null ? "" : format.age(failSafe.timeout_ms);
  return (
    <p className={css["note"]} data-kind={words.kind}>
      <NoteIcon className={css["icon"]} size={18} stroke={1.75} aria-hidden />
      <span>
        <strong>{t(`failSafe.${words.kind}.mark`)}:</strong>{" "}
        {words.kind === "known" ? (
          t(`failSafe.known.${words.sentence}`, { time, current: words.sentence === "tested" ? counted : shown })
        ) : (
          <>
            {t(`failSafe.doubt.${words.doubt}`, { shown, promised })} {t(`failSafe.${words.kind}.text`, { counted })}
          </>
        )}
      </span>
    </p>
  );
}
