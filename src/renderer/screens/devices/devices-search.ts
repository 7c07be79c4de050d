import type { DeviceKey } from "../../../contract/index.ts";
import { oneOf, type RawSearch, textOf } from "../../lib/url/url-state.ts";
import { BOX_PARTS, type BoxPart } from "./ocpp-box-view.ts";

const KINDS = ["station", "meter", "link"] as const;

export type DevicesSearch = {
  readonly kind: DeviceKey["kind"];
  /** `null`: the list. */
  readonly device: string | null;
  readonly find: boolean;
  /** Adding a device by hand. */
  readonly add: boolean;
  /** The chosen device is to be changed. */
  readonly change: boolean;
  /** Part of the settings and service of an OCPP box; `null`: the device itself. */
  readonly box: BoxPart | null;
};

/** What the address says of this screen: the list, one device, or looking for new ones. */
export const parseDevicesSearch = (raw: RawSearch): DevicesSearch => ({
  kind: oneOf(KINDS, raw["kind"], "station"),
  device: textOf(raw["device"], 64),
  find: raw["find"] === true,
  add: raw["add"] === true,
  change: raw["change"] === true,
  box: BOX_PARTS.find((part) => part === raw["box"]) ?? null,
});
