import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useConnection } from "../../lib/data/client-context.tsx";
import { useLiveStore } from "../../lib/data/live-store.ts";

const SAY_EVERY_ms = 10_000;

/** Tells a screen reader about new faults and a lost engine, and about nothing else, at most once in ten seconds. */
export function Announcer() {
  const { t } = useTranslation();
  const faults = useLiveStore((state) => state.site?.counts.fault ?? 0);
  const { state } = useConnection();
  const [said, setSaid] = useState("");
  const last = useRef({ faults, state, at_ms: 0 });
  useEffect(() => {
    const { faults: before, state: stateBefore, at_ms } = last.current;
    const news =
      state === "lost" && stateBefore !== "lost"
        ? t("announce.lost")
        : faults > before
          ? t("announce.faults", { count: faults })
          : null;
    const now_ms = performance.now();
    const due = news !== null && (at_ms === 0 || now_ms - at_ms >= SAY_EVERY_ms);
    last.current = { faults, state, at_ms: due ? now_ms : at_ms };
    if (due) setSaid(news);
  }, [faults, state, t]);
  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {said}
    </p>
  );
}
