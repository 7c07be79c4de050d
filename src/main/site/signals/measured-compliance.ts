import type { ComplianceMoment, SignalLimit, SiteSignal } from "../../../core/balancing/index.ts";
import type { EpochMs, PerPhase } from "../../../core/units/index.ts";
import { epochMs } from "../../../core/units/index.ts";
import { isDeaf } from "../box-view.ts";
import { circuitTotal_mA, evLoad_mA, meterTrust, powerOfLines_W, stationsBelow } from "../circuit-view.ts";
import type { CircuitState, SiteState } from "../state.ts";
import { isPlugged } from "../state.ts";

/** How far an imposed limit is kept by now: what was sent, and what was measured. */
export function complianceNow(
  site: SiteState,
  circuit: CircuitState,
  signal: Pick<SiteSignal, "counts">,
  limit: SignalLimit,
  now_ms: EpochMs,
): ComplianceMoment {
  const flow = measuredFlow(site, circuit, signal.counts, now_ms);
  return {
    now_ms,
    allSent: allSent(site, circuit),
    measured:
      flow === null
        ? null
        : {
            at_ms: flow.at_ms,
            within: isWithin(circuit.circuit, flow.current_mA, limit, site.model.identity.nominal_V),
          },
  };
}

/** No box that listens was last told more than it is granted now. */
function allSent(site: SiteState, { circuit }: CircuitState): boolean {
  return stationsBelow(site, circuit.id)
    .filter((state) => state.online && state.port !== null && isPlugged(state) && !isDeaf(state))
    .every(({ ledger, grant }) => ledger.setpoint_mA !== null && ledger.setpoint_mA <= grant.current_mA);
}

type Flow = { readonly at_ms: EpochMs; readonly current_mA: PerPhase<number> };

/** What the limit bounds, and since when all of it has been measured; `null`: nobody knows. */
function measuredFlow(
  site: SiteState,
  state: CircuitState,
  counts: SiteSignal["counts"],
  now_ms: EpochMs,
): Flow | null {
  const { id, meterId } = state.circuit;
  const reading = meterId === null ? null : (site.meters.get(meterId)?.reading ?? null);
  if (counts === "all" && reading !== null && meterTrust(site, state, now_ms) === "fresh")
    return { at_ms: reading.measured_at_ms, current_mA: circuitTotal_mA(site, state, now_ms) };
  const below = stationsBelow(site, id);
  // When currents were measured: a message that tells only a state makes them no younger.
  const readings = below.filter(isPlugged).map(({ reading }) => reading?.measured_at_ms ?? null);
  if (readings.includes(null)) return null;
  const oldest_ms = readings.reduce((oldest: number, at_ms) => Math.min(oldest, at_ms ?? oldest), now_ms);
  const current_mA = counts === "cars" ? evLoad_mA(below, now_ms) : circuitTotal_mA(site, state, now_ms);
  return { at_ms: epochMs(oldest_ms), current_mA };
}

function isWithin(
  circuit: CircuitState["circuit"],
  current_mA: PerPhase<number>,
  { limit_mA, limit_W }: SignalLimit,
  voltage_V: number,
): boolean {
  const sum_mA = current_mA.reduce((sum: number, current) => sum + current, 0);
  const power_W = powerOfLines_W(circuit, sum_mA, voltage_V);
  return (limit_mA === null || Math.max(...current_mA) <= limit_mA) && (limit_W === null || power_W <= limit_W);
}
