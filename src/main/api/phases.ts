import type { Application } from "../site/engine.types.ts";
import { type Implementer, siteOf } from "./base.ts";

const ACCEPTED = { accepted: true } as const;

/** How bays hang on the site's phases: what is known, the test, the owner's answer, and which bays to rotate. */
export function phasesGroup({ phases }: Implementer, app: Application) {
  return {
    list: phases.list.handler(() => siteOf(app).phases.list()),
    test: phases.test.handler(({ input, errors, context }) => {
      const begun = siteOf(app).phases.test(input.stationId, context.role);
      if (begun === "not-found") throw errors.NOT_FOUND();
      if (begun !== "ok") throw errors.REFUSED({ data: { reason: begun } });
      return ACCEPTED;
    }),
    cancel: phases.cancel.handler(async () => {
      await siteOf(app).phases.cancel();
      return ACCEPTED;
    }),
    accept: phases.accept.handler(({ input, errors, context }) => {
      const bay = siteOf(app).phases.accept(input.stationId, input.rotation, context.role);
      if (bay === null) throw errors.NOT_FOUND();
      return bay;
    }),
    advice: phases.advice.handler(async ({ errors }) => {
      const advice = await siteOf(app).phases.advice();
      if (advice === null) throw errors.UNAVAILABLE();
      return advice;
    }),
  };
}
