import type { Alert } from "../../../contract/index.ts";

const URGENCY: readonly Alert["severity"][] = ["safety", "stopped", "degraded", "info"];

/** Open ones first, then by severity, then the newest first. */
export const byUrgency = (alerts: readonly Alert[]): readonly Alert[] =>
  [...alerts].sort(
    (a, b) =>
      Number(a.ended_at_ms !== null) - Number(b.ended_at_ms !== null) ||
      URGENCY.indexOf(a.severity) - URGENCY.indexOf(b.severity) ||
      b.since_ms - a.since_ms,
  );
