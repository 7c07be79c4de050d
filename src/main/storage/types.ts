import type { Because, Declared, ShownByCar, Turn } from "../../core/balancing/index.ts";
import type { QuarterHour } from "../../core/history/index.ts";
import type { Activity, ClosedSession, OpenedSession, RegisterSample } from "../../core/session/index.ts";
import type { SiteModel } from "../../core/site/index.ts";
import type { Cost, TariffVersion } from "../../core/tariff/index.ts";
import type { BasisPoint, EpochMs, Milliamp, WattHour } from "../../core/units/index.ts";
import type {
  Alert,
  Customer,
  InvoiceSummary,
  Seller,
  SessionDetail,
  SessionFilter,
  SessionRow,
  TariffView,
} from "../../contract/index.ts";
import type { CommissioningStore } from "./commissioning-types.ts";
import type { EvidenceStore } from "./evidence-types.ts";
import type { OcppRecordStore } from "./ocpp-record-types.ts";
import type { OcppStore } from "./ocpp-types.ts";

export type { QuarterHour };

// What the rest of the engine may ask of the database. All calls are synchronous and each write is one transaction:
// when a call has returned, the fact is on the disk.

/** `any`: every card may charge; `listed`: only cards of customers. */
export type Access = { readonly cards: "any" | "listed" };

export type StoredSite = {
  readonly model: SiteModel;
  readonly access: Access;
  /** Made by the demo: its links lead to simulated devices, so the folder can only be run as a demo again. */
  readonly demo: boolean;
};

export interface SiteStore {
  /** `null` on an empty data folder. */
  load(): StoredSite | null;
  /** Replaces the site; older versions are kept with time and author. */
  save(site: StoredSite, at_ms: EpochMs, author: string): void;
}

/** A session that was running when we last wrote, with everything needed to go on or to close it. */
export type RunningSession = {
  readonly opened: OpenedSession;
  readonly tariff: TariffVersion;
  readonly registers: readonly RegisterSample[];
  readonly activities: readonly { readonly at_ms: EpochMs; readonly activity: Activity }[];
};

export interface SessionStore {
  /** Freezes `tariffId` into the session. False when this id is known already: nothing is written then. */
  open(session: OpenedSession, tariffId: string): boolean;
  /** Journals a register value; repeated values at the same time are kept once. */
  addRegister(sessionId: string, sample: RegisterSample): void;
  addActivity(sessionId: string, at_ms: EpochMs, activity: Activity): void;
  /** Ends the session and stores its cost in the same transaction. A second close of one session changes nothing and answers false. */
  close(session: ClosedSession, cost: Cost | null): boolean;
  running(): readonly RunningSession[];
  /** One running session; `null` when it is closed or unknown. */
  runningOne(sessionId: string): RunningSession | null;
  /** Last closed session of a station, for continuity checks. */
  lastClosed(stationId: string, evseId: number): ClosedSession | null;
  /** True when a session with OCPP's transaction id exists on the station and its id. */
  findByTransaction(
    stationId: string,
    transactionId: number,
  ): { readonly sessionId: string; readonly closed: boolean } | null;
  /** Message without a session we know of: kept as evidence, never billed. */
  addStray(stray: { stationId: string; at_ms: EpochMs; received_at_ms: EpochMs; kind: string; data: string }): void;
  /** A transaction id never given out before in this folder, seeded from the clock so that it survives a lost database. */
  nextTransactionId(at_ms: EpochMs): number;
  list(
    filter: SessionFilter,
    page: { cursor: string | null; limit: number },
  ): { rows: SessionRow[]; nextCursor: string | null };
  totals(filter: SessionFilter): {
    sessions: number;
    energy_Wh: number;
    charging_ms: number;
    held: number;
    cost: { currency: string; net_minor: number; tax_minor: number; gross_minor: number };
  };
  detail(id: string): SessionDetail | null;
  /** The whole card that a session was started with, for exports; everywhere else its alias is enough. */
  idToken(sessionId: string): string | null;
  /** Keeps what was typed of its stay beside what was typed before; `null`: it was taken back. */
  addDeclared(sessionId: string, at_ms: EpochMs, declared: Declared | null): void;
  /** What was last typed of its stay; `null`: nothing, or it was taken back. */
  declared(sessionId: string): Declared | null;
  /** Of the sessions that ended since then: the energy that was last typed, and whether the car was full when it left. */
  typedNeeds(since_ms: EpochMs): ReadonlyMap<string, { readonly needed_Wh: number; readonly isFull: boolean }>;
  /** Every row of the filter, in order, without loading all at once. */
  iterate(filter: SessionFilter): IterableIterator<SessionRow>;
}

