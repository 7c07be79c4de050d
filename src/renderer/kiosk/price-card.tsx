import type { KioskState } from "../../contract/index.ts";
import type { KioskWords } from "./kiosk-words.ts";

type Props = { readonly state: KioskState; readonly words: KioskWords };

/** The price in force, per kWh first (AFIR Art. 5 (4)); hidden when nobody confirmed it for too long. */
export function PriceCard({ state, words, isKnown }: Props & { readonly isKnown: boolean }) {
  const { say, format } = words;
  const { grossPerKWh, vat_bp, accessByCardOnly, currency } = state.price;
  return (
    <section className="price" aria-label={say("price")}>
      {accessByCardOnly && <p className="cardOnly">{say("cardOnly")}</p>}
      {!isKnown || grossPerKWh === null ? (
        <p className="noPrice">{isKnown ? say("noPrice") : say("priceHidden")}</p>
      ) : (
        <>
          <p className="amount">
            {format.price(grossPerKWh, currency)}
            <span>{say("perKWh")}</span>
          </p>
          {vat_bp !== null && <p className="vat">{say("vat", { rate: format.percent(vat_bp) })}</p>}
        </>
      )}
    </section>
  );
}

/** Three steps to start, and whom to call. */
export function HelpCard({ state, words }: Props) {
  const { say } = words;
  return (
    <section className="help" aria-label={say("howTo")}>
      <h2>{say("howTo")}</h2>
      <ol>
        <li>
          <Pictogram d="M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4" />
          {say("step.plug")}
        </li>
        <li>
          <Pictogram d="M3 6h18v12H3zM3 10h18M7 15h4" />
          {state.price.accessByCardOnly ? say("step.ownCard") : say("step.card")}
        </li>
        <li>
          <Pictogram d="M13 3L5 14h6l-1 7l8-11h-6z" />
          {say("step.wait")}
        </li>
      </ol>
      {(state.operator !== null || state.phone !== null) && (
        <p className="contact">
          {state.operator}
          {state.phone !== null && <strong>{say("call", { phone: state.phone })}</strong>}
        </p>
      )}
    </section>
  );
}

const Pictogram = ({ d }: { readonly d: string }) => (
  <svg
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    strokeWidth="1.75"
    strokeLinejoin="round"
    strokeLinecap="round"
    aria-hidden
  >
    <path d={d} />
  </svg>
);
