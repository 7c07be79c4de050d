import { useTranslation } from "react-i18next";
import type { CircuitBudget, SignalView } from "../../../contract/index.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import css from "./limits-panel.module.css";
import { OverloadLine } from "./overload-line.tsx";

const ASK_EVERY_MS = 5_000;
/** More are in the exported data; nobody reads them here. */
const OVERLOADS_SHOWN = 5;

/** Limits from outside and what the protection of circuits had to bear; nothing at all where there is neither. */
export function LimitsPanel({ circuitId }: { readonly circuitId: string | null }) {
  const { t } = useTranslation("live");
  const every = { every_ms: ASK_EVERY_MS };
  const signals = useAsk(["signals"], (api, signal) => api.signals.list(undefined, { signal }), every);
  const budgets = useAsk(["circuits", "budget"], (api, signal) => api.circuits.budget(undefined, { signal }), every);
  const overloads = useAsk(
    ["circuits", "overloads", circuitId],
    (api, signal) => api.circuits.overloads({ circuitId }, { signal }),
    every,
  );
  const here = <T extends { readonly circuitId: string }>(all: readonly T[] | undefined): readonly T[] =>
    (all ?? []).filter((one) => circuitId === null || one.circuitId === circuitId);
  const shownSignals = here(signals.data);
  const shownOverloads = here(overloads.data).slice(0, OVERLOADS_SHOWN);
  const shownBudgets = circuitId === null ? [] : here(budgets.data);
  if (shownSignals.length + shownOverloads.length + shownBudgets.length === 0) return null;
  return (
    <section className={css["panel"]} aria-label={t("limits.title")}>
      <h2>{t("limits.title")}</h2>
      <ul className={css["list"]}>
        {shownBudgets.map((budget) => (
          <BudgetLine key={budget.circuitId} budget={budget} />
        ))}
        {shownSignals.map((signal) => (
          <SignalLine key={signal.id} signal={signal} />
        ))}
        {shownOverloads.map((overload) => (
          <OverloadLine key={overload.no} overload={overload} />
        ))}
      </ul>
    </section>
  );
}

function BudgetLine({ budget }: { readonly budget: CircuitBudget }) {
  const { t } = useTranslation("live");
  const format = useFormat();
  return (
    <li>
      {t(`limits.protection.${budget.protection}`)}
      {": "}
      {t("limits.used", {
        value: format.percent(Math.min(10_000, Math.round((budget.used_s / budget.alarm_s) * 10_000))),
      })}
    </li>
  );
}

function SignalLine({ signal }: { readonly signal: SignalView }) {
  const { t } = useTranslation("live");
  const format = useFormat();
  const { active } = signal;
  if (active === null) return <li>{t("limits.none", { name: signal.name })}</li>;
  const values = [
    active.limit_mA === null ? [] : format.current(active.limit_mA, 1),
    active.limit_W === null ? [] : format.power(active.limit_W, 1),
  ].flat();
  return (
    <li className={css["active"]}>
      <strong>{t("limits.active", { name: signal.name, value: values.join(", ") })}</strong>{" "}
      {t("limits.since", { time: format.dateTime(active.since_ms) })}{" "}
      {active.why === "fail-safe" && t("limits.failSafe")}{" "}
      {active.complied_at_ms === null
        ? t(active.late ? "limits.late" : "limits.pending")
        : t("limits.kept", { count: Math.ceil((active.complied_at_ms - active.since_ms) / 1000) })}
    </li>
  );
}
