import type { DeviceKey } from "../../../contract/index.ts";
import { oneOf, type RawSearch, textOf } from "../../lib/url/url-state.ts";

const KINDS = ["station", "meter", "link"] as const;

export type DevicesSearch = {
  readonly kind: DeviceKey["kind"];
  /** `null`: the list. */
  readonly device: string | null;
  readonly find: boolean;
};

/** What the address says of this screen: the list, one device, or looking for new ones. */
export const parseDevicesSearch = (raw: RawSearch): DevicesSearch => ({
  kind: oneOf(KINDS, raw["kind"], "station"),
  device: textOf(raw["device"], 64),
  find: raw["find"] === true,
});
