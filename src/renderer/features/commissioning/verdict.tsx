import { useTranslation } from "react-i18next";
import type { Commissioning } from "../../../contract/index.ts";
import { type Icon, IconAlertTriangle, IconCheck, IconInfoCircle } from "../../components/icons.ts";
import { Card } from "../../components/page.tsx";
import { useFormat } from "../../lib/data/use-format.ts";
import { unproven } from "./commissioning-view.ts";
import css from "./commissioning.module.css";
import { useAuthor } from "./use-author.ts";
import { Withdraw } from "./withdraw.tsx";

const ICONS: Readonly<Record<Commissioning["state"], Icon>> = {
  armed: IconCheck,
  trial: IconInfoCircle,
  overridden: IconAlertTriangle,
  blocked: IconAlertTriangle,
};

/** More are found in the list below. */
const NAMED_MAX = 6;

/** Where the site stands, what that means for cars, and what is still missing. */
export function Verdict({ status }: { readonly status: Commissioning }) {
  const { t } = useTranslation("commissioning");
  const { state, fallbacks, problems, override } = status;
  const format = useFormat();
  const VerdictIcon = ICONS[state];
  const untested = unproven(fallbacks);
  return (
    <Card title={t("verdict.title")}>
      <div className={css["verdict"]} data-state={state}>
        <VerdictIcon className={css["icon"]} size={22} stroke={1.75} aria-hidden />
        <div className={css["words"]}>
          <p className={css["mark"]}>{t(`verdict.${state}.mark`)}</p>
          <p>{t(`verdict.${state}.text`)}</p>
          {untested.length > 0 && (
            <p>
              {t("verdict.untested", { count: untested.length, all: format.count(fallbacks.length) })}
              {untested.length <= NAMED_MAX && (
                <> {t("verdict.which", { names: untested.map(({ name }) => name).join(", ") })}</>
              )}
            </p>
          )}
          {problems.some(({ basis }) => basis === "seen") && <p>{t("verdict.seen")}</p>}
          {override !== null && <Given override={override} />}
        </div>
      </div>
    </Card>
  );
}

function Given({ override }: { readonly override: NonNullable<Commissioning["override"]> }) {
  const { t } = useTranslation("commissioning");
  const format = useFormat();
  const authorText = useAuthor();
  const { at_ms, author, reason } = override;
  return (
    <>
      <p className={css["quote"]}>
        {t("override.given", { who: authorText(author), time: format.dateTime(at_ms), reason })}
      </p>
      <Withdraw />
    </>
  );
}
