import type { DisplayState, StationDetail } from "../../../contract/index.ts";

export type StripSegment = {
  readonly key: string;
  readonly state: DisplayState;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly start_permille: number;
  readonly length_permille: number;
};

/** The stretches that lie in the window, cut to it, as places on a lane. What was not recorded stays empty. */
export function stripSegments(strip: StationDetail["strip"], from_ms: number, to_ms: number): readonly StripSegment[] {
  const span_ms = Math.max(1, to_ms - from_ms);
  return strip.flatMap(({ from_ms: begin_ms, to_ms: end_ms, state }) => {
    const begin = Math.max(begin_ms, from_ms);
    const end = Math.min(end_ms ?? to_ms, to_ms);
    if (end <= begin) return [];
    return [
      {
        key: String(begin_ms),
        state,
        from_ms: begin,
        to_ms: end,
        start_permille: Math.round(((begin - from_ms) / span_ms) * 1000),
        length_permille: Math.round(((end - begin) / span_ms) * 1000),
      },
    ];
  });
}
