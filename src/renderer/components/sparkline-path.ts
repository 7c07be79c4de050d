export type SparkPoint = { readonly at_ms: number; readonly value: number | null };

export type SparkBox = {
  readonly from_ms: number;
  readonly to_ms: number;
  readonly value_max: number;
  readonly width: number;
  readonly height: number;
  /** A longer silence between two points is drawn as a gap. */
  readonly gap_ms: number;
};

/** SVG path data of the line, with a gap wherever a value is unknown or missing; "" when there is nothing to draw. */
export function sparkPath(points: readonly SparkPoint[], box: SparkBox): string {
  const span_ms = Math.max(1, box.to_ms - box.from_ms);
  const parts: string[] = [];
  let last_ms: number | null = null;
  for (const { at_ms, value } of points) {
    if (value === null || at_ms < box.from_ms || at_ms > box.to_ms) {
      if (value === null) last_ms = null;
      continue;
    }
    const x = ((at_ms - box.from_ms) / span_ms) * box.width;
    const y = box.height - (Math.max(0, value) / Math.max(1, box.value_max)) * box.height;
    parts.push(`${last_ms === null || at_ms - last_ms > box.gap_ms ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`);
    last_ms = at_ms;
  }
  return parts.join("");
}
