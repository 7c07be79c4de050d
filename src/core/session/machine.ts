import type { EpochMs, WattHour } from "../units/index.ts";
import type { StopMessage } from "./discrepancy.ts";
import type { Activity, EndedBy, EndReason, OpenedSession, RegisterSample } from "./types.ts";

// One EVSE's session from plug-in to plug-out. Transactions of OCPP boxes are reports, not requests: whatever comes is
// taken as it is, stored, and doubted afterwards by the discrepancy rules. The machine decides, the recorder writes.

export type Moment = { readonly at_ms: EpochMs; readonly received_at_ms: EpochMs };

export type SessionEvent =
  /** A box without transactions sees a car that may charge. */
  | (Moment & { readonly kind: "plugged-in"; readonly idToken: string | null })
  /** The car was unplugged, or the owner said stop, at a box without transactions. */
  | (Moment & { readonly kind: "ended"; readonly reason: "EVDisconnected" | "Remote" })
  | (Moment & { readonly kind: "activity"; readonly activity: Activity })
  | (Moment & { readonly kind: "register"; readonly register_Wh: WattHour; readonly transactionId: number | null })
  | (Moment & {
      readonly kind: "transaction-started";
      readonly transactionId: number;
      readonly idToken: string | null;
      readonly meterStart_Wh: WattHour | null;
    })
  | (Moment & {
      readonly kind: "transaction-stopped";
      readonly transactionId: number;
      readonly meterStop_Wh: WattHour | null;
      readonly reason: EndReason;
      readonly idToken: string | null;
    })
  /** An OCPP box says that the bay is free: no transaction can be open any more. */
  | (Moment & { readonly kind: "available" })
  | (Moment & { readonly kind: "booted" });

/** The running session, as much of it as the machine needs. */
export type Running = {
  readonly opened: OpenedSession;
  readonly lastRegister: RegisterSample | null;
  readonly activity: Activity | null;
};

export type EvseState = {
  readonly stationId: string;
  readonly evseId: number;
  readonly running: Running | null;
  /** Latest register of the box, running or not: a plug-in without one of its own begins here. */
  readonly register: RegisterSample | null;
};

export type SessionEffect =
  | { readonly do: "open"; readonly session: OpenedSession }
  | { readonly do: "register"; readonly sessionId: string; readonly sample: RegisterSample }
  | { readonly do: "activity"; readonly sessionId: string; readonly at_ms: EpochMs; readonly activity: Activity }
  | {
      readonly do: "close";
      readonly opened: OpenedSession;
      /** Newest value read within this session; the journal may not have it yet. */
      readonly lastRegister: RegisterSample | null;
      /** `null`: nobody said that it ended; it then ends at its last proven register. */
      readonly stop: StopMessage | null;
      readonly reason: EndReason;
      readonly endedBy: EndedBy;
    }
  /** A message that belongs to no running session: the recorder looks it up or keeps it as evidence. */
  | { readonly do: "stray"; readonly event: SessionEvent };

export type Step = { readonly state: EvseState; readonly effects: readonly SessionEffect[] };

export const idleEvse = (stationId: string, evseId: number): EvseState => ({
  stationId,
  evseId,
  running: null,
  register: null,
});

/** An id that the same start always gets: a message repeated after a reconnect opens nothing twice. */
export const sessionId = (
  stationId: string,
  evseId: number,
  started_at_ms: EpochMs,
  transactionId: number | null,
): string =>
  `${stationId}-${String(evseId)}-${started_at_ms.toString(36)}${transactionId === null ? "" : `-${transactionId.toString(36)}`}`;

/** A register older than this says nothing about the moment of plugging in. */
export const START_REGISTER_AGE_MS_MAX = 60_000;

/** What the event does to the session of this EVSE. Total: every event in every state has an answer, none throws. */
export function next(state: EvseState, event: SessionEvent): Step {
  switch (event.kind) {
    case "plugged-in":
      return state.running === null
        ? opening(state, event, null, event.idToken, startRegister(state, event.at_ms))
        : { state, effects: [] };
    case "ended":
      return state.running?.opened.transactionId !== null
        ? { state, effects: [] }
        : closing(
            state,
            { ...momentOf(event), register_Wh: state.running.lastRegister?.register_Wh ?? null, idToken: null },
            event.reason,
            "station",
          );
    case "activity":
      return activityChanged(state, event.at_ms, event.activity);
    case "register":
      return registerRead(state, event);
    case "transaction-started":
      return transactionStarted(state, event);
    case "transaction-stopped":
      return transactionStopped(state, event);
    case "available":
      return lost(state);
    case "booted":
      // Some boxes resume the same transaction after a reboot; if this one does not, `available` or a new start ends it.
      return { state, effects: [] };
  }
}

