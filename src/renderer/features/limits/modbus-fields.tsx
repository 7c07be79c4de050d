import { NumberInput, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { FieldProps } from "./limit-fields.tsx";
import { NEW_WIRE } from "./limit-form.ts";
import css from "./limits.module.css";

/** So that fields side by side stand on one line, whichever has a hint. */
const HINT_BELOW: ("label" | "input" | "description" | "error")[] = ["label", "input", "description", "error"];

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
