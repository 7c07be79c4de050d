import { Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { FlagView } from "../../../contract/index.ts";
import { IconAlertTriangle, IconInfoCircle } from "../../components/icons.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { flagNumbers, flagShort, flagWhy } from "./flag-words.ts";
import css from "./flags.module.css";

/** A doubt in a few words, with its icon by severity; why and the numbers on hover, and in full in the detail. */
export function FlagChip({ flag }: { readonly flag: FlagView }) {
  const { t } = useTranslation("sessions");
  const format = useFormat();
  const words = { t, format };
  const numbers = flagNumbers(flag, words)
    .map(({ label, value }) => `${label}: ${value}`)
    .join(" · ");
  const Shown = flag.severity === "I" ? IconInfoCircle : IconAlertTriangle;
  return (
    <Tooltip label={`${flagWhy(flag, words)} ${numbers}`} multiline w={340}>
      <span className={css["chip"]} data-severity={flag.severity}>
        <Shown size={14} stroke={1.75} aria-hidden />
        {flagShort(flag, words)}
      </span>
    </Tooltip>
  );
}

/** Every doubt of a session with its meaning for the bill and the numbers that raised it. */
export function FlagList({ flags }: { readonly flags: readonly FlagView[] }) {
  const { t } = useTranslation("sessions");
  const format = useFormat();
  const words = { t, format };
  return (
    <ul className={css["list"]}>
      {flags.map((flag) => (
        <li key={flag.rule} className={css["item"]} data-severity={flag.severity}>
          <p className={css["head"]}>
            <strong>{flagShort(flag, words)}</strong>
            <span className={css["rule"]}>
              {t(`severity.${flag.severity}`)} · {flag.rule}
            </span>
          </p>
          <p>{flagWhy(flag, words)}</p>
          <dl className={css["numbers"]}>
            {flagNumbers(flag, words).map(({ label, value }) => (
              <div key={label}>
                <dt>{label}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </li>
      ))}
    </ul>
  );
}
