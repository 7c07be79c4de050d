import type { BudgetAlarm } from "../../../core/balancing/index.ts";
import { budgetAlarmAt_s, usedLastHour_s } from "../../../core/balancing/index.ts";
import type { EpochMs } from "../../../core/units/index.ts";
import type { Wanted } from "../alarm-watch.ts";
import { DEFAULT_PROTECTION } from "../meter-intake.ts";
import type { CircuitState, SiteState } from "../state.ts";
import type { SignalNow } from "./signal-desk.ts";

const CODES = {
  "lasting-overload": { code: "overload-lasting", severity: "degraded" },
  "thermal-budget": { code: "overload-thermal", severity: "safety" },
  "pause-all": { code: "overload-pause", severity: "safety" },
} as const satisfies Record<BudgetAlarm, Pick<Wanted, "code" | "severity">>;

/** What is wrong with the protection of circuits and with limits from outside. */
export function externalAlarms(site: SiteState, signals: readonly SignalNow[], now_ms: EpochMs): readonly Wanted[] {
  return [...[...site.circuits.values()].flatMap(budgetAlarms), ...signals.flatMap((one) => signalAlarms(one, now_ms))];
}

function budgetAlarms({ circuit, budget }: CircuitState): Wanted[] {
  const device = circuit.protection ?? DEFAULT_PROTECTION;
  const inputs = {
    load_percent: Math.round(budget.load_permille / 10),
    used_percent: Math.round((usedLastHour_s(budget) / budgetAlarmAt_s(device)) * 100),
  };
  return budget.told.map((alarm) => ({ ...CODES[alarm], ref: circuit.id, inputs }));
}

function signalAlarms({ signal, state, compliance, late }: SignalNow, now_ms: EpochMs): Wanted[] {
  const wanted: Wanted[] = [];
  if (state.lost !== null)
    wanted.push({
      code: "signal-lost",
      severity: "degraded",
      ref: signal.id,
      inputs: { circuit: signal.circuitId, silent_ms: now_ms - (state.heard_at_ms ?? state.started_at_ms) },
    });
  if (late && compliance !== null && compliance.complied_at_ms === null)
    wanted.push({
      code: "signal-late",
      severity: "safety",
      ref: signal.id,
      inputs: { circuit: signal.circuitId, for_ms: now_ms - compliance.imposed_at_ms },
    });
  return wanted;
}
