import type { HttpTrouble } from "../../../contract/index.ts";
import type { UntakenLifeSigns } from "../life-signs.ts";
import type { SeveralMeters } from "../push-meters/nameless-meter.ts";
import type { UnsureControl } from "../profile/index.ts";
import type { Liveness } from "../modbus/liveness.ts";

/** What the expert's table shows of a device that is not asked for registers by the Modbus driver. */
export type NetworkDeviceHealth = {
  readonly id: string;
  readonly kind: "station" | "meter";
  readonly profileId: string;
  readonly linkId: string;
  readonly state: Liveness["kind"];
  readonly exchanges: number;
  readonly errors: number;
  /** As in the health of a device that is asked for registers. */
  readonly untaken?: UntakenLifeSigns;
  /** Values that could not be, since it runs. */
  readonly quarantined: number;
  /** As in the health of a device that is asked for registers. */
  readonly unsure?: readonly UnsureControl[];
  /** Why the last look at it gave nothing, where more is known than that; left out: it answered. */
  readonly trouble?: HttpTrouble;
  /** Several meters speak and the site does not say which is meant; left out: that is no question. */
  readonly several?: SeveralMeters;
  /** Its telegrams carry no check sum, so that only their form speaks for them. */
  readonly unprotected?: true;
  /** What is wrong, in words for the log; `null` when all is well. Never a password. */
  readonly problem: string | null;
};

export interface RunningNetworkDevice {
  health(): NetworkDeviceHealth;
  stop(): Promise<void>;
}
