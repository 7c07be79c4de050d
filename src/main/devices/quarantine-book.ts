import { QUARANTINED_MAX, type Quarantined } from "../../core/metering/index.ts";
import type { DeviceLog } from "./device-log.ts";

/** Kinds of doubt remembered per device; a device with more has long been noticed. */
const KINDS_MAX = 64;

/** What a device has shown that could not be: written to the log once per kind, and counted. */
export interface QuarantineBook {
  /** Takes the doubts of one reading; answers those it carries, bounded. */
  note(doubts: readonly Quarantined[]): readonly Quarantined[];
  /** Values kept apart since the device runs. */
  readonly count: number;
}

export function createQuarantineBook(device: Readonly<Record<string, string>>, log: DeviceLog): QuarantineBook {
  const known = new Set<string>();
  /** When a value was last counted: a reading may carry an old one again. */
  const counted_ms = new Map<string, number>();
  let count = 0;
  return {
    note(doubts) {
      const carried = doubts.slice(0, QUARANTINED_MAX);
      for (const quarantined of carried) {
        const { what, code, at_ms } = quarantined;
        if (counted_ms.get(what) === at_ms) continue;
        if (counted_ms.size < KINDS_MAX || counted_ms.has(what)) counted_ms.set(what, at_ms);
        count += 1;
        const kind = `${what} ${code}`;
        if (known.has(kind) || known.size >= KINDS_MAX) continue;
        known.add(kind);
        log.warn({ ...device, quarantined }, "a value that cannot be is kept apart");
      }
      return carried;
    },
    get count() {
      return count;
    },
  };
}
