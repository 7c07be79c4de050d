import type { WaitingStation } from "../../contract/index.ts";
import type { Rotation, SiteModel, Station } from "../../core/site/index.ts";
import { milliamp } from "../../core/units/index.ts";
import type { AdoptRequest } from "./engine.types.ts";

const ROTATIONS: readonly Rotation[] = ["L1L2L3", "L2L3L1", "L3L1L2", "L1L3L2", "L2L1L3", "L3L2L1", "L1", "L2", "L3"];
/** OCPP limits go in steps of 0.1 A (schema multipleOf 0.1). */
const OCPP_STEP_MA = 100;
/** IEC 61851-1: the lowest current a pilot can signal. */
const MIN_MA = 6_000;
const STATIONS_MAX = 200;

export type AdoptContext = {
  readonly model: SiteModel;
  readonly waiting: readonly WaitingStation[];
  readonly adopted: (station: Station) => void;
};

/** As in the site file: 0 or what a pilot can signal, and never above the maximum. */
const fallbackFits = ({ fallback_mA, max_mA }: AdoptRequest): boolean =>
  fallback_mA === 0 || (fallback_mA >= MIN_MA && fallback_mA <= max_mA);

/** Makes a box that called in a station of the site. Nothing changes unless the whole request fits. */
export function adoptStation(
  request: AdoptRequest,
  context: AdoptContext,
): "ok" | "not-found" | "conflict" | "circuit-unknown" | "invalid" {
  const { model, waiting } = context;
  if (!waiting.some((box) => box.identity === request.identity)) return "not-found";
  if (model.stations.some((station) => station.id === request.id)) return "conflict";
  if (!model.circuits.some((circuit) => circuit.id === request.circuitId)) return "circuit-unknown";
  const rotation = ROTATIONS.find((known) => known === request.rotation);
  const wires = rotation === undefined ? 0 : rotation.length / 2;
  const fits = rotation !== undefined && wires >= request.phases && request.max_mA >= MIN_MA && fallbackFits(request);
  if (!fits || model.stations.length >= STATIONS_MAX) return "invalid";
  context.adopted({
    id: request.id,
    name: request.name,
    circuitId: request.circuitId,
    phaseCount: request.phases,
    rotation,
    current_mA_min: milliamp(MIN_MA),
    current_mA_max: milliamp(request.max_mA),
    step_mA: milliamp(OCPP_STEP_MA),
    fallback_mA: milliamp(request.fallback_mA),
    priority: 1,
    connection: { kind: "ocpp", identity: request.identity, connectorId: 1 },
  });
  return "ok";
}
