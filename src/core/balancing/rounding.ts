import { floorToStep, milliamp } from "../units/index.ts";
import type { Milliamp } from "../units/index.ts";
import { book, EPSILON, hasRoom } from "./network.ts";
import type { Network } from "./network.ts";
import type { Share } from "./share.ts";
import type { Water } from "./water-fill.ts";

/** The nearest current on the box's grid that is not above `current`; the grid begins at the minimum. */
export function onGrid(share: Share, current: number): Milliamp {
  const { min_mA, step_mA } = share.evse;
  const whole = Math.min(share.ceiling_mA, Math.floor(current + EPSILON));
  if (whole <= min_mA) return milliamp(whole);
  return milliamp(min_mA + floorToStep(milliamp(whole - min_mA), step_mA));
}

/**
 * Rounds every share down to its grid and hands left-over steps out: the largest lost fraction first, then whoever has
 * least for its weight, until no single step fits anywhere. `rebook` must book exactly what the result says.
 */
export function roundToSteps(
  admitted: readonly Share[],
  network: Network,
  water: Water,
  rebook: (currents: ReadonlyMap<Share, Milliamp>) => void,
): Map<Share, Milliamp> {
  const currents = new Map<Share, Milliamp>();
  for (const share of admitted) currents.set(share, onGrid(share, water.current[share.index] ?? 0));
  rebook(currents);
  const lost = (share: Share): number => (water.current[share.index] ?? 0) - (currents.get(share) ?? 0);
  const level = (share: Share): number =>
    (currents.get(share) ?? 0) / Math.max(water.weight[share.index] ?? 1, Number.EPSILON);
  // Left-over steps come from fractions: where nobody lost one there are none.
  const byLoss: { readonly share: Share; readonly lost: number }[] = [];
  for (const share of admitted) {
    const fraction = share.evse.step_mA > 0 ? lost(share) : 0;
    if (fraction > EPSILON) byLoss.push({ share, lost: fraction });
  }
  byLoss.sort((a, b) => b.lost - a.lost);
  for (const { share } of byLoss) addStep(share, currents, network);
  // Room only shrinks: who cannot have a step now will not have one later.
  let open = admitted.filter((share) => share.evse.step_mA > 0 && mayStep(share, currents, network));
  while (open.length > 0) {
    const order = open.map((share) => ({ share, level: level(share) })).sort((a, b) => a.level - b.level);
    open = order.map(({ share }) => share).filter((share) => addStep(share, currents, network));
  }
  return currents;
}

/** True when the car may have a step more and every row of it still has room. */
const mayStep = (share: Share, currents: ReadonlyMap<Share, Milliamp>, network: Network): boolean =>
  (currents.get(share) ?? 0) + share.evse.step_mA <= share.ceiling_mA &&
  hasRoom(network, share.index, share.evse.step_mA);

/** One step more, if that may be. */
function addStep(share: Share, currents: Map<Share, Milliamp>, network: Network): boolean {
  if (!mayStep(share, currents, network)) return false;
  const { step_mA } = share.evse;
  book(network, share.index, step_mA);
  currents.set(share, milliamp((currents.get(share) ?? 0) + step_mA));
  return true;
}