function opening(
  state: EvseState,
  at: Moment,
  transactionId: number | null,
  idToken: string | null,
  start_Wh: WattHour | null,
): Step {
  const { stationId, evseId } = state;
  const opened: OpenedSession = {
    id: sessionId(stationId, evseId, at.at_ms, transactionId),
    stationId,
    evseId,
    transactionId,
    idToken,
    started_at_ms: at.at_ms,
    received_at_ms: at.received_at_ms,
    start_Wh,
  };
  const sample =
    start_Wh === null ? null : { at_ms: at.at_ms, received_at_ms: at.received_at_ms, register_Wh: start_Wh };
  const effects: SessionEffect[] = [{ do: "open", session: opened }];
  if (sample !== null) effects.push({ do: "register", sessionId: opened.id, sample });
  return {
    state: { ...state, running: { opened, lastRegister: sample, activity: null }, register: sample ?? state.register },
    effects,
  };
}

function startRegister(state: EvseState, at_ms: EpochMs): WattHour | null {
  const { register } = state;
  return register !== null && at_ms - register.at_ms <= START_REGISTER_AGE_MS_MAX ? register.register_Wh : null;
}

function closing(state: EvseState, stop: StopMessage | null, reason: EndReason, endedBy: EndedBy): Step {
  if (state.running === null) return { state, effects: [] };
  return {
    state: { ...state, running: null },
    effects: [
      {
        do: "close",
        opened: state.running.opened,
        lastRegister: state.running.lastRegister,
        stop,
        reason,
        endedBy,
      },
    ],
  };
}

/** Nobody will tell us the end any more: it ends where its last proven register value was read. */
const lost = (state: EvseState): Step => closing(state, null, "Lost", "server");

function activityChanged(state: EvseState, at_ms: EpochMs, activity: Activity): Step {
  const { running } = state;
  if (running === null || running.activity === activity) return { state, effects: [] };
  return {
    state: { ...state, running: { ...running, activity } },
    effects: [{ do: "activity", sessionId: running.opened.id, at_ms, activity }],
  };
}

function registerRead(state: EvseState, event: SessionEvent & { kind: "register" }): Step {
  const sample: RegisterSample = {
    at_ms: event.at_ms,
    received_at_ms: event.received_at_ms,
    register_Wh: event.register_Wh,
  };
  const newest = state.register === null || sample.at_ms >= state.register.at_ms ? sample : state.register;
  const { running } = state;
  const foreign = event.transactionId !== null && running?.opened.transactionId !== event.transactionId;
  if (foreign) return { state: { ...state, register: newest }, effects: [{ do: "stray", event }] };
  if (running === null || sample.at_ms < running.opened.started_at_ms)
    return { state: { ...state, register: newest }, effects: [] };
  const later = running.lastRegister === null || sample.at_ms >= running.lastRegister.at_ms;
  return {
    state: { ...state, register: newest, running: later ? { ...running, lastRegister: sample } : running },
    effects: [{ do: "register", sessionId: running.opened.id, sample }],
  };
}

function transactionStarted(state: EvseState, event: SessionEvent & { kind: "transaction-started" }): Step {
  const { running } = state;
  const id = sessionId(state.stationId, state.evseId, event.at_ms, event.transactionId);
  if (running !== null && running.opened.id === id) return { state, effects: [] };
  if (running === null) return opening(state, event, event.transactionId, event.idToken, event.meterStart_Wh);
  if (event.at_ms < running.opened.started_at_ms) {
    // A start from the box's offline queue that belongs before the one that runs: keep both, the recorder files it.
    return { state, effects: [{ do: "stray", event }] };
  }
  const ended = lost(state);
  const opened = opening(ended.state, event, event.transactionId, event.idToken, event.meterStart_Wh);
  return { state: opened.state, effects: [...ended.effects, ...opened.effects] };
}

function transactionStopped(state: EvseState, event: SessionEvent & { kind: "transaction-stopped" }): Step {
  if (state.running?.opened.transactionId !== event.transactionId) return { state, effects: [{ do: "stray", event }] };
  const register_Wh = event.meterStop_Wh ?? state.running.lastRegister?.register_Wh ?? null;
  const moment = momentOf(event);
  const effects: SessionEffect[] =
    event.meterStop_Wh === null
      ? []
      : [
          {
            do: "register",
            sessionId: state.running.opened.id,
            sample: { ...moment, register_Wh: event.meterStop_Wh },
          },
        ];
  const closed = closing(state, { ...moment, register_Wh, idToken: event.idToken }, event.reason, "station");
  return { state: closed.state, effects: [...effects, ...closed.effects] };
}

const momentOf = ({ at_ms, received_at_ms }: Moment): Moment => ({ at_ms, received_at_ms });
