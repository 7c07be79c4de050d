/** What can go wrong with one answer. Times are real milliseconds. */
export type Fault =
  | { readonly kind: "drop" }
  | { readonly kind: "delay"; readonly delay_ms: number }
  /** On Modbus TCP, which has no CRC, the answer carries an old transaction id instead. */
  | { readonly kind: "bad-crc" }
  | { readonly kind: "wrong-unit" }
  | { readonly kind: "half-frame" }
  | { readonly kind: "noise-before" }
  | { readonly kind: "echo" }
  /** The adapter repeats the request, and the device says nothing. */
  | { readonly kind: "echo-only" }
  | { readonly kind: "exception"; readonly code: number }
  /** The answer comes twice in one piece. */
  | { readonly kind: "joined" };

export interface FaultSwitch {
  /** The next `times` answers of `unitId` (`null`: of any unit) suffer `fault`. */
  set(fault: Fault, options?: { readonly unitId?: number | null; readonly times?: number }): void;
  clear(): void;
  /** The fault of the answer about to be sent. */
  next(unitId: number): Fault | null;
}

/** Faults that tests and the demo can switch on and off while the server runs. */
export function createFaultSwitch(): FaultSwitch {
  let armed: { readonly fault: Fault; readonly unitId: number | null; left: number }[] = [];
  return {
    set(fault, { unitId = null, times = 1 } = {}) {
      armed.push({ fault, unitId, left: times });
    },
    clear() {
      armed = [];
    },
    next(unitId) {
      const found = armed.find((one) => one.left > 0 && (one.unitId === null || one.unitId === unitId));
      if (found === undefined) return null;
      found.left -= 1;
      armed = armed.filter((one) => one.left > 0);
      return found.fault;
    },
  };
}
