import type { AdoptDevice, DeviceWire, SaveDevice } from "../../contract/index.ts";
import { milliamp } from "../../core/units/index.ts";
import type { StoredSite } from "../storage/types.ts";
import { withDevice, type SiteChange } from "./device-entries.ts";
import { isSameWire } from "./device-wires.ts";

/** IEC 61851-1: the lowest current a pilot can signal. */
const MIN_mA = milliamp(6_000);
/** As a station of the site file that names none. */
const STEP_mA = milliamp(100);

/**
 * The site with a device that a scan found, over the link it already has there or over a new one; mistakes are told as
 * `withDevice` tells them.
 */
export const adoptFound = (
  site: StoredSite,
  request: AdoptDevice,
  around: Parameters<typeof withDevice>[2],
): SiteChange => withDevice(site, asNew(site, request), around);

function asNew({ model }: StoredSite, { at, profileId, as, login }: AdoptDevice): SaveDevice {
  const wire = wireOf(at, login?.user ?? null);
  const there = model.links.find((link) => isSameWire(link, wire));
  // Who says nothing of a login means the one that the site has for this address.
  const known = wire.kind === "http" && there?.kind === "http" && login === undefined ? (there.user ?? null) : null;
  const by = {
    kind: "profile",
    profileId,
    wire: wire.kind === "http" && known !== null ? { ...wire, user: known } : wire,
    unitId: "unitId" in at ? at.unitId : 1,
    connector: 1,
    serial: null,
  } as const;
  return {
    version: null,
    settings: as.kind === "meter" ? { ...as, by } : { ...as, min_mA: MIN_mA, step_mA: STEP_mA, priority: 1, by },
    othersMove: true,
    ...(login === undefined ? {} : { password: login.password === "" ? null : login.password }),
  };
}

function wireOf(at: AdoptDevice["at"], user: string | null): DeviceWire {
  switch (at.kind) {
    case "serial": {
      const { unitId: _, ...wire } = at;
      return wire;
    }
    case "http":
      return { ...at, user };
    default:
      return { kind: at.kind, host: at.host, port: at.port };
  }
}
