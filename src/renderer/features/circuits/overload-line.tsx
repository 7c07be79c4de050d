import { Button } from "@mantine/core";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { BlackBoxRowView, OverloadView } from "../../../contract/index.ts";
import { useApi } from "../../lib/data/client-context.tsx";
import { troubleCode } from "../../lib/client/index.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { csvBlob, saveFile } from "../../lib/files/save-file.ts";
import css from "./limits-panel.module.css";

/** One overload: when, how high, how long; its seconds as a table that opens, and as a file. */
export function OverloadLine({ overload }: { readonly overload: OverloadView }) {
  const { t } = useTranslation("live");
  const format = useFormat();
  const [open, setOpen] = useState(false);
  const tableId = useId();
  const { ended_at_ms, peak_permille: peak } = overload;
  return (
    <li>
      {t("limits.overload", { time: format.dateTime(overload.began_at_ms) })}{" "}
      {peak !== null && t("limits.peak", { value: `${format.count(Math.round(peak / 10))} %` })}{" "}
      {ended_at_ms === null && t("limits.unended")}{" "}
      <span className={css["actions"]}>
        <Button
          size="compact-sm"
          variant="default"
          aria-expanded={open}
          aria-controls={tableId}
          onClick={() => {
            setOpen(!open);
          }}
        >
          {t(open ? "limits.hide" : "limits.show")}
        </Button>
        <SaveSeconds no={overload.no} />
      </span>
      <div id={tableId}>{open && <Seconds overload={overload} />}</div>
    </li>
  );
}

/** The same seconds for a spreadsheet, an electrician or the grid operator. */
function SaveSeconds({ no }: { readonly no: number }) {
  const { t } = useTranslation("live");
  const api = useApi();
  const [failed, setFailed] = useState<string | null>(null);
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => {
          setFailed(null);
          api.circuits.blackBoxCsv({ no }).then(
            ({ fileName, text }) => {
              saveFile(fileName, csvBlob(text));
            },
            (error: unknown) => {
              setFailed(troubleCode(error));
            },
          );
        }}
      >
        {t("limits.save")}
      </Button>
      {failed !== null && <span role="alert">{t("limits.saveFailed", { code: failed })}</span>}
    </>
  );
}

function Seconds({ overload: { no, ended_at_ms, began_at_ms } }: { readonly overload: OverloadView }) {
  const { t } = useTranslation("live");
  const format = useFormat();
  const box = useAsk(["circuits", "blackBox", no, ended_at_ms], (api, signal) =>
    api.circuits.blackBox({ no }, { signal }),
  );
  if (box.data === undefined) return null;
  return (
    <div
      className={css["rows"]}
      tabIndex={0}
      role="region"
      aria-label={t("limits.overload", { time: format.dateTime(began_at_ms) })}
    >
      <table className={css["table"]}>
        <thead>
          <tr>
            {(["time", "load", "limit", "others", "granted", "action"] as const).map((column) => (
              <th key={column} scope="col">
                {t(`limits.column.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {box.data.rows.map((row) => (
            <SecondRow key={row.at_ms} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function SecondRow({ row }: { readonly row: BlackBoxRowView }) {
  const { t } = useTranslation("live");
  const format = useFormat();
  const phases = (current_mA: readonly number[]): string =>
    current_mA.map((current) => format.currentValue(current, 1)).join(" · ");
  return (
    <tr>
      <th scope="row">{format.timeSeconds(row.at_ms)}</th>
      <td>{phases(row.current_mA)}</td>
      <td>{phases(row.limit_mA)}</td>
      <td>{phases(row.otherLoad_mA)}</td>
      <td>{phases(row.granted_mA)}</td>
      <td>{t(`limits.action.${row.action}`)}</td>
    </tr>
  );
}
