import type { FaultSwitch } from "../fault-switch.ts";

/** What can go wrong with one answer. Times are real milliseconds. */
export type Fault =
  | { readonly kind: "drop" }
  | { readonly kind: "delay"; readonly delay_ms: number }
  /** On Modbus TCP, which has no CRC, the answer carries an old transaction id instead. */
  | { readonly kind: "bad-crc" }
  | { readonly kind: "wrong-unit" }
  | { readonly kind: "half-frame" }
  | { readonly kind: "noise-before" }
  /** Bytes that are no frame, instead of the answer. */
  | { readonly kind: "garbage" }
  | { readonly kind: "echo" }
  /** The adapter repeats the request, and the device says nothing. */
  | { readonly kind: "echo-only" }
  | { readonly kind: "exception"; readonly code: number }
  /** The answer comes twice in one piece. */
  | { readonly kind: "joined" }
  /** The last answer once more, as it was; the first one ever comes as it should. */
  | { readonly kind: "stale" }
  /** The connection is closed instead of an answer; a serial line, which has none, stays silent. */
  | { readonly kind: "reset" };

export type ModbusFaultSwitch = FaultSwitch<Fault>;
