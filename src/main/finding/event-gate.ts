import type { Clock, DeviceEvent } from "../devices/ports.ts";

export interface EventGate {
  readonly emit: (event: DeviceEvent) => void;
  /** The next event that matches, or `null` when none came within this time of the clock. */
  readonly next: (matches: (event: DeviceEvent) => boolean, within_ms: number) => Promise<DeviceEvent | null>;
}

/** Lets one wait for the next event of a kind; what nobody waits for is forgotten. */
export function createEventGate(clock: Clock): EventGate {
  let listener: (event: DeviceEvent) => void = () => undefined;
  return {
    emit: (event) => {
      listener(event);
    },
    next: async (matches, within_ms) => {
      const over = new AbortController();
      const found = new Promise<DeviceEvent>((resolve) => {
        listener = (event) => {
          if (matches(event)) resolve(event);
        };
      });
      const outcome = await Promise.race([found, clock.sleep(within_ms, over.signal).then(() => null)]);
      over.abort();
      return outcome;
    },
  };
}
