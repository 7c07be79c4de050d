import { Button, Skeleton } from "@mantine/core";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { SessionFilter } from "../../../contract/index.ts";
import { IconAlertTriangle, IconDownload, IconList, IconPrinter } from "../../components/icons.ts";
import { Notice } from "../../components/notice.tsx";
import { Loading, StateBoundary } from "../../components/state-boundary.tsx";
import { periodRange, periodText } from "../../features/period/period.ts";
import { useToday } from "../../features/period/use-today.ts";
import { troubleCode } from "../../lib/client/index.ts";
import { useApi } from "../../lib/data/client-context.tsx";
import { useLiveStore } from "../../lib/data/live-store.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { csvBlob, delimiterFor, saveFile } from "../../lib/files/save-file.ts";
import { type UrlStateChange, useUrlState } from "../../lib/url/url-state.ts";
import { SessionsFilter } from "./sessions-filter.tsx";
import { SessionsPrint } from "./sessions-print.tsx";
import css from "./sessions-screen.module.css";
import { filterOf, parseSessionsSearch, type SessionsSearch } from "./sessions-search.ts";
import { SessionsTable } from "./sessions-table.tsx";
import { useSessions } from "./use-sessions.ts";

const SessionDrawer = lazy(async () => ({ default: (await import("./session-drawer.tsx")).SessionDrawer }));

/** Every session with what it cost and every doubt about it; filtered, summed, opened, saved and printed. */
export function SessionsScreen() {
  // Without the site's zone the bounds of a period would be a guess.
  const ready = useLiveStore((state) => state.site !== null);
  return ready ? <Sessions /> : <Loading skeleton={<Skeleton height={480} m="md" />} />;
}

function Sessions() {
  const { t } = useTranslation("sessions");
  const [search, change] = useUrlState(parseSessionsSearch);
  const today = useToday();
  const { settings } = useFormat();
  const range = useMemo(() => periodRange(search, today, settings.timezone), [search, today, settings.timezone]);
  const filter = useMemo(() => filterOf(search, range), [search, range]);
  const { asked, hasMore, isFetchingMore, fetchMore } = useSessions(filter);
  const open = useCallback(
    (session: string) => {
      change({ session });
    },
    [change],
  );
  const close = useCallback(() => {
    change({ session: null });
  }, [change]);
  const rows = asked.data?.rows;
  const customerName = rows?.find(({ customerId }) => customerId === search.customer)?.customerName ?? null;
  return (
    <div className={css["page"]}>
      <div className={css["screen"]}>
        <header className={css["head"]}>
          <h1>{t("title")}</h1>
          <Actions filter={filter} />
        </header>
        <SessionsFilter search={search} change={change} customerName={customerName} />
        <StateBoundary
          asked={asked}
          isEmpty={(data) => data.rows.length === 0}
          empty={<Nothing change={change} />}
          skeleton={<Skeleton height={480} />}
        >
          {(data) => (
            <>
              <HeldBanner
                count={search.state === "held" ? 0 : data.totals.held}
                onShow={() => {
                  change({ state: "held" });
                }}
              />
              <SessionsTable
                rows={data.rows}
                totals={data.totals}
                selected={search.session}
                hasMore={hasMore}
                isFetchingMore={isFetchingMore}
                fetchMore={fetchMore}
                onOpen={open}
              />
              <SessionsPrint
                rows={data.rows}
                totals={data.totals}
                period={range === null ? t("allTime") : periodText(search, range, settings.locale)}
              />
            </>
          )}
        </StateBoundary>
      </div>
      {search.session !== null && (
        <Suspense fallback={null}>
          <SessionDrawer key={search.session} sessionId={search.session} onClose={close} />
        </Suspense>
      )}
    </div>
  );
}

/** The file holds exactly what is filtered, made by the engine from all rows and not only those in sight. */
function Actions({ filter }: { readonly filter: SessionFilter }) {
  const { t, i18n } = useTranslation("sessions");
  const api = useApi();
  const [state, setState] = useState<"idle" | "busy" | { readonly failed: string }>("idle");
  const save = (): void => {
    setState("busy");
    api.sessions.csv({ ...filter, delimiter: delimiterFor(i18n.language) }).then(
      ({ fileName, text }) => {
        saveFile(fileName, csvBlob(text));
        setState("idle");
      },
      (error: unknown) => {
        setState({ failed: troubleCode(error) });
      },
    );
  };
  return (
    <div className={css["actions"]}>
      {typeof state === "object" && <span role="alert">{t("csvFailed", { code: state.failed })}</span>}
      <Button
        variant="default"
        loading={state === "busy"}
        leftSection={<IconDownload size={16} stroke={1.75} aria-hidden />}
        onClick={save}
      >
        {t("csv")}
      </Button>
      <Button
        variant="default"
        leftSection={<IconPrinter size={16} stroke={1.75} aria-hidden />}
        onClick={() => {
          window.print();
        }}
      >
        {t("print")}
      </Button>
    </div>
  );
}

function HeldBanner({ count, onShow }: { readonly count: number; readonly onShow: () => void }) {
  const { t } = useTranslation("sessions");
  if (count === 0) return null;
  return (
    <p className={css["held"]} role="status">
      <IconAlertTriangle size={18} stroke={1.75} aria-hidden />
      {t("held.banner", { count })}
      <Button variant="subtle" size="compact-sm" onClick={onShow}>
        {t("held.show")}
      </Button>
    </p>
  );
}

function Nothing({ change }: { readonly change: UrlStateChange<SessionsSearch> }) {
  const { t } = useTranslation("sessions");
  return (
    <Notice icon={IconList} title={t("empty.title")} text={t("empty.text")}>
      <Button
        variant="default"
        onClick={() => {
          change({ period: "all", at: null, bays: [], text: "", state: "all", customer: null });
        }}
      >
        {t("empty.action")}
      </Button>
    </Notice>
  );
}
