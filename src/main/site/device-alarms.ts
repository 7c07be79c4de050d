import type { Alert, DeviceHint, DeviceSummary } from "../../contract/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import type { AlertStore } from "../storage/types.ts";

/** A device or line whose numbers point to something. */
export type HintedDevice = Pick<DeviceSummary, "kind" | "id" | "place" | "hints">;

/** A hint that stands for longer than this is worth a person's attention; plugs and fuses are switched in less. */
export const HINT_ALARM_MS = 60_000;

type Code =
  | "line-damaged"
  | "line-silent"
  | "line-cut"
  | "line-foreign"
  | "unit-silent"
  | "line-echoes"
  | "another-client"
  | "life-signs-untaken"
  | "several-meters";
type Wanted = Pick<Alert, "severity" | "inputs"> & { readonly code: Code; readonly ref: string };

const CODES: ReadonlySet<string> = new Set<Code>([
  "line-damaged",
  "line-silent",
  "line-cut",
  "line-foreign",
  "unit-silent",
  "line-echoes",
  "another-client",
  "life-signs-untaken",
  "several-meters",
]);

/** What is of one device is told of that device, what is of a line once of the line. */
const OF_ONE_DEVICE: ReadonlySet<DeviceHint["code"]> = new Set([
  "address-clash-or-cabling",
  "life-signs-untaken",
  "several-meters",
]);

/**
 * Raises an alert for each hint that stands for more than a minute of the site's clock, and ends it when the hint is
 * gone. The returned function is called every few seconds; it remembers since when each hint stands.
 */
export function createDeviceAlarms(): (alerts: AlertStore, devices: readonly HintedDevice[], now_ms: EpochMs) => void {
  let since = new Map<string, EpochMs>();
  return (alerts, devices, now_ms) => {
    const wanted = new Map(alarmsOf(devices).map((alarm) => [`${alarm.code} ${alarm.ref}`, alarm]));
    since = new Map([...wanted.keys()].map((key) => [key, since.get(key) ?? now_ms]));
    const open = new Set<string>();
    for (const { code, ref } of alerts.open()) {
      if (!CODES.has(code)) continue;
      open.add(`${code} ${ref}`);
      if (!wanted.has(`${code} ${ref}`)) alerts.end(code, ref, now_ms);
    }
    for (const [key, alarm] of wanted) {
      if (!open.has(key) && now_ms - (since.get(key) ?? now_ms) > HINT_ALARM_MS) alerts.raise(alarm, now_ms);
    }
  };
}

const alarmsOf = (devices: readonly HintedDevice[]): readonly Wanted[] =>
  devices.flatMap((device) =>
    device.hints
      .filter((hint) => (device.kind === "link") !== OF_ONE_DEVICE.has(hint.code))
      .flatMap((hint) => alarmOf(device, hint) ?? []),
  );

/** `null`: what follows from it, a charger offline or a meter silent, is an alert already. */
function alarmOf({ id: ref, place }: HintedDevice, hint: DeviceHint): Wanted | null {
  if ("number" in hint) return null;
  switch (hint.code) {
    case "termination-or-bias":
      return {
        code: "line-damaged",
        severity: "degraded",
        ref,
        inputs: { place, damaged: hint.crcErrors, asked: hint.frames },
      };
    case "ab-swap-or-baud":
      return { code: "line-silent", severity: "stopped", ref, inputs: { place, units: hint.unitIds.join(", ") } };
    case "line-cut":
      return { code: "line-cut", severity: "stopped", ref, inputs: { place, units: hint.unitIds.join(", ") } };
    case "not-modbus":
      return {
        code: "line-foreign",
        severity: "stopped",
        ref,
        inputs: { place, foreign: hint.foreign, asked: hint.frames },
      };
    case "address-clash-or-cabling":
      return {
        code: "unit-silent",
        severity: "degraded",
        ref,
        inputs: { place, unit: String(hint.unitId), inARow: hint.failedInARow },
      };
    case "adapter-echoes":
      return { code: "line-echoes", severity: "info", ref, inputs: { place } };
    case "another-client":
      return { code: "another-client", severity: "degraded", ref, inputs: { place, losses: hint.losses } };
    case "several-meters":
      return {
        code: "several-meters",
        severity: hint.taken === null ? "stopped" : "degraded",
        ref,
        inputs: { place, serials: hint.serials.join(", "), taken: hint.taken },
      };
    case "life-signs-untaken":
      return {
        code: "life-signs-untaken",
        severity: "degraded",
        ref,
        inputs: { place, inARow: hint.inARow, answer: hint.answer },
      };
  }
}
