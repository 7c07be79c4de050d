import { Checkbox, NumberInput, Radio, Select, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { SIGNAL_RULES } from "../../../core/balancing/signal-source.ts";
import type { LimitSettings } from "../../../contract/index.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { type LimitForm, SOURCES } from "./limit-form.ts";
import css from "./limits.module.css";

export type FieldProps = {
  readonly form: LimitForm;
  readonly settings: LimitSettings;
  readonly set: (patch: Partial<LimitForm>) => void;
  readonly wrong: (...fields: readonly string[]) => string | null;
};

/** When it holds. */
export function KindField({ form, set }: Pick<FieldProps, "form" | "set">) {
  const { t } = useTranslation("limits");
  return (
    <Radio.Group
      label={t("form.kind")}
      value={form.kind}
      onChange={(value) => {
        set({ kind: SOURCES.find((kind) => kind === value) ?? form.kind });
      }}
    >
      <div className={css["choices"]}>
        {SOURCES.map((kind) => (
          <Radio key={kind} value={kind} label={t(`kind.${kind}.name`)} description={t(`kind.${kind}.text`)} />
        ))}
      </div>
    </Radio.Group>
  );
}

/** What it is called and what it bounds. */
export function SubjectFields({ form, settings, set, wrong }: FieldProps) {
  const { t } = useTranslation("limits");
  return (
    <>
      <TextInput
        className={css["narrow"] ?? ""}
        label={t("form.name")}
        description={t("form.nameHint")}
        value={form.name}
        error={wrong("name")}
        onChange={(event) => {
          set({ name: event.currentTarget.value });
        }}
      />
      <div className={css["pair"]}>
        <Select
          label={t("form.circuit")}
          allowDeselect={false}
          value={form.circuitId}
          error={wrong("circuitId")}
          data={settings.circuits.map(({ circuitId, name }) => ({ value: circuitId, label: name }))}
          onChange={(circuitId) => {
            set({ circuitId: circuitId ?? "" });
          }}
        />
        <Select
          label={t("form.counts")}
          allowDeselect={false}
          value={form.counts}
          data={[
            { value: "all", label: t("form.countsAll") },
            { value: "cars", label: t("form.countsCars") },
          ]}
          onChange={(counts) => {
            set({ counts: counts === "cars" ? "cars" : "all" });
          }}
        />
      </div>
      {form.kind !== "window" && (
        <Select
          className={css["narrow"] ?? ""}
          label={t("form.rule")}
          allowDeselect={false}
          value={form.rule}
          data={SIGNAL_RULES.map((rule) => ({ value: rule, label: t(`rule.${rule}`) }))}
          onChange={(value) => {
            const rule = SIGNAL_RULES.find((one) => one === value) ?? form.rule;
            set({ rule, counts: rule === "dim-14a" ? "cars" : "all" });
          }}
        />
      )}
    </>
  );
}

/** How much, and how much while nobody says so. */
export function AmountFields({ form, settings, set, wrong }: FieldProps) {
  const { t } = useTranslation("limits");
  const format = useFormat();
  const named = form.kind === "http" || form.kind === "register";
  return (
    <>
      {!named && (
        <Amount
          title={t("form.limit")}
          hint={t("form.limitHint")}
          values={{ kW: form.limit_kW, A: form.limit_A }}
          error={wrong("limit")}
          wrong={{ kW: wrong("limit.limit_W"), A: wrong("limit.limit_mA") }}
          set={({ kW = form.limit_kW, A = form.limit_A }) => {
            set({ limit_kW: kW, limit_A: A });
          }}
        />
      )}
      {form.kind !== "window" && (
        <>
          <Amount
            title={t("form.failSafe")}
            hint={
              named ? t("form.failSafeOnly", { minutes: format.age(settings.silentAfter_ms) }) : t("form.failSafeHint")
            }
            values={{ kW: form.failSafe_kW, A: form.failSafe_A }}
            error={named ? wrong("limit") : null}
            wrong={{ kW: wrong("failSafe.limit_W"), A: wrong("failSafe.limit_mA") }}
            set={({ kW = form.failSafe_kW, A = form.failSafe_A }) => {
              set({ failSafe_kW: kW, failSafe_A: A });
            }}
          />
          <NumberInput
            className={css["narrow"] ?? ""}
            label={t("form.minimum")}
            suffix={` ${t("form.minutes")}`}
            min={0}
            max={1440}
            value={form.minimum_min}
            error={wrong("minimum_ms")}
            onChange={(minimum_min) => {
              set({ minimum_min });
            }}
          />
        </>
      )}
    </>
  );
}

type Values = { readonly kW: number | string; readonly A: number | string };
type AmountProps = {
  readonly title: string;
  readonly hint: string;
  readonly values: Values;
  readonly error: string | null;
  readonly wrong: { readonly kW: string | null; readonly A: string | null };
  readonly set: (values: Partial<Values>) => void;
};

function Amount({ title, hint, values, error, wrong, set }: AmountProps) {
  const { t } = useTranslation("limits");
  return (
    <fieldset className={css["group"]}>
      <legend>{title}</legend>
      <p className={css["muted"]}>{hint}</p>
      <div className={css["pair"]}>
        <NumberInput
          label={t("form.kW")}
          suffix=" kW"
          min={0}
          decimalScale={3}
          value={values.kW}
          error={wrong.kW ?? error}
          onChange={(kW) => {
            set({ kW });
          }}
        />
        <NumberInput
          label={t("form.perPhase")}
          suffix=" A"
          min={0}
          decimalScale={1}
          value={values.A}
          error={wrong.A}
          onChange={(A) => {
            set({ A });
          }}
        />
      </div>
    </fieldset>
  );
}

/** For a limit whose caller has a password already. */
export function TokenField({ form, set }: Pick<FieldProps, "form" | "set">) {
  const { t } = useTranslation("limits");
  return (
    <Checkbox
      label={t("form.token")}
      checked={form.newToken}
      onChange={(event) => {
        set({ newToken: event.currentTarget.checked });
      }}
    />
  );
}
