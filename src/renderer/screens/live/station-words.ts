import type { TFunction } from "i18next";
import type { StationLive } from "../../../contract/index.ts";
import { bindingRung } from "../../features/reasons/ladder.ts";
import { shortReason, type Wording } from "../../features/reasons/words.ts";
import type { Format } from "../../lib/format/format.ts";

/** "16/16/16 A": the phases that the box reaches; unknown ones as a dash. */
export function perPhaseText(station: StationLive, format: Format, decimals = 0): string {
  const reached = (["L1", "L2", "L3"] as const).flatMap((phase, index) => {
    const value = station.drawn_mA[index];
    return station.phases.includes(phase) ? [format.currentValue(value, decimals)] : [];
  });
  return `${reached.join("/")}\u00a0A`;
}

/** Who it is: the customer's name, else the end of the card's number; that the bay is kept for somebody, else nothing. */
export function holderText({ session, status }: StationLive, t: TFunction<"live">): string | null {
  if (session === null) return status === "Reserved" ? t("tile.reserved") : null;
  if (session.customerName !== null) return session.customerName;
  return session.cardAlias === null ? t("tile.noCard") : t("tile.card", { alias: session.cardAlias });
}

/** Why it gets less than it wants, in a few words; `null` when there is nothing to explain. */
export function limitWords(station: StationLive, wording: Wording, t: TFunction<"live">): string | null {
  if (station.queuePlace !== null) return t("tile.queue", { place: station.queuePlace });
  if (station.state !== "limited") return null;
  const rung = bindingRung(station.because);
  return rung === null ? t("tile.limited") : shortReason(rung, wording);
}

/** "14.2 kWh · 1:17", by the engine's clock; `null` without a session. */
export function sessionText(station: StationLive, now_ms: number, format: Format): string | null {
  if (station.session === null) return null;
  const { energy_Wh, started_at_ms } = station.session;
  return `${format.energy(energy_Wh)} · ${format.duration(now_ms - started_at_ms)}`;
}
