import type { Chance } from "./channel-random.ts";
import type { Channel } from "./scenario.ts";

// A box and the car at it: the box shows a new pilot when the command arrives, the car follows some seconds later.

export type ChannelBox = {
  /** What the box offers, in mA. */
  readonly offered_mA: () => number;
  readonly take: (current_mA: number, at_ms: number) => void;
  /** A car comes and is shown what the box offers from its beginning. */
  readonly plug: (at_ms: number) => void;
  readonly unplug: () => void;
  /** What the car allows itself now, in mA. */
  readonly followed_mA: (now_ms: number) => number;
};

export function createChannelBox(channel: Channel, fallback_mA: number, chance: Chance): ChannelBox {
  let offered_mA = fallback_mA;
  let followed_mA = 0;
  let coming: { readonly at_ms: number; readonly current_mA: number }[] = [];
  let plugged = false;
  const follow = (at_ms: number): void => {
    const own_ms = at_ms + chance.between(channel.ev_ms);
    const last_ms = coming.at(-1)?.at_ms ?? 0;
    coming.push({ at_ms: Math.max(own_ms, last_ms), current_mA: offered_mA });
  };
  return {
    offered_mA: () => offered_mA,
    take: (current_mA, at_ms) => {
      offered_mA = current_mA;
      if (plugged) follow(at_ms);
    },
    plug: (at_ms) => {
      plugged = true;
      follow(at_ms);
    },
    unplug: () => {
      plugged = false;
      coming = [];
      followed_mA = 0;
    },
    followed_mA: (now_ms) => {
      for (let next = coming[0]; next !== undefined && next.at_ms <= now_ms; next = coming[0]) {
        followed_mA = next.current_mA;
        coming.shift();
      }
      return followed_mA;
    },
  };
}
