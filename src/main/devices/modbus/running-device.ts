import type { UntakenLifeSigns } from "../life-signs.ts";
import type { UnsureControl } from "../profile/index.ts";
import type { Liveness } from "./liveness.ts";

export type { DeviceLog } from "../device-log.ts";

export type DeviceHealth = {
  readonly id: string;
  readonly kind: "station" | "meter";
  readonly profileId: string;
  readonly state: Liveness["kind"];
  /** Settings the device did not take, in words for the log; `null` when all is well. */
  readonly problem: string | null;
  /** Left out: there are none, or all is well. */
  readonly untaken?: UntakenLifeSigns;
  /** Registers per read as learned. */
  readonly max_read: number;
  /** Values that could not be, since it runs. */
  readonly quarantined: number;
  /** Values of the profile (`fc:address`) this device does not have. */
  readonly missing: readonly string[];
  /** What it could be told, and is not, for its document is unsure how; left out: nothing. */
  readonly unsure?: readonly UnsureControl[];
};

export interface RunningDevice {
  health(): DeviceHealth;
  stop(): Promise<void>;
}
