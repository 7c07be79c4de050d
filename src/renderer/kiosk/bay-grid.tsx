import { useEffect, useState } from "react";
import type { KioskState } from "../../contract/index.ts";
import { StateIcon } from "../features/state/state-icon.tsx";
import { bayGrid, bayNumber, baysOnPage, type KioskOrientation } from "./kiosk-view.ts";
import { type KioskWords, lineText } from "./kiosk-words.ts";

type Props = {
  readonly state: KioskState;
  readonly words: KioskWords;
  readonly orientation: KioskOrientation;
  readonly onOpen: (stationId: string) => void;
};

const PAGE_ms = 12_000;
const PAUSE_ms = 60_000;

/** Every bay with number, state in picture and word, and its power. Pages change by themselves until somebody touches. */
export function BayGridView({ state, words, orientation, onOpen }: Props) {
  const { say } = words;
  const grid = bayGrid(state.bays.length, orientation);
  const [page, setPage] = useState(0);
  const [isPaused, setPaused] = useState(false);
  useEffect(() => {
    if (grid.pages === 1) return undefined;
    const timer = setTimeout(
      () => {
        if (isPaused) setPaused(false);
        else setPage((last) => (last + 1) % grid.pages);
      },
      isPaused ? PAUSE_ms : PAGE_ms,
    );
    return () => {
      clearTimeout(timer);
    };
  }, [grid.pages, isPaused, page]);
  return (
    <section className="bays" aria-label={say("bays")}>
      <ul
        className="grid"
        data-size={grid.perPage}
        style={{ gridTemplateColumns: `repeat(${String(grid.columns)}, minmax(0, 1fr))` }}
      >
        {baysOnPage(state.bays, grid, page).map((bay) => (
          <li key={bay.stationId}>
            <button
              type="button"
              className="bay"
              data-state={bay.state}
              onClick={() => {
                setPaused(true);
                onOpen(bay.stationId);
              }}
            >
              <span className="number">{bayNumber(bay.name)}</span>
              <span className="state">
                <StateIcon state={bay.state} size={30} />
                {say(`state.${bay.state}`)}
              </span>
              <span className="line">{lineText(bay, state.at_ms, words)}</span>
            </button>
          </li>
        ))}
      </ul>
      {grid.pages > 1 && (
        <div className="pages">
          {Array.from({ length: grid.pages }, (_, index) => (
            <button
              key={index}
              type="button"
              aria-pressed={index === page % grid.pages}
              onClick={() => {
                setPage(index);
                setPaused(true);
              }}
            >
              {say("page", { page: String(index + 1) })}
            </button>
          ))}
        </div>
      )}
    </section>
  );
}
