import { Button, NumberInput } from "@mantine/core";
import type { RefObject, SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Commissioning } from "../../../contract/index.ts";
import { IconAlertTriangle, IconCheck } from "../../components/icons.ts";
import { Card } from "../../components/page.tsx";
import { useConnection } from "../../lib/data/client-context.tsx";
import { useLiveStore } from "../../lib/data/live-store.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { outlookOf, safeCurrentOf } from "./commissioning-view.ts";
import css from "./commissioning.module.css";
import { Refused } from "./refused.tsx";
import { useAct } from "./use-commissioning.ts";

const MAX_WITHOUT_LIVE_mA = 80_000;

/** What the form holds; the list of chargers ticks in it and a proposal fills it. */
export type Wish = { readonly chosen: ReadonlySet<string>; readonly typed_A: number | string };

type Props = {
  readonly status: Commissioning;
  readonly wish: Wish;
  readonly set: (patch: Partial<Wish>) => void;
  readonly inputRef: RefObject<HTMLInputElement | null>;
};

/** Another safe current for the ticked chargers, with what would then fit. */
export function ChangeForm({ status, wish: { chosen, typed_A }, set, inputRef }: Props) {
  const { t } = useTranslation("commissioning");
  const format = useFormat();
  const { state } = useConnection();
  const stations = useLiveStore((live) => live.stations);
  const { fallbacks } = status;
  const bays = fallbacks.filter(({ stationId }) => chosen.has(stationId));
  const max_mA = Math.min(...bays.map(({ stationId }) => stations[stationId]?.max_mA ?? MAX_WITHOUT_LIVE_mA));
  const fallback_mA = safeCurrentOf(typed_A, max_mA);
  const max = format.exactCurrent(bays.length === 0 ? MAX_WITHOUT_LIVE_mA : max_mA);
  const { mutate, reset, isPending, isSuccess, error } = useAct(
    (api, wanted_mA: number) =>
      api.commissioning.setFallback({ stationIds: bays.map(({ stationId }) => stationId), fallback_mA: wanted_mA }),
    () => {
      set({ chosen: new Set() });
    },
  );
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (fallback_mA !== null && bays.length > 0) mutate(fallback_mA);
  };
  return (
    <Card title={t("change.title")}>
      <form className={css["form"]} onSubmit={submit} noValidate aria-label={t("change.title")}>
        <p className={css["muted"]}>{t("change.lead")}</p>
        <Chosen bays={fallbacks} chosen={chosen} set={set} />
        <NumberInput
          ref={inputRef}
          className={css["narrow"] ?? ""}
          label={t("change.current")}
          description={t("change.hint", { max })}
          suffix=" A"
          min={0}
          step={1}
          decimalScale={1}
          value={typed_A}
          error={fallback_mA === null ? t("change.wrong", { max }) : null}
          onChange={(value) => {
            reset();
            set({ typed_A: value });
          }}
        />
        {fallback_mA !== null && bays.length > 0 && (
          <OutlookList status={status} chosen={chosen} fallback_mA={fallback_mA} />
        )}
        <Refused error={error} />
        <div className={`${css["buttons"]} ${css["start"]}`}>
          <Button
            type="submit"
            loading={isPending}
            disabled={state !== "open" || fallback_mA === null || bays.length === 0}
          >
            {t("change.save")}
          </Button>
          <p role="status">{isPending ? t("change.saving") : isSuccess && t("change.saved")}</p>
        </div>
      </form>
    </Card>
  );
}

type ChosenProps = Pick<Wish, "chosen"> & Pick<Props, "set"> & { readonly bays: Commissioning["fallbacks"] };

/** Which chargers are ticked; ticking one by one is done in their list. */
function Chosen({ bays, chosen, set }: ChosenProps) {
  const { t } = useTranslation("commissioning");
  const names = bays.filter(({ stationId }) => chosen.has(stationId)).map(({ name }) => name);
  return (
    <>
      <div className={css["actions"]}>
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            set({ chosen: new Set(bays.map(({ stationId }) => stationId)) });
          }}
        >
          {t("change.all")}
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={names.length === 0}
          onClick={() => {
            set({ chosen: new Set() });
          }}
        >
          {t("change.clear")}
        </Button>
      </div>
      <p>
        {names.length === 0 ? t("change.none") : t("change.chosen", { count: names.length, names: names.join(", ") })}
      </p>
    </>
  );
}

type OutlookProps = Pick<Props, "status"> & Pick<Wish, "chosen"> & { readonly fallback_mA: number };

function OutlookList({ status: { problems, fallbacks }, chosen, fallback_mA }: OutlookProps) {
  const { t } = useTranslation("commissioning");
  const format = useFormat();
  const outlooks = outlookOf(problems, fallbacks, chosen, fallback_mA);
  return (
    <ul className={css["outlook"]}>
      {outlooks.map(({ circuitId, name, phases, before_mA, after_mA, limit_mA, fits }) => {
        const OutlookIcon = fits ? IconCheck : IconAlertTriangle;
        const words = {
          name,
          phases: phases.join(" "),
          before: format.exactCurrent(before_mA),
          after: format.exactCurrent(after_mA),
          limit: format.exactCurrent(limit_mA),
        };
        return (
          <li key={`${circuitId} ${phases.join("")}`}>
            <OutlookIcon size={16} stroke={1.75} aria-hidden />
            {fits ? t("change.fits", words) : t("change.fitsNot", words)}
          </li>
        );
      })}
    </ul>
  );
}
