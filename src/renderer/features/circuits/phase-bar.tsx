import { useTranslation } from "react-i18next";
import { useFormat } from "../../lib/data/use-format.ts";
import { useCurrentText } from "../../lib/data/use-current-text.ts";
import type { PhaseBarView } from "./circuit-view.ts";
import css from "./phase-bar.module.css";

const percent = (permille: number): string => `${String(permille / 10)}%`;

type Props = { readonly bar: PhaseBarView; readonly calculated: boolean };

/** One phase against its fuse: other load, cars, granted but not drawn yet, margin, fuse tick, and what is left. */
export function PhaseBar({ bar, calculated }: Props) {
  const { t } = useTranslation("live");
  const format = useFormat();
  const text = useCurrentText();
  const over = bar.over_mA > 0;
  return (
    <div className={css["row"]} data-over={over} data-binding={bar.binding}>
      <span className={css["phase"]}>{bar.phase}</span>
      <span
        className={css["bar"]}
        data-calculated={calculated}
        title={t("diagram.barHint", { used: format.current(bar.used_mA, 1), fuse: format.current(bar.fuse_mA) })}
      >
        <span
          className={css["margin"]}
          style={{
            insetInlineStart: percent(bar.limit_permille),
            width: percent(bar.fuse_permille - bar.limit_permille),
          }}
        />
        <span className={css["other"]} style={{ width: percent(bar.other_permille) }} />
        <span className={css["ev"]} style={{ width: percent(bar.ev_permille) }} />
        <span className={css["reserved"]} style={{ width: percent(bar.reserved_permille) }} />
        <span className={css["fuse"]} style={{ insetInlineStart: percent(bar.fuse_permille) }} />
      </span>
      <span className="visually-hidden">
        {t("diagram.barHint", { used: format.current(bar.used_mA), fuse: format.current(bar.fuse_mA) })}
      </span>
      <span className={css["free"]}>
        {over ? t("diagram.over", { value: text(bar.over_mA) }) : t("diagram.free", { value: text(bar.free_mA) })}
      </span>
      <span className={css["mark"]} title={bar.binding ? t("diagram.binding") : undefined}>
        {bar.binding && (
          <>
            <span aria-hidden>◄</span>
            <span className="visually-hidden">{t("diagram.binding")}</span>
          </>
        )}
      </span>
    </div>
  );
}
