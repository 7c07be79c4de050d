import type { EpochMs } from "../../../core/units/index.ts";
import type { MeterSample } from "../../protocol/ocpp/index.ts";
import type { StationEvent } from "../ports.ts";

export type StopEvent = StationEvent & { readonly kind: "transaction-stopped" };
/** A transaction that has been heard of since we started. */
export type HeardTransaction = {
  readonly name: string;
  readonly number: number;
  /** When it started by the box's clock, once that was said. */
  started_ms: EpochMs | null;
  hasStarted: boolean;
  stop: StopEvent | null;
  lastSeqNo: number | null;
  idToken: string | null;
  /** What was measured in it, from messages that came before the one that tells of its start. */
  readonly early: MeterSample[];
  /** Messages that have been taken, so that the same one sent again is only answered. */
  readonly taken: Set<string>;
};
