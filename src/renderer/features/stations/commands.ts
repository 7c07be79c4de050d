import type { StationDetail } from "../../../contract/index.ts";
import type { Api } from "../../lib/client/index.ts";

const COMMANDS = ["start", "stop", "unlock", "reset", "limit", "phases", "wake"] as const;
export type CommandName = (typeof COMMANDS)[number];

/** What this charger can do besides what every one can. */
export type Abilities = StationDetail["can"];

/** Buttons of a charger: start or stop, and what its port has. */
export const offeredCommands = (
  station: { readonly session: unknown },
  can: Abilities | undefined,
): readonly CommandName[] =>
  COMMANDS.filter((name) => {
    if (name === "phases") return can?.switchPhases === true;
    if (name === "wake") return can?.wakeUp === true;
    return name !== (station.session === null ? "stop" : "start");
  });

/** What a person asks of a charger, complete with what it needs. */
export type Command =
  | { readonly name: "start"; readonly idToken: string | null }
  | { readonly name: "stop" }
  | { readonly name: "unlock" }
  | { readonly name: "reset"; readonly kind: "Soft" | "Hard" }
  | { readonly name: "phases"; readonly phases: 1 | 3 }
  | { readonly name: "wake" }
  | { readonly name: "limit"; readonly limit_mA: number | null; readonly for_ms: number | null };

/** Sends it; resolves when the charger accepted it and rejects with the contract's error when it did not. */
export async function send(api: Api, stationId: string, command: Command): Promise<void> {
  switch (command.name) {
    case "start":
      await api.stations.start({ stationId, idToken: command.idToken });
      return;
    case "stop":
      await api.stations.stop({ stationId });
      return;
    case "unlock":
      await api.stations.unlock({ stationId });
      return;
    case "reset":
      await api.stations.reset({ stationId, kind: command.kind });
      return;
    case "phases":
      await api.stations.switchPhases({ stationId, phases: command.phases });
      return;
    case "wake":
      await api.stations.wakeUp({ stationId });
      return;
    case "limit":
      await api.stations.setManualLimit({ stationId, limit_mA: command.limit_mA, for_ms: command.for_ms });
      return;
  }
}

/** Where a command stands. `sent_ms` and `answered_ms` are on the viewer's clock. */
export type CommandProgress =
  | { readonly phase: "sent"; readonly name: CommandName; readonly sent_ms: number }
  | { readonly phase: "accepted"; readonly name: CommandName; readonly answered_ms: number }
  | {
      readonly phase: "failed";
      readonly name: CommandName;
      readonly answered_ms: number;
      readonly reason: FailureReason;
      readonly retry: boolean;
      readonly detail: string;
    };

export const FAILURES = ["offline", "timeout", "rejected", "not-supported", "not-followed", "invalid"] as const;
export type FailureReason = (typeof FAILURES)[number] | "CONNECTION_LOST" | "FORBIDDEN" | "NOT_FOUND" | "unknown";

const field = (data: unknown, name: string): unknown =>
  typeof data === "object" && data !== null ? Object.entries(data).find(([key]) => key === name)?.[1] : undefined;

/** Reads why a command failed from the error's code and data. */
export function failureOf(
  code: string,
  data: unknown,
): { readonly reason: FailureReason; readonly retry: boolean; readonly detail: string } {
  if (code === "CONNECTION_LOST" || code === "FORBIDDEN" || code === "NOT_FOUND") {
    return { reason: code, retry: code === "CONNECTION_LOST", detail: "" };
  }
  const reason = FAILURES.find((known) => known === field(data, "code"));
  if (code !== "DEVICE_FAILED" || reason === undefined) return { reason: "unknown", retry: false, detail: code };
  const detail = field(data, "detail");
  return { reason, retry: field(data, "retry") === true, detail: typeof detail === "string" ? detail : "" };
}

/** What can be asked of a charger in this state; the others are shown disabled with their reason. */
export function possibleCommands(station: {
  readonly online: boolean;
  readonly session: unknown;
}): Readonly<Record<CommandName, "offline" | "nothing-runs" | "runs-already" | null>> {
  const away = station.online ? null : "offline";
  return {
    start: away ?? (station.session === null ? null : "runs-already"),
    stop: away ?? (station.session === null ? "nothing-runs" : null),
    unlock: away,
    reset: away,
    limit: null,
    phases: away,
    wake: away,
  };
}

/** What the field for a limit takes: tenths of an ampere. */
const TENTH_mA = 100;

type Range = { readonly min_mA: number; readonly max_mA: number };

/** The least limit that can be typed at which something charges. */
export const leastLimit_mA = ({ min_mA }: Range): number => Math.ceil(min_mA / TENTH_mA) * TENTH_mA;

/** What a new limit by hand begins with: half of what the charger can, and no pause. */
export const firstLimit_mA = (range: Range): number =>
  Math.min(range.max_mA, Math.max(leastLimit_mA(range), Math.floor(range.max_mA / 2000) * 1000));

/** True for a limit that looks like a small current and is a pause; who types 0 means one. */
export const isUnmeantPause = (limit_mA: number, { min_mA }: Range): boolean => limit_mA > 0 && limit_mA < min_mA;
