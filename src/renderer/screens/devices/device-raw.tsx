import { Button, Switch } from "@mantine/core";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DeviceKey, DeviceRaw, ExchangeView } from "../../../contract/index.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { DataTable } from "../../components/data-table.tsx";
import { IconChevronDown, IconChevronRight } from "../../components/icons.ts";
import { Card } from "../../components/page.tsx";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { exchangesText, problemText, valueName, valueText } from "./device-words.ts";
import css from "./devices.module.css";

const FOLLOW_EVERY_ms = 1_500;

/** What the device shows, and folded away what was said with it. */
export function DeviceRawPart({ kind, id }: DeviceKey) {
  const { t } = useTranslation("devices");
  const [open, setOpen] = useState(false);
  const [follows, setFollows] = useState(true);
  const [onlyErrors, setOnlyErrors] = useState(false);
  const list = useId();
  const asked = useAsk(["devices", "raw", kind, id], (api, signal) => api.devices.raw({ kind, id }, { signal }), {
    ...(follows ? { every_ms: FOLLOW_EVERY_ms } : {}),
  });
  const Chevron = open ? IconChevronDown : IconChevronRight;
  return (
    <StateBoundary asked={asked}>
      {(raw) => (
        <>
          {kind !== "link" && <Values values={raw.values} />}
          <Card
            title={t("raw.title")}
            actions={
              <div className={css["tools"]}>
                {open && (
                  <>
                    <Switch
                      label={t("raw.onlyErrors")}
                      checked={onlyErrors}
                      onChange={(event) => {
                        setOnlyErrors(event.currentTarget.checked);
                      }}
                    />
                    <Switch
                      label={t("raw.follow")}
                      checked={follows}
                      onChange={(event) => {
                        setFollows(event.currentTarget.checked);
                      }}
                    />
                    <CopyAll exchanges={onlyErrors ? raw.errors : raw.exchanges} />
                  </>
                )}
                <Button
                  variant="default"
                  size="compact-sm"
                  aria-expanded={open}
                  aria-controls={list}
                  leftSection={<Chevron size={16} stroke={1.75} aria-hidden />}
                  onClick={() => {
                    setOpen(!open);
                  }}
                >
                  {t(open ? "raw.hide" : "raw.show")}
                </Button>
              </div>
            }
          >
            <div id={list}>
              {open ? (
                <Exchanges exchanges={onlyErrors ? raw.errors : raw.exchanges} onlyErrors={onlyErrors} />
              ) : (
                <p className={css["muted"]}>{t("raw.lead")}</p>
              )}
            </div>
          </Card>
        </>
      )}
    </StateBoundary>
  );
}

function CopyAll({ exchanges }: { readonly exchanges: readonly ExchangeView[] }) {
  const { t } = useTranslation("devices");
  const format = useFormat();
  return <CopyButton label={t("raw.copy")} text={() => exchangesText(exchanges, t, format.timeSeconds)} />;
}

function Values({ values }: Pick<DeviceRaw, "values">) {
  const { t } = useTranslation("devices");
  const format = useFormat();
  if (values.length === 0)
    return (
      <Card title={t("values.title")}>
        <p className={css["muted"]}>{t("values.none")}</p>
      </Card>
    );
  return (
    <Card title={t("values.title")}>
      <DataTable
        label={t("values.title")}
        rows={values}
        keyOf={({ name }) => name}
        columns={[
          {
            id: "name",
            title: t("values.name"),
            cell: ({ name }) => {
              const word = valueName(name, t);
              return word === null ? (
                <code>{name}</code>
              ) : (
                <span className={css["lines"]}>
                  {word}
                  <small>{name}</small>
                </span>
              );
            },
          },
          { id: "value", title: t("values.value"), number: true, cell: (value) => valueText(value, format) },
          { id: "age", title: t("values.age"), number: true, cell: ({ age_ms }) => format.age(age_ms) },
          {
            id: "raw",
            title: t("values.raw"),
            cell: ({ raw }) => (raw === null ? "" : <code className={css["hex"]}>{raw}</code>),
          },
        ]}
      />
    </Card>
  );
}

function Exchanges({
  exchanges,
  onlyErrors,
}: {
  readonly exchanges: readonly ExchangeView[];
  readonly onlyErrors: boolean;
}) {
  const { t } = useTranslation("devices");
  if (exchanges.length === 0) return <p className={css["muted"]}>{t(onlyErrors ? "raw.noErrors" : "raw.none")}</p>;
  return (
    <div className={css["exchanges"]} tabIndex={0} role="region" aria-label={t("raw.title")}>
      <ol>
        {exchanges.map((exchange, index) => (
          // Several may stand in one millisecond; counted from the oldest a row keeps its key when newer ones come.
          <Exchange key={`${String(exchange.at_ms)}/${String(exchanges.length - index)}`} exchange={exchange} />
        ))}
      </ol>
    </div>
  );
}

function Exchange({ exchange }: { readonly exchange: ExchangeView }) {
  const { t } = useTranslation("devices");
  const format = useFormat();
  const { at_ms, direction, summary, raw, decoded, took_ms } = exchange;
  const problem = problemText(exchange, t);
  return (
    <li className={css["exchange"]} data-problem={problem !== null}>
      <p className={css["said1"]}>
        <time>{format.timeSeconds(at_ms)}</time>
        <span className={css["arrow"]}>
          <span aria-hidden>{direction === "out" ? "→" : "←"}</span>
          <span className="visually-hidden">{t(`raw.${direction}`)}</span>
        </span>
        <span>{summary}</span>
        {took_ms !== null && <span className={css["muted"]}>{t("page.ms", { value: format.count(took_ms) })}</span>}
        {problem !== null && <strong>{problem}</strong>}
      </p>
      {raw !== "" && <pre className={css["hex"]}>{raw}</pre>}
      {decoded.length > 0 && (
        <p className={css["decoded"]}>
          {decoded.map(({ name, value }, index) => (
            <span key={`${name}/${String(index)}`}>
              {name} <b>{value}</b>
            </span>
          ))}
        </p>
      )}
    </li>
  );
}
