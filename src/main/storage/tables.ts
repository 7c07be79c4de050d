import type { ColumnType, Generated } from "kysely";
import type { BudgetAction, TurnKind } from "../../core/balancing/index.ts";
import type { Activity, EndReason, EndedBy } from "../../core/session/index.ts";
import type { EpochMs, Milliamp, Millisecond, Watt, WattHour } from "../../core/units/index.ts";
import type { Alert } from "../../contract/index.ts";
import type { ArmingDecision, FallbackTestOutcome } from "./commissioning-types.ts";
import type { SignalEvent } from "./evidence-types.ts";

// Row types of the tables that Kysely builds queries for; columns carry their unit in type and name as everywhere.

/** 0 or 1: SQLite has no booleans. */
export type Bit = 0 | 1;
/** Exact minor units; given as bigint, read as number (up to 2^53, asserted where written). */
type Minor = ColumnType<number, bigint, never>;

/** Row of the views `closed_session` and `running_session`; what a running session has not yet is `null`. */
export type SessionView = {
  no: number;
  id: string;
  station_id: string;
  station_name: string;
  evse_id: number;
  transaction_id: number | null;
  id_token: string | null;
  customer_id: string | null;
  customer_name: string | null;
  tariff_id: string;
  started_at_ms: EpochMs;
  received_at_ms: EpochMs;
  start_Wh: WattHour | null;
  ended_at_ms: EpochMs | null;
  stop_Wh: WattHour | null;
  energy_Wh: WattHour | null;
  end_reason: EndReason | null;
  ended_by: EndedBy | null;
  flags: string;
  billable: Bit | null;
  charging_ms: Millisecond | null;
  parked_ms: Millisecond | null;
  heldByOperator_ms: Millisecond | null;
  currency: string | null;
  net_minor: number | null;
  tax_minor: number | null;
  gross_minor: number | null;
  cost: string | null;
  invoice_no: number | null;
  invoice_number: string | null;
};

