import { useTranslation } from "react-i18next";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { planWords } from "./plan-view.ts";

const PLAN_EVERY_ms = 30_000;

/** One line: when the plan lets this car charge, and why that is better; nothing for a car that does not wait. */
export function PlanNote({ stationId }: { readonly stationId: string }) {
  const { t } = useTranslation("charger");
  const format = useFormat();
  const { data } = useAsk(["planning"], (api, signal) => api.planning.state(undefined, { signal }), {
    every_ms: PLAN_EVERY_ms,
  });
  const car = data?.cars.find((one) => one.stationId === stationId);
  const words = car === undefined ? null : planWords(car);
  if (words === null) return null;
  const time = format.time(words.from_ms);
  return (
    <p>
      {words.kind === "cheaper"
        ? t("plan.cheaper", { time, price: format.price(words.saves, data?.currency) })
        : t(`plan.${words.kind}`, { time })}
    </p>
  );
}
