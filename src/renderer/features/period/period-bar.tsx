import { ActionIcon, Menu, Button, SegmentedControl, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { IconArrowLeft, IconChevronDown, IconChevronRight } from "../../components/icons.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import css from "./period-bar.module.css";
import {
  canStepForward,
  dayOf,
  PERIOD_KINDS,
  type PeriodChoice,
  periodRange,
  periodText,
  stepPeriod,
} from "./period.ts";
import { useToday } from "./use-today.ts";

type Props = {
  readonly choice: PeriodChoice;
  /** Offers all time too. */
  readonly withAll?: boolean;
  readonly onChange: (choice: PeriodChoice) => void;
};

/** Which stretch of time a screen is about: a length, arrows to the one before and after, or two dates. */
export function PeriodBar({ choice, withAll = false, onChange }: Props) {
  const { t } = useTranslation("period");
  const today = useToday();
  const kinds = withAll ? (["all", ...PERIOD_KINDS] as const) : PERIOD_KINDS;
  const choose = (period: PeriodChoice["period"]): void => {
    const range = periodRange(choice, today, "UTC");
    onChange({
      period,
      at: null,
      from: period === "custom" ? (range?.first ?? Temporal.PlainDate.from(today).with({ day: 1 })).toString() : null,
      to: period === "custom" ? (range?.end.subtract({ days: 1 }).toString() ?? today) : null,
    });
  };
  return (
    <div className={css["bar"]} role="group" aria-label={t("title")}>
      <div className={css["wide"]}>
        <SegmentedControl
          size="sm"
          aria-label={t("title")}
          value={choice.period}
          data={kinds.map((value) => ({ value, label: t(`kind.${value}`) }))}
          onChange={(value) => {
            choose(kinds.find((kind) => kind === value) ?? "month");
          }}
        />
      </div>
      <div className={css["narrow"]}>
        <Menu position="bottom-start">
          <Menu.Target>
            <Button variant="default" rightSection={<IconChevronDown size={16} stroke={1.75} aria-hidden />}>
              {t(`kind.${choice.period}`)}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {kinds.map((kind) => (
              <Menu.Item
                key={kind}
                onClick={() => {
                  choose(kind);
                }}
              >
                {t(`kind.${kind}`)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </div>
      {choice.period !== "all" && <Stepper choice={choice} today={today} onChange={onChange} />}
      {choice.period === "custom" && <CustomDays choice={choice} today={today} onChange={onChange} />}
    </div>
  );
}

type PartProps = Omit<Props, "withAll"> & { readonly today: string };

function Stepper({ choice, today, onChange }: PartProps) {
  const { t } = useTranslation("period");
  const format = useFormat();
  const range = periodRange(choice, today, format.settings.timezone);
  return (
    <div className={css["stepper"]}>
      <ActionIcon
        variant="default"
        size="lg"
        aria-label={t("previous")}
        onClick={() => {
          onChange(stepPeriod(choice, -1, today));
        }}
      >
        <IconArrowLeft size={18} stroke={1.75} aria-hidden />
      </ActionIcon>
      {range !== null && choice.period !== "custom" && (
        <strong className={css["label"]} aria-live="polite">
          {periodText(choice, range, format.settings.locale)}
        </strong>
      )}
      <ActionIcon
        variant="default"
        size="lg"
        aria-label={t("next")}
        disabled={!canStepForward(choice, today)}
        onClick={() => {
          onChange(stepPeriod(choice, 1, today));
        }}
      >
        <IconChevronRight size={18} stroke={1.75} aria-hidden />
      </ActionIcon>
    </div>
  );
}

function CustomDays({ choice, today, onChange }: PartProps) {
  const { t } = useTranslation("period");
  return (
    <div className={css["custom"]}>
      {(["from", "to"] as const).map((end) => (
        <TextInput
          key={end}
          type="date"
          aria-label={t(end)}
          max={today}
          value={choice[end] ?? today}
          onChange={(event) => {
            const day = dayOf(event.currentTarget.value);
            if (day !== null) onChange({ ...choice, [end]: day });
          }}
        />
      ))}
    </div>
  );
}
