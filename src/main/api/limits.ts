import type { Application } from "../site/engine.types.ts";
import { type Implementer, siteOf } from "./base.ts";

/** Limits from outside, prices and protection, as an owner sets them. */
export function limitsGroup({ limits }: Implementer, app: Application) {
  return {
    get: limits.get.handler(() => siteOf(app).limits.settings()),
    check: limits.check.handler(async ({ input, errors }) => {
      const checked = await siteOf(app).limits.check(input);
      if (checked === null) throw errors.NOT_FOUND();
      return checked;
    }),
    change: limits.change.handler(async ({ input, errors, context }) => {
      const changed = await app.changeLimits(input, context.role);
      if (changed.ok) {
        const { id, token } = changed.made;
        return { settings: siteOf(app).limits.settings(), id, token };
      }
      switch (changed.code) {
        case "not-found":
          throw errors.NOT_FOUND();
        case "conflict":
          throw errors.BUSY();
        case "invalid":
          throw errors.INVALID({ data: { mistakes: [...changed.mistakes] } });
      }
    }),
  };
}
