import { useEffect, useState } from "react";
import type { KioskState } from "../../contract/index.ts";
import { type Client, troubleCode } from "../lib/client/index.ts";

export type KioskFeed = {
  readonly state: KioskState | null;
  /** On the viewer's clock; 0 until the first value. */
  readonly received_at_ms: number;
  /** Code of a refusal, such as NO_SITE. */
  readonly refused: string | null;
};

/** Follows the bays for as long as the screen stands. */
export function useKiosk(client: Client): KioskFeed {
  const [feed, setFeed] = useState<KioskFeed>({ state: null, received_at_ms: 0, refused: null });
  useEffect(
    () =>
      client.watch((signal) => client.api.kiosk.subscribe(undefined, { signal }), {
        onUpdate: (state) => {
          setFeed({ state, received_at_ms: Date.now(), refused: null });
        },
        onRefused: (error) => {
          setFeed((last) => ({ ...last, refused: troubleCode(error) }));
        },
      }),
    [client],
  );
  return feed;
}

const UPRIGHT = "(orientation: portrait)";

/** True where the screen stands upright. */
export function useUpright(): boolean {
  const [isUpright, setUpright] = useState(() => window.matchMedia(UPRIGHT).matches);
  useEffect(() => {
    const query = window.matchMedia(UPRIGHT);
    const listen = (): void => {
      setUpright(query.matches);
    };
    query.addEventListener("change", listen);
    return () => {
      query.removeEventListener("change", listen);
    };
  }, []);
  return isUpright;
}
