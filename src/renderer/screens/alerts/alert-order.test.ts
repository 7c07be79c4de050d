import { expect, test } from "vitest";
import type { Alert } from "../../../contract/index.ts";
import { byUrgency } from "./alert-order.ts";

const alert = (
  id: string,
  severity: Alert["severity"],
  since_ms: number,
  ended_at_ms: number | null = null,
): Alert => ({
  id,
  code: "station-fault",
  severity,
  ref: "P01",
  since_ms,
  ended_at_ms,
  count: 1,
  inputs: {},
  acknowledged_at_ms: null,
});

test("what is open and dangerous stands on top, what is over at the bottom", () => {
  const sorted = byUrgency([
    alert("ended-safety", "safety", 9, 10),
    alert("info", "info", 8),
    alert("old-degraded", "degraded", 1),
    alert("new-degraded", "degraded", 5),
    alert("safety", "safety", 0),
  ]);
  expect(sorted.map(({ id }) => id)).toEqual(["safety", "new-degraded", "old-degraded", "info", "ended-safety"]);
});
