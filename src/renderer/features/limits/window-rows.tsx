import { Button, Checkbox, NumberInput, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { WEEKDAYS } from "../../../core/balancing/signal-source.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { useLiveStore } from "../../lib/data/live-store.ts";
import { type HoursForm, minuteOf, type WindowForm } from "./limit-form.ts";
import { weekdayNames } from "./limit-words.ts";
import css from "./limits.module.css";

type Props<T extends WindowForm> = {
  readonly title: string;
  readonly hint?: string;
  /** Of the fields in mistakes: "windows" or "hours". */
  readonly prefix: string;
  readonly rows: readonly T[];
  readonly fresh: T;
  readonly wrong: (...fields: readonly string[]) => string | null;
  readonly set: (rows: readonly T[]) => void;
  /** What stands beside the times of a row. */
  readonly more?: (row: T, place: number, change: (patch: Partial<T>) => void) => ReactNode;
};

/** Weekly hours, one below the other: days to tick, from and to. */
export function WindowRows<T extends WindowForm>(props: Props<T>) {
  const { title, hint, prefix, rows, fresh, wrong, set, more } = props;
  const { t } = useTranslation("limits");
  const missing = wrong(prefix);
  return (
    <fieldset className={css["group"]}>
      <legend>{title}</legend>
      {hint !== undefined && <p className={css["muted"]}>{hint}</p>}
      {rows.map((row, index) => {
        const change = (patch: Partial<T> | Partial<WindowForm>): void => {
          set(rows.map((one, place) => (place === index ? { ...one, ...patch } : one)));
        };
        return (
          <div key={index} className={css["row"]} role="group" aria-label={t("form.row", { place: index + 1 })}>
            <Days row={row} place={index} error={wrong(`${prefix}.${String(index)}.days`)} change={change} />
            <div className={css["times"]}>
              <Times row={row} field={`${prefix}.${String(index)}`} wrong={wrong} change={change} />
              {more?.(row, index, change)}
              <Button
                variant="subtle"
                mt="lg"
                aria-label={t("form.removeWindow", { place: index + 1 })}
                onClick={() => {
                  set(rows.filter((_, place) => place !== index));
                }}
              >
                {t("remove")}
              </Button>
            </div>
          </div>
        );
      })}
      {missing !== null && (
        <p role="alert" className={css["badText"]}>
          {missing}
        </p>
      )}
      <div>
        <Button
          variant="default"
          size="xs"
          onClick={() => {
            set([...rows, fresh]);
          }}
        >
          {t("form.addWindow")}
        </Button>
      </div>
    </fieldset>
  );
}

type RowProps = {
  readonly row: WindowForm;
  readonly change: (patch: Partial<WindowForm>) => void;
};

function Days({ row, place, error, change }: RowProps & { readonly place: number; readonly error: string | null }) {
  const { t } = useTranslation("limits");
  const { settings } = useFormat();
  const names = weekdayNames(settings.locale);
  return (
    <div>
      <div className={css["days"]} role="group" aria-label={t("form.days")}>
        {WEEKDAYS.map((day, index) => (
          <Checkbox
            key={day}
            label={names[index]}
            aria-label={t("form.day", { day: names[index] ?? day, place: place + 1 })}
            checked={row.days.includes(day)}
            onChange={(event) => {
              const days = event.currentTarget.checked ? [...row.days, day] : row.days.filter((one) => one !== day);
              change({ days });
            }}
          />
        ))}
      </div>
      {error !== null && (
        <p role="alert" className={css["badText"]}>
          {error}
        </p>
      )}
    </div>
  );
}

function Times({
  row,
  field,
  wrong,
  change,
}: RowProps & { readonly field: string; readonly wrong: Props<WindowForm>["wrong"] }) {
  const { t } = useTranslation("limits");
  const [from, to] = [minuteOf(row.from), minuteOf(row.to)];
  const isOver = from !== null && to !== null && to <= from && to > 0;
  return (
    <>
      <TextInput
        className={css["time"] ?? ""}
        label={t("form.from")}
        value={row.from}
        error={wrong(`${field}.from`)}
        onChange={(event) => {
          change({ from: event.currentTarget.value });
        }}
      />
      <TextInput
        className={css["time"] ?? ""}
        label={t("form.to")}
        value={row.to}
        description={isOver ? t("form.nextDay") : undefined}
        inputWrapperOrder={["label", "input", "description", "error"]}
        error={wrong(`${field}.to`)}
        onChange={(event) => {
          change({ to: event.currentTarget.value });
        }}
      />
    </>
  );
}

/** The price of a row. */
export function RowPrice({
  row,
  error,
  change,
}: {
  readonly row: HoursForm;
  readonly error: string | null;
  readonly change: (patch: Partial<HoursForm>) => void;
}) {
  const { t } = useTranslation("limits");
  const currency = useLiveStore((state) => state.site?.currency) ?? "EUR";
  return (
    <NumberInput
      className={css["time"] ?? ""}
      label={t("pricing.price")}
      suffix={` ${currency}`}
      min={0}
      decimalScale={6}
      value={row.price}
      error={error}
      onChange={(price) => {
        change({ price });
      }}
    />
  );
}
