import { createFaultSwitch, type FaultSwitch } from "../fault-switch.ts";

/** What can go wrong with answers and telegrams while it is switched on. Times are real milliseconds. */
export type NetworkFault =
  /** No answer; on HTTP the connection is closed without one. */
  | { readonly kind: "drop" }
  /** No answer ever; on HTTP the connection stays open. */
  | { readonly kind: "hang" }
  /** The connection is reset; without a connection there is no answer. */
  | { readonly kind: "reset" }
  | { readonly kind: "delay"; readonly delay_ms: number }
  /** The answer comes bit by bit and takes this long. */
  | { readonly kind: "slow"; readonly delay_ms: number }
  | { readonly kind: "half" }
  /** Some bytes in the middle are missing. */
  | { readonly kind: "gap" }
  /** One byte is another; where there is a check sum it does not hold. */
  | { readonly kind: "bad-crc" }
  /** The values of before, although time goes on. */
  | { readonly kind: "stale" }
  | { readonly kind: "garbage" }
  | { readonly kind: "bad-json" }
  | { readonly kind: "status-500" }
  | { readonly kind: "wrong-auth" }
  /** More than anybody should read. */
  | { readonly kind: "endless" }
  /** Takes every order and does nothing. */
  | { readonly kind: "deaf" };

/** Like the switch of a register server, and `current`: in force until another one is set; `null`: all is well. */
export interface NetworkFaultSwitch extends FaultSwitch<NetworkFault> {
  current: NetworkFault | null;
}

/** A switch with nothing wrong. */
export function createNetworkFaults(): NetworkFaultSwitch {
  const armed = createFaultSwitch<NetworkFault>();
  let current: NetworkFault | null = null;
  return {
    set: (fault, options) => {
      armed.set(fault, options);
    },
    clear() {
      armed.clear();
      current = null;
    },
    next: (unitId) => armed.next(unitId) ?? current,
    get current() {
      return current;
    },
    set current(fault) {
      current = fault;
    },
  };
}

/** Bytes that are no telegram of anybody. */
export const GARBAGE = Uint8Array.from({ length: 97 }, (_, i) => (i * 73 + 41) & 0xff);

/** The same bytes with some of them missing in the middle. */
export function withGap(bytes: Uint8Array): Uint8Array {
  const from = Math.floor(bytes.length / 2);
  return Uint8Array.from([...bytes.subarray(0, from), ...bytes.subarray(from + 1 + (bytes.length >> 4))]);
}

/** The same bytes with one of them changed, two thirds of the way: among the values of every telegram there is. */
export function withWrongByte(bytes: Uint8Array): Uint8Array {
  const wrong = Uint8Array.from(bytes);
  const at = Math.floor((bytes.length * 2) / 3);
  wrong[at] = (wrong[at] ?? 0) ^ 0x01;
  return wrong;
}
