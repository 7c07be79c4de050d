import { Button, NumberInput, Radio, Select } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { BalancingSettings } from "../../../contract/index.ts";
import { DataTable } from "../../components/data-table.tsx";
import { Card } from "../../components/page.tsx";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { Trouble } from "../../components/trouble.tsx";
import { useApi, useConnection } from "../../lib/data/client-context.tsx";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { SharingPreview } from "./sharing-preview.tsx";
import { CHOICES, formFor, INHERIT, isHoldPossible, ruleInput, type SharingForm, WHOLE_SITE } from "./sharing-view.ts";
import css from "./settings.module.css";

/** How cars share, in plain words, and what another rule would change before it is taken. */
export function SharingPage() {
  const asked = useAsk(["balancing", "settings"], (api, signal) => api.balancing.settings(undefined, { signal }));
  return (
    <StateBoundary asked={asked}>
      {(settings) => (
        <div className={css["stack"]}>
          <Rule settings={settings} />
          <Circuits settings={settings} />
        </div>
      )}
    </StateBoundary>
  );
}

function Rule({ settings }: { readonly settings: BalancingSettings }) {
  const { t } = useTranslation("settings");
  const [form, setForm] = useState<SharingForm>(() => formFor(WHOLE_SITE, settings));
  const { state } = useConnection();
  const { save, isPending, isSuccess, error, forget } = useSaveRule(form);
  const possible = isHoldPossible(form);
  const set = (patch: Partial<SharingForm>): void => {
    forget();
    setForm((before) => ({ ...before, ...patch }));
  };
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (possible) save();
  };
  return (
    <Card title={t("sharing.title")}>
      <form className={css["form"]} onSubmit={submit} noValidate>
        <p className={css["muted"]}>{t("sharing.lead")}</p>
        <Select
          className={css["narrow"] ?? ""}
          label={t("sharing.scope")}
          allowDeselect={false}
          value={form.scope}
          data={[
            { value: WHOLE_SITE, label: t("sharing.whole") },
            ...settings.circuits.map(({ circuitId, name }) => ({ value: circuitId, label: name })),
          ]}
          onChange={(scope) => {
            forget();
            setForm(formFor(scope ?? WHOLE_SITE, settings));
          }}
        />
        <RuleChoice form={form} set={set} />
        {form.choice !== INHERIT && <HoldInput form={form} set={set} />}
        {possible && <SharingPreview rule={ruleInput(form)} />}
        {error !== null && <Trouble error={error} />}
        <div className={css["buttons"]}>
          <p role="status">{isSuccess && t("sharing.saved")}</p>
          <Button type="submit" loading={isPending} disabled={state !== "open" || !possible}>
            {t("sharing.save")}
          </Button>
        </div>
      </form>
    </Card>
  );
}

type PartProps = { readonly form: SharingForm; readonly set: (patch: Partial<SharingForm>) => void };

function RuleChoice({ form, set }: PartProps) {
  const { t } = useTranslation("settings");
  const choices = CHOICES.filter((choice) => choice !== INHERIT || form.scope !== WHOLE_SITE);
  return (
    <Radio.Group
      label={t("sharing.rule")}
      value={form.choice}
      onChange={(value) => {
        set({ choice: CHOICES.find((choice) => choice === value) ?? form.choice });
      }}
    >
      <div className={css["choices"]}>
        {choices.map((choice) => (
          <Radio
            key={choice}
            value={choice}
            label={choice === INHERIT ? t("sharing.inherit") : t(`rule.${choice}.name`)}
            description={choice === INHERIT ? undefined : t(`rule.${choice}.text`)}
          />
        ))}
      </div>
    </Radio.Group>
  );
}

function HoldInput({ form, set }: PartProps) {
  const { t } = useTranslation("settings");
  return (
    <NumberInput
      className={css["narrow"] ?? ""}
      label={t("sharing.hold")}
      description={t("sharing.holdHint")}
      suffix={` ${t("sharing.minutes")}`}
      min={15}
      max={1440}
      step={15}
      allowDecimal={false}
      value={form.hold_min}
      error={isHoldPossible(form) ? null : t("sharing.holdWrong")}
      onChange={(hold_min) => {
        set({ hold_min });
      }}
    />
  );
}

function useSaveRule(form: SharingForm) {
  const api = useApi();
  const queries = useQueryClient();
  const { mutate, reset, isPending, isSuccess, error } = useMutation({
    mutationFn: () => api.balancing.setSharing(ruleInput(form)),
    onSuccess: (settings) => {
      queries.setQueryData(["balancing", "settings"], settings);
    },
  });
  return { save: mutate, forget: reset, isPending, isSuccess, error };
}

function Circuits({ settings }: { readonly settings: BalancingSettings }) {
  const { t } = useTranslation("settings");
  const format = useFormat();
  return (
    <Card title={t("sharing.circuits")}>
      <DataTable
        label={t("sharing.circuits")}
        keyOf={({ circuitId }) => circuitId}
        rows={settings.circuits}
        columns={[
          { id: "name", title: t("sharing.circuit"), cell: ({ name }) => name },
          {
            id: "rule",
            title: t("sharing.rule"),
            cell: ({ sharing, parentId }) =>
              sharing !== null || parentId === null
                ? t(`rule.${(sharing ?? settings.site).rule}.name`)
                : t("sharing.inherit"),
          },
          {
            id: "protection",
            title: t("sharing.protection"),
            cell: ({ protection }) => t(`sharing.device.${protection}`),
          },
          {
            id: "unbalance",
            title: t("sharing.unbalance"),
            cell: ({ unbalance_mA }) =>
              unbalance_mA === null ? t("sharing.noUnbalance") : format.current(unbalance_mA),
          },
        ]}
      />
    </Card>
  );
}
