import type { ChargingStatus, StopReason } from "../devices/ports.ts";
import type { Evse } from "./evse.ts";
import type { Configuration } from "./ocpp-configuration.ts";
import type { MeterValue } from "./ocpp-meter-values.ts";
import type { OutboxMessage } from "./ocpp-outbox.ts";
import type { OcppStationOptions, Transaction } from "./ocpp-station.types.ts";

/** Why the box says what it is. */
export type BootCause = "PowerUp" | "RemoteReset" | "Triggered";
export type Message = { readonly method: string; readonly params: object };

/** What a dialect sees of the box it speaks for. */
export interface SpokenBox {
  readonly options: OcppStationOptions;
  readonly evse: Evse;
  readonly configuration: Configuration;
  readonly status: ChargingStatus;
  readonly errorCode: string;
  readonly transaction: Readonly<Transaction> | null;
  /** Whether the server can be talked to right now. */
  readonly isOnline: boolean;
  timestamp(): string;
  /** Keeps a message of the transaction until it has been delivered. */
  queue(message: OutboxMessage): void;
  endTransaction(reason: StopReason): void;
  reboot(reason: "SoftReset" | "HardReset"): void;
}

/** One version of OCPP as a box speaks it; what the box does is the same in all of them. */
export interface Dialect {
  readonly protocols: readonly string[];
  boot(cause: BootCause): Message;
  /** Said once after the box was accepted. */
  greeting(): Message | null;
  /** What its connector says now; the same words again are not sent. */
  status(): Message;
  authorize(idToken: string): Message;
  isAccepted(reply: unknown): boolean;
  /** `refused` is called when the server says that its card may not charge. */
  started(transaction: Transaction, refused: () => void): OutboxMessage;
  ended(transaction: Transaction, reason: StopReason): OutboxMessage;
  sampled(transaction: Transaction, sample: MeterValue): OutboxMessage;
  /** A sample outside any transaction. */
  alone(sample: MeterValue): Message;
  /** Something may have changed, also while nobody listens. */
  moved(): void;
  /** `null`: a request it does not know. */
  answer(method: string, params: unknown): object | null;
}
