// @ts-check

/** A car that has just left may still be on its way into a session. */
const LEFT_BEFORE_ms = 120_000;
/** A box may notice a car a little before the world has it written down. */
const NOTICED_ms = 5_000;
/** Less than this may be over before the first register value was read. */
const CHARGED_Wh_min = 100;

/** @typedef {import("../../../src/contract/index.ts").SessionRow} SessionRow */

/** Share of sessions with both registers, energy and price. @param {readonly SessionRow[]} closed */
export function completeShare_percent(closed) {
  const complete = closed.filter(
    (row) => row.start_Wh !== null && row.stop_Wh !== null && row.energy_Wh !== null && row.cost !== null,
  );
  return (100 * complete.length) / closed.length;
}

/**
 * Lays the closed sessions beside the stays of cars that have left: their energy in sum, and stays without any session.
 * @param {readonly SessionRow[]} closed @param {import("../../../src/main/simulator/index.ts").WorldTruth} truth
 */
export function comparedWithStays(closed, truth) {
  let [stored_Wh, real_Wh, lost, compared] = [0, 0, 0, 0];
  for (const stay of truth.stays) {
    const left_ms = stay.unplugged_at_ms;
    if (left_ms === null || left_ms > truth.at_ms - LEFT_BEFORE_ms) continue;
    const sessions = closed.filter(
      (row) =>
        row.stationId === stay.stationId &&
        row.started_at_ms >= stay.plugged_at_ms - NOTICED_ms &&
        row.started_at_ms <= left_ms,
    );
    if (sessions.length === 0 && stay.received_Wh >= CHARGED_Wh_min) lost += 1;
    stored_Wh += sessions.reduce((sum, row) => sum + (row.energy_Wh ?? 0), 0);
    real_Wh += stay.received_Wh;
    compared += 1;
  }
  return { difference_percent: (100 * Math.abs(stored_Wh - real_Wh)) / real_Wh, lost, compared };
}
