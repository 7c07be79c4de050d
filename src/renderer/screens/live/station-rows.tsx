import { memo } from "react";
import { useTranslation } from "react-i18next";
import { StateChip, StateStripe } from "../../features/state/state-chip.tsx";
import { useWording } from "../../features/reasons/use-wording.ts";
import { useLiveStore, useStation } from "../../lib/data/live-store.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import type { StationGroup } from "./live-view.ts";
import css from "./station-rows.module.css";
import { holderText, limitWords, perPhaseText, sessionText } from "./station-words.ts";
import type { TileProps } from "./tile.tsx";

type Props = {
  readonly groups: readonly StationGroup[];
  readonly selected: string | null;
  readonly onOpen: TileProps["onOpen"];
};

/** Many chargers: one line each under the circuit they hang on. */
export function StationRows({ groups, selected, onOpen }: Props) {
  const { t } = useTranslation("live");
  return (
    <div className={css["groups"]}>
      {groups.map(({ circuitId, name, stations }) => (
        <section key={circuitId} className={css["group"]} aria-label={name}>
          <h2 className={css["title"]}>
            {name} <span>{t("diagram.chargers", { count: stations.length })}</span>
          </h2>
          <ul>
            {stations.map(({ stationId }) => (
              <Row key={stationId} stationId={stationId} selected={selected === stationId} onOpen={onOpen} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

const Row = memo(function Row({ stationId, selected, onOpen }: TileProps) {
  const { t } = useTranslation("live");
  const format = useFormat();
  const wording = useWording();
  const station = useStation(stationId);
  const hasSession = station !== undefined && station.session !== null;
  const now_ms = useLiveStore((state) => (hasSession ? (state.site?.at_ms ?? 0) : 0));
  if (station === undefined) return null;
  const words = limitWords(station, wording, t);
  const drawing = station.state === "charging" || station.state === "limited";
  return (
    <li className={css["row"]} data-selected={selected}>
      <StateStripe state={station.state} />
      <button
        type="button"
        className={css["open"]}
        onClick={() => {
          onOpen(stationId, "charger");
        }}
      >
        {station.name}
      </button>
      <span>
        <StateChip state={station.state} />
      </span>
      <span className={css["number"]}>{drawing ? format.power(station.power_W) : ""}</span>
      <span className={css["phases"]}>{drawing ? perPhaseText(station, format) : ""}</span>
      <span className={css["session"]}>{sessionText(station, now_ms, format)}</span>
      {words === null ? (
        <span className={css["holder"]}>{holderText(station, t)}</span>
      ) : (
        <button
          type="button"
          className={css["why"]}
          data-why
          onClick={() => {
            onOpen(stationId, "why");
          }}
        >
          <strong>{format.exactCurrent(station.granted_mA)}</strong> {words}
          <span className="visually-hidden">{t("tile.why", { name: station.name })}</span>
        </button>
      )}
    </li>
  );
});
