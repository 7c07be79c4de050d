import { Checkbox, NumberInput, Radio, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { SIGNAL_RULES } from "../../../core/balancing/signal-source.ts";
import type { LimitSettings } from "../../../contract/index.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { type LimitForm, NEW_WIRE, SOURCES } from "./limit-form.ts";
import css from "./limits.module.css";

export type FieldProps = {
  readonly form: LimitForm;
  readonly settings: LimitSettings;
  readonly set: (patch: Partial<LimitForm>) => void;
  readonly wrong: (...fields: readonly string[]) => string | null;
};

/** So that fields side by side stand on one line, whichever has a hint. */
const HINT_BELOW: ("label" | "input" | "description" | "error")[] = ["label", "input", "description", "error"];

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

/** Which module is asked, and what of it. */
export function ModbusFields({ form, settings, set, wrong }: FieldProps) {
  const { t } = useTranslation("limits");
  return (
    <>
      <Select
        label={t("form.wire")}
        allowDeselect={false}
        value={form.linkId}
        error={wrong("wire")}
        data={[
          { value: NEW_WIRE, label: t("form.newWire") },
          ...settings.links.map(({ linkId, place, usedBy }) => ({
            value: linkId,
            label: usedBy.length === 0 ? place : `${place} (${usedBy.join(", ")})`,
          })),
        ]}
        onChange={(linkId) => {
          set({ linkId: linkId ?? NEW_WIRE });
        }}
      />
      {form.linkId === NEW_WIRE && <NewWire form={form} set={set} wrong={wrong} />}
      <div className={css["pair"]}>
        <WholeInput
          label={t("form.unit")}
          value={form.unitId}
          error={wrong("unitId")}
          onChange={(unitId) => {
            set({ unitId });
          }}
        />
        <WholeInput
          label={form.kind === "register" ? t("form.register") : t("form.input")}
          hint={form.kind === "register" ? t("form.registerHint") : t("form.inputHint")}
          value={form.address}
          error={wrong("address")}
          onChange={(address) => {
            set({ address });
          }}
        />
      </div>
      {form.kind === "register" ? (
        <RegisterFields form={form} set={set} wrong={wrong} />
      ) : (
        <ContactFields form={form} set={set} />
      )}
    </>
  );
}

type PartProps = Pick<FieldProps, "form" | "set" | "wrong">;

function NewWire({ form, set, wrong }: PartProps) {
  const { t } = useTranslation("limits");
  return (
    <div className={css["pair"]}>
      <TextInput
        label={t("form.host")}
        description={t("form.hostHint")}
        inputWrapperOrder={HINT_BELOW}
        value={form.host}
        error={wrong("host")}
        onChange={(event) => {
          set({ host: event.currentTarget.value });
        }}
      />
      <WholeInput
        label={t("form.port")}
        value={form.port}
        error={wrong("port")}
        onChange={(port) => {
          set({ port });
        }}
      />
      <Select
        label={t("form.framing")}
        allowDeselect={false}
        value={form.framing}
        data={[
          { value: "modbus-tcp", label: "Modbus TCP" },
          { value: "rtu-over-tcp", label: "Modbus RTU over TCP" },
        ]}
        onChange={(value) => {
          set({ framing: value === "rtu-over-tcp" ? "rtu-over-tcp" : "modbus-tcp" });
        }}
      />
    </div>
  );
}

function ContactFields({ form, set }: Pick<FieldProps, "form" | "set">) {
  const { t } = useTranslation("limits");
  return (
    <div className={css["pair"]}>
      <Select
        label={t("form.table")}
        allowDeselect={false}
        value={form.bits}
        data={[
          { value: "discrete", label: t("form.discrete") },
          { value: "coil", label: t("form.coil") },
        ]}
        onChange={(value) => {
          set({ bits: value === "coil" ? "coil" : "discrete" });
        }}
      />
      <Select
        label={t("form.active")}
        allowDeselect={false}
        value={form.activeLow ? "low" : "high"}
        data={[
          { value: "high", label: t("form.activeHigh") },
          { value: "low", label: t("form.activeLow") },
        ]}
        onChange={(value) => {
          set({ activeLow: value === "low" });
        }}
      />
    </div>
  );
}

function RegisterFields({ form, set, wrong }: PartProps) {
  const { t } = useTranslation("limits");
  return (
    <div className={css["pair"]}>
      <Select
        label={t("form.words")}
        allowDeselect={false}
        value={form.words}
        data={[
          { value: "holding", label: t("form.holding") },
          { value: "input", label: t("form.inputRegister") },
        ]}
        onChange={(value) => {
          set({ words: value === "input" ? "input" : "holding" });
        }}
      />
      <Select
        label={t("form.width")}
        allowDeselect={false}
        value={form.type}
        data={[
          { value: "uint16", label: t("form.uint16") },
          { value: "uint32", label: t("form.uint32") },
        ]}
        onChange={(value) => {
          set({ type: value === "uint32" ? "uint32" : "uint16" });
        }}
      />
      <SegmentedControl
        mt="lg"
        aria-label={t("form.valueUnit")}
        value={form.unit}
        data={[
          { value: "W", label: t("form.watt") },
          { value: "A", label: t("form.ampere") },
        ]}
        onChange={(value) => {
          set({ unit: value === "A" ? "A" : "W" });
        }}
      />
      <NumberInput
        label={t("form.scale")}
        description={t("form.scaleHint")}
        inputWrapperOrder={HINT_BELOW}
        min={0}
        decimalScale={6}
        value={form.scale}
        error={wrong("scale")}
        onChange={(scale) => {
          set({ scale });
        }}
      />
      <WholeInput
        label={t("form.noLimit")}
        hint={t("form.noLimitHint")}
        value={form.none}
        error={wrong("none")}
        onChange={(none) => {
          set({ none });
        }}
      />
    </div>
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

type WholeProps = {
  readonly label: string;
  readonly hint?: string;
  readonly value: number | string;
  readonly error: string | null;
  readonly onChange: (value: number | string) => void;
};

const WholeInput = ({ label, hint, value, error, onChange }: WholeProps) => (
  <NumberInput
    label={label}
    description={hint}
    inputWrapperOrder={HINT_BELOW}
    min={0}
    allowDecimal={false}
    hideControls
    value={value}
    error={error}
    onChange={onChange}
  />
);
