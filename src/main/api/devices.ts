import type { SiteProblem } from "../../contract/index.ts";
import type { ChangeConflict, DeviceChanged } from "../site/device-changes.ts";
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
    settings: devices.settings.handler(({ input, errors }) => {
      const shown = app.deviceChanges.settings(input);
      if (shown === null) throw errors.NOT_FOUND();
      return shown;
    }),
    save: devices.save.handler(async ({ input, errors }) => {
      const changed = await app.deviceChanges.save(input);
      if (changed.ok) return { id: input.settings.id };
      throw refusal(changed, errors);
    }),
    remove: devices.remove.handler(async ({ input, errors }) => {
      const changed = await app.deviceChanges.remove(input);
      if (changed.ok) return { id: input.id };
      throw refusal(changed, errors);
    }),
    tryOut: devices.tryOut.handler(async ({ input, errors }) => {
      const answer = await app.deviceChanges.tryOut(input);
      if (answer.ok) return answer.tried;
      throw refusal(answer, errors);
    }),
    ports: devices.ports.handler(() => app.deviceChanges.ports()),
  };
}

type ChangeErrors = {
  NOT_FOUND(): Error;
  CONFLICT(options: { data: { why: ChangeConflict } }): Error;
  INVALID(options: { data: { problems: SiteProblem[] } }): Error;
};

function refusal(refused: Exclude<DeviceChanged, { ok: true }>, errors: ChangeErrors): Error {
  switch (refused.code) {
    case "not-found":
      return errors.NOT_FOUND();
    case "conflict":
      return errors.CONFLICT({ data: { why: refused.why } });
    case "invalid":
      return errors.INVALID({ data: { problems: [...refused.problems] } });
  }
}
