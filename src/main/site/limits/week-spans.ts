import type { LimitWindow } from "../../../contract/index.ts";
import { WEEKDAYS } from "../../../core/balancing/index.ts";

const DAY_MIN = 1_440;
const WEEK_MIN = 7 * DAY_MIN;

type Span = { readonly from: number; readonly until: number };

/** True when both windows are open at some minute of the week. */
export const windowsOverlap = (one: LimitWindow, other: LimitWindow): boolean =>
  spansOf(one).some((a) => spansOf(other).some((b) => a.from < b.until && b.from < a.until));

/** The minutes of a week that a window is open, counted from Monday; what lasts over Sunday's midnight is two spans. */
function spansOf({ days, from_min, to_min }: LimitWindow): readonly Span[] {
  const length = to_min <= from_min ? to_min + DAY_MIN - from_min : to_min - from_min;
  return days.flatMap((day) => {
    const from = WEEKDAYS.indexOf(day) * DAY_MIN + from_min;
    const until = from + length;
    return until <= WEEK_MIN
      ? [{ from, until }]
      : [
          { from, until: WEEK_MIN },
          { from: 0, until: until - WEEK_MIN },
        ];
  });
}
