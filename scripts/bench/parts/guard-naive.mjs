// @ts-check
// How a balancer without an account does it: every ten seconds the measured state is shared out and all is sent at once.

const EVERY_ms = 10_000;
const MIN_mA = 6_000;
const STEP_mA = 1_000;

/** @typedef {import("../../../src/core/replay/channel-controller.ts").ChannelController} ChannelController */
/** @typedef {import("../../../src/core/replay/channel.ts").ChannelSite} ChannelSite */

/** `retries`: says it again when nobody answered. @param {boolean} retries @returns {(site: ChannelSite) => ChannelController} */
export const naive = (retries) => (site) => {
  const main = site.circuits[0];
  let limit_mA = main?.limit_mA[0] ?? 0;
  let meter_mA = 0;
  let counted_mA = 0;
  let decided_ms = -Infinity;
  let commandNumber = 0;
  const bays = site.bays.map((bay) => ({ max_mA: 0, drawn_mA: 0, told_mA: -1, own_mA: bay.max_mA }));
  /** @type {{ bay: number, current_mA: number, commandNumber: number }[]} */
  let again = [];
  const none = () => undefined;
  return {
    plugged: (index, arrival) => {
      const bay = bays[index];
      if (bay === undefined) return;
      bay.max_mA = arrival === null ? 0 : Math.min(bay.own_mA, arrival.max_mA);
      bay.drawn_mA = 0;
    },
    reading: (index, drawn_mA) => {
      const bay = bays[index];
      if (bay !== undefined) bay.drawn_mA = drawn_mA;
    },
    meter: (current_mA) => {
      meter_mA = current_mA[0];
    },
    answered: none,
    unanswered: (index, call) => {
      if (retries && bays[index]?.told_mA === call.current_mA) again.push({ bay: index, ...call });
    },
    restarted: (index) => {
      const bay = bays[index];
      if (bay !== undefined) bay.told_mA = -1;
    },
    limit: (lowered_mA) => {
      limit_mA = lowered_mA[0];
    },
    counted_mA: () => [counted_mA, counted_mA, counted_mA],
    decide: (now_ms) => {
      const repeats = again;
      again = [];
      if (now_ms - decided_ms < EVERY_ms) return repeats;
      decided_ms = now_ms;
      const other_mA = Math.max(0, meter_mA - bays.reduce((sum, bay) => sum + bay.drawn_mA, 0));
      counted_mA = other_mA;
      const shares = maxMin(
        bays.map((bay) => bay.max_mA),
        Math.max(0, limit_mA - other_mA),
      );
      const orders = shares.flatMap((current_mA, index) => {
        const bay = bays[index];
        if (bay === undefined || bay.told_mA === current_mA) return [];
        bay.told_mA = current_mA;
        commandNumber += 1;
        return [{ bay: index, current_mA, commandNumber }];
      });
      return [...repeats.filter((one) => !orders.some((order) => order.bay === one.bay)), ...orders];
    },
  };
};

/** Equal shares in whole amperes, the first come first admitted at the minimum. @param {readonly number[]} wants_mA @param {number} room_mA */
function maxMin(wants_mA, room_mA) {
  const shares = wants_mA.map(() => 0);
  let left_mA = room_mA;
  wants_mA.forEach((want_mA, index) => {
    if (want_mA < MIN_mA || left_mA < MIN_mA) return;
    shares[index] = MIN_mA;
    left_mA -= MIN_mA;
  });
  for (let moved = true; moved;) {
    moved = false;
    for (const [index, share] of shares.entries()) {
      if (share === 0 || share + STEP_mA > (wants_mA[index] ?? 0) || left_mA < STEP_mA) continue;
      shares[index] = share + STEP_mA;
      left_mA -= STEP_mA;
      moved = true;
    }
  }
  return shares;
}
