import { Button, Checkbox, Modal, Select } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { InvoiceRun, InvoiceSummary } from "../../../contract/index.ts";
import { IconAlertTriangle, IconCash, IconCheck } from "../../components/icons.ts";
import { Notice } from "../../components/notice.tsx";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import type { UrlStateChange } from "../../lib/url/url-state.ts";
import { ActionTrouble, useAction } from "./action.tsx";
import { type BillingSearch, monthDays, monthsBefore } from "./billing-search.ts";
import { type Check, checks, ready, sums } from "./billing-view.ts";
import css from "./billing-screen.module.css";
import { InvoiceTable } from "./invoice-table.tsx";
import { PdfView } from "./pdf-view.tsx";

const MONTHS_OFFERED = 25;

type Props = {
  readonly month: string;
  readonly today: string;
  readonly search: BillingSearch;
  readonly change: UrlStateChange<BillingSearch>;
};

/** One month for everybody: choose, check, look, issue. Nothing is written before "Issue". */
export function RunTab({ month, today, search, change }: Props) {
  const { t } = useTranslation("billing");
  const format = useFormat();
  const asked = useAsk(["billing", "run", month], (api, signal) => api.billing.run({ month }, { signal }));
  const [issued, setIssued] = useState<readonly InvoiceSummary[]>([]);
  return (
    <>
      <section className={css["band"]}>
        <div className={css["bar"]}>
          <Select
            label={t("run.month")}
            value={month}
            allowDeselect={false}
            data={monthsBefore(today, MONTHS_OFFERED).map((value) => ({ value, label: format.month(value) }))}
            onChange={(value) => {
              setIssued([]);
              change({ month: value });
            }}
          />
          <p className={css["muted"]}>{t("run.rule")}</p>
        </div>
      </section>
      {issued.length > 0 && (
        <section className={css["band"]} data-issued>
          <h2 role="status">{t("run.done", { count: issued.length })}</h2>
          <InvoiceTable
            invoices={issued}
            onOpen={(invoice) => {
              change({ invoice });
            }}
          />
        </section>
      )}
      <StateBoundary
        asked={asked}
        isEmpty={({ drafts, heldSessions, unassignedSessions }) =>
          drafts.length === 0 && heldSessions === 0 && unassignedSessions === 0
        }
        empty={<NothingToBill month={month} change={change} />}
      >
        {(run) => (
          <>
            <Checks run={run} change={change} />
            <Preview key={run.month} run={run} onIssued={setIssued} />
          </>
        )}
      </StateBoundary>
      <PdfView
        invoiceId={search.invoice}
        onClose={() => {
          change({ invoice: null });
        }}
      />
    </>
  );
}

function NothingToBill({ month, change }: Pick<Props, "month" | "change">) {
  const { t } = useTranslation("billing");
  const format = useFormat();
  return (
    <Notice icon={IconCash} title={t("run.empty.title", { month: format.month(month) })} text={t("run.empty.text")}>
      <Button
        variant="default"
        onClick={() => {
          change({ tab: "invoices" });
        }}
      >
        {t("run.empty.action")}
      </Button>
    </Notice>
  );
}

function Checks({ run, change }: { readonly run: InvoiceRun } & Pick<Props, "change">) {
  const { t } = useTranslation("billing");
  const found = checks(run);
  return (
    <section className={css["band"]}>
      <h2>{t("run.checks")}</h2>
      <ul className={css["checks"]}>
        {found.length === 0 && (
          <li className={css["check"]} data-kind="good">
            <IconCheck size={18} stroke={1.75} aria-hidden />
            {t("run.good")}
          </li>
        )}
        {found.map((check) => (
          <CheckLine key={check.kind} check={check} month={run.month} change={change} />
        ))}
      </ul>
    </section>
  );
}

type CheckProps = { readonly check: Check; readonly month: string } & Pick<Props, "change">;

function CheckLine({ check, month, change }: CheckProps) {
  const { t } = useTranslation("billing");
  const navigate = useNavigate();
  const { kind, count, customers } = check;
  const act = (): void => {
    switch (kind) {
      case "seller-incomplete":
        change({ tab: "seller" });
        return;
      case "no-address":
        change({ tab: "customers", customer: customers[0]?.id ?? null });
        return;
      case "unassigned":
        change({ tab: "customers" });
        return;
      case "held":
        void navigate({ to: "/sessions", search: { period: "custom", ...monthDays(month), state: "held" } });
        return;
    }
  };
  return (
    <li className={css["check"]} data-kind={kind}>
      <IconAlertTriangle size={18} stroke={1.75} aria-hidden />
      <span>{t(`run.check.${kind}`, { count, names: customers.map(({ name }) => name).join(", ") })}</span>
      <Button variant="subtle" size="compact-sm" onClick={act}>
        {t(`run.fix.${kind}`)}
      </Button>
    </li>
  );
}

