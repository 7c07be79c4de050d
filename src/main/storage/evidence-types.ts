import type { ActiveSignal, BlackBoxRow } from "../../core/balancing/index.ts";
import type { EpochMs, Milliamp, Watt } from "../../core/units/index.ts";

/** What happened to one imposed limit; `imposed_at_ms` with the signal tells which one. */
export type SignalEvent = {
  readonly signalId: string;
  readonly circuitId: string;
  readonly imposed_at_ms: EpochMs;
  readonly at_ms: EpochMs;
  readonly kind: "imposed" | "sent" | "complied" | "late" | "released";
  readonly why: ActiveSignal["why"];
  readonly limit_mA: Milliamp | null;
  readonly limit_W: Watt | null;
};

/** One imposed limit with all that is known of it. */
export type ImposedRecord = Pick<
  SignalEvent,
  "signalId" | "circuitId" | "imposed_at_ms" | "why" | "limit_mA" | "limit_W"
> & {
  readonly sent_at_ms: EpochMs | null;
  readonly complied_at_ms: EpochMs | null;
  readonly late: boolean;
  readonly released_at_ms: EpochMs | null;
};

export type Overload = {
  readonly no: number;
  readonly circuitId: string;
  readonly began_at_ms: EpochMs;
  /** `null`: it goes on, or the app ended in the middle of it. */
  readonly ended_at_ms: EpochMs | null;
  readonly peak_permille: number | null;
};

/** External limits and overloads: what has to be shown to others afterwards. */
export interface EvidenceStore {
  addSignalEvents(events: readonly SignalEvent[]): void;
  /** Newest first. */
  imposed(signalId: string | null, limit: number): ImposedRecord[];
  /** Begins a record and answers its number. */
  openOverload(circuitId: string, began_at_ms: EpochMs): number;
  /** Rows of a time that is known already are left out. */
  addOverloadRows(no: number, rows: readonly BlackBoxRow[]): void;
  closeOverload(no: number, ended_at_ms: EpochMs, peak_permille: number): void;
  /** Newest first. */
  overloads(circuitId: string | null, limit: number): Overload[];
  overloadRows(no: number): BlackBoxRow[];
  /** Forgets what is older, and all but the newest overloads. */
  prune(before_ms: EpochMs): void;
}
