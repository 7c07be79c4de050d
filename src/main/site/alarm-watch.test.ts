import { expect, test } from "vitest";
import { epochMs } from "../../core/units/index.ts";
import type { Alert } from "../../contract/index.ts";
import type { AlertStore } from "../storage/types.ts";
import { watchAlarms, type Wanted } from "./alarm-watch.ts";

/** What an alert store is told, and what is open then. */
function alertsInMemory() {
  const open: Alert[] = [];
  const told: string[] = [];
  const store: Pick<AlertStore, "open" | "raise" | "end"> = {
    open: () => [...open],
    raise: ({ code, severity, ref, inputs }, at_ms) => {
      told.push(`+${code} ${ref} ${severity}`);
      const alert: Alert = {
        id: `${code} ${ref}`,
        code,
        severity,
        ref,
        inputs,
        since_ms: at_ms,
        ended_at_ms: null,
        count: 1,
        acknowledged_at_ms: null,
      };
      open.push(alert);
      return alert;
    },
    end: (code, ref) => {
      told.push(`-${code} ${ref}`);
      const at = open.findIndex((alert) => alert.code === code && alert.ref === ref);
      if (at >= 0) open.splice(at, 1);
    },
  };
  const watch = (wanted: readonly Wanted[]): string[] => {
    told.length = 0;
    watchAlarms(store, wanted, epochMs(1_000));
    return [...told];
  };
  return { watch, open };
}

const tooHigh = (severity: Wanted["severity"], ref = "main"): Wanted => ({
  code: "fallback-too-high",
  severity,
  ref,
  inputs: {},
});

test("an alarm that goes on is not told again, and ends when it is over", () => {
  const { watch } = alertsInMemory();
  expect(watch([tooHigh("degraded")])).toEqual(["+fallback-too-high main degraded"]);
  expect(watch([tooHigh("degraded")])).toEqual([]);
  expect(watch([])).toEqual(["-fallback-too-high main"]);
});

test("one that becomes graver or lighter is another, and the old one ends first", () => {
  const { watch } = alertsInMemory();
  watch([tooHigh("stopped")]);
  expect(watch([tooHigh("degraded")])).toEqual(["-fallback-too-high main", "+fallback-too-high main degraded"]);
});

test("of several about one thing the gravest is told, whichever comes first", () => {
  for (const wanted of [
    [tooHigh("info"), tooHigh("stopped")],
    [tooHigh("stopped"), tooHigh("info")],
  ]) {
    const { watch } = alertsInMemory();
    expect(watch([...wanted, tooHigh("info", "garage")])).toEqual([
      "+fallback-too-high main stopped",
      "+fallback-too-high garage info",
    ]);
    expect(watch([...wanted, tooHigh("info", "garage")])).toEqual([]);
  }
});

test("alerts of others are left alone", () => {
  const { watch, open } = alertsInMemory();
  open.push({
    id: "a",
    code: "unknown-card",
    severity: "info",
    ref: "P01",
    inputs: {},
    since_ms: 0,
    ended_at_ms: null,
    count: 1,
    acknowledged_at_ms: null,
  });
  expect(watch([])).toEqual([]);
});
