// Ten ways in which OCPP boxes of the field differ from the standard and from each other, for tests and soaks. The makers
// they are named after are those whose behaviour is on record; the strings are what their row in the vendor file matches.

/** Where a simulated box leaves the standard. All are off when left out. */
export type Quirks = {
  /** Offers no WebSocket subprotocol. */
  readonly noSubprotocol?: boolean;
  /** Numbers in meter values instead of text. */
  readonly numericValues?: boolean;
  /** Timestamps like "2026-01-01 10:00:00", without a zone. */
  readonly looseTimestamps?: boolean;
  /** The one unit in which it takes limits. */
  readonly onlyUnit?: "A" | "W";
  /** Takes charging profiles of this kind alone. */
  readonly onlyKind?: "Relative";
  /** A driver's card starts nothing: RemoteStartTransaction does. */
  readonly needsRemoteStart?: boolean;
  /** Says nothing when it has restarted, and cannot be asked to. */
  readonly noBootAfterRestart?: boolean;
  /** Writes −1 wherever it should name the transaction. */
  readonly forgetsTransactionId?: boolean;
  /** Accepts every limit and follows none. */
  readonly ignoresProfiles?: boolean;
  /** The end of a transaction is told this much later than it was (clock milliseconds). */
  readonly lateStop_ms?: number;
  /** Accepts a profile with the id of one it has, and keeps that one until it is cleared. */
  readonly keepsSetpoint?: boolean;
  /** 2.0.1: after a time without a link it tells each transaction from its end. */
  readonly newestFirst?: boolean;
  /** Its clock is so far behind. */
  readonly clockBehind_ms?: number;
};

export type Personality = {
  readonly id: string;
  readonly vendor: string;
  readonly model: string;
  readonly firmware: string;
  readonly quirks: Quirks;
  /** 1.6 when left out. */
  readonly version?: "1.6" | "2.0.1";
  /** Refuses every change of its configuration. */
  readonly rude?: boolean;
  /** Sends starts and stops twice. */
  readonly duplicates?: boolean;
};

/** Ten boxes, each with its own bad habits. */
export const PERSONALITIES: readonly Personality[] = [
  {
    id: "numbers-without-protocol",
    vendor: "United Chargers",
    model: "Grizzl-E",
    firmware: "5.6",
    quirks: { noSubprotocol: true, numericValues: true },
  },
  { id: "watts-only", vendor: "Huawei", model: "SCharger-22KT", firmware: "1.0", quirks: { onlyUnit: "W" } },
  { id: "refuses-configuration", vendor: "ABB", model: "Terra AC", firmware: "1.8.0", quirks: {}, rude: true },
  {
    id: "must-be-started",
    vendor: "Autel",
    model: "MaxiCharger",
    firmware: "V1.52",
    quirks: { needsRemoteStart: true },
  },
  {
    id: "relative-without-boot",
    vendor: "Wall Box Chargers",
    model: "Pulsar Plus",
    firmware: "6.4.1",
    quirks: { onlyKind: "Relative", noBootAfterRestart: true, keepsSetpoint: true },
  },
  {
    id: "forgets-transactions",
    vendor: "EN+",
    model: "Caro",
    firmware: "2.1",
    quirks: { forgetsTransactionId: true },
  },
  { id: "says-it-twice", vendor: "Ocular", model: "LTE", firmware: "3.0", quirks: {}, duplicates: true },
  { id: "ends-late", vendor: "FoxESS", model: "A022", firmware: "1.4", quirks: { lateStop_ms: 30_000 } },
  {
    id: "clock-behind",
    vendor: "Mennekes",
    model: "AMTRON 4You",
    firmware: "1.2",
    quirks: { clockBehind_ms: 600_000, looseTimestamps: true },
  },
  { id: "stubborn", vendor: "Timxon", model: "EVC22", firmware: "1.0", quirks: { ignoresProfiles: true } },
];

/** Boxes of the newer version, with what is known to go wrong in it. */
export const PERSONALITIES_201: readonly Personality[] = [
  { id: "plain-2.0.1", version: "2.0.1", vendor: "Example Works", model: "AC22-2", firmware: "2.0", quirks: {} },
  {
    id: "twice-and-late-2.0.1",
    version: "2.0.1",
    vendor: "Example Works",
    model: "AC22-2",
    firmware: "2.1",
    quirks: { lateStop_ms: 20_000 },
    duplicates: true,
  },
  {
    id: "backwards-2.0.1",
    version: "2.0.1",
    vendor: "Example Works",
    model: "AC22-2",
    firmware: "2.2",
    quirks: { newestFirst: true, onlyUnit: "W" },
  },
];
