import { isModbusLink, type Link, type MeterDevice, type Station } from "../../core/site/index.ts";
import { METER_RATING } from "../devices/modbus/meter-driver.ts";
import type { Clock } from "../devices/ports.ts";
import { profileForConnector, type AnyProfile } from "../devices/profile/index.ts";
import { stationRating } from "../devices/station-rating.ts";
import { readNetwork } from "./read-network.ts";
import { readRegisters, type DeviceRead } from "./read-registers.ts";

/** Asks a device of a site once for all that its profile names, alone on its link, and frees the link. Only reads. */
export function readDevice(asked: {
  readonly device: Station | MeterDevice;
  readonly link: Link;
  readonly unitId: number;
  readonly connector: number;
  readonly profile: AnyProfile;
  readonly profileFolders: readonly string[];
  readonly clock: Clock;
}): Promise<DeviceRead> {
  const { device, link, unitId, connector, profile, clock } = asked;
  if (profile.driver !== "modbus" || !isModbusLink(link)) return readNetwork(asked);
  const rating = "fallback_mA" in device ? stationRating(device) : METER_RATING;
  return readRegisters({ link, unitId, profile: profileForConnector(profile, connector), rating, clock });
}
