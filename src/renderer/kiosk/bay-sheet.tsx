import { useEffect, useRef } from "react";
import { StateIcon } from "../features/state/state-icon.tsx";
import { type Bay, bayNumber, whyKey } from "./kiosk-view.ts";
import type { KioskWords } from "./kiosk-words.ts";

type Props = {
  readonly bay: Bay;
  readonly at_ms: number;
  readonly words: KioskWords;
  readonly showPrice: boolean;
  readonly onClose: () => void;
};

const CLOSES_AFTER_ms = 20_000;

/** One bay up close: energy, time, cost so far and why this speed. Closes by itself; a touch keeps it open. */
export function BaySheet({ bay, at_ms, words, showPrice, onClose }: Props) {
  const { say, format } = words;
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    let timer = setTimeout(onClose, CLOSES_AFTER_ms);
    const again = (): void => {
      clearTimeout(timer);
      timer = setTimeout(onClose, CLOSES_AFTER_ms);
    };
    shown?.addEventListener("pointerdown", again);
    return () => {
      clearTimeout(timer);
      shown?.removeEventListener("pointerdown", again);
      shown?.close();
    };
  }, [onClose]);
  const { session } = bay;
  return (
    <dialog ref={dialog} className="sheet" aria-label={say("bay", { bay: bayNumber(bay.name) })} onCancel={onClose}>
      <header>
        <span className="number">{bayNumber(bay.name)}</span>
        <span className="state">
          <StateIcon state={bay.state} size={40} />
          {say(`state.${bay.state}`)}
        </span>
      </header>
      {session !== null && (
        <dl>
          <div>
            <dt>{say("energy")}</dt>
            <dd>{format.energy(session.energy_Wh)}</dd>
          </div>
          <div>
            <dt>{say("time")}</dt>
            <dd>{format.duration(Math.max(0, at_ms - session.started_at_ms))}</dd>
          </div>
          <div>
            <dt>{say("cost")}</dt>
            <dd>{showPrice ? format.money(session.gross_minor) : "—"}</dd>
          </div>
          <div>
            <dt>{say("power")}</dt>
            <dd>{format.power(bay.power_W)}</dd>
          </div>
        </dl>
      )}
      <p className="why">
        {say(`why.${whyKey(bay)}`, {
          granted: format.current(bay.granted_mA),
          place: format.count(bay.queuePlace),
        })}
      </p>
      <button type="button" className="close" onClick={onClose} autoFocus>
        {say("close")}
      </button>
    </dialog>
  );
}