export interface TariffStore {
  list(): readonly TariffVersion[];
  view(version: TariffVersion): TariffView;
  /** In force at the instant; the oldest one when the instant lies before all. */
  at(at_ms: EpochMs): TariffVersion | null;
  add(version: TariffVersion): void;
}

/** What a card may do here. */
export type CardVerdict = {
  readonly verdict: "accepted" | "blocked" | "unknown";
  readonly customerId: string | null;
  readonly customerName: string | null;
};

export interface CustomerStore {
  list(): Customer[];
  get(id: string): Customer | null;
  save(
    input: { id: string | null; name: string; address: string; email: string | null; vatId: string | null },
    at_ms: EpochMs,
  ): Customer | null;
  assignCard(customerId: string, idToken: string, at_ms: EpochMs): Customer | "not-found" | "conflict";
  blockCard(idToken: string, blocked: boolean, at_ms: EpochMs): Customer | null;
  /** Customer of a card now, and whether the card is blocked. */
  card(idToken: string): CardVerdict;
  /** Remembers that an unknown card was held before a reader. */
  sawUnknownCard(idToken: string, stationId: string, at_ms: EpochMs): void;
  unknownCards(since_ms: EpochMs): { idToken: string; lastSeen_ms: number; stationId: string; sessions: number }[];
}

/** A session that may stand on an invoice. */
export type BillableSession = {
  readonly session: SessionRow;
  readonly cost: Cost;
  readonly tariff: TariffVersion;
};

/** The frozen content of a document: rendering it again gives the same bytes. */
export type InvoiceDocument = {
  readonly id: string;
  readonly number: string;
  readonly month: string;
  readonly issued_at_ms: EpochMs;
  readonly due_at_ms: EpochMs;
  readonly timezone: string;
  readonly currency: string;
  readonly locale: "en" | "de";
  readonly demo: boolean;
  readonly siteName: string;
  readonly seller: Seller;
  readonly customer: {
    readonly id: string;
    readonly name: string;
    readonly address: string;
    readonly vatId: string | null;
  };
  readonly lines: readonly {
    readonly sessionId: string;
    readonly stationName: string;
    readonly started_at_ms: EpochMs;
    readonly ended_at_ms: EpochMs;
    readonly start_Wh: WattHour;
    readonly stop_Wh: WattHour;
    readonly energy_Wh: WattHour;
    readonly cardAlias: string | null;
    readonly perKWh: string;
    readonly vat_bp: BasisPoint | null;
    readonly net_minor: number;
  }[];
  readonly vat: readonly {
    readonly vat_bp: BasisPoint | null;
    readonly net_minor: number;
    readonly tax_minor: number;
  }[];
  readonly net_minor: number;
  readonly tax_minor: number;
  readonly gross_minor: number;
};

