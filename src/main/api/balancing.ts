import type { Application } from "../site/engine.types.ts";
import { type Implementer, siteOf } from "./base.ts";

/** How cars share, and what another rule would change. */
export function balancingGroup({ balancing }: Implementer, app: Application) {
  return {
    settings: balancing.settings.handler(() => siteOf(app).balancing.settings()),
    preview: balancing.preview.handler(({ input, errors }) => {
      const differences = siteOf(app).balancing.preview(input.circuitId, input.sharing);
      if (differences === null) throw errors.NOT_FOUND();
      return differences;
    }),
    setSharing: balancing.setSharing.handler(({ input, errors }) => {
      const desk = siteOf(app).balancing;
      if (!desk.setSharing(input.circuitId, input.sharing)) throw errors.NOT_FOUND();
      return desk.settings();
    }),
  };
}

/** What would be otherwise if one thing were. */
export function explainGroup({ explain }: Implementer, app: Application) {
  return {
    whatIf: explain.whatIf.handler(({ input, errors }) => {
      const desk = siteOf(app).balancing;
      return input.questions.map((question) => {
        const differences = desk.whatIf(question);
        if (differences === null) throw errors.NOT_FOUND();
        return differences;
      });
    }),
  };
}
