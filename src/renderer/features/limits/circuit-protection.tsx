import { Button, Modal, NumberInput, Select } from "@mantine/core";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { LimitChange, LimitSettings } from "../../../contract/index.ts";
import { PROTECTIVE_DEVICES } from "../../../core/balancing/budget.ts";
import { DataTable } from "../../components/data-table.tsx";
import { Card } from "../../components/page.tsx";
import { useConnection } from "../../lib/data/client-context.tsx";
import { useFormat } from "../../lib/data/use-format.ts";
import { milli } from "./limit-form.ts";
import css from "./limits.module.css";
import { Preview } from "./preview.tsx";
import { SaveRow } from "./save-row.tsx";
import { refusedMistakes, useChange, useChecked, useMistakeWords } from "./use-limits.ts";

type Circuit = LimitSettings["circuits"][number];

/** What protects each circuit, and what it may have whatever its fuse carries. */
export function CircuitProtection({ settings }: { readonly settings: LimitSettings }) {
  const { t } = useTranslation("limits");
  const format = useFormat();
  const { state } = useConnection();
  const [open, setOpen] = useState<Circuit | null>(null);
  const [isSaved, setSaved] = useState(false);
  return (
    <Card title={t("circuits.title")}>
      <p className={css["lead"]}>{t("circuits.lead")}</p>
      <p role="status">{isSaved && t("saved")}</p>
      <DataTable
        label={t("circuits.title")}
        keyOf={({ circuitId }) => circuitId}
        rows={settings.circuits}
        columns={[
          { id: "name", title: t("circuits.circuit"), cell: ({ name }) => name },
          {
            id: "fuse",
            title: t("circuits.fuse"),
            cell: ({ fuse_mA }) => `${fuse_mA.map((fuse) => format.currentValue(fuse)).join(" / ")} A`,
          },
          { id: "device", title: t("circuits.protection"), cell: ({ protection }) => t(`device.${protection}`) },
          {
            id: "contract",
            title: t("circuits.contract"),
            cell: ({ limit_W }) => (limit_W === null ? t("circuits.noContract") : format.exactPower(limit_W)),
          },
          {
            id: "actions",
            title: "",
            cell: (circuit) => (
              <Button
                variant="default"
                size="xs"
                disabled={state !== "open"}
                aria-label={t("changeOf", { name: circuit.name })}
                onClick={() => {
                  setSaved(false);
                  setOpen(circuit);
                }}
              >
                {t("change")}
              </Button>
            ),
          },
        ]}
      />
      {open !== null && (
        <CircuitDialog
          circuit={open}
          onClose={() => {
            setOpen(null);
          }}
          onDone={() => {
            setSaved(true);
            setOpen(null);
          }}
        />
      )}
    </Card>
  );
}

type DialogProps = { readonly circuit: Circuit; readonly onClose: () => void; readonly onDone: () => void };

function CircuitDialog({ circuit, onClose, onDone }: DialogProps) {
  const { t } = useTranslation("limits");
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const [protection, setProtection] = useState(circuit.protection);
  const [limit_kW, setLimit] = useState<number | string>(circuit.limit_W === null ? "" : circuit.limit_W / 1000);
  const [shown, setShown] = useState(false);
  const change: LimitChange = { kind: "circuit", circuitId: circuit.circuitId, protection, limit_W: milli(limit_kW) };
  const checked = useChecked(change);
  const { mutate, isPending, error } = useChange(onDone);
  const mistakes = shown ? (checked?.mistakes ?? refusedMistakes(error)) : [];
  const wrong = useMistakeWords(mistakes);
  const most = format.exactPower(circuit.fuse_W);
  const sentence =
    change.limit_W === null
      ? t("circuits.previewNone", { name: circuit.name, value: most })
      : t("circuits.preview", { name: circuit.name, value: format.exactPower(change.limit_W) });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setShown(true);
    mutate(change);
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("circuits.edit", { name: circuit.name })}
      closeButtonProps={{ "aria-label": tCommon("close") }}
    >
      <form className={css["form"]} onSubmit={submit} noValidate>
        <Select
          label={t("circuits.protection")}
          allowDeselect={false}
          value={protection}
          data={PROTECTIVE_DEVICES.map((device) => ({ value: device, label: t(`device.${device}`) }))}
          onChange={(value) => {
            setProtection(PROTECTIVE_DEVICES.find((device) => device === value) ?? protection);
          }}
        />
        <NumberInput
          label={t("circuits.contract")}
          description={t("circuits.contractHint", { most })}
          suffix=" kW"
          min={0}
          decimalScale={3}
          value={limit_kW}
          error={wrong("limit_W")}
          onChange={setLimit}
        />
        <Preview sentences={[sentence]} notes={[]} missing="" />
        <SaveRow isPending={isPending} error={error} others={[]} isWrong={mistakes.length > 0} onCancel={onClose} />
      </form>
    </Modal>
  );
}
