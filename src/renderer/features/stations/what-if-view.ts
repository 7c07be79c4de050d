import type {
  BalancingSettings,
  CarDifference,
  CircuitLive,
  LearnedView,
  StationLive,
  WhatIf,
} from "../../../contract/index.ts";
import { SHARING_RULES } from "../../../core/balancing/policy.ts";
import { bindingRung } from "../reasons/ladder.ts";

/** The step in which larger fuses are asked for. */
export const LARGER_FUSE_MA = 10_000;
/** Less than this is no difference that a driver would notice. */
const NOTICED_MA = 500;

type Rotation = Extract<WhatIf, { kind: "rotation" }>["rotation"];

/** What could be otherwise for this charger: what holds it down, who goes first, its wiring, the rule. */
export function questionsFor(
  station: StationLive,
  circuits: readonly CircuitLive[],
  settings: BalancingSettings,
  learned: LearnedView,
): readonly WhatIf[] {
  const circuit = circuits.find(({ circuitId }) => circuitId === bindingRung(station.because)?.ref);
  const { circuitId: scope, sharing } = ruleOf(station.circuitId, settings);
  return [
    ...(circuit === undefined
      ? []
      : ([
          { kind: "fuse", circuitId: circuit.circuitId, more_mA: LARGER_FUSE_MA },
          { kind: "no-margin", circuitId: circuit.circuitId },
        ] as const)),
    { kind: "first", stationId: station.stationId },
    ...otherRotations(station, learned).map((rotation): WhatIf => ({
      kind: "rotation",
      stationId: station.stationId,
      rotation,
    })),
    ...SHARING_RULES.filter((rule) => rule !== sharing.rule).map((rule): WhatIf => ({
      kind: "rule",
      circuitId: scope,
      sharing: { rule, hold_ms: sharing.hold_ms },
    })),
  ];
}

/** The rule that this circuit's cars share by: its own, that of the nearest circuit above with one, or the site's. */
function ruleOf(circuitId: string, settings: BalancingSettings) {
  const byId = new Map(settings.circuits.map((circuit) => [circuit.circuitId, circuit]));
  const seen = new Set<string>();
  for (let next = byId.get(circuitId); next !== undefined && !seen.has(next.circuitId);) {
    if (next.sharing !== null) return { circuitId: next.circuitId, sharing: next.sharing };
    seen.add(next.circuitId);
    next = next.parentId === null ? undefined : byId.get(next.parentId);
  }
  return { circuitId: null, sharing: settings.site };
}

/** On three phases only a car that uses fewer of them notices how its bay is wired. */
function otherRotations({ phases }: StationLive, learned: LearnedView): readonly Rotation[] {
  const [first, second, third] = phases;
  if (phases.length === 1) return (["L1", "L2", "L3"] as const).filter((phase) => phase !== first);
  if (third === undefined || learned.phases === null || learned.phases.length === 3) return [];
  return [`${second ?? ""}${third}${first ?? ""}`, `${third}${first ?? ""}${second ?? ""}`].flatMap(
    (text) => THREE.find((rotation) => rotation === text) ?? [],
  );
}
const THREE = ["L1L2L3", "L2L3L1", "L3L1L2", "L1L3L2", "L2L1L3", "L3L2L1"] as const;

export type Answer = {
  readonly question: WhatIf;
  readonly after_mA: number;
  readonly change_mA: number;
  readonly placeAfter: number | null;
  /** Cars that would have noticeably less. */
  readonly losers: number;
};

/** Only what would make a noticeable difference to this charger, the best first. */
export function answersFor(
  stationId: string,
  questions: readonly WhatIf[],
  answers: readonly (readonly CarDifference[])[],
): readonly Answer[] {
  return questions
    .flatMap((question, index): readonly Answer[] => {
      const cars = answers[index] ?? [];
      const own = cars.find((car) => car.stationId === stationId);
      if (own === undefined) return [];
      const change_mA = own.after_mA - own.before_mA;
      if (Math.abs(change_mA) < NOTICED_MA && own.placeAfter === own.placeBefore) return [];
      const losers = cars.filter((car) => car.stationId !== stationId && car.before_mA - car.after_mA >= NOTICED_MA);
      return [{ question, after_mA: own.after_mA, change_mA, placeAfter: own.placeAfter, losers: losers.length }];
    })
    .sort((a, b) => b.change_mA - a.change_mA);
}
