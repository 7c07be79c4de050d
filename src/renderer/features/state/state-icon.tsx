import type { DisplayState } from "../../../contract/index.ts";
import css from "./state.module.css";

type Props = { readonly state: DisplayState; readonly size?: number };

// Drawn by us so that each state has its own outline, told apart without colour and without the word.
const SHAPES: Readonly<Record<DisplayState, string>> = {
  free: "M12 4a8 8 0 1 0 0 16a8 8 0 0 0 0-16z",
  charging: "M13 3L5 14h6l-1 7l8-11h-6z",
  limited: "M11 2L4 12h5l-1 7l7-9h-5zM15 17h7l-3.5 4.5z",
  waiting: "M7 4h10M7 20h10M8 4c0 5 8 5 8 8s-8 3-8 8M16 4c0 5-8 5-8 8s8 3 8 8",
  occupied: "M5 12.5l4.5 4.5L19 7.5",
  fault: "M12 4L2.5 20h19zM12 10v4.5M12 17.2v.3",
  offline: "M7 18a4.5 4.5 0 0 1-.6-8.9M9 6.6A6 6 0 0 1 17.3 11A3.8 3.8 0 0 1 19.5 17.6M4 4l16 16",
};
const FILLED: ReadonlySet<DisplayState> = new Set<DisplayState>(["charging", "limited"]);

/** The picture of a state in its colour. It never stands without the state's word near it. */
export function StateIcon({ state, size = 18 }: Props) {
  return (
    <svg
      className={css["icon"]}
      data-state={state}
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill={FILLED.has(state) ? "currentColor" : "none"}
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden
    >
      <path d={SHAPES[state]} />
    </svg>
  );
}
