import { decodeConfiguration, rateUnitOf, stackLevelMaxOf, type RateUnit } from "../../protocol/ocpp/index.ts";
import type { ProfilePurpose } from "../../protocol/ocpp/index.ts";
import type { Call } from "./call-lane.ts";
import type { Evse } from "./evse.ts";
import type { ObedienceView } from "./obedience.ts";
import type { Point } from "./point.ts";
import type { Replacement } from "./replacement.ts";

// What is found out about a box at commissioning and after each boot.

/** What one EVSE was found to do; `null`: not found out yet. */
export type ProbeResult = {
  /** Row of the vendor file it is treated by. */
  readonly vendorRow: string | null;
  readonly unit: RateUnit | null;
  readonly stackLevelMax: number | null;
  readonly canSwitchPhases: boolean | null;
  /** How a new setpoint has to take the place of the one before. */
  readonly replace: Replacement;
  readonly purposes: { readonly accepted: readonly ProfilePurpose[]; readonly refused: readonly ProfilePurpose[] };
  readonly follows: ObedienceView;
};

const KEYS = [
  "ChargeProfileMaxStackLevel",
  "ChargingScheduleAllowedChargingRateUnit",
  "MaxChargingProfilesInstalled",
  "MeterValuesSampledData",
  "MeterValuesSampledDataMaxLength",
  "NumberOfConnectors",
  "SupportedFeatureProfiles",
];

/** Asks the box what it can do. A box that does not answer, or with nonsense, stays at what is usual. */
export async function learn(point: Point, call: Call): Promise<void> {
  const { phase_switch, plug_and_charge } = point.behaviour.keys;
  const own = [phase_switch, plug_and_charge].filter((key) => key !== null);
  const reply = await call("GetConfiguration", { key: [...KEYS, ...own] });
  if (!reply.ok) return;
  const configuration = decodeConfiguration(reply.payload);
  point.configuration = configuration;
  const valueOf = (key: string | null): string | null => (key === null ? null : (configuration.get(key) ?? null));
  const switches = valueOf(phase_switch);
  point.capabilities = {
    unit: rateUnitOf(configuration),
    stackLevelMax: stackLevelMaxOf(configuration),
    canSwitchPhases: switches === null ? null : switches.toLowerCase() === "true",
    plugAndChargeToken: valueOf(plug_and_charge),
  };
  point.hasLearned = true;
}

export function probeResult(point: Point, evse: Evse): ProbeResult {
  const { stackLevelMax, canSwitchPhases } = point.capabilities;
  return {
    vendorRow: point.behaviour.rowId,
    unit: evse.limiter.unit(),
    stackLevelMax,
    canSwitchPhases,
    replace: evse.limiter.replaces(),
    purposes: evse.limiter.purposes(),
    follows: evse.obedience.view(),
  };
}

/** The result in a line for the expert row of the device list. */
export function probeText(point: Point, evse: Evse): readonly string[] {
  const { unit, stackLevelMax, purposes, follows, vendorRow } = probeResult(point, evse);
  const [purpose] = purposes.accepted;
  return [
    ...(point.connection === null ? [] : [`OCPP ${point.version}`]),
    ...(vendorRow === null ? [] : [`row ${vendorRow}`]),
    ...(purpose === undefined ? [] : [`${purpose} in ${unit ?? "A"}`]),
    ...(stackLevelMax === null ? [] : [`stack level up to ${String(stackLevelMax)}`]),
    ...(follows.state === "obeys" ? [`follows (${follows.by ?? ""})`] : []),
    ...(follows.state === "offers-less"
      ? [`accepts more but offers ${String(Math.round((follows.offered_mA ?? 0) / 100) / 10)} A`]
      : []),
    ...(follows.state === "disobeys" ? [`accepts limits but does not follow (${follows.by ?? ""})`] : []),
    ...(point.behaviour.firmwareHint === null ? [] : [point.behaviour.firmwareHint]),
    ...(point.isOnline ? [] : [`dials again within ${String(point.behaviour.connect_timeout_s)} s`]),
  ];
}
