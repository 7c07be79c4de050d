import type { Application } from "../site/engine.types.ts";
import { badField, type Implementer } from "./base.ts";

/** Looking for devices; works before there is a site, and beside one. */
export function devicesGroup(contract: Implementer, app: Application) {
  const { devices } = contract;
  return {
    scan: devices.scan.handler(({ input, errors, signal }) => {
      const events = app.scan(input, signal ?? new AbortController().signal);
      if (events === "conflict") throw errors.CONFLICT();
      if (events === "invalid") throw badField("cidr", "an IPv4 network of at most 1022 hosts, as in 192.168.1.0/24");
      return events;
    }),
  };
}
