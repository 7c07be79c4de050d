import type { LiveUpdate } from "../../contract/index.ts";
import type { Application } from "../site/engine.types.ts";
import { type Implementer, siteOf } from "./base.ts";
import { followEngine, mergeUpdates, type View } from "./follow.ts";

const LIVE: View<LiveUpdate> = { whole: (engine) => engine.live(), merge: mergeUpdates };

/** The site as it stands this second. */
export function liveGroup(contract: Implementer, app: Application) {
  const { live } = contract;
  return {
    snapshot: live.snapshot.handler(() => siteOf(app).live()),
    subscribe: live.subscribe.handler(({ signal }) => {
      siteOf(app);
      return followEngine(app, signal, LIVE);
    }),
    spark: live.spark.handler(() => siteOf(app).spark()),
  };
}
