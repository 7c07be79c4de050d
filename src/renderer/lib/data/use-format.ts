import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { createFormat, type Format } from "../format/format.ts";
import { useLiveStore } from "./live-store.ts";

/** Until the engine named the site's zone: the viewer's own. */
export const viewerTimezone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Formatting in the viewer's language, the site's time zone and the site's currency. */
export function useFormat(): Format {
  const { i18n } = useTranslation();
  const timezone = useLiveStore((state) => state.site?.timezone) ?? viewerTimezone();
  const currency = useLiveStore((state) => state.site?.currency) ?? "EUR";
  return useMemo(
    () => createFormat({ locale: i18n.language, timezone, currency }),
    [i18n.language, timezone, currency],
  );
}