export interface InvoiceStore {
  /** Closed, not held, not yet on an invoice, ended in [from, to), with a customer. */
  billable(from_ms: EpochMs, to_ms: EpochMs): BillableSession[];
  /** Ended in [from, to): held ones per customer id ("" for none), and how many have no customer. */
  leftOut(from_ms: EpochMs, to_ms: EpochMs): { heldByCustomer: ReadonlyMap<string, number>; unassigned: number };
  /**
   * `series` is prefix and year ("RE2026"), the number `<series>-0001`. Draws gapless numbers and freezes the documents in one transaction. `make` gets each number and returns the document.
   * Sessions that are on an invoice already make the whole call fail with `conflict` and nothing is written.
   */
  issue(
    drafts: readonly { customerId: string; sessionIds: readonly string[] }[],
    series: string,
    make: (customerId: string, number: string) => InvoiceDocument,
  ): InvoiceSummary[] | "conflict";
  list(month: string | null): InvoiceSummary[];
  document(id: string): InvoiceDocument | null;
  /** Bytes stored by the first rendering; later calls give the same. */
  bytes(id: string): Uint8Array | null;
  saveBytes(id: string, bytes: Uint8Array): void;
}

export interface SellerStore {
  get(): Seller;
  save(seller: Seller, at_ms: EpochMs): void;
}

export type EnergyBucket = {
  from_ms: number;
  to_ms: number;
  ev_Wh: number | null;
  site_Wh: number | null;
  sessions: number;
  quality: "ok" | "partial" | "missing";
};
export type PowerPoint = {
  at_ms: number;
  avg_W: number | null;
  max_W: number | null;
  ev_avg_W: number | null;
  quality: "ok" | "partial" | "missing";
};
export type HeatCell = { weekday: number; hour: number; ev_Wh_avg: number | null; occupiedBays_avg: number | null };

export interface HistoryStore {
  put(slots: readonly QuarterHour[]): void;
  /** Slot values already stored, to go on after a restart. */
  get(slot_ms: EpochMs): readonly QuarterHour[];
  /** Register up to which energy is booked, per station and "" for the main meter: `resumeHistory` goes on from it. */
  lastRegisters(): ReadonlyMap<string, { readonly register_Wh: WattHour; readonly slot_ms: EpochMs }>;
  energy(
    range: { from_ms: number; to_ms: number },
    bucket: "hour" | "day" | "month",
    timezone: string,
    now_ms: EpochMs,
  ): EnergyBucket[];
  power(
    range: { from_ms: number; to_ms: number },
    pointsMax: number,
    now_ms: EpochMs,
  ): { points: PowerPoint[]; step_ms: number };
  heatmap(range: { from_ms: number; to_ms: number }, timezone: string): { cells: HeatCell[]; weeks: number };
  summary(range: { from_ms: number; to_ms: number }): {
    ev_Wh: number;
    sessions: number;
    gross_minor: number;
    peak_W: number | null;
    peak_at_ms: number | null;
    occupied_permille: number | null;
  };
  iterate(range: { from_ms: number | null; to_ms: number | null }): IterableIterator<QuarterHour>;
}

/** Where a waiting car stood in the queue, and when its turn was expected. */
export type QueueRecord = { readonly place: number; readonly turn: Turn | null };

/** Which current a station had since then, and why. */
export type GrantRecord = {
  readonly at_ms: EpochMs;
  readonly granted_mA: Milliamp;
  readonly because: readonly Because[];
  readonly queue: QueueRecord | null;
};

export interface GrantStore {
  /** Stored on change only. */
  add(grant: GrantRecord & { readonly stationId: string }): void;
  /** Newest first. */
  list(stationId: string, limit: number): GrantRecord[];
  prune(before_ms: EpochMs): void;
}

export interface StationLogStore {
  /** State changes for the 24 h strip. */
  addState(stationId: string, at_ms: EpochMs, state: string, status: string | null): void;
  states(stationId: string, since_ms: EpochMs): { at_ms: EpochMs; state: string; status: string | null }[];
  /** Last lifetime register ever proven for the station. */
  lastRegister(stationId: string): { at_ms: EpochMs; register_Wh: WattHour } | null;
}

