import { useLiveStore } from "../../lib/data/live-store.ts";
import { viewerTimezone } from "../../lib/data/use-format.ts";
import { useNow } from "../../lib/data/use-now.ts";
import { dayIn } from "./period.ts";

const LOOK_EVERY_ms = 60_000;

/** Today in the site's zone on the engine's clock, which a demo may run faster; changes at the site's midnight. */
export function useToday(): string {
  const now_ms = useNow(LOOK_EVERY_ms);
  return useLiveStore(({ site }) =>
    site === null ? dayIn(now_ms, viewerTimezone()) : dayIn(site.at_ms, site.timezone),
  );
}
