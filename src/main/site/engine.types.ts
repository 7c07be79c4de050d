import type { Declared } from "../../core/balancing/index.ts";
import type { Milliamp } from "../../core/units/index.ts";
import type {
  AdoptDevice,
  DeviceHealth,
  KioskState,
  LimitChange,
  LimitMistake,
  LiveUpdate,
  OcppBeyond,
  OcppRequest,
  PlanningState,
  ProfileFacts,
  ScanEvent,
  ScanRequest,
  SiteProblem,
  StationDetail,
  WaitingStation,
} from "../../contract/index.ts";
import type { BalancingDesk } from "./balancing-desk.ts";
import type { CommissioningDesk } from "./commissioning-desk.ts";
import type { ExternalDesk } from "./signals/external-desk.ts";
import type { LimitsDesk, MadeLimit } from "./limits/limits-desk.ts";
import type { DeviceChanges } from "./device-changes.ts";
import type { DeviceDesk } from "./device-desk.ts";
import type { PhaseTruthDesk } from "./phase-truth-desk.ts";
import type { OcppSecurityDesk } from "./ocpp-security-desk.ts";
import type { OcppAnswered } from "../devices/ocpp/ask-station.ts";
import type { Clock, CommandReply } from "../devices/ports.ts";
import type { Stores } from "../storage/types.ts";

export type AdoptRequest = {
  readonly identity: string;
  readonly id: string;
  readonly name: string;
  readonly circuitId: string;
  readonly phases: 1 | 2 | 3;
  readonly rotation: string;
  readonly max_mA: number;
  readonly fallback_mA: number;
};

/** A running site as the API sees it. */
export interface Engine {
  readonly clock: Clock;
  readonly stores: Stores;
  readonly demo: boolean;
  readonly speed: number;
  readonly timezone: string;
  readonly currency: string;
  readonly siteName: string;
  readonly ocppUrl: string | null;
  /** The whole site this second. */
  live(): LiveUpdate;
  /** Calls back at most once a second of real time, with what changed; returns how to stop. */
  onLive(listener: (update: LiveUpdate) => void): () => void;
  spark(): { at_ms: number; power_W: number | null }[];
  kiosk(): KioskState;
  /** Everything but the last sessions and the strip, which come from the stores. `null`: no such station. */
  stationDetail(stationId: string): Omit<StationDetail, "lastSessions" | "strip"> | null;
  hasStation(stationId: string): boolean;
  start(stationId: string, idToken: string | null): Promise<CommandReply>;
  stop(stationId: string): Promise<CommandReply>;
  unlock(stationId: string): Promise<CommandReply>;
  reset(stationId: string, kind: "Soft" | "Hard"): Promise<CommandReply>;
  /** Pauses the car, switches, and lets it go on; some seconds, some boxes a minute. */
  switchPhases(stationId: string, phases: 1 | 3): Promise<CommandReply>;
  /** Makes a sleeping car look again. */
  wakeUp(stationId: string): Promise<CommandReply>;
  setManualLimit(stationId: string, limit_mA: Milliamp | null, until_ms: number | null): void;
  /** What was said of the stay of the car that is there; `null`: nothing any more. `false`: no car is there. */
  setNeed(stationId: string, declared: Declared | null): boolean;
  waiting(): WaitingStation[];
  /** What an OCPP station must present to be let in; with `tellBox` it is told. */
  setOcppPassword(request: {
    readonly identity: string;
    readonly password: string | null;
    readonly tellBox: boolean;
  }): Promise<CommandReply | "not-found">;
  /** Asks a station for what only OCPP has; `not-found` also for one that does not speak it. */
  askOcpp(stationId: string, request: OcppRequest): Promise<OcppAnswered | "not-found">;
  /** What is known of a station's box beyond charging; `null`: it speaks no OCPP. */
  ocppBeyond(stationId: string): OcppBeyond | null;
  adopt(request: AdoptRequest): "ok" | "not-found" | "conflict" | "circuit-unknown" | "invalid";
  health(): DeviceHealth[];
  readonly balancing: BalancingDesk;
  readonly external: ExternalDesk;
  readonly limits: LimitsDesk;
  readonly ocppSecurity: OcppSecurityDesk;
  readonly phases: Omit<PhaseTruthDesk, "close">;
  readonly commissioning: Omit<CommissioningDesk, "close">;
  readonly devices: DeviceDesk;
  /** What is planned ahead, and how the planner is. */
  planning(): PlanningState;
  /** Site file text that would set this site up again. */
  exportSite(): string;
  /** Limit of the main fuse per phase and as power, for charts. */
  mainLimit(): { fuse_mA: number; limit_W: number };
  close(): Promise<void>;
}

export type LimitsChanged =
  | { readonly ok: true; readonly made: MadeLimit }
  | { readonly ok: false; readonly code: "not-found" | "conflict" }
  | { readonly ok: false; readonly code: "invalid"; readonly mistakes: readonly LimitMistake[] };

/** What stands behind the API: no site yet, or a running one; it can be replaced while clients stay connected. */
export interface Application {
  readonly version: string;
  readonly headless: boolean;
  readonly started_at_ms: number;
  engine(): Engine | null;
  onChange(listener: () => void): () => void;
  startDemo(): Promise<"ok" | "conflict">;
  importSite(yaml: string): Promise<
    | { ok: true }
    | { ok: false; code: "conflict" }
    | {
        ok: false;
        code: "invalid";
        problems: { line: number | null; column: number | null; field: string; code: string; expected: string }[];
      }
  >;
  /** All device profiles, the owner's own among them. */
  profiles(): ProfileFacts[];
  /** Stores the site with one more device and starts its engine anew; the answer comes when that runs. */
  adopt(
    request: AdoptDevice,
  ): Promise<{ ok: true } | { ok: false; code: "conflict" } | { ok: false; code: "invalid"; problems: SiteProblem[] }>;
  /** Adding, changing and taking away devices by hand. */
  readonly deviceChanges: DeviceChanges;
  /**
   * Stores what these stations' boxes are to keep without us and starts the engine anew, so that they are told.
   * Every current is one that each of these bays can have.
   */
  setFallback(stationIds: readonly string[], fallback_mA: number): Promise<"ok" | "not-found" | "invalid" | "conflict">;
  /** Sets a limit, a protection or prices; the engine starts anew only where a module hangs on a new wire. */
  changeLimits(change: LimitChange, author: string): Promise<LimitsChanged>;
  /** Looks for devices, one scan at a time; wires and addresses of the running site are left alone. */
  scan(request: ScanRequest, signal: AbortSignal): AsyncGenerator<ScanEvent, void> | "conflict" | "invalid";
  close(): Promise<void>;
}
