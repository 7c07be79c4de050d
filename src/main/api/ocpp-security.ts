import type { Application } from "../site/engine.types.ts";
import { type Implementer, siteOf } from "./base.ts";

/** By which way chargers call in, and what keeps others out. */
export function ocppSecurityGroup({ ocppSecurity: group }: Implementer, app: Application) {
  const desk = () => siteOf(app).ocppSecurity;
  return {
    door: group.door.handler(() => desk().door()),
    station: group.station.handler(({ input, errors }) => {
      const found = desk().station(input.identity);
      if (found === "not-found") throw errors.NOT_FOUND();
      return found;
    }),
    requireTls: group.requireTls.handler(({ input, errors }) => {
      const changed = desk().requireTls(input.identity, input.required);
      if (changed === "not-found") throw errors.NOT_FOUND();
      if (changed === "conflict") throw errors.CONFLICT();
      return changed;
    }),
    sendCa: group.sendCa.handler(async ({ input, errors }) => {
      const reply = await desk().sendCa(input.stationId);
      if (reply === "not-found") throw errors.NOT_FOUND();
      if (reply === "conflict") throw errors.CONFLICT();
      if (reply.ok) return { accepted: true } as const;
      const { code, retry, detail } = reply;
      throw errors.DEVICE_FAILED({ data: { code, retry, detail } });
    }),
    replaceCa: group.replaceCa.handler(async ({ errors }) => {
      const door = await desk().replaceCa();
      if (door === "conflict") throw errors.CONFLICT();
      return door;
    }),
  };
}
