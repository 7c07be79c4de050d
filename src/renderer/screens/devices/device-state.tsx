import { useTranslation } from "react-i18next";
import type { DeviceHint, DeviceSummary } from "../../../contract/index.ts";
import { IconAlertTriangle, IconCheck, IconX } from "../../components/icons.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { hintFacts } from "./device-words.ts";
import css from "./devices.module.css";

const ICONS = { online: IconCheck, degraded: IconAlertTriangle, offline: IconX } as const;

/** A wire does not answer by itself: it is open, whoever hangs on it. */
const WIRE_WORDS = { online: "state.wireOpen", degraded: "state.wireGaps", offline: "state.wireShut" } as const;

/** Whether it answers: a sign and a word, so that colour is not needed. */
export function DeviceState({ kind, state }: Pick<DeviceSummary, "kind" | "state">) {
  const { t } = useTranslation("devices");
  const Icon = ICONS[state];
  return (
    <span className={css["state"]} data-state={state}>
      <Icon size={16} stroke={2} aria-hidden />
      {t(kind === "link" ? WIRE_WORDS[state] : (`state.${state}` as const))}
    </span>
  );
}

/** What to look at on the spot, with the numbers that say so. */
export function HintText({ hint }: { readonly hint: DeviceHint }) {
  const { t } = useTranslation("devices");
  const format = useFormat();
  return (
    <div className={css["hint"]}>
      <IconAlertTriangle size={18} stroke={1.75} aria-hidden />
      <div>
        <p className={css["hintTitle"]}>{t(`hint.${hint.code}.title`)}</p>
        <p>{t(`hint.${hint.code}.action`)}</p>
        <p className={css["muted"]}>{hintFacts(hint, t, format)}</p>
      </div>
    </div>
  );
}
