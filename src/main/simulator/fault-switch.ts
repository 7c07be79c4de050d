/** Faults that tests, the demo and `doctor simulate` switch on and off while a simulated device runs. */
export interface FaultSwitch<F> {
  /** The next `times` answers of `unitId` (`null`: of any unit) suffer `fault`; `Infinity`: until `clear`. */
  set(fault: F, options?: { readonly unitId?: number | null; readonly times?: number }): void;
  clear(): void;
  /** The fault of the answer about to be sent. */
  next(unitId: number): F | null;
}

/** Faults set one after the other are suffered one after the other. */
export function createFaultSwitch<F>(): FaultSwitch<F> {
  let armed: { readonly fault: F; readonly unitId: number | null; left: number }[] = [];
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
