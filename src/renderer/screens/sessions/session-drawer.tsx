import { ActionIcon } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { SessionDetail } from "../../../contract/index.ts";
import { IconX } from "../../components/icons.ts";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { useKeys } from "../../lib/keyboard/keyboard.ts";
import { FlagList } from "./flag-chip.tsx";
import { EnergyProof, PriceProof } from "./session-proof.tsx";
import { SessionCourse } from "./session-course.tsx";
import css from "./session-drawer.module.css";

type Props = { readonly sessionId: string; readonly onClose: () => void };

/** Everything that settles a dispute about one session, beside the list. */
export function SessionDrawer({ sessionId, onClose }: Props) {
  const { t: tCommon } = useTranslation();
  const drawer = useRef<HTMLElement>(null);
  const asked = useAsk(["sessions", "detail", sessionId], (api, signal) =>
    api.sessions.detail({ id: sessionId }, { signal }),
  );
  const { t } = useTranslation("sessions");
  useEffect(() => {
    const from = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    drawer.current?.focus({ preventScroll: true });
    return () => {
      from?.focus({ preventScroll: true });
    };
  }, []);
  useKeys(({ key }) => {
    if (key !== "Escape" || document.querySelector("[role=dialog][aria-modal=true], [role=menu]") !== null)
      return false;
    onClose();
    return true;
  });
  const bay = asked.data?.row.stationName ?? "…";
  return (
    <aside className={css["drawer"]} ref={drawer} tabIndex={-1} aria-label={t("detail.title", { bay })}>
      <header className={css["head"]}>
        <h2>{t("detail.title", { bay })}</h2>
        <ActionIcon variant="subtle" size="lg" aria-label={tCommon("close")} onClick={onClose}>
          <IconX size={20} stroke={1.75} aria-hidden />
        </ActionIcon>
      </header>
      <StateBoundary asked={asked}>{(detail) => <Detail detail={detail} />}</StateBoundary>
    </aside>
  );
}

function Detail({ detail }: { readonly detail: SessionDetail }) {
  const { t } = useTranslation("sessions");
  const format = useFormat();
  const { row, declared } = detail;
  const { departure_ms, needed_Wh } = declared ?? { departure_ms: null, needed_Wh: null };
  const said = [
    ...(departure_ms === null ? [] : [t("detail.leaves", { time: format.dateTime(departure_ms) })]),
    ...(needed_Wh === null ? [] : [t("detail.needs", { energy: format.energy(needed_Wh) })]),
  ];
  return (
    <div className={css["body"]}>
      <section>
        <p className={css["when"]}>
          {format.dateTime(row.started_at_ms)} –{" "}
          {row.ended_at_ms === null ? t("running") : format.dateTime(row.ended_at_ms)}
        </p>
        <p className={css["muted"]}>
          {[row.customerName, row.cardAlias === null ? t("noCard") : `…${row.cardAlias}`, endReason(row.endReason, t)]
            .filter((part) => part !== null)
            .join(" · ")}
        </p>
        {said.length > 0 && <p className={css["muted"]}>{t("detail.said", { what: said.join(", ") })}</p>}
        {row.invoiceNumber !== null && (
          <p className={css["muted"]}>{t("detail.invoice", { number: row.invoiceNumber })}</p>
        )}
      </section>
      {row.held && <p className={css["held"]}>{t("held.hint")}</p>}
      {row.flags.length > 0 && (
        <section>
          <h3>{t("detail.flags")}</h3>
          <FlagList flags={row.flags} />
        </section>
      )}
      <EnergyProof row={row} />
      <PriceProof detail={detail} />
      <SessionCourse detail={detail} />
    </div>
  );
}

const END_REASONS = [
  "Local",
  "Remote",
  "EVDisconnected",
  "DeAuthorized",
  "PowerLoss",
  "Reboot",
  "HardReset",
  "SoftReset",
  "EmergencyStop",
  "UnlockCommand",
  "Other",
  "Lost",
] as const;

function endReason(reason: string | null, t: ReturnType<typeof useTranslation<"sessions">>["t"]): string | null {
  if (reason === null) return null;
  const known = END_REASONS.find((one) => one === reason);
  return t("detail.endReason", { reason: known === undefined ? reason : t(`endReason.${known}`) });
}
