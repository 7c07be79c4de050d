import { useCallback, useEffect, useMemo, useState } from "react";
import type { KioskState } from "../../contract/index.ts";
import type { Client } from "../lib/client/index.ts";
import { useNow } from "../lib/data/use-now.ts";
import { createFormat } from "../lib/format/format.ts";
import { LANGUAGE_NAMES, LANGUAGES, type Language } from "../lib/i18n/languages.ts";
import { BayGridView } from "./bay-grid.tsx";
import { BaySheet } from "./bay-sheet.tsx";
import { sayIn } from "./kiosk-text.ts";
import { trust } from "./kiosk-view.ts";
import type { KioskWords } from "./kiosk-words.ts";
import { HelpCard, PriceCard } from "./price-card.tsx";
import { useKiosk, useUpright } from "./use-kiosk.ts";

type Props = { readonly client: Client; readonly language: Language };

/** What a driver sees: which bay is free, what it costs, how to start. Nothing about persons. */
export function KioskScreen({ client, language: first }: Props) {
  const [language, setLanguage] = useState<Language>(first);
  const { state, received_at_ms, refused } = useKiosk(client);
  const say = useMemo(() => sayIn(language), [language]);
  const site = state?.name;
  useEffect(() => {
    document.documentElement.lang = language;
    document.title = site === undefined ? say("title") : `${site} · ${say("title")}`;
  }, [language, site, say]);
  if (state === null) {
    return (
      <main className="waiting">
        <p role="status">{refused === null ? say("connecting") : say("noSite")}</p>
      </main>
    );
  }
  return <Display state={state} received_at_ms={received_at_ms} language={language} onLanguage={setLanguage} />;
}

type DisplayProps = {
  readonly state: KioskState;
  readonly received_at_ms: number;
  readonly language: Language;
  readonly onLanguage: (language: Language) => void;
};

function Display({ state, received_at_ms, language, onLanguage }: DisplayProps) {
  const now_ms = useNow();
  const isUpright = useUpright();
  const [open, setOpen] = useState<string | null>(null);
  const { timezone, price } = state;
  const words = useMemo<KioskWords>(
    () => ({
      say: sayIn(language),
      format: createFormat({ locale: language, timezone, currency: price.currency }),
    }),
    [language, timezone, price.currency],
  );
  const silent_ms = now_ms - received_at_ms;
  const { isOld, showPrice } = trust(silent_ms);
  const chosen = state.bays.find(({ stationId }) => stationId === open);
  const close = useCallback(() => {
    setOpen(null);
  }, []);
  return (
    <div className="kiosk" data-old={isOld}>
      <header className="top">
        <h1>{state.name}</h1>
        {state.demo && <p className="demo">{words.say("demo")}</p>}
        <time className="clock">{clockText(state.at_ms, language, timezone)}</time>
        <nav className="languages" aria-label={words.say("language")}>
          {LANGUAGES.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={one === language}
              aria-label={`${one.toUpperCase()} ${LANGUAGE_NAMES[one]}`}
              onClick={() => {
                onLanguage(one);
              }}
            >
              {one.toUpperCase()}
            </button>
          ))}
        </nav>
      </header>
      {isOld && (
        <p className="old" role="alert">
          {words.say("outOfDate", { time: words.format.time(state.at_ms) })}
        </p>
      )}
      <main className="middle">
        <BayGridView state={state} words={words} orientation={isUpright ? "portrait" : "landscape"} onOpen={setOpen} />
        <aside className="side">
          <PriceCard state={state} words={words} isKnown={showPrice} />
          <HelpCard state={state} words={words} />
        </aside>
      </main>
      {chosen !== undefined && (
        <BaySheet
          key={chosen.stationId}
          bay={chosen}
          at_ms={state.at_ms}
          words={words}
          showPrice={showPrice}
          onClose={close}
        />
      )}
    </div>
  );
}

const clockText = (at_ms: number, language: Language, timeZone: string): string =>
  new Intl.DateTimeFormat(language, {
    timeZone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(at_ms);
