import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { StationLive } from "../../../contract/index.ts";
import { StateChip, StateStripe } from "../../features/state/state-chip.tsx";
import { StateIcon } from "../../features/state/state-icon.tsx";
import { useWording } from "../../features/reasons/use-wording.ts";
import { useLiveStore, useStation } from "../../lib/data/live-store.ts";
import { nominalPower_W } from "../../lib/data/use-current-text.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { usePreferences } from "../../lib/preferences/preferences.ts";
import { holderText, limitWords, perPhaseText, sessionText } from "./station-words.ts";
import css from "./tile.module.css";

export type TileProps = {
  readonly stationId: string;
  readonly selected: boolean;
  readonly onOpen: (stationId: string, panel: "charger" | "why") => void;
};

const DRAWING: ReadonlySet<StationLive["state"]> = new Set<StationLive["state"]>(["charging", "limited"]);

/** A charger on a card: how it is, how much it takes, for whom, and why not more. */
export const CardTile = memo(function CardTile({ stationId, selected, onOpen }: TileProps) {
  const { t } = useTranslation("live");
  const station = useStation(stationId);
  if (station === undefined) return null;
  return (
    <li className={css["card"]} data-selected={selected}>
      <StateStripe state={station.state} />
      <div className={css["body"]}>
        <p className={css["top"]}>
          <OpenButton station={station} onOpen={onOpen} />
          <StateChip state={station.state} />
        </p>
        <Amount station={station} />
        <Session station={station} />
        <p className={css["foot"]}>
          <span className={css["holder"]}>{holderText(station, t)}</span>
        </p>
        <Why station={station} onOpen={onOpen} />
      </div>
    </li>
  );
});

/** The same in little: two lines, for up to forty of them. */
export const CompactTile = memo(function CompactTile({ stationId, selected, onOpen }: TileProps) {
  const { t } = useTranslation();
  const station = useStation(stationId);
  if (station === undefined) return null;
  return (
    <li className={css["compact"]} data-selected={selected}>
      <StateStripe state={station.state} />
      <div className={css["body"]}>
        <p className={css["top"]}>
          <OpenButton station={station} onOpen={onOpen} />
          <StateIcon state={station.state} size={16} />
        </p>
        {DRAWING.has(station.state) ? (
          <Amount station={station} />
        ) : (
          <p className={css["word"]}>{t(`state.${station.state}`)}</p>
        )}
        <Why station={station} onOpen={onOpen} short />
      </div>
    </li>
  );
});

/** Covers the whole tile, so that it can be pressed anywhere, and is spoken with everything that matters. */
function OpenButton({ station, onOpen }: { readonly station: StationLive; readonly onOpen: TileProps["onOpen"] }) {
  const { t } = useTranslation("live");
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const state = tCommon(`state.${station.state}`);
  return (
    <button
      type="button"
      className={css["open"]}
      aria-label={t("tile.spoken", { name: station.name, state, power: format.power(station.power_W) })}
      onClick={() => {
        onOpen(station.stationId, "charger");
      }}
    >
      {station.name}
    </button>
  );
}

function Amount({ station }: { readonly station: StationLive }) {
  const { t } = useTranslation("live");
  const format = useFormat();
  const unit = usePreferences((state) => state.unit);
  if (!DRAWING.has(station.state)) {
    return <p className={css["since"]}>{t("tile.since", { time: format.time(station.since_ms) })}</p>;
  }
  const granted = format.power(nominalPower_W(station.granted_mA, station.phases.length));
  return (
    <p className={css["amount"]}>
      <strong>
        {format.powerValue(station.power_W)}
        <small>kW</small>
      </strong>
      <span title={perPhaseText(station, format, 1)}>
        {unit === "A" ? perPhaseText(station, format) : t("tile.ofGranted", { granted })}
      </span>
    </p>
  );
}

function Session({ station }: { readonly station: StationLive }) {
  const format = useFormat();
  const now_ms = useLiveStore((state) => (station.session === null ? 0 : (state.site?.at_ms ?? 0)));
  return <p className={css["session"]}>{sessionText(station, now_ms, format)}</p>;
}

type WhyProps = {
  readonly station: StationLive;
  readonly onOpen: TileProps["onOpen"];
  /** Without the current, where that stands above already. */
  readonly short?: boolean;
};

/** One click from "limited" to the ladder of numbers. */
function Why({ station, onOpen, short = false }: WhyProps) {
  const { t } = useTranslation("live");
  const wording = useWording();
  const words = limitWords(station, wording, t);
  if (words === null) return null;
  const current = wording.format.exactCurrent(station.granted_mA);
  return (
    <button
      type="button"
      className={css["why"]}
      data-why
      onClick={() => {
        onOpen(station.stationId, "why");
      }}
    >
      {!short && <span className={css["cap"]}>{current}</span>}
      <span className={css["reason"]}>{words}</span>
      <span className="visually-hidden">{t("tile.why", { name: station.name })}</span>
    </button>
  );
}
