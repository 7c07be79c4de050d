import type { Activity, ClosedSession, SessionEffect, SessionEvent } from "../../core/session/index.ts";
import { assess, next, sessionId } from "../../core/session/index.ts";
import { price } from "../../core/tariff/index.ts";
import { watt, wattHour } from "../../core/units/index.ts";
import type { EpochMs, Watt, WattHour } from "../../core/units/index.ts";
import type { Stores } from "../storage/types.ts";
import type { SiteState, StationState } from "./state.ts";

/** A register value goes to the journal at least this often while a car charges. */
export const JOURNAL_EVERY_MS = 30_000;
/** A silent box's session is closed at its last proven register after this (billing.md D05). */
export const SILENT_SESSION_MS = 24 * 3_600_000;

/** Starts remembered by what the box wrote; beyond this the oldest is forgotten. */
const GIVEN_IDS_MAX = 1_000;

type TransactionStart = {
  readonly stationId: string;
  readonly evseId: number;
  readonly at_ms: EpochMs;
  readonly meterStart_Wh: WattHour | null;
};

export type RecorderOptions = {
  readonly site: SiteState;
  readonly stores: Stores;
  readonly transaction: <T>(work: () => T) => T;
  readonly onClosed: (session: ClosedSession) => void;
};

/** Carries out what the session machine decides, one transaction per event: when it returns, the fact is on the disk. */
export class SessionRecorder {
  readonly #options: RecorderOptions;
  /** Numbers given out since we started, by what the box wrote. */
  readonly #givenIds = new Map<string, number>();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Takes up the sessions that ran when the process ended. Sessions of bays that no longer exist end where they stood. */
  resume(now_ms: EpochMs): void {
    const { site, stores } = this.#options;
    for (const running of stores.sessions.running()) {
      const state = site.stations.get(running.opened.stationId);
      const lastRegister = running.registers.at(-1) ?? null;
      const last = running.activities.at(-1) ?? null;
      // A bay that is gone, or a second session on one bay: nobody will ever end it.
      if (state?.evse.running !== null) {
        this.#options.transaction(() => {
          this.#close(null, {
            do: "close",
            opened: running.opened,
            lastRegister,
            stop: null,
            reason: "Lost",
            endedBy: "server",
          });
        });
        continue;
      }
      state.evse = {
        ...state.evse,
        running: { opened: running.opened, lastRegister, activity: last?.activity ?? null },
        register: lastRegister,
      };
      state.context = {
        tariff: running.tariff,
        customerName: this.#customerName(running.opened.idToken),
        journaled_at_ms: lastRegister?.at_ms ?? null,
      };
      state.allowed = { idToken: running.opened.idToken };
      state.pluggedAt_ms = running.opened.started_at_ms;
      state.chargingSince_ms = last?.activity === "charging" ? last.at_ms : null;
      if (now_ms < running.opened.started_at_ms) state.pluggedAt_ms = now_ms;
    }
  }

  /**
   * Runs one event through the EVSE's machine and stores what it leads to. When it cannot be stored this throws and nothing
   * has happened: a box that is answered with an error says it again.
   */
  take(state: StationState, event: SessionEvent): void {
    const step = next(state.evse, event);
    const effects = step.effects.filter((effect) => this.#isDue(state, effect));
    const { evse, context } = state;
    const journaled_at_ms = context?.journaled_at_ms ?? null;
    state.evse = step.state;
    if (effects.length === 0) return;
    try {
      this.#options.transaction(() => {
        for (const effect of effects) this.#carryOut(state, effect);
      });
    } catch (error) {
      state.evse = evse;
      state.context = context;
      if (context !== null) context.journaled_at_ms = journaled_at_ms;
      throw error;
    }
  }

  /**
   * The number a start of this box already has, or a new one that was never given out. `at_ms` is what the box wrote,
   * right or wrong, so that a repeated message is recognised even from a box whose clock was never set.
   */
  transactionIdFor(start: TransactionStart, now_ms: EpochMs): number {
    const key = `${start.stationId} ${String(start.evseId)} ${String(start.at_ms)} ${String(start.meterStart_Wh)}`;
    const known = this.#givenIds.get(key) ?? this.#storedId(start);
    if (known !== undefined) return known;
    const id = this.#options.stores.sessions.nextTransactionId(now_ms);
    const oldest = this.#givenIds.keys().next();
    if (this.#givenIds.size >= GIVEN_IDS_MAX && oldest.done !== true) this.#givenIds.delete(oldest.value);
    this.#givenIds.set(key, id);
    return id;
  }

  #storedId(start: TransactionStart): number | undefined {
    const { site, stores } = this.#options;
    const sessions = [
      site.stations.get(start.stationId)?.evse.running?.opened,
      stores.sessions.lastClosed(start.stationId, start.evseId),
    ];
    const same = sessions.find(
      (session) => session?.started_at_ms === start.at_ms && session.start_Wh === start.meterStart_Wh,
    );
    return same?.transactionId ?? undefined;
  }

  /** Ends sessions of boxes that have been silent for a day, and starts from an offline queue whose stop never came. */
  closeSilent(now_ms: EpochMs): void {
    this.#closeForgotten(now_ms);
    for (const state of this.#options.site.stations.values()) {
      const heard = Math.max(
        state.heard_at_ms ?? 0,
        state.evse.running?.lastRegister?.received_at_ms ?? 0,
        state.evse.running?.opened.received_at_ms ?? 0,
      );
      if (state.evse.running !== null && !state.online && now_ms - heard > SILENT_SESSION_MS)
        this.take(state, { kind: "available", at_ms: now_ms, received_at_ms: now_ms });
    }
  }

  /** True when a session with this transaction of the box is on record, running or over. */
  isKnown(state: StationState, transactionId: number): boolean {
    return this.#options.stores.sessions.findByTransaction(state.station.id, transactionId) !== null;
  }

  #closeForgotten(now_ms: EpochMs): void {
    const { site, stores } = this.#options;
    for (const { opened, registers } of stores.sessions.running()) {
      if (site.stations.get(opened.stationId)?.evse.running?.opened.id === opened.id) continue;
      const lastRegister = registers.at(-1) ?? null;
      const heard_ms = lastRegister?.received_at_ms ?? opened.received_at_ms;
      if (now_ms - heard_ms <= SILENT_SESSION_MS) continue;
      this.#options.transaction(() => {
        this.#close(null, { do: "close", opened, lastRegister, stop: null, reason: "Lost", endedBy: "server" });
      });
    }
  }

  #isDue(state: StationState, effect: SessionEffect): boolean {
    if (effect.do !== "register") return true;
    const journaled_at_ms = state.context?.journaled_at_ms ?? null;
    if (journaled_at_ms === null) return true;
    const since = effect.sample.at_ms - journaled_at_ms;
    return since >= JOURNAL_EVERY_MS || since < 0;
  }

  #carryOut(state: StationState, effect: SessionEffect): void {
    const { stores } = this.#options;
    switch (effect.do) {
      case "open": {
        const tariff = stores.tariffs.at(effect.session.started_at_ms);
        if (tariff === null) throw new Error("a site always has a tariff");
        stores.sessions.open(effect.session, tariff.id);
        state.context = {
          tariff,
          customerName: this.#customerName(effect.session.idToken),
          journaled_at_ms: effect.session.start_Wh === null ? null : effect.session.started_at_ms,
        };
        return;
      }
      case "register":
        stores.sessions.addRegister(effect.sessionId, effect.sample);
        if (state.context !== null) state.context.journaled_at_ms = effect.sample.at_ms;
        return;
      case "activity":
        stores.sessions.addActivity(effect.sessionId, effect.at_ms, effect.activity);
        return;
      case "close":
        this.#close(state, effect);
        return;
      case "stray":
        this.#stray(state, effect.event);
        return;
    }
  }

  #close(state: StationState | null, effect: SessionEffect & { readonly do: "close" }): void {
    const { stores } = this.#options;
    const stored = stores.sessions.runningOne(effect.opened.id);
    if (stored === null) return;
    const { stationId, evseId, transactionId, idToken, start_Wh } = effect.opened;
    const box = this.#options.site.stations.get(stationId) ?? null;
    const last = effect.lastRegister;
    const proven = last !== null && (effect.stop === null || last.at_ms <= effect.stop.at_ms);
    if (proven) stores.sessions.addRegister(effect.opened.id, last);
    const previous = stores.sessions.lastClosed(stationId, evseId);
    const assessed = assess({
      opened: effect.opened,
      stop: effect.stop,
      registers: proven ? [...stored.registers, last] : stored.registers,
      activities: stored.activities,
      previousStop_Wh: previous?.stop_Wh ?? null,
      previousEnded_at_ms: previous?.ended_at_ms ?? null,
      ratedPower_W: box === null ? null : ratedPower_W(box, this.#options.site.model.identity.nominal_V),
      endedBy: effect.endedBy,
      registerKind: box?.reading?.notForBilling ?? null,
      startReplayed: isReplayed(effect.opened.started_at_ms, effect.opened.received_at_ms, box),
      stopReplayed: effect.stop !== null && isReplayed(effect.stop.at_ms, effect.stop.received_at_ms, box),
      // A start message always names a card and mostly a register; what we took up half-way has neither.
      startMissing: transactionId !== null && idToken === null && start_Wh === null,
    });
    const closed: ClosedSession = { ...effect.opened, endReason: effect.reason, endedBy: effect.endedBy, ...assessed };
    const priced = price(stored.tariff, {
      energy_Wh: closed.energy_Wh ?? wattHour(0),
      charging_ms: closed.charging_ms,
      parked_ms: closed.parked_ms,
    });
    const all: ClosedSession = {
      ...closed,
      flags: [...closed.flags, ...priced.flags],
      billable: closed.billable && priced.flags.every((flag) => flag.severity !== "B"),
    };
    if (!stores.sessions.close(all, closed.energy_Wh === null ? null : priced.cost)) return;
    if (state !== null) state.context = null;
    this.#options.onClosed(all);
  }

  /** Offline queues bring starts and stops of sessions that are over: they get sessions of their own, or are kept as evidence. */
  #stray(state: StationState, event: SessionEvent): void {
    const { stores } = this.#options;
    const { stationId, evseId } = state.evse;
    if (event.kind === "transaction-started") {
      const tariff = stores.tariffs.at(event.at_ms);
      if (tariff === null) return;
      stores.sessions.open(
        {
          id: sessionId(stationId, evseId, event.at_ms, event.transactionId),
          stationId,
          evseId,
          transactionId: event.transactionId,
          idToken: event.idToken,
          started_at_ms: event.at_ms,
          received_at_ms: event.received_at_ms,
          start_Wh: event.meterStart_Wh,
        },
        tariff.id,
      );
      return;
    }
    if ((event.kind === "transaction-stopped" || event.kind === "register") && event.transactionId !== null) {
      const known = stores.sessions.findByTransaction(stationId, event.transactionId);
      const running = known === null ? null : stores.sessions.runningOne(known.sessionId);
      if (running !== null && event.kind === "register") {
        stores.sessions.addRegister(running.opened.id, {
          at_ms: event.at_ms,
          received_at_ms: event.received_at_ms,
          register_Wh: event.register_Wh,
        });
        return;
      }
      if (running !== null && event.kind === "transaction-stopped") {
        const stop = {
          at_ms: event.at_ms,
          received_at_ms: event.received_at_ms,
          register_Wh: event.meterStop_Wh,
          idToken: event.idToken,
        };
        this.#close(null, {
          do: "close",
          opened: running.opened,
          lastRegister: null,
          stop,
          reason: event.reason,
          endedBy: "station",
        });
        return;
      }
    }
    stores.sessions.addStray({
      stationId,
      at_ms: event.at_ms,
      received_at_ms: event.received_at_ms,
      kind: event.kind,
      data: JSON.stringify(event),
    });
  }

  #customerName(idToken: string | null): string | null {
    return idToken === null ? null : this.#options.stores.customers.card(idToken).customerName;
  }
}

/** Ten per cent above the nameplate: mains voltage may be that much above nominal (EN 50160). */
const ratedPower_W = (state: StationState, nominal_V: number): Watt =>
  watt(Math.round((state.station.current_mA_max / 1000) * state.station.phaseCount * nominal_V * 1.1));

/** The box kept the message while it could not reach us, so a late receipt is no clock error. */
const isReplayed = (at_ms: EpochMs, received_at_ms: EpochMs, state: StationState | null): boolean =>
  at_ms < (state?.onlineSince_ms ?? received_at_ms);

/** OCPP status to what the car does; `null` when it says nothing about that. */
export function activityOf(status: string | null): Activity | null {
  switch (status) {
    case "Charging":
      return "charging";
    case "SuspendedEV":
    case "Finishing":
      return "suspended-ev";
    case "SuspendedEVSE":
      return "held-by-operator";
    default:
      return null;
  }
}
