import type { SignalLimit } from "../../core/balancing/index.ts";
import { milliamp, watt } from "../../core/units/index.ts";
import type { Application } from "../site/engine.types.ts";
import { type Implementer, siteOf } from "./base.ts";

/** Limits from outside, and their callers. */
export function signalsGroup({ signals }: Implementer, app: Application) {
  return {
    list: signals.list.handler(() => siteOf(app).external.signals()),
    log: signals.log.handler(({ input }) => siteOf(app).external.log(input.signalId)),
    put: signals.put.handler(({ input, errors }) => {
      const { external } = siteOf(app);
      switch (external.put(input.id, input.token, exact(input.limit))) {
        case "not-found":
          throw errors.NOT_FOUND();
        case "forbidden":
          throw errors.WRONG_TOKEN();
        case "ok": {
          const signal = external.signals().find(({ id }) => id === input.id);
          if (signal === undefined) throw errors.NOT_FOUND();
          return signal;
        }
      }
    }),
  };
}

type Given = { readonly limit_mA: number | null; readonly limit_W: number | null } | null | undefined;

/** A limit of nothing at all is none. */
function exact(given: Given): SignalLimit | null | undefined {
  if (given === undefined || given === null) return given;
  if (given.limit_mA === null && given.limit_W === null) return null;
  return {
    limit_mA: given.limit_mA === null ? null : milliamp(given.limit_mA),
    limit_W: given.limit_W === null ? null : watt(given.limit_W),
  };
}

/** What the protection of circuits had to bear, and the seconds around overloads. */
export function circuitsGroup({ circuits }: Implementer, app: Application) {
  return {
    budget: circuits.budget.handler(() => siteOf(app).external.budget()),
    overloads: circuits.overloads.handler(({ input }) => siteOf(app).external.overloads(input.circuitId)),
    blackBox: circuits.blackBox.handler(({ input, errors }) => {
      const found = siteOf(app).external.blackBox(input.no);
      if (found === null) throw errors.NOT_FOUND();
      return found;
    }),
    blackBoxCsv: circuits.blackBoxCsv.handler(({ input, errors }) => {
      const file = siteOf(app).external.blackBoxCsv(input.no);
      if (file === null) throw errors.NOT_FOUND();
      return file;
    }),
  };
}
