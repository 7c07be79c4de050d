import type { OcppFacts } from "../../../contract/index.ts";
import { epochMs, type EpochMs } from "../../../core/units/index.ts";
import { rateUnitOf } from "../../protocol/ocpp/index.ts";
import type { Evse } from "./evse.ts";
import type { OcppHost } from "./ocpp-host.ts";
import { logAbout, type Point } from "./point.ts";
import { probeResult } from "./probe.ts";
import { isSecretName } from "./secrets.ts";
import { behaviourFor, NO_ROWS } from "./vendor-rows.ts";

// What was found out about a box outlives our process: a charging car is not disturbed by finding it out again because
// we were restarted. A box that restarts, and with that any other firmware, is looked at anew.

/** What is older has to be found out again; boxes get new firmware without a word. Site's clock. */
const FACTS_HOLD_MS = 30 * 86_400_000;
const ENTRIES_MAX = 200;
const TEXT_CHARS_MAX = 500;
/** Components of a 2.0.1 report that say what the box is and how it charges, measures and talks. */
const COMPONENTS: ReadonlySet<string> = new Set([
  "AlignedDataCtrlr",
  "AuthCtrlr",
  "ChargingStation",
  "Connector",
  "DeviceDataCtrlr",
  "EVSE",
  "OCPPCommCtrlr",
  "SampledDataCtrlr",
  "SecurityCtrlr",
  "SmartChargingCtrlr",
  "TxCtrlr",
]);
/** Keeps what is known of the box's EVSEs by now, where it has changed; nothing before its set-up has ended. */
export function keepFacts(point: Point, host: OcppHost): void {
  if (!point.isProbed) return;
  for (const evse of point.evses) {
    const kept = point.facts.get(evse.connectorId);
    const facts = factsNow(point, evse, host.clock.now_ms());
    if (kept !== undefined && isSame(kept, facts)) continue;
    store(point, host, evse.connectorId, facts);
  }
}

function store(point: Point, host: OcppHost, connectorId: number, facts: OcppFacts): void {
  point.facts.set(connectorId, facts);
  try {
    host.facts?.save(point.identity, connectorId, facts);
  } catch (error) {
    // They are found out again; charging goes on.
    logAbout(point, host, { level: "error", message: "what was found out could not be stored", data: { error } });
  }
}

/** The box restarted, perhaps without what it was told to keep: nobody may count on that, not even after us. */
export function dropFallbacks(point: Point, host: OcppHost): void {
  for (const { connectorId } of point.evses) {
    const kept = point.facts.get(connectorId) ?? host.facts?.load(point.identity, connectorId) ?? null;
    if (kept !== null && kept.fallback !== null) store(point, host, connectorId, { ...kept, fallback: null });
  }
}

/** A box that is not there when we start keeps what it was seen to keep, if that is what it is promised to keep now. */
export function recallFallback(point: Point, evse: Evse, host: OcppHost): void {
  const facts = host.facts?.load(point.identity, evse.connectorId) ?? null;
  const isOld = facts === null || facts.at_ms < host.clock.now_ms() - FACTS_HOLD_MS;
  const shown = facts?.fallback ?? null;
  if (isOld || shown?.promised_mA !== evse.station.fallback_mA) return;
  evse.fallback.recall(shown);
}

/** Takes up what was known of the box when we last spoke. False when something of it is not known, or too old. */
export function recallFacts(point: Point, host: OcppHost): boolean {
  const oldest_ms = host.clock.now_ms() - FACTS_HOLD_MS;
  const known = point.evses.map((evse) => {
    const facts = point.facts.get(evse.connectorId) ?? host.facts?.load(point.identity, evse.connectorId) ?? null;
    return facts === null || facts.at_ms < oldest_ms || facts.version !== point.version ? null : { evse, facts };
  });
  const [first] = known;
  if (host.facts === undefined || first === undefined || first === null || known.includes(null)) return false;
  const { vendor, model, serial, firmware, stackLevelMax, canSwitchPhases, plugAndChargeToken } = first.facts;
  point.identification = { vendor, model, serial, firmware };
  point.behaviour = behaviourFor(host.vendorRows ?? NO_ROWS, point.identification);
  point.configuration = new Map(Object.entries(first.facts.configuration));
  // Only what the box itself said; the unit found by trying belongs to its EVSE.
  const unit = rateUnitOf(point.configuration);
  point.capabilities = { unit, stackLevelMax, canSwitchPhases, plugAndChargeToken };
  point.refusedSteps = first.facts.refusedSteps;
  point.hasLearned = true;
  point.isProbed = true;
  for (const one of known) {
    if (one === null) continue;
    point.facts.set(one.evse.connectorId, one.facts);
    one.evse.limiter.recall(one.facts);
    const { at_ms, ...follows } = one.facts.follows;
    one.evse.obedience.recall({ ...follows, at_ms: at_ms === null ? null : epochMs(at_ms) });
  }
  return true;
}

function factsNow(point: Point, evse: Evse, at_ms: EpochMs): OcppFacts {
  const { vendorRow, unit, stackLevelMax, canSwitchPhases, purposes, replace, follows } = probeResult(point, evse);
  const cut = (text: string | null): string | null => text?.slice(0, TEXT_CHARS_MAX) ?? null;
  const { vendor, model, serial, firmware } = point.identification;
  return {
    at_ms,
    version: point.version,
    vendor: cut(vendor),
    model: cut(model),
    serial: cut(serial),
    firmware: cut(firmware),
    vendorRow,
    unit,
    stackLevelMax,
    canSwitchPhases,
    plugAndChargeToken: cut(point.capabilities.plugAndChargeToken),
    purposes: { accepted: [...purposes.accepted], refused: [...purposes.refused] },
    replace,
    follows,
    fallback: fallbackNow(evse),
    refusedSteps: point.refusedSteps.map((step) => step.slice(0, TEXT_CHARS_MAX)),
    configuration: configurationOf(point),
  };
}

function fallbackNow({ fallback, station }: Evse): OcppFacts["fallback"] {
  const { kind, current_mA, timeout_ms } = fallback.failSafe();
  if (kind !== "known" || current_mA === null || timeout_ms === null) return null;
  return { promised_mA: station.fallback_mA, current_mA, timeout_ms };
}

/** A secret is never kept, should a box be so careless as to tell it. */
function configurationOf({ configuration, variables }: Point): Record<string, string> {
  const reported = [...variables].filter(([name]) => COMPONENTS.has(name.split(".")[0] ?? ""));
  const all = [...new Map([...configuration, ...reported])].filter(([name]) => !isSecretName(name));
  return Object.fromEntries(
    all.slice(0, ENTRIES_MAX).map(([name, value]) => [name.slice(0, TEXT_CHARS_MAX), value.slice(0, TEXT_CHARS_MAX)]),
  );
}

/** The same finding again is no news, whenever it was made. */
const isSame = (a: OcppFacts, b: OcppFacts): boolean => timeless(a) === timeless(b);
const timeless = (facts: OcppFacts): string =>
  JSON.stringify({ ...facts, at_ms: 0, follows: { ...facts.follows, at_ms: 0 } });
