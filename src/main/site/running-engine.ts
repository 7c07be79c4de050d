import type { SiteModel, Station } from "../../core/site/index.ts";
import type { AllocationRequest } from "../../core/balancing/index.ts";
import type { Clock } from "../devices/ports.ts";
import type { LpSolver } from "../planning/index.ts";
import type { Log } from "../log.ts";
import type { OpenedFolder, StoredSite } from "../storage/types.ts";
import type { CommissioningDesk } from "./commissioning-desk.ts";
import type { ControlLoop, CycleReport } from "./control-loop.ts";
import type { HistoryFeed } from "./history-feed.ts";
import type { Devices } from "./open-devices.ts";
import type { OwnerWishes } from "./owner-wishes.ts";
import type { PlanningDesk } from "./planning-desk.ts";
import type { PhaseTruthDesk } from "./phase-truth-desk.ts";
import type { SessionRecorder } from "./recorder.ts";
import type { SignalDesk } from "./signals/signal-desk.ts";
import type { Spark } from "./spark.ts";
import type { SiteState } from "./state.ts";
import type { StorageTrouble } from "./storage-trouble.ts";
import type { Watch } from "./watch.ts";

export type EngineOptions = {
  readonly folder: OpenedFolder;
  readonly stored: StoredSite;
  readonly clock: Clock;
  readonly speed: number;
  /** `resources/` of the app: profiles lie below it. */
  readonly resources: string;
  readonly ownProfiles: string;
  readonly ocpp: { readonly host: string; readonly port: number; readonly tls?: boolean };
  readonly log: Log;
  /** Where a price file may lie; left out: nowhere. */
  readonly dataFolder?: string;
  /** For tests: another solver of the planner's programs. */
  readonly solver?: LpSolver;
  /** For benchmarks: what every cycle did. */
  readonly onCycle?: (report: CycleReport) => void;
};

/** Everything that runs, as the parts of the engine see it. */
export type RunningEngine = {
  readonly options: EngineOptions;
  readonly site: SiteState;
  readonly recorder: SessionRecorder;
  readonly devices: Devices;
  readonly loop: ControlLoop;
  readonly history: HistoryFeed;
  readonly spark: Spark;
  readonly watch: Watch;
  readonly wishes: OwnerWishes;
  readonly signals: SignalDesk;
  readonly storage: StorageTrouble;
  readonly planning: PlanningDesk;
  model(): SiteModel;
  /** Stores a new version of the site; `author`: whose it is, the owner's when left out. */
  keep(change: (model: SiteModel) => SiteModel, author?: string): void;
  /** The allocator's request of the last decision. */
  lastRequest(): AllocationRequest | null;
  readonly phases: PhaseTruthDesk;
  readonly commissioning: CommissioningDesk;
  /** Makes a box that called in a station of the running site and stores the new site. */
  addStation(station: Station): void;
};
