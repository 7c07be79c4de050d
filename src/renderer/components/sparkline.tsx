import css from "./sparkline.module.css";
import { type SparkPoint, sparkPath } from "./sparkline-path.ts";

type Props = {
  readonly points: readonly SparkPoint[];
  readonly from_ms: number;
  readonly to_ms: number;
  /** A line across, such as the fuse. */
  readonly limit: number;
  readonly gap_ms: number;
  /** What a screen reader says instead of the picture. */
  readonly label: string;
};

const WIDTH = 240;
const HEIGHT = 36;
const ROOM_OVER_LIMIT = 1.12;

/** A small line without axes; the numbers stand beside it in words. */
export function Sparkline({ points, from_ms, to_ms, limit, gap_ms, label }: Props) {
  const highest = points.reduce((max, { value }) => Math.max(max, value ?? 0), limit);
  const value_max = highest * ROOM_OVER_LIMIT;
  const limitY = HEIGHT - (limit / Math.max(1, value_max)) * HEIGHT;
  return (
    <svg
      className={css["spark"]}
      viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`}
      preserveAspectRatio="none"
      role="img"
    >
      <title>{label}</title>
      <line className={css["limit"]} x1="0" x2={WIDTH} y1={limitY} y2={limitY} />
      <path
        className={css["line"]}
        d={sparkPath(points, { from_ms, to_ms, value_max, width: WIDTH, height: HEIGHT, gap_ms })}
      />
    </svg>
  );
}
