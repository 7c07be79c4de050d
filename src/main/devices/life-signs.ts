import type { DeviceLog } from "./device-log.ts";

/** So many signs of life in a row that were not taken are no accident of the wire. */
export const UNTAKEN_MIN = 3;

/** A box that answers but does not take the sign of life we send; it will fall back or stop before long. */
export type UntakenLifeSigns = {
  readonly inARow: number;
  /** In the box's own words or numbers; empty where it gave no answer at all. */
  readonly answer: string;
};

/** How the signs of life that one box needs fare with it. */
export interface LifeSigns {
  taken(): void;
  /** `answer` as in `UntakenLifeSigns`. */
  untaken(answer: string): void;
  /** It is met anew: what was before says nothing. */
  forget(): void;
  /** `null` while all is well, or too little is known. */
  readonly trouble: UntakenLifeSigns | null;
}

/** Writes to the log once when the trouble begins and once when it is over. */
export function createLifeSigns(device: Readonly<Record<string, string>>, log: DeviceLog): LifeSigns {
  let last: UntakenLifeSigns = { inARow: 0, answer: "" };
  const forget = (): void => {
    last = { inARow: 0, answer: "" };
  };
  return {
    forget,
    taken() {
      if (last.inARow >= UNTAKEN_MIN) log.info(device, "signs of life are taken again");
      forget();
    },
    untaken(answer) {
      last = { inARow: last.inARow + 1, answer };
      if (last.inARow === UNTAKEN_MIN) log.warn({ ...device, answer }, "station does not take our signs of life");
    },
    get trouble() {
      return last.inARow >= UNTAKEN_MIN ? last : null;
    },
  };
}
