import type { Application } from "../site/engine.types.ts";
import { alertsGroup } from "./alerts.ts";
import { appGroup } from "./app.ts";
import { balancingGroup, explainGroup } from "./balancing.ts";
import { contractFor, type OnFault } from "./base.ts";
import { billingGroup } from "./billing.ts";
import { commissioningGroup } from "./commissioning.ts";
import { devicesGroup } from "./devices.ts";
import { historyGroup } from "./history.ts";
import type { RenderInvoice } from "./invoices.ts";
import { kioskGroup } from "./kiosk.ts";
import { limitsGroup } from "./limits.ts";
import { liveGroup } from "./live.ts";
import { ocppGroup } from "./ocpp.ts";
import { ocppSecurityGroup } from "./ocpp-security.ts";
import { planningGroup } from "./planning.ts";
import { phasesGroup } from "./phases.ts";
import { sessionsGroup } from "./sessions.ts";
import { circuitsGroup, signalsGroup } from "./signals.ts";
import { stationsGroup } from "./stations.ts";

export type RouterOptions = {
  /** Hears of what failed inside, under the id that the caller was given. */
  readonly onFault: OnFault;
  readonly renderInvoice: RenderInvoice;
};

/**
 * Every procedure of the contract over one application: the same router behind the MessagePort, the WebSocket and REST.
 */
export function createRouter(app: Application, { onFault, renderInvoice }: RouterOptions) {
  const contract = contractFor(onFault);
  return contract.router({
    app: appGroup(contract, app),
    live: liveGroup(contract, app),
    kiosk: kioskGroup(contract, app),
    stations: stationsGroup(contract, app),
    balancing: balancingGroup(contract, app),
    explain: explainGroup(contract, app),
    planning: planningGroup(contract, app),
    devices: devicesGroup(contract, app),
    ocpp: ocppGroup(contract, app),
    ocppSecurity: ocppSecurityGroup(contract, app),
    phases: phasesGroup(contract, app),
    commissioning: commissioningGroup(contract, app),
    limits: limitsGroup(contract, app),
    signals: signalsGroup(contract, app),
    circuits: circuitsGroup(contract, app),
    sessions: sessionsGroup(contract, app),
    billing: billingGroup(contract, app, renderInvoice),
    history: historyGroup(contract, app),
    alerts: alertsGroup(contract, app),
  });
}
export type ApiRouter = ReturnType<typeof createRouter>;
