import { Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useConnection } from "../../lib/data/client-context.tsx";
import { useLiveStore } from "../../lib/data/live-store.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { useNow } from "../../lib/data/use-now.ts";
import css from "./link-lights.module.css";

/** Two separate lights, so that "my browser lost the engine" and "a charger is gone" never look the same. */
export function LinkLights() {
  const { t } = useTranslation();
  return (
    <ul className={css["lights"]} aria-label={t("lights.title")}>
      <EngineLight />
      <DevicesLight />
    </ul>
  );
}

function EngineLight() {
  const { t } = useTranslation();
  const { state, since_ms } = useConnection();
  const now_ms = useNow(state === "open" ? 60_000 : 1_000);
  const format = useFormat();
  const shown = state === "open" ? "ok" : state === "connecting" ? "wait" : "gone";
  return (
    <Tooltip label={t(`lights.engineHint.${state}`)}>
      <li className={css["light"]} data-light={shown} tabIndex={-1}>
        <span className={css["lamp"]} aria-hidden />
        <span>
          <span className={css["word"]}>{t("lights.engine")}</span>
          {state === "connecting" && ` ${t("lights.connecting")}`}
          {state === "lost" && ` ${t("lights.lost", { age: format.age(now_ms - since_ms) })}`}
          {state === "open" && <span className="visually-hidden"> {t("lights.ok")}</span>}
        </span>
      </li>
    </Tooltip>
  );
}

function DevicesLight() {
  const { t } = useTranslation();
  const online = useLiveStore((state) => state.site?.devicesOnline);
  const total = useLiveStore((state) => state.site?.devicesTotal);
  const { state } = useConnection();
  if (online === undefined || total === undefined) return null;
  const shown = state !== "open" ? "unknown" : online === total ? "ok" : "gone";
  return (
    <li className={css["light"]} data-light={shown}>
      <Link to="/settings" search={{ page: "devices" }} className={css["link"]}>
        <span className={css["lamp"]} aria-hidden />
        <span>
          <span className={css["word"]}>{t("lights.devices")}</span>{" "}
          {state === "open" ? t("lights.ofTotal", { online, total }) : "—"}
        </span>
      </Link>
    </li>
  );
}
