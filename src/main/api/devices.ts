import type { Application } from "../site/engine.types.ts";
import { badField, type Implementer, siteOf } from "./base.ts";

/** How the site's devices are doing, and looking for more; the latter works before there is a site too. */
export function devicesGroup(contract: Implementer, app: Application) {
  const { devices } = contract;
  return {
    list: devices.list.handler(() => siteOf(app).devices.list()),
    get: devices.get.handler(({ input, errors }) => {
      const detail = siteOf(app).devices.get(input);
      if (detail === null) throw errors.NOT_FOUND();
      return detail;
    }),
    raw: devices.raw.handler(({ input, errors }) => {
      const raw = siteOf(app).devices.raw(input);
      if (raw === null) throw errors.NOT_FOUND();
      return raw;
    }),
    scan: devices.scan.handler(({ input, errors, signal }) => {
      const events = app.scan(input, signal ?? new AbortController().signal);
      if (events === "conflict") throw errors.CONFLICT();
      if (events === "invalid") throw badField("cidr", "an IPv4 network of at most 1022 hosts, as in 192.168.1.0/24");
      return events;
    }),
    profiles: devices.profiles.handler(() => app.profiles()),
    adopt: devices.adopt.handler(async ({ input, errors }) => {
      const adopted = await app.adopt(input);
      if (adopted.ok) return { id: input.as.id };
      switch (adopted.code) {
        case "conflict":
          throw errors.CONFLICT();
        case "invalid":
          throw errors.INVALID({ data: { problems: adopted.problems } });
      }
    }),
  };
}
