import type { SiteModel } from "../../core/site/index.ts";
import { milliamp } from "../../core/units/index.ts";

/** Two bays of three phases, P01 and P02, on one fuse; all in amperes. */
export function twoBaysOn(of: {
  readonly fuse_A: number;
  readonly max_A: number;
  readonly fallback_A: number;
}): SiteModel {
  const station = (id: string): SiteModel["stations"][number] => ({
    id,
    name: id,
    circuitId: "main",
    phaseCount: 3,
    rotation: "L1L2L3",
    current_mA_min: milliamp(6_000),
    current_mA_max: milliamp(of.max_A * 1000),
    step_mA: milliamp(1_000),
    fallback_mA: milliamp(of.fallback_A * 1000),
    priority: 1,
    connection: { kind: "profile", profileId: "p", linkId: "l", unitId: 1 },
  });
  const fuse = milliamp(of.fuse_A * 1000);
  return {
    identity: { name: "Two bays", timezone: "UTC", currency: "EUR", country: "DE", nominal_V: 230 },
    circuits: [
      {
        id: "main",
        name: "main",
        parentId: null,
        fuse_mA: [fuse, fuse, fuse],
        margin_mA: milliamp(0),
        meterId: null,
        limit_W: null,
        otherLoad_mA_max: null,
      },
    ],
    links: [],
    meters: [],
    stations: [station("P01"), station("P02")],
  };
}
