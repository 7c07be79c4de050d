import type { ScanEvent } from "../../../contract/index.ts";

export type Find = Extract<ScanEvent, { kind: "found" }>["find"];

/** How far a scan is and what it found. */
export type ScanState = {
  readonly done: number;
  readonly total: number;
  readonly finds: readonly Find[];
  /** Why it could not look, in the system's own words. */
  readonly failed: string | null;
};

export const NOTHING_YET: ScanState = { done: 0, total: 0, finds: [], failed: null };

/** More than a network can hold is not kept. */
const FINDS_max = 1_024;

/** The state after one more event of the engine. */
export function afterEvent(state: ScanState, event: ScanEvent): ScanState {
  switch (event.kind) {
    case "progress":
      return { ...state, done: event.done, total: event.total };
    case "found":
      return { ...state, finds: [...state.finds, event.find].slice(0, FINDS_max) };
    case "failed":
      return { ...state, failed: event.detail };
  }
}

const PORT_max = 65_535;
const PORTS_max = 64;

/** Port numbers in what somebody wrote, whatever stands between them; none means the usual ones. */
export const portsOf = (text: string): number[] =>
  [...new Set(text.split(/\D+/u).map(Number))].filter((port) => port >= 1 && port <= PORT_max).slice(0, PORTS_max);

/** Hundredths done; `null` while nobody knows how much there is. */
export const percentDone = ({ done, total }: ScanState): number | null =>
  total === 0 ? null : Math.min(100, Math.floor((100 * done) / total));

/** Lines of a site file for what was found. What only a person knows stands there as a question. */
export function siteFileLines({ at, profileId, candidates }: Find, id: string): string {
  const link =
    at.kind === "serial"
      ? `kind: serial, path: ${at.path}, baud: ${String(at.baud)}, parity: ${at.parity}, dataBits: ${String(at.dataBits)}, stopBits: ${String(at.stopBits)}`
      : `kind: ${at.kind}, host: ${at.host}, port: ${String(at.port)}`;
  const unit = "unitId" in at ? `, unitId: ${String(at.unitId)}` : "";
  const profile = profileId ?? candidates[0] ?? "?";
  const choice = profileId === null && candidates.length > 1 ? `   # or ${candidates.slice(1).join(", ")}` : "";
  return [
    "links:",
    `  - { id: ${id}, ${link} }`,
    "# a charger goes below stations (with its name, circuit, phases, max_A and fallback_A), a meter below meters:",
    `#   profile: ${profile}, link: ${id}${unit}${choice}`,
  ].join("\n");
}
