import type { Station } from "../../../src/core/site/index.ts";
import { milliamp } from "../../../src/core/units/index.ts";

/** A station of a site that is reached by OCPP. */
export function station(
  id: string,
  identity: string,
  more: Partial<Station> & { readonly connectorId?: number } = {},
): Station {
  const { connectorId = 1, ...rest } = more;
  return {
    id,
    name: id,
    circuitId: "main",
    phaseCount: 3,
    rotation: "L1L2L3",
    current_mA_min: milliamp(6000),
    current_mA_max: milliamp(32_000),
    step_mA: milliamp(100),
    fallback_mA: milliamp(6000),
    priority: 1,
    connection: { kind: "ocpp", identity, connectorId },
    ...rest,
  };
}
