import { ActionIcon, Menu, Modal } from "@mantine/core";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { IconDotsVertical } from "../../components/icons.ts";
import { csvBlob, delimiterFor, saveFile } from "../files/save-file.ts";
import { ChartCanvas } from "./chart-canvas.tsx";
import { ChartKey } from "./chart-key.tsx";
import css from "./chart.module.css";
import { type ChartSpec, hasValues } from "./chart-spec.ts";
import { useChartWording } from "./use-chart-wording.ts";

const ChartTableView = lazy(async () => ({ default: (await import("./chart-table-view.tsx")).ChartTableView }));

type Props = {
  readonly spec: ChartSpec;
  readonly context: { readonly site: string; readonly period: string };
  /** Switches that belong to this chart. */
  readonly controls?: ReactNode;
  /** Shown instead of axes when nothing is known. */
  readonly empty: ReactNode;
};

/** One chart with its finding as title, its key, its table, and its ways out: PNG, CSV, full screen. */
export function ChartCard({ spec, context, controls, empty }: Props) {
  const { t } = useTranslation("charts");
  const [asTable, setAsTable] = useState(false);
  const [isLarge, setLarge] = useState(false);
  const isFull = hasValues(spec);
  const body = (
    <>
      <ChartKey spec={spec} />
      {asTable ? (
        <Suspense fallback={null}>
          <ChartTableView spec={spec} />
        </Suspense>
      ) : (
        <ChartCanvas spec={spec} />
      )}
      {spec.notes.length > 0 && <p className={css["notes"]}>{spec.notes.join(" · ")}</p>}
    </>
  );
  const head = (
    <header className={css["head"]}>
      <div className={css["titles"]}>
        <h2 className={css["finding"]}>{isFull ? spec.finding : spec.subject}</h2>
        {isFull && <p className={css["subject"]}>{spec.subject}</p>}
      </div>
      {controls}
      {isFull && (
        <CardMenu
          spec={spec}
          context={context}
          asTable={asTable}
          isLarge={isLarge}
          onTable={() => {
            setAsTable(!asTable);
          }}
          onLarge={() => {
            setLarge(!isLarge);
          }}
        />
      )}
    </header>
  );
  return (
    <figure className={css["card"]} aria-label={spec.subject} data-chart={spec.id}>
      {head}
      {isFull ? !isLarge && body : empty}
      <Modal
        opened={isLarge}
        onClose={() => {
          setLarge(false);
        }}
        fullScreen
        title={spec.finding}
        closeButtonProps={{ "aria-label": t("menu.shrink") }}
      >
        <div className={css["large"]}>{isLarge && body}</div>
      </Modal>
    </figure>
  );
}

type MenuProps = Pick<Props, "spec" | "context"> & {
  readonly asTable: boolean;
  readonly isLarge: boolean;
  readonly onTable: () => void;
  readonly onLarge: () => void;
};

function CardMenu({ spec, context, asTable, isLarge, onTable, onLarge }: MenuProps) {
  const { t, i18n } = useTranslation("charts");
  const wording = useChartWording(spec);
  const [trouble, setTrouble] = useState(false);
  const fileName = (ending: string): string => `${spec.id}_${dateInName(spec)}.${ending}`;
  const savePng = async (): Promise<void> => {
    const { chartPng } = await import("./chart-png.ts");
    const picture = await chartPng(spec, wording, { ...context, partialLabel: t("partial") });
    setTrouble(picture === null);
    if (picture !== null) saveFile(fileName("png"), picture);
  };
  const saveCsv = async (): Promise<void> => {
    const { chartCsv } = await import("./chart-csv.ts");
    saveFile(fileName("csv"), csvBlob(chartCsv(spec, delimiterFor(i18n.language), wording.instantText)));
  };
  return (
    <>
      {trouble && <span role="alert">{t("noPicture")}</span>}
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon
            className="no-print"
            variant="subtle"
            size="lg"
            aria-label={t("menu.title", { subject: spec.subject })}
          >
            <IconDotsVertical size={18} stroke={1.75} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => void savePng()}>{t("menu.png")}</Menu.Item>
          <Menu.Item onClick={() => void saveCsv()}>{t("menu.csv")}</Menu.Item>
          <Menu.Item onClick={onTable}>{asTable ? t("menu.chart") : t("menu.table")}</Menu.Item>
          <Menu.Item onClick={onLarge}>{isLarge ? t("menu.shrink") : t("menu.large")}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

const dateInName = ({ x }: ChartSpec): string =>
  [x.from_ms, x.to_ms - 1]
    .map((at_ms) => Temporal.Instant.fromEpochMilliseconds(at_ms).toZonedDateTimeISO(x.zone).toPlainDate().toString())
    .join("_");
