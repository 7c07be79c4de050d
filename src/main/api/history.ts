import type { Application } from "../site/engine.types.ts";
import { badField, type Implementer, siteOf } from "./base.ts";

const POINTS_MAX = 1500;
/** More bars than any screen shows: a longer range needs a wider bucket. */
const BUCKETS_MAX = 5000;
const HOUR_ms = 3_600_000;
const BUCKET_ms = { hour: HOUR_ms, day: 24 * HOUR_ms, month: 30 * 24 * HOUR_ms } as const;
const RANGE_MAX_ms = 100 * 366 * 24 * HOUR_ms;

/** The month that holds the zero of our clock began before it in zones east of Greenwich, and instants have no sign. */
const EARLIEST_ms = 32 * 24 * HOUR_ms;

type Range = { readonly from_ms: number; readonly to_ms: number };

/** Roll-ups of the site over time. */
export function historyGroup(contract: Implementer, app: Application) {
  const { history } = contract;
  return {
    energy: history.energy.handler(({ input }) => {
      checkRange(input);
      if ((input.to_ms - input.from_ms) / BUCKET_ms[input.bucket] > BUCKETS_MAX) {
        throw badField("bucket", `that is more than ${String(BUCKETS_MAX)} buckets`);
      }
      const { stores, timezone, clock } = siteOf(app);
      const range = { from_ms: Math.max(EARLIEST_ms, input.from_ms), to_ms: Math.max(EARLIEST_ms, input.to_ms) };
      return { buckets: stores.history.energy(range, input.bucket, timezone, clock.now_ms()) };
    }),
    power: history.power.handler(({ input }) => {
      checkRange(input);
      const engine = siteOf(app);
      return { ...engine.stores.history.power(input, POINTS_MAX, engine.clock.now_ms()), ...engine.mainLimit() };
    }),
    heatmap: history.heatmap.handler(({ input }) => {
      checkRange(input);
      const { stores, timezone } = siteOf(app);
      return stores.history.heatmap(input, timezone);
    }),
    summary: history.summary.handler(({ input }) => {
      checkRange(input);
      const { stores, currency } = siteOf(app);
      return { ...stores.history.summary(input), currency };
    }),
  };
}

function checkRange({ from_ms, to_ms }: Range): void {
  if (to_ms <= from_ms) throw badField("to_ms", "the end lies before the beginning");
  if (to_ms - from_ms > RANGE_MAX_ms) throw badField("from_ms", "the range is longer than 100 years");
}