export interface AlertStore {
  open(): Alert[];
  list(includeEnded: boolean, limit: number): Alert[];
  /** Opens the alert, or counts it up when it is open already. */
  raise(
    alert: { code: Alert["code"]; severity: Alert["severity"]; ref: string; inputs: Alert["inputs"] },
    at_ms: EpochMs,
  ): Alert;
  end(code: Alert["code"], ref: string, at_ms: EpochMs): void;
  acknowledge(id: string, at_ms: EpochMs): Alert | null;
}

/** What the owner told a station and has not taken back. */
export type OwnerWish = {
  readonly stationId: string;
  readonly limit: { readonly limit_mA: Milliamp; readonly until_ms: number | null } | null;
  readonly stopped: boolean;
  /** What was said of the stay of the car that is there. */
  readonly declared: Declared | null;
};

export interface WishStore {
  list(): OwnerWish[];
  /** Replaces what was kept of the station; no limit, not stopped and nothing said: nothing is kept. */
  save(wish: OwnerWish): void;
}

/** What the site's own steps have told about one bay's wiring, as `core/phases` counts it. */
export type StoredPhaseEvidence = {
  readonly stationId: string;
  readonly scores: readonly number[];
  readonly steps: number;
  readonly since_ms: EpochMs;
};

/** A test, a discovery in operation, or the owner's decision about one bay's wiring. */
export type PhaseRecord = {
  readonly stationId: string;
  readonly at_ms: EpochMs;
  readonly author: string;
  readonly method: "test" | "operation" | "accepted";
  readonly configured: string;
  readonly found: string;
  readonly confidence_permille: number;
  readonly steps: number;
  /** How it ended, as a code. */
  readonly outcome: string;
};

export interface PhaseStore {
  evidence(): StoredPhaseEvidence[];
  /** Replaces what was kept of the station. */
  saveEvidence(evidence: StoredPhaseEvidence, saved_at_ms: EpochMs): void;
  addFinding(record: PhaseRecord): void;
  lastFinding(stationId: string): PhaseRecord | null;
  /** On how many phases the car of a session charges; the last one said counts. */
  saveCarPhases(car: { sessionId: string; stationId: string; at_ms: EpochMs; phases: number }): void;
  /** By session, of those said since then. */
  carPhases(since_ms: EpochMs): ReadonlyMap<string, number>;
}

export interface CarStore {
  /** What the last visits of a card showed of its car, newest first. */
  visits(idToken: string): readonly ShownByCar[];
  /** Replaces what was kept of the card; without visits nothing is kept. */
  save(idToken: string, visits: readonly ShownByCar[], saved_at_ms: EpochMs): void;
  /** Forgets cards that nobody has used since. */
  prune(before_ms: EpochMs): void;
}

export type Stores = {
  readonly site: SiteStore;
  readonly sessions: SessionStore;
  readonly tariffs: TariffStore;
  readonly customers: CustomerStore;
  readonly invoices: InvoiceStore;
  readonly seller: SellerStore;
  readonly history: HistoryStore;
  readonly grants: GrantStore;
  readonly stationLog: StationLogStore;
  readonly alerts: AlertStore;
  readonly ocpp: OcppStore;
  readonly ocppRecord: OcppRecordStore;
  readonly wishes: WishStore;
  readonly evidence: EvidenceStore;
  readonly phases: PhaseStore;
  readonly cars: CarStore;
  readonly commissioning: CommissioningStore;
};

/** The folder is in use by another process, or cannot be used; the sentence says what to do. */
export type OpenFailure = {
  readonly ok: false;
  readonly code: "locked" | "unwritable" | "too-new" | "corrupt";
  readonly message: string;
};

export type OpenedFolder = {
  readonly ok: true;
  readonly stores: Stores;
  /** Latest instant anywhere in the data: a clock that starts earlier would run backwards. `null` when empty. */
  readonly latest_ms: EpochMs | null;
  /** Runs several writes as one transaction. */
  readonly transaction: <T>(work: () => T) => T;
  readonly close: () => void;
};