type PreviewProps = { readonly run: InvoiceRun; readonly onIssued: (issued: readonly InvoiceSummary[]) => void };

function Preview({ run, onIssued }: PreviewProps) {
  const { t } = useTranslation("billing");
  const format = useFormat();
  const [left, setLeft] = useState<readonly string[]>([]);
  const [isAsking, setAsking] = useState(false);
  const { isBusy, error, run: act } = useAction<InvoiceSummary[]>();
  const chosen = useMemo(() => ready(run).filter(({ customerId }) => !left.includes(customerId)), [run, left]);
  if (run.drafts.length === 0) return null;
  const total = sums(chosen);
  const issue = (): void => {
    const customerIds = chosen.map(({ customerId }) => customerId);
    act(
      (api) => api.billing.issue({ month: run.month, customerIds }),
      (issued) => {
        setAsking(false);
        onIssued(issued);
      },
    );
  };
  return (
    <section className={css["band"]}>
      <div className={css["bar"]}>
        <h2 className={css["grow"]}>{t("run.preview", { month: format.month(run.month) })}</h2>
        <Button
          disabled={chosen.length === 0}
          onClick={() => {
            setAsking(true);
          }}
        >
          {t("run.issue", { count: chosen.length })}
        </Button>
      </div>
      <DraftTable run={run} left={left} onLeft={setLeft} chosen={chosen} />
      <Modal
        opened={isAsking}
        onClose={() => {
          setAsking(false);
        }}
        title={t("run.issue", { count: chosen.length })}
      >
        <p>
          {t("run.confirm", {
            count: chosen.length,
            month: format.month(run.month),
            gross: format.money(total.gross_minor, run.currency),
          })}
        </p>
        <p className={css["muted"]}>{t("run.final")}</p>
        <ActionTrouble error={error} />
        <div className={css["bar"]} style={{ marginTop: "1rem" }}>
          <Button onClick={issue} loading={isBusy} data-autofocus>
            {t("run.issue", { count: chosen.length })}
          </Button>
          <Button
            variant="default"
            onClick={() => {
              setAsking(false);
            }}
          >
            {t("cancel")}
          </Button>
        </div>
      </Modal>
    </section>
  );
}

type DraftTableProps = {
  readonly run: InvoiceRun;
  readonly left: readonly string[];
  readonly onLeft: (left: readonly string[]) => void;
  readonly chosen: readonly InvoiceRun["drafts"][number][];
};

function DraftTable({ run, left, onLeft, chosen }: DraftTableProps) {
  const { t } = useTranslation("billing");
  const format = useFormat();
  const total = sums(chosen);
  return (
    <div className={css["scroll"]}>
      <table className={css["table"]}>
        <thead>
          <tr>
            <th scope="col">{t("column.customer")}</th>
            {(["sessions", "energy", "net", "vat", "gross"] as const).map((column) => (
              <th key={column} scope="col" data-numeric>
                {t(`column.${column}`)}
              </th>
            ))}
            <th scope="col">{t("column.notes")}</th>
          </tr>
        </thead>
        <tbody>
          {run.drafts.map((draft) => {
            const isBlocked = draft.problems.length > 0;
            return (
              <tr key={draft.customerId} data-blocked={isBlocked}>
                <td>
                  <Checkbox
                    label={draft.customerName}
                    disabled={isBlocked}
                    checked={!isBlocked && !left.includes(draft.customerId)}
                    onChange={(event) => {
                      onLeft(
                        event.currentTarget.checked
                          ? left.filter((id) => id !== draft.customerId)
                          : [...left, draft.customerId],
                      );
                    }}
                  />
                </td>
                <td data-numeric>{format.count(draft.sessions)}</td>
                <td data-numeric>{format.energyValue(draft.energy_Wh, 2)}</td>
                <td data-numeric>{format.money(draft.net_minor, run.currency)}</td>
                <td data-numeric>{format.money(draft.tax_minor, run.currency)}</td>
                <td data-numeric>{format.money(draft.gross_minor, run.currency)}</td>
                <td>
                  {[
                    ...draft.problems.map((problem) => t(`problem.${problem}`)),
                    ...(draft.held > 0 ? [t("run.heldHere", { count: draft.held })] : []),
                  ].join(" · ")}
                </td>
              </tr>
            );
          })}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t("run.total", { count: chosen.length })}</th>
            <td data-numeric>{format.count(total.sessions)}</td>
            <td data-numeric>{format.energyValue(total.energy_Wh, 2)}</td>
            <td data-numeric>{format.money(total.net_minor, run.currency)}</td>
            <td data-numeric>{format.money(total.tax_minor, run.currency)}</td>
            <td data-numeric>{format.money(total.gross_minor, run.currency)}</td>
            <td />
          </tr>
        </tfoot>
      </table>
    </div>
  );
}
