import type { BoxReport, OcppFacts } from "../../../contract/index.ts";
import type { EpochMs, WattHour } from "../../../core/units/index.ts";
import type { Admission, Caller } from "../../links/ocpp-server.ts";
import type { Clock, DeviceListener } from "../ports.ts";
import type { VendorRows } from "./vendor-rows.ts";

export type LogEntry = {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly data?: Record<string, unknown>;
};

export type OcppVersion = "1.6" | "2.0.1";

/** Where facts are kept between two lives of our process. */
export interface FactsKeeper {
  load(identity: string, connectorId: number): OcppFacts | null;
  save(identity: string, connectorId: number, facts: OcppFacts): void;
}

/** What the OCPP devices need of the site they belong to. */
export interface OcppHost {
  readonly clock: Clock;
  /** Synchronous: the fact is stored when it returns. If it throws, the station is told to send the message again. */
  readonly emit: DeviceListener;
  authorize(idToken: string, stationId: string): "Accepted" | "Blocked" | "Invalid";
  /**
   * Same station, EVSE, start time and register give the same number again. `at_ms` is what the station wrote, even
   * where its clock is wrong, so that the same message sent twice can be recognised.
   */
  transactionIdFor(start: {
    readonly stationId: string;
    readonly evseId: number;
    readonly at_ms: EpochMs;
    readonly meterStart_Wh: WattHour | null;
  }): number;
  /** Whether a box that dials in so may use its identity; without it all may. */
  admit?(caller: Caller): Promise<Admission>;
  /** Card to start a plugged-in car with at a box that waits to be told; `null` where a card of the driver is wanted. */
  remoteStartToken?(stationId: string): string | null;
  /** Which of the stations behind one identity runs this transaction: a StopTransaction names no connector. */
  stationOfTransaction?(transactionId: number, stationIds: readonly string[]): string | null;
  /** The transaction that a station's session on record has not ended; it may have begun before a restart of ours. */
  unendedTransaction?(stationId: string): number | null;
  /** Without it everything is found out anew by each process. */
  readonly facts?: FactsKeeper;
  /** How boxes of different makers differ; without them all are treated alike. */
  readonly vendorRows?: VendorRows;
  /** What a box of the site tells of itself beyond charging: how far a file is, security events, its boots. */
  reported?(identity: string, report: BoxReport): void;
  readonly log: (entry: LogEntry) => void;
}