export type Tables = {
  closed_session: SessionView;
  running_session: SessionView;
  site_version: { no: Generated<number>; at_ms: EpochMs; author: string; document: string };
  station: { id: string; name: string };
  seller_version: { no: Generated<number>; at_ms: EpochMs; document: string };
  tariff_version: { no: Generated<number>; id: string; valid_from_ms: EpochMs; currency: string; document: string };
  customer: {
    no: Generated<number>;
    id: string;
    name: string;
    address: string;
    email: string | null;
    vat_id: string | null;
    saved_at_ms: EpochMs;
  };
  card: { id_token: string; customer_id: string; blocked: Bit; since_ms: EpochMs };
  unknown_card: { id_token: string; last_seen_ms: EpochMs; station_id: string };
  session_open: {
    no: Generated<number>;
    id: string;
    station_id: string;
    evse_id: number;
    transaction_id: number | null;
    id_token: string | null;
    customer_id: string | null;
    tariff_id: string;
    started_at_ms: EpochMs;
    received_at_ms: EpochMs;
    start_Wh: WattHour | null;
  };
  session_register: { session_no: number; at_ms: EpochMs; register_Wh: WattHour; received_at_ms: EpochMs };
  session_activity: { no: Generated<number>; session_no: number; at_ms: EpochMs; activity: Activity };
  session_close: {
    session_no: number;
    ended_at_ms: EpochMs;
    start_Wh: WattHour | null;
    stop_Wh: WattHour | null;
    energy_Wh: WattHour | null;
    end_reason: EndReason;
    ended_by: EndedBy;
    flags: string;
    billable: Bit;
    charging_ms: Millisecond;
    parked_ms: Millisecond;
    heldByOperator_ms: Millisecond;
  };
  cdr: {
    session_no: number;
    currency: string;
    net_minor: Minor;
    tax_minor: Minor;
    gross_minor: Minor;
    document: string;
  };
  session_assignment: { session_no: number; customer_id: string; at_ms: EpochMs };
  session_running: { session_no: number };
  session_declared: {
    no: Generated<number>;
    session_no: number;
    at_ms: EpochMs;
    departure_ms: EpochMs | null;
    needed_Wh: WattHour | null;
  };
  card_car: { id_token: string; visits: string; saved_at_ms: EpochMs };
  session_stray: {
    no: Generated<number>;
    station_id: string;
    at_ms: EpochMs;
    received_at_ms: EpochMs;
    kind: string;
    data: string;
  };
  counter: { name: string; value: number };
  invoice: {
    no: Generated<number>;
    id: string;
    series: string;
    seq: number;
    number: string;
    month: string;
    customer_id: string;
    customer_name: string;
    issued_at_ms: EpochMs;
    sessions: number;
    energy_Wh: WattHour;
    currency: string;
    net_minor: number;
    tax_minor: number;
    gross_minor: number;
    document: string;
    previous_sha256: string;
    sha256: string;
  };
  invoice_line: { session_no: number; invoice_no: number; position: number };
  invoice_bytes: { invoice_no: number; bytes: Uint8Array };
  station_register: { station_id: string; at_ms: EpochMs; received_at_ms: EpochMs; register_Wh: WattHour };
  station_grant: {
    no: Generated<number>;
    station_id: string;
    at_ms: EpochMs;
    granted_mA: Milliamp;
    because: string;
    queue_place: number | null;
    turn_at_ms: EpochMs | null;
    turn_kind: TurnKind | null;
    turn_ref: string | null;
  };
  ocpp_facts: { identity: string; connector_id: number; at_ms: number; firmware: string | null; document: string };
  ocpp_password: { no: Generated<number>; identity: string; salt: Uint8Array; hash: Uint8Array; since_ms: number };
  ocpp_security: {
    identity: string;
    requires_tls: Bit;
    came_at_ms: number | null;
    came_encrypted: Bit | null;
    came_with_password: Bit | null;
  };
  ocpp_request: {
    no: Generated<number>;
    identity: string;
    station_id: string;
    at_ms: number;
    asked: string;
    about: string;
    outcome: string;
    words: string;
  };
  ocpp_report: {
    no: Generated<number>;
    identity: string;
    at_ms: number;
    name: string;
    status: string | null;
    about: number | null;
  };
  station_state: { no: Generated<number>; station_id: string; at_ms: EpochMs; state: string; status: string | null };
  station_wish: {
    station_id: string;
    limit_mA: Milliamp | null;
    until_ms: number | null;
    stopped: Bit;
    departure_ms: EpochMs | null;
    needed_Wh: WattHour | null;
  };
  phase_evidence: { station_id: string; scores: string; steps: number; since_ms: EpochMs; saved_at_ms: EpochMs };
  phase_finding: {
    no: Generated<number>;
    station_id: string;
    at_ms: EpochMs;
    author: string;
    method: "test" | "operation" | "accepted";
    configured: string;
    found: string;
    confidence_permille: number;
    steps: number;
    outcome: string;
  };
  arming_decision: {
    no: Generated<number>;
    at_ms: EpochMs;
    author: string;
    decision: ArmingDecision["decision"];
    reason: string;
    risks: string;
  };
  fallback_test: {
    no: Generated<number>;
    station_id: string;
    at_ms: EpochMs;
    author: string;
    outcome: FallbackTestOutcome;
    before_mA: Milliamp;
    promised_mA: Milliamp;
    kept_mA: Milliamp | null;
    silent_ms: Millisecond | null;
    serial: string | null;
    firmware: string | null;
  };
  signal_event: {
    no: Generated<number>;
    signal_id: string;
    circuit_id: string;
    imposed_at_ms: EpochMs;
    at_ms: EpochMs;
    kind: SignalEvent["kind"];
    why: SignalEvent["why"];
    limit_mA: Milliamp | null;
    limit_W: Watt | null;
  };
  overload: { no: Generated<number>; circuit_id: string; began_at_ms: EpochMs };
  overload_end: { overload_no: number; ended_at_ms: EpochMs; peak_permille: number };
  overload_row: {
    overload_no: number;
    at_ms: EpochMs;
    current_l1_mA: number;
    current_l2_mA: number;
    current_l3_mA: number;
    limit_l1_mA: Milliamp;
    limit_l2_mA: Milliamp;
    limit_l3_mA: Milliamp;
    other_l1_mA: number;
    other_l2_mA: number;
    other_l3_mA: number;
    granted_l1_mA: number;
    granted_l2_mA: number;
    granted_l3_mA: number;
    action: BudgetAction;
  };
  session_phases: { session_id: string; station_id: string; at_ms: EpochMs; phases: number };
  alert: {
    no: Generated<number>;
    code: Alert["code"];
    severity: Alert["severity"];
    ref: string;
    since_ms: EpochMs;
    ended_at_ms: EpochMs | null;
    count: number;
    inputs: string;
    acknowledged_at_ms: EpochMs | null;
  };
};
