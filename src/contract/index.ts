import { alertsContract, appContract } from "./app.ts";
import { balancingContract, explainContract } from "./balancing.ts";
import { billingContract } from "./billing.ts";
import { commissioningContract } from "./commissioning.ts";
import { devicesContract } from "./devices.ts";
import { historyContract } from "./history.ts";
import { kioskContract, liveContract } from "./live.ts";
import { limitsContract } from "./limits.ts";
import { ocppContract } from "./ocpp.ts";
import { ocppSecurityContract } from "./ocpp-security.ts";
import { planningContract } from "./planning.ts";
import { phasesContract } from "./phases.ts";
import { sessionsContract } from "./sessions.ts";
import { circuitsContract, signalsContract } from "./signals.ts";
import { stationsContract } from "./stations.ts";

export type { AdoptDevice, ProfileFacts } from "./adopt-device.ts";
export * from "./app.ts";
export * from "./balancing.ts";
export * from "./billing.ts";
export * from "./commissioning.ts";
export type { DeviceSettings, DeviceWire, SaveDevice, ShownSettings, TriedDevice } from "./device-settings.ts";
export * from "./device-views.ts";
export * from "./devices.ts";
export * from "./history.ts";
export * from "./limits.ts";
export * from "./live.ts";
export * from "./planning.ts";
export * from "./ocpp.ts";
export * from "./ocpp-answer.ts";
export * from "./ocpp-beyond.ts";
export * from "./ocpp-request.ts";
export * from "./ocpp-security.ts";
export * from "./phases.ts";
export * from "./roles.ts";
export * from "./sessions.ts";
export * from "./signals.ts";
export * from "./stations.ts";
export type { ProcedureMeta } from "./base.ts";

/** The one API of the engine: the same for the desktop window, a browser on the LAN, REST at /api and tests. */
export const contract = {
  app: appContract,
  live: liveContract,
  kiosk: kioskContract,
  stations: stationsContract,
  balancing: balancingContract,
  explain: explainContract,
  planning: planningContract,
  devices: devicesContract,
  ocpp: ocppContract,
  ocppSecurity: ocppSecurityContract,
  phases: phasesContract,
  commissioning: commissioningContract,
  limits: limitsContract,
  signals: signalsContract,
  circuits: circuitsContract,
  sessions: sessionsContract,
  billing: billingContract,
  history: historyContract,
  alerts: alertsContract,
};
