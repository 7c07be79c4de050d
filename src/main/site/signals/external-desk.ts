import type {
  BlackBoxRowView,
  CircuitBudget,
  OverloadView,
  SignalRecord,
  SignalView,
} from "../../../contract/index.ts";
import type { SignalLimit } from "../../../core/balancing/index.ts";
import { budgetAlarmAt_s, usedLastHour_s } from "../../../core/balancing/index.ts";
import { PHASES } from "../../../core/units/index.ts";
import type { EvidenceStore } from "../../storage/evidence-types.ts";
import { DEFAULT_PROTECTION } from "../meter-intake.ts";
import type { CircuitState, SiteState } from "../state.ts";
import type { SignalAnswer, SignalDesk, SignalNow } from "./signal-desk.ts";

const LOG_MAX = 500;
const OVERLOADS_MAX = 500;

/** Limits from outside and what circuits had to bear, as the API shows them. */
export type ExternalDesk = {
  signals(): SignalView[];
  log(signalId: string | null): SignalRecord[];
  /** `limit` left out: only a sign of life. */
  put(id: string, token: string, limit: SignalLimit | null | undefined): SignalAnswer;
  budget(): CircuitBudget[];
  overloads(circuitId: string | null): OverloadView[];
  /** `null`: there is no such record. */
  blackBox(no: number): { overload: OverloadView; rows: BlackBoxRowView[] } | null;
  blackBoxCsv(no: number): { fileName: string; text: string } | null;
};

/** The running site's view of them. */
export function externalDesk(
  site: SiteState,
  desk: SignalDesk,
  evidence: EvidenceStore,
  timezone: string,
): ExternalDesk {
  const blackBox = (no: number): ReturnType<ExternalDesk["blackBox"]> => {
    const overload = evidence.overloads(null, OVERLOADS_MAX).find((one) => one.no === no);
    return overload === undefined ? null : { overload, rows: evidence.overloadRows(no).map(rowView) };
  };
  return {
    signals: () => desk.list().map(signalView),
    log: (signalId) =>
      evidence.imposed(signalId, LOG_MAX).map((record) => ({
        ...record,
        comply_ms: record.complied_at_ms === null ? null : record.complied_at_ms - record.imposed_at_ms,
      })),
    put: (id, token, limit) => desk.put(id, token, limit),
    budget: () => [...site.circuits.values()].map(budgetView),
    overloads: (circuitId) => evidence.overloads(circuitId, OVERLOADS_MAX),
    blackBox,
    blackBoxCsv: (no) => {
      const found = blackBox(no);
      return found === null ? null : csvOf(found.overload, found.rows, timezone);
    },
  };
}

function signalView({ signal, state, compliance, late }: SignalNow): SignalView {
  const { active } = state;
  return {
    id: signal.id,
    name: signal.name,
    circuitId: signal.circuitId,
    rule: signal.rule,
    counts: signal.counts,
    source: signal.source.kind,
    limit: signal.limit,
    failSafe: signal.failSafe,
    heard_at_ms: state.heard_at_ms,
    lost: state.lost !== null,
    active:
      active === null
        ? null
        : {
            ...active.limit,
            why: active.why,
            since_ms: active.since_ms,
            sent_at_ms: compliance?.sent_at_ms ?? null,
            complied_at_ms: compliance?.complied_at_ms ?? null,
            late,
          },
  };
}

function budgetView({ circuit, budget }: CircuitState): CircuitBudget {
  const protection = circuit.protection ?? DEFAULT_PROTECTION;
  return {
    circuitId: circuit.id,
    name: circuit.name,
    protection,
    load_permille: budget.at_ms === null ? null : budget.load_permille,
    used_s: usedLastHour_s(budget),
    alarm_s: budgetAlarmAt_s(protection),
    action: budget.action,
    told: [...budget.told],
  };
}

const rowView = (row: ReturnType<EvidenceStore["overloadRows"]>[number]): BlackBoxRowView => ({
  at_ms: row.at_ms,
  current_mA: [...row.current_mA],
  limit_mA: [...row.limit_mA],
  otherLoad_mA: [...row.otherLoad_mA],
  granted_mA: [...row.granted_mA],
  action: row.action,
});

const COLUMNS = ["current", "limit", "otherLoad", "granted"] as const;

/** RFC 4180: local time with its offset, then milliamperes of each phase. */
function csvOf(
  { circuitId, began_at_ms }: OverloadView,
  rows: readonly BlackBoxRowView[],
  timezone: string,
): { fileName: string; text: string } {
  const local = (at_ms: number): string =>
    Temporal.Instant.fromEpochMilliseconds(at_ms)
      .toZonedDateTimeISO(timezone)
      .toString({ timeZoneName: "never", smallestUnit: "second" });
  const head = ["time", ...COLUMNS.flatMap((name) => PHASES.map((phase) => `${name}_${phase}_mA`)), "action"];
  const lines = rows.map((row) => [
    local(row.at_ms),
    ...row.current_mA,
    ...row.limit_mA,
    ...row.otherLoad_mA,
    ...row.granted_mA,
    row.action,
  ]);
  return {
    fileName: `overload_${circuitId}_${local(began_at_ms).slice(0, 19).replace(/:/gu, "-")}.csv`,
    text: [head, ...lines].map((line) => `${line.join(",")}\r\n`).join(""),
  };
}
