import type { SignalLimit, SignalState, SiteSignal } from "../../../core/balancing/index.ts";
import { milliamp, onPhase, perPhase, watt } from "../../../core/units/index.ts";
import type { EpochMs, Milliamp, PerPhase } from "../../../core/units/index.ts";
import { allocationCircuit, powerOfLines_W } from "../circuit-view.ts";
import type { CircuitState, ImposedLimit, SiteState } from "../state.ts";

export type RunningSignal = { readonly signal: SiteSignal; state: SignalState };

/** Puts what is active into the circuits; limits that others impose stay. Signals of circuits that are not there limit nothing. */
export function impose(site: SiteState, signals: readonly RunningSignal[], now_ms: EpochMs): void {
  const own = new Set(signals.map(({ signal }) => signal.id));
  for (const circuit of site.circuits.values()) {
    const here = signals.filter(({ signal }) => signal.circuitId === circuit.circuit.id);
    const others = circuit.imposed.filter((limit) => !isOurs(limit, own));
    if (here.length === 0 && others.length === circuit.imposed.length) continue;
    const ours = here.flatMap(({ signal, state: { active } }) =>
      active === null ? [] : [imposedBy(site, circuit, signal, active.limit, now_ms)],
    );
    circuit.imposed = [...others, ...ours];
  }
}

const isOurs = ({ kind, ref }: ImposedLimit, own: ReadonlySet<string>): boolean =>
  (kind === "grid_signal" || kind === "schedule") && own.has(ref);

function imposedBy(
  site: SiteState,
  circuit: CircuitState,
  signal: SiteSignal,
  { limit_mA, limit_W }: SignalLimit,
  now_ms: EpochMs,
): ImposedLimit {
  const beside = signal.counts === "all" ? NOTHING : allocationCircuit(site, circuit, now_ms).otherLoad_mA;
  const beside_mA = beside.reduce((sum: number, load) => sum + load, 0);
  const beside_W = Math.floor(powerOfLines_W(circuit.circuit, beside_mA, site.model.identity.nominal_V));
  return {
    // A limit on cars alone is one on everything that grows with what is kept for the building.
    limit_mA: limit_mA === null ? null : perPhase((phase) => milliamp(limit_mA + onPhase(beside, phase))),
    limit_W: limit_W === null ? null : watt(limit_W + beside_W),
    kind: signal.source.kind === "window" ? "schedule" : "grid_signal",
    ref: signal.id,
  };
}

const NOTHING: PerPhase<Milliamp> = [milliamp(0), milliamp(0), milliamp(0)];
