import { Button, Modal, Select, Switch, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { type BoxSetting, ocppAnswers } from "../../../contract/index.ts";
import { DataTable } from "../../components/data-table.tsx";
import { IconAlertTriangle, IconSearch } from "../../components/icons.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { Card } from "../../components/page.tsx";
import { useApi } from "../../lib/data/client-context.tsx";
import { useFormat } from "../../lib/data/use-format.ts";
import { BoxOutcome, type PartProps, Refusal, useBoxAsk } from "./ocpp-ask.tsx";
import { changeRequest, settingRows, valueMistake } from "./ocpp-box-view.ts";
import css from "./ocpp-box.module.css";

/** While a box of 2.0.1 sends the parts of its report. */
const REPORT_LOOKED_AT_EVERY_ms = 2_000;
const settingsKey = (stationId: string): readonly string[] => ["ocpp", "settings", stationId];

/** What the box says of its settings; asked of it when the part is opened, and again when somebody wants it. */
function useSettings({ stationId, beyond }: PartProps) {
  const api = useApi();
  return useQuery({
    queryKey: settingsKey(stationId),
    queryFn: async () => {
      const { answer } = await api.ocpp.ask({ stationId, request: { do: "settings" } });
      return ocppAnswers.settings.parse(answer);
    },
    staleTime: Infinity,
    retry: false,
    // What 2.0.1 reported is here already: looking costs the box nothing.
    refetchInterval: beyond.version === "2.0.1" ? REPORT_LOOKED_AT_EVERY_ms : false,
  });
}

/** The box's settings: search, and change one after being asked again. */
export function BoxSettings(props: PartProps) {
  const { stationId, beyond } = props;
  const { t } = useTranslation("box");
  const format = useFormat();
  const queries = useQueryClient();
  const { data, error, isFetching } = useSettings(props);
  const [changed, setChanged] = useState<BoxSetting | null>(null);
  const { asked, ask } = useBoxAsk(stationId, () => {
    void queries.invalidateQueries({ queryKey: settingsKey(stationId) });
  });
  const reread = (): void => {
    if (beyond.version === "2.0.1") ask({ do: "base-report" });
    else void queries.invalidateQueries({ queryKey: settingsKey(stationId) });
  };
  const reported_ms = data?.reported_at_ms ?? null;
  return (
    <Card
      title={t("part.settings")}
      actions={
        <Button variant="default" size="xs" loading={isFetching && beyond.version === "1.6"} onClick={reread}>
          {t("settings.reread")}
        </Button>
      }
    >
      <div className={css["stack"]}>
        <p className={css["muted"]}>{t("settings.lead")}</p>
        {reported_ms !== null && <p>{t("settings.reported", { time: format.dateTime(reported_ms) })}</p>}
        <Restart stationId={stationId} waiting={beyond.restartFor} />
        <BoxOutcome
          asked={asked}
          done={asked.request?.do === "base-report" ? t("settings.reportComes") : t("settings.done")}
        />
        {error !== null && <Refusal error={error} />}
        {data !== undefined && (
          <SettingTable settings={data.settings} onChange={setChanged} isReport={beyond.version === "2.0.1"} />
        )}
      </div>
      {changed !== null && (
        <ChangeDialog
          setting={changed}
          onCancel={() => {
            setChanged(null);
          }}
          onConfirm={(value) => {
            setChanged(null);
            ask(changeRequest(changed, value));
          }}
        />
      )}
    </Card>
  );
}

/** Settings that wait for a restart, with the way to it. */
function Restart({ stationId, waiting }: { readonly stationId: string; readonly waiting: readonly string[] }) {
  const { t } = useTranslation("box");
  if (waiting.length === 0) return null;
  return (
    <div className={css["tools"]} role="status">
      <span className={css["warning"]}>
        <IconAlertTriangle size={18} stroke={1.75} aria-hidden />
        {t("settings.restartFor", { names: waiting.join(", ") })}
      </span>
      <LinkButton size="compact-sm" variant="default" to="/live" search={{ station: stationId }}>
        {t("settings.toRestart")}
      </LinkButton>
    </div>
  );
}

type TableProps = {
  readonly settings: readonly BoxSetting[];
  readonly isReport: boolean;
  readonly onChange: (setting: BoxSetting) => void;
};

function SettingTable({ settings, isReport, onChange }: TableProps) {
  const { t } = useTranslation("box");
  const [search, setSearch] = useState("");
  const [onlyWritable, setOnlyWritable] = useState(false);
  const rows = settingRows(settings, search, onlyWritable);
  if (settings.length === 0) return <p>{t(isReport ? "settings.noReport" : "settings.none")}</p>;
  return (
    <>
      <div className={`${css["tools"] ?? ""} ${css["wide"] ?? ""}`}>
        <TextInput
          className={css["search"]}
          aria-label={t("settings.search")}
          placeholder={t("settings.search")}
          leftSection={<IconSearch size={16} stroke={1.75} aria-hidden />}
          value={search}
          onChange={(event) => {
            setSearch(event.currentTarget.value);
          }}
        />
        <Switch
          label={t("settings.onlyWritable")}
          checked={onlyWritable}
          onChange={(event) => {
            setOnlyWritable(event.currentTarget.checked);
          }}
        />
        <span className={css["muted"]}>{t("settings.count", { shown: rows.length, all: settings.length })}</span>
      </div>
      <div className={css["wide"]}>
        <DataTable
          label={t("part.settings")}
          rows={rows}
          keyOf={({ name }) => name}
          columns={[
            { id: "name", title: t("settings.name"), cell: (one) => <SettingName setting={one} /> },
            { id: "value", title: t("settings.value"), cell: (one) => <SettingValue setting={one} /> },
            {
              id: "change",
              title: t("settings.change"),
              cell: (one) =>
                one.readOnly ? (
                  <span className={css["muted"]}>{t("settings.readOnly")}</span>
                ) : (
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={t("settings.changeOne", { name: one.name })}
                    onClick={() => {
                      onChange(one);
                    }}
                  >
                    {t("settings.change")}
                  </Button>
                ),
            },
          ]}
        />
      </div>
    </>
  );
}

function SettingName({ setting: { name, setBySite } }: { readonly setting: BoxSetting }) {
  const { t } = useTranslation("box");
  return (
    <>
      <code className={css["name"]}>{name}</code>
      {setBySite && <div className={css["muted"]}>{t("settings.setBySite")}</div>}
    </>
  );
}

function SettingValue({ setting: { value, unit } }: { readonly setting: BoxSetting }) {
  return (
    <span className={css["value"]}>
      {value ?? "—"} {value !== null && unit !== null && <span className={css["muted"]}>{unit}</span>}
    </span>
  );
}

type DialogProps = {
  readonly setting: BoxSetting;
  readonly onCancel: () => void;
  readonly onConfirm: (value: string) => void;
};

/** One setting with its old and its new value; sent only when it can be right. */
function ChangeDialog({ setting, onCancel, onConfirm }: DialogProps) {
  const { t } = useTranslation("box");
  const { t: tCommon } = useTranslation();
  const [value, setValue] = useState(setting.value ?? "");
  const [shown, setShown] = useState(false);
  const mistake = valueMistake(setting, value);
  const isOneOf = setting.type === "OptionList" && setting.choices.length > 0;
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setShown(true);
    if (mistake === null) onConfirm(value);
  };
  return (
    <Modal
      opened
      onClose={onCancel}
      title={t("settings.changeOne", { name: setting.name })}
      closeButtonProps={{ "aria-label": tCommon("close") }}
    >
      <form className={css["form"]} onSubmit={submit} noValidate>
        <p>{t("settings.now", { value: setting.value ?? "—" })}</p>
        {isOneOf ? (
          <Select
            label={t("settings.newValue")}
            data={[...setting.choices]}
            value={value}
            allowDeselect={false}
            error={shown && mistake !== null ? t(`settings.mistake.${mistake}`) : null}
            onChange={(chosen) => {
              setValue(chosen ?? "");
            }}
          />
        ) : (
          <TextInput
            data-autofocus
            label={t("settings.newValue")}
            description={<Bounds setting={setting} />}
            value={value}
            error={shown && mistake !== null ? t(`settings.mistake.${mistake}`) : null}
            onChange={(event) => {
              setValue(event.currentTarget.value);
            }}
          />
        )}
        {setting.setBySite && <p>{t("settings.comesBack")}</p>}
        <p className={css["muted"]}>{t("settings.careful")}</p>
        <div className={css["buttons"]}>
          <Button variant="default" onClick={onCancel}>
            {tCommon("cancel")}
          </Button>
          <Button type="submit">{t("settings.send")}</Button>
        </div>
      </form>
    </Modal>
  );
}

/** What the box told of the values it takes. */
function Bounds({ setting: { type, unit, lowest, highest, choices } }: { readonly setting: BoxSetting }) {
  const { t } = useTranslation("box");
  const parts = [
    ...(type === null ? [] : [type]),
    ...(unit === null ? [] : [t("settings.unit", { unit })]),
    ...(lowest === null ? [] : [t("settings.lowest", { value: lowest })]),
    ...(highest === null ? [] : [t("settings.highest", { value: highest })]),
    ...(choices.length === 0 ? [] : [t("settings.choices", { values: choices.join(", ") })]),
  ];
  return parts.length === 0 ? t("settings.noBounds") : parts.join(", ");
}
