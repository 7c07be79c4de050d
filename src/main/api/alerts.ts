import type { Application } from "../site/engine.types.ts";
import { type Implementer, siteOf } from "./base.ts";

const ALERTS_MAX = 500;

/** What a person should know of, newest first. */
export function alertsGroup(contract: Implementer, app: Application) {
  const { alerts } = contract;
  return {
    list: alerts.list.handler(({ input }) => siteOf(app).stores.alerts.list(input.includeEnded, ALERTS_MAX)),
    acknowledge: alerts.acknowledge.handler(({ input, errors }) => {
      const { stores, clock } = siteOf(app);
      const alert = stores.alerts.acknowledge(input.id, clock.now_ms());
      if (alert === null) throw errors.NOT_FOUND();
      return alert;
    }),
  };
}
