import type { Application } from "../site/engine.types.ts";
import { type Implementer, siteOf } from "./base.ts";

const ACCEPTED = { accepted: true } as const;

/** Whether the site may be left to itself, the tests that prove it, and a person's word where they do not. */
export function commissioningGroup({ commissioning }: Implementer, app: Application) {
  const desk = () => siteOf(app).commissioning;
  return {
    status: commissioning.status.handler(() => desk().status()),
    override: commissioning.override.handler(({ input, errors, context }) => {
      if (!desk().decide("overridden", input.reason, context.role)) throw errors.NOT_NEEDED();
      return desk().status();
    }),
    withdraw: commissioning.withdraw.handler(({ input, errors, context }) => {
      if (!desk().decide("withdrawn", input.reason, context.role)) throw errors.NOT_NEEDED();
      return desk().status();
    }),
    test: commissioning.test.handler(({ input, errors, context }) => {
      const begun = desk().test(input.stationId, context.role);
      if (begun === "not-found") throw errors.NOT_FOUND();
      if (begun !== "ok") throw errors.REFUSED({ data: { reason: begun } });
      return ACCEPTED;
    }),
    cancel: commissioning.cancel.handler(async () => {
      await desk().cancel();
      return ACCEPTED;
    }),
    witness: commissioning.witness.handler(({ input, errors, context }) => {
      if (!desk().witness(input.stationId, input.kept_mA, context.role)) throw errors.NOT_FOUND();
      return desk().status();
    }),
    setFallback: commissioning.setFallback.handler(async ({ input, errors }) => {
      const done = await app.setFallback(input.stationIds, input.fallback_mA);
      if (done === "not-found") throw errors.NOT_FOUND();
      if (done === "invalid") throw errors.INVALID();
      if (done === "conflict") throw errors.BUSY();
      return ACCEPTED;
    }),
  };
}
