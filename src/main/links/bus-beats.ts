/** A silent unit is listened for at least this long (real): as long as a scan listens. */
export const PROBE_ms_min = 150;
/** Left of the room until a sign of life is due, for gaps and for the sign itself (real). */
const MARGIN_ms = 100;
/** A probe is best begun while at least this part of the time between two signs of life is left. */
const ROOM_SHARE = 0.75;
/** A probe held back for so long (time of the app's clock) goes anyway, but short: nobody is forgotten. */
export const PROBE_HELD_ms_max = 5_000;
/** A sign of life that is overdue by so many of its times is not coming: its box is gone, or needs none any more. */
const GIVEN_UP_AFTER = 3;

type Beat = { readonly within_ms: number; readonly until_ms: number };
type Probe = { readonly timeout_ms: number; readonly held_ms: number };

/** Which units must hear from us again, and when: C3, silent units must not let one that is there fall back. */
export interface BeatBook {
  /** The unit must hear from us within this time (real) from now on. */
  expect(unitId: number, within_ms: number, now_ms: number): void;
  /** Whether a silent unit may be asked now, or rather right after the next sign of life. */
  mayProbe(probe: Probe, now_ms: number): boolean;
  /** How long an answer may be waited for, of `timeout_ms`; not less than `least_ms`. */
  patience_ms(timeout_ms: number, least_ms: number, now_ms: number): number;
}

/** `isGone`: a unit that does not answer needs no sign of life; `heldMax_ms`: real time of `PROBE_HELD_ms_max`. */
export function createBeatBook(isGone: (unitId: number) => boolean, heldMax_ms: number): BeatBook {
  const beats = new Map<number, Beat>();
  const mostUrgent = (now_ms: number): Beat | null => {
    let first: Beat | null = null;
    for (const [unitId, beat] of beats) {
      if (now_ms > beat.until_ms + GIVEN_UP_AFTER * beat.within_ms) beats.delete(unitId);
      else if (!isGone(unitId) && (first === null || beat.until_ms < first.until_ms)) first = beat;
    }
    return first;
  };
  const room_ms = (beat: Beat, now_ms: number): number => beat.until_ms - now_ms - MARGIN_ms;
  return {
    expect(unitId, within_ms, now_ms) {
      beats.set(unitId, { within_ms, until_ms: now_ms + within_ms });
    },
    mayProbe({ timeout_ms, held_ms }, now_ms) {
      const beat = mostUrgent(now_ms);
      if (beat === null || held_ms > heldMax_ms) return true;
      const left_ms = room_ms(beat, now_ms);
      if (left_ms >= Math.min(timeout_ms, ROOM_SHARE * beat.within_ms)) return true;
      // Among many signs of life there may never be that much room.
      return held_ms > beat.within_ms && left_ms >= PROBE_ms_min;
    },
    patience_ms(timeout_ms, least_ms, now_ms) {
      const beat = mostUrgent(now_ms);
      if (beat === null) return timeout_ms;
      return Math.min(timeout_ms, Math.max(PROBE_ms_min, least_ms, room_ms(beat, now_ms)));
    },
  };
}
