import { withoutPhases, worthSwitching, WORTH_MS } from "../../core/balancing/index.ts";
import type { Allocation, AllocationRequest, Switch, Switchable } from "../../core/balancing/index.ts";
import { wiredPhases } from "../../core/site/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import type { SiteState, StationState } from "./state.ts";

/** Looking for a worthwhile switch asks the allocator several times; it need not be done every second. */
const LOOK_EVERY_MS = 10_000;

export type PhaseDesk = { follow(request: AllocationRequest, allocation: Allocation, now_ms: EpochMs): void };

/**
 * Switches boxes that can between one and three phases where that lets one more car charge, after it has been worth it for
 * a minute; the box itself pauses, waits for no current and resumes.
 */
export function createPhaseDesk(site: SiteState, onFailed: (state: StationState, detail: string) => void): PhaseDesk {
  let worth: (Switch & { readonly since_ms: EpochMs }) | null = null;
  let looked_at_ms: number | null = null;
  let switching = false;
  const make = (state: StationState, phases: 1 | 3, now_ms: EpochMs): void => {
    switching = true;
    state.phaseMode = { ...state.phaseMode, switched_at_ms: now_ms, switches: state.phaseMode.switches + 1 };
    // The box resumes on all phases before it answers, and perhaps does so without an answer: room is made for that first.
    if (phases === 3) setPhases(state, 3);
    const asked = state.port?.switchPhases?.(phases) ?? Promise.resolve(null);
    void asked
      .then((reply) => {
        if (reply?.ok === true) setPhases(state, phases);
        else onFailed(state, reply?.detail ?? "no phase switch");
      })
      .catch((error: unknown) => {
        onFailed(state, String(error));
      })
      .finally(() => {
        switching = false;
      });
  };
  return {
    follow: (request, allocation, now_ms) => {
      if (switching || (looked_at_ms !== null && Math.abs(now_ms - looked_at_ms) < LOOK_EVERY_MS)) return;
      looked_at_ms = now_ms;
      const found = worthSwitching(request, allocation, switchables(site, request));
      if (found === null) {
        worth = null;
        return;
      }
      const same = worth !== null && worth.evse === found.evse && worth.phases === found.phases;
      worth = { ...found, since_ms: same && worth !== null ? worth.since_ms : now_ms };
      const state = site.stations.get(found.evse);
      if (state === undefined || now_ms - worth.since_ms < WORTH_MS) return;
      worth = null;
      make(state, found.phases, now_ms);
    },
  };
}

/** What the box now does; what its car showed before with other phases no longer holds. */
function setPhases(state: StationState, phases: 1 | 3): void {
  state.phaseMode = { ...state.phaseMode, now: phases };
  state.habits = withoutPhases(state.habits);
}

function switchables(site: SiteState, request: AllocationRequest): readonly Switchable[] {
  const asking = new Set(request.evses.filter((evse) => !evse.reserved).map((evse) => evse.id));
  return [...site.stations.values()].flatMap((state): readonly Switchable[] => {
    const { station, port, phaseMode } = state;
    const three = wiredPhases(station);
    if (port?.switchPhases === undefined || three.length < 3 || !asking.has(station.id)) return [];
    return [{ evse: station.id, one: three.slice(0, 1), three, ...phaseMode }];
  });
}
