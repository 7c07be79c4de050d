import { Autocomplete, NumberInput, PasswordInput, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ProfileFacts } from "../../../contract/index.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { type DeviceForm, type FormField, WIRE_KINDS, wiresOf, withWire } from "./device-form-view.ts";

export type FieldProps = {
  readonly form: DeviceForm;
  readonly set: (patch: Partial<DeviceForm>) => void;
  readonly wrong: (field: FormField) => string | null;
};

type Props = FieldProps & { readonly profile: ProfileFacts | undefined; readonly hasPassword: boolean };

/** Where a device is reached: the kind of wire and what belongs to it. */
export function WireFields({ form, set, wrong, profile, hasPassword }: Props) {
  const { t } = useTranslation("devices");
  const { ocpp } = form;
  if (ocpp !== null)
    return (
      <>
        <TextInput
          label={t("form.identity")}
          description={t("form.identityHint")}
          value={ocpp.identity}
          onChange={(event) => {
            set({ ocpp: { identity: event.currentTarget.value } });
          }}
        />
        <Whole field="connector" form={form} set={set} wrong={wrong} min={1} max={100} />
      </>
    );
  const sockets = profile?.usual.sockets ?? 1;
  const speaksItself = form.wire === "tcp-raw" || form.wire === "udp-multicast";
  return (
    <>
      <Select
        label={t("form.wire")}
        allowDeselect={false}
        value={form.wire}
        data={wiresOf(profile).map((value) => ({ value, label: t(`form.wires.${value}`) }))}
        onChange={(value) => {
          const wire = WIRE_KINDS.find((kind) => kind === value);
          if (wire !== undefined) set(withWire(form, wire, profile));
        }}
      />
      <PlaceFields form={form} set={set} wrong={wrong} />
      {form.wire === "http" && <LoginFields form={form} set={set} hasPassword={hasPassword} />}
      {!speaksItself && <Whole field="unitId" form={form} set={set} wrong={wrong} min={0} max={255} />}
      {(sockets > 1 || Number(form.connector) > 1) && (
        <Whole field="connector" form={form} set={set} wrong={wrong} min={1} max={100} />
      )}
      {form.kind === "meter" && form.wire === "udp-multicast" && (
        <TextInput
          label={t("page.serial")}
          description={t("form.serialHint")}
          value={form.serial}
          onChange={(event) => {
            set({ serial: event.currentTarget.value });
          }}
        />
      )}
    </>
  );
}

function PlaceFields({ form, set, wrong }: FieldProps) {
  const { t } = useTranslation("devices");
  if (form.wire === "serial") return <SerialFields form={form} set={set} wrong={wrong} />;
  const isGroup = form.wire === "udp-multicast";
  return (
    <>
      <TextInput
        label={t(isGroup ? "form.group" : "form.host")}
        description={t(isGroup ? "form.groupHint" : "form.hostHint")}
        value={isGroup ? form.group : form.host}
        error={wrong(isGroup ? "group" : "host")}
        onChange={(event) => {
          const { value } = event.currentTarget;
          set(isGroup ? { group: value } : { host: value });
        }}
      />
      <Whole field="port" form={form} set={set} wrong={wrong} min={1} max={65_535} />
      {isGroup && (
        <TextInput
          label={t("form.interface")}
          description={t("form.interfaceHint")}
          value={form.networkInterface}
          onChange={(event) => {
            set({ networkInterface: event.currentTarget.value });
          }}
        />
      )}
    </>
  );
}

const BAUDS = ["1200", "2400", "4800", "9600", "19200", "38400", "57600", "115200"];

function SerialFields({ form, set, wrong }: FieldProps) {
  const { t } = useTranslation("devices");
  const asked = useAsk(["devices", "ports"], (api, signal) => api.devices.ports(undefined, { signal }));
  return (
    <>
      <Autocomplete
        label={t("find.serial.label")}
        description={t("find.serial.hint")}
        data={(asked.data ?? []).map(({ path }) => path)}
        value={form.path}
        error={wrong("path")}
        onChange={(path) => {
          set({ path });
        }}
      />
      <Autocomplete
        label={t("form.baud")}
        data={BAUDS}
        value={String(form.baud)}
        error={wrong("baud")}
        onChange={(value) => {
          set({ baud: /^\d+$/u.test(value) ? Number(value) : value });
        }}
      />
      <SegmentedControl
        aria-label={t("form.parity")}
        value={form.parity}
        data={(["none", "even", "odd"] as const).map((value) => ({ value, label: t(`find.parity.${value}`) }))}
        onChange={(value) => {
          set({ parity: value === "even" || value === "odd" ? value : "none" });
        }}
      />
      <SegmentedControl
        aria-label={t("form.bits")}
        value={`${String(form.dataBits)}-${String(form.stopBits)}`}
        data={(["8-1", "8-2", "7-1", "7-2"] as const).map((value) => ({
          value,
          label: t("form.bitsOf", { data: value[0] ?? "", stop: value[2] ?? "" }),
        }))}
        onChange={(value) => {
          set({ dataBits: value.startsWith("7") ? 7 : 8, stopBits: value.endsWith("2") ? 2 : 1 });
        }}
      />
    </>
  );
}

type LoginProps = Pick<FieldProps, "form" | "set"> & { readonly hasPassword: boolean };

function LoginFields({ form, set, hasPassword }: LoginProps) {
  const { t } = useTranslation("devices");
  return (
    <>
      <TextInput
        label={t("adopt.user")}
        description={t("adopt.userHint")}
        value={form.user}
        onChange={(event) => {
          set({ user: event.currentTarget.value });
        }}
      />
      <PasswordInput
        label={t("adopt.password")}
        autoComplete="new-password"
        description={hasPassword ? t("form.passwordStays") : undefined}
        value={form.password}
        onChange={(event) => {
          set({ password: event.currentTarget.value });
        }}
      />
    </>
  );
}

type WholeProps = FieldProps & {
  readonly field: "port" | "unitId" | "connector" | "priority";
  readonly min: number;
  readonly max: number;
};

/** A whole number within its bounds. */
export function Whole({ field, form, set, wrong, min, max }: WholeProps) {
  const { t } = useTranslation("devices");
  return (
    <NumberInput
      label={t(`form.${field}`)}
      description={t(`form.${field}Hint`)}
      allowDecimal={false}
      hideControls
      min={min}
      max={max}
      value={form[field]}
      error={wrong(field)}
      onChange={(value) => {
        set({ [field]: value });
      }}
    />
  );
}
