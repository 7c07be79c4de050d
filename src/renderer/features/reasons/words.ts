import type { TFunction } from "i18next";
import type { BecauseView, CircuitLive, QueueTurn, StationLive } from "../../../contract/index.ts";
import { phaseIndex } from "../../../core/units/phases.ts";
import type { Format } from "../../lib/format/format.ts";
import { bindingRung, sharedPlace } from "./ladder.ts";

/** What the sentences draw on: texts, formatting and the names behind the ids. */
export type Wording = {
  readonly t: TFunction<"reasons">;
  readonly format: Format;
  readonly circuitOf: (circuitId: string) => CircuitLive | undefined;
  /** Name of a bay; the id where the bay is unknown. */
  readonly bayName: (stationId: string) => string;
};

/** When a waiting car's turn is expected, and what makes room: "Turn ≈ 14:20, when Bay 3 leaves". */
export function turnText(turn: QueueTurn | null, { t, format, bayName }: Wording): string {
  if (turn === null) return t("turn.pending");
  const values = { bay: bayName(turn.ref), time: format.time(turn.expected_at_ms) };
  return turn.expected_at_ms === null && turn.kind !== "too-late"
    ? t("turn.unknown", values)
    : t(`turn.${turn.kind}`, values);
}

const nameOf = ({ ref }: BecauseView, { circuitOf }: Wording): string => circuitOf(ref)?.name ?? ref;

/** Reason in at most six words, for a chip: "Garage B L2 full". */
export function shortReason(rung: BecauseView, wording: Wording): string {
  const isPlace = sharedPlace(rung) !== null && wording.circuitOf(rung.ref) !== undefined;
  const values = { name: nameOf(rung, wording), phase: rung.phase ?? "" };
  return isPlace && rung.kind === "policy_share"
    ? wording.t("short.policy_share_place", values)
    : wording.t(`short.${rung.kind}`, values).trim();
}

/** One rung of the ladder in words: "Garage B, phase L2: fuse 63 A, other load 38 A, margin 3 A". */
export function rungText(rung: BecauseView, wording: Wording): string {
  const { t, format } = wording;
  const values = {
    name: nameOf(rung, wording),
    phase: rung.phase ?? "",
    before: format.exactCurrent(rung.before_mA),
    after: format.exactCurrent(rung.after_mA),
  };
  const place = sharedPlace(rung);
  const circuit = place === null ? undefined : wording.circuitOf(place.circuitId);
  if (place === null || circuit === undefined) return t(`rung.${rung.kind}`, values);
  const at = phaseIndex(place.phase);
  return t("rung.circuit_phase_now", {
    ...values,
    fuse: format.current(circuit.fuse_mA[at]),
    other: format.current(circuit.other_mA[at]),
    margin: format.current(circuit.fuse_mA[at] - circuit.limit_mA[at]),
  });
}

/** One sentence that answers "why this current?" for a charger as it is now. */
export function explainSentence(station: StationLive, wording: Wording): string {
  const { t, format } = wording;
  const values = { bay: station.name, granted: format.exactCurrent(station.granted_mA) };
  if (!station.online) return t("sentence.offline", { ...values, fallback: format.current(station.fallback_mA) });
  if (station.state === "fault") return t("sentence.fault", values);
  if (station.state === "free") return t("sentence.free", values);
  if (station.queuePlace !== null) {
    const place = t("sentence.queue", { ...values, count: station.queuePlace, ordinal: true });
    return `${place} ${turnText(station.queueTurn, wording)}`;
  }
  // Nothing is decided for a bay that asks for nothing, or has only just begun to ask.
  if (station.because.length === 0)
    return t(station.session === null ? "sentence.noSession" : "sentence.undecided", values);
  const binding = bindingRung(station.because);
  // Whatever its car does: what is kept for a box that does not obey is nothing that the car "may" have.
  if (binding?.kind === "stubborn") return t("sentence.stubborn", values);
  if (station.status === "SuspendedEV" || station.state === "occupied") return t("sentence.carPaused", values);
  if (binding === null) return t("sentence.full", values);
  return t("sentence.because", { ...values, reason: rungText(binding, wording) });
}

/** The whole explanation as plain text, to be copied into a mail. */
export function explanationText(station: StationLive, wording: Wording, at_ms: number): string {
  const { format } = wording;
  const rungs = station.because.map(
    (rung) =>
      `${format.exactCurrent(rung.before_mA)} → ${format.exactCurrent(rung.after_mA)}  ${rungText(rung, wording)}`,
  );
  return [`${station.name} · ${format.dateTime(at_ms)}`, explainSentence(station, wording), ...rungs].join("\n");
}
