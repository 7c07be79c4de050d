import type { ChargingStatus, StopReason } from "../devices/ports.ts";
import { compositeLimit_mA, installProfile } from "./charging-profiles.ts";
import type { ChargingProfile, InstalledProfile, ProfileContext } from "./charging-profiles.ts";
import { type Beyond, type BeyondBox, createBeyond } from "./ocpp-beyond.ts";
import { createDeferred } from "./deferred.ts";
import { createEvse, type Evse, type PlugIn } from "./evse.ts";
import { createConfiguration, type Configuration } from "./ocpp-configuration.ts";
import { createOcppLink, type OcppLink } from "./ocpp-link.ts";
import { createSampler, type MeterValue, type Sampler } from "./ocpp-meter-values.ts";
import { createOutbox, type Outbox, type OutboxMessage } from "./ocpp-outbox.ts";
import { createDialect16 } from "./ocpp-dialect-16.ts";
import { createDialect201 } from "./ocpp-dialect-201.ts";
import type { BootCause, Dialect, SpokenBox } from "./ocpp-dialect.ts";
import { BOOT_RETRY_s, bootReply, stationTime } from "./ocpp-wire.ts";
import type { Quirks } from "./personalities.ts";
import type { OcppSnapshot, OcppStationOptions, RequestedStation, Transaction } from "./ocpp-station.types.ts";

/** Clock milliseconds from plugging in to the card at the reader. */
const CARD_ms = 1500;
const REBOOT_ms = 4000;
const REBOOT_AFTER_ANSWER_ms = 500;
/** The composite limit is looked at again this often: schedules are in seconds. */
const OFFER_ms = 1000;

/** A simulated OCPP station of 1.6J or 2.0.1 with one connector. The world calls `tick` as time goes on. */
export class OcppStation implements RequestedStation, SpokenBox, BeyondBox {
  readonly evse: Evse;
  readonly configuration: Configuration;
  readonly options: OcppStationOptions;
  readonly beyond: Beyond = createBeyond(this);
  profiles: readonly InstalledProfile[] = [];
  operative = true;
  readonly #dialect: Dialect;
  #outbox: Outbox;
  #sampler: Sampler;
  #link: OcppLink | null = null;
  #url: string | null = null;
  #accepted = false;
  #transaction: Transaction | null = null;
  /** The car is still there but its transaction is over. */
  #finished = false;
  /** A token that may start as soon as a car is there. */
  #armed: { idToken: string; until_ms: number } | null = null;
  /** Limit that came with the remote start; it belongs to the transaction that follows. */
  #startProfile: ChargingProfile | null = null;
  #remoteStartId: number | null = null;
  #password: string | null;
  #bootCause: BootCause = "PowerUp";
  #fault: string | null = null;
  #started = 0;
  #sentStatus: string | null = null;
  readonly #deferred = createDeferred();
  #nextOffer_ms = 0;
  #nextHeartbeat_ms = Infinity;

  constructor(options: OcppStationOptions) {
    this.options = options;
    this.evse = createEvse(options);
    this.configuration = createConfiguration(options.rude ?? false, options.quirks?.onlyUnit ?? null);
    this.#sampler = createSampler({
      evse: this.evse,
      configuration: this.configuration,
      phases: options.phases,
      timestamp: () => this.timestamp(),
      emit: (sample) => {
        this.#sampled(sample);
      },
    });
    this.#outbox = createOutbox(
      (method, params) =>
        this.#link === null || !this.#accepted ? Promise.resolve({ kind: "lost" }) : this.#link.call(method, params),
      { newestFirst: this.#quirks.newestFirst ?? false },
    );
    this.#password = options.password ?? null;
    this.#dialect = options.version === "2.0.1" ? createDialect201(this) : createDialect16(this);
  }

  /** Keeps dialling `ocppUrl` + "/" + identity; another url replaces it. On wss:// it trusts only `ca` (PEM), if given. */
  connect(ocppUrl: string, ca?: string): void {
    if (this.#link !== null && this.#url !== ocppUrl) {
      void this.#link.cut();
      this.#link = null;
    }
    this.#url = ocppUrl;
    this.#link ??= createOcppLink({
      url: ocppUrl,
      identity: this.options.identity,
      protocols: this.#dialect.protocols,
      ...(ca === undefined ? {} : { ca }),
      password: () => this.#password,
      onOpen: () => {
        if (this.#accepted) this.#resume();
        else void this.#boot(this.#bootCause);
      },
      onDown: () => {
        this.#sentStatus = null;
      },
      handle: (method, params) => this.#dialect.answer(method, params),
    });
    this.#link.open();
  }

  /** Breaks the connection; the transaction goes on and its messages wait. */
  cut(): Promise<void> {
    return this.#link?.cut() ?? Promise.resolve();
  }

  restore(): void {
    this.#link?.open();
  }

  async close(): Promise<void> {
    const link = this.#link;
    this.#link = null;
    await link?.cut();
  }

  /** Plugs a car in; a driver with a card holds it to the reader a moment later, without one the server must start. */
  plugIn(car: PlugIn, idToken: string | null): void {
    this.evse.plugIn(car);
    this.#finished = false;
    if (this.#armed !== null && this.#armed.until_ms > this.#now_ms)
      void this.#authorizeAndStart(this.#armed.idToken, false);
    else if (idToken !== null && this.#quirks.needsRemoteStart !== true)
      this.later(CARD_ms, () => void this.#authorizeAndStart(idToken, true));
    this.#armed = null;
  }

  /** Takes the car away; ends its transaction. */
  unplug(): void {
    if (this.#transaction !== null) this.endTransaction("EVDisconnected");
    this.evse.unplug();
    this.#finished = false;
  }

  /** An OCPP 1.6 error code puts the box out of order until `null`; a transaction survives it without current. */
  setFault(code: string | null): void {
    this.#fault = code;
    this.#nextOffer_ms = 0;
  }

  /** Moves the station on to `now_ms`: what it offers and what it has to say. */
  tick(now_ms: number): void {
    if (this.#armed !== null && this.#armed.until_ms <= now_ms) this.#armed = null;
    this.#deferred.run(now_ms);
    if (now_ms >= this.#nextOffer_ms) {
      this.#nextOffer_ms = now_ms + OFFER_ms;
      this.evse.offer(this.limitNow_mA(now_ms));
    }
    this.#sampler.tick(now_ms);
    this.#dialect.moved();
    if (this.#link === null || !this.#accepted || !this.#link.connected) return;
    this.#tellStatus();
    if (now_ms >= this.#nextHeartbeat_ms) {
      this.#nextHeartbeat_ms = now_ms + 1000 * Math.max(1, this.configuration.seconds("HeartbeatInterval"));
      this.say("Heartbeat", {});
    }
  }

  /** What the box may offer per phase: 0 without a transaction. */
  limitNow_mA(now_ms: number): number {
    if (this.#transaction === null || this.#fault !== null) return 0;
    return Math.min(
      this.options.current_mA_max,
      compositeLimit_mA(this.profiles, now_ms, this.context()) ?? this.options.unmanaged_mA,
    );
  }

  context(): ProfileContext {
    return { connectorId: 1, transaction: this.#transaction, phases: this.options.phases, voltage_V: 230 };
  }

  get status(): ChargingStatus {
    if (this.#fault !== null) return "Faulted";
    if (!this.operative && this.#transaction === null) return "Unavailable";
    if (!this.evse.plugged && this.beyond.isReserved()) return "Reserved";
    if (!this.evse.plugged) return this.#armed === null ? "Available" : "Preparing";
    if (this.#transaction === null) return this.#finished ? "Finishing" : "Preparing";
    if (this.evse.offered_mA === 0) return "SuspendedEVSE";
    return this.evse.carMode === "full" || this.evse.carMode === "pausing" ? "SuspendedEV" : "Charging";
  }

  get errorCode(): string {
    return this.#fault ?? "NoError";
  }

  get isBusy(): boolean {
    return this.evse.plugged || this.#fault !== null || !this.operative;
  }

  get transaction(): Transaction | null {
    return this.#transaction;
  }

  get isOnline(): boolean {
    return this.#accepted && this.#link?.connected === true;
  }

  snapshot(): OcppSnapshot {
    return {
      identity: this.options.identity,
      connected: this.#link?.connected ?? false,
      accepted: this.#accepted,
      status: this.status,
      errorCode: this.#fault,
      plugged: this.evse.plugged,
      transaction: this.#transaction === null ? null : { ...this.#transaction },
      offered_mA: this.evse.offered_mA,
      profiles: this.profiles,
      waitingMessages: this.#outbox.waiting,
      register_Wh: this.evse.register_Wh,
    };
  }

  /** Remote start: at once when a car waits, else as soon as one comes within ConnectionTimeOut. */
  remoteStart(idToken: string, profile: ChargingProfile | null, remoteStartId: number | null = null): boolean {
    if (this.#transaction !== null || this.#fault !== null || !this.operative) return false;
    this.#startProfile = profile;
    this.#remoteStartId = remoteStartId;
    const ask = this.configuration.isTrue("AuthorizeRemoteTxRequests");
    if (this.evse.plugged) this.later(0, () => void this.#authorizeAndStart(idToken, ask));
    else this.#armed = { idToken, until_ms: this.#now_ms + 1000 * this.configuration.seconds("ConnectionTimeOut") };
    return true;
  }

  endTransaction(reason: StopReason): void {
    const ended = this.#transaction;
    if (ended === null) return;
    this.#transaction = null;
    this.#finished = true;
    this.#sampler.stop();
    this.#nextOffer_ms = 0;
    this.evse.offer(0);
    this.profiles = this.profiles.filter((one) => one.profile.chargingProfilePurpose !== "TxProfile");
    const message = this.#dialect.ended(ended, reason);
    const { lateStop_ms } = this.#quirks;
    if (lateStop_ms === undefined) this.#send(message);
    else
      this.later(lateStop_ms, () => {
        this.#send(message);
      });
  }

  /** Reboots after the answer has gone out; what is queued survives, as on a box with flash memory. */
  reboot(reason: "SoftReset" | "HardReset"): void {
    this.later(REBOOT_AFTER_ANSWER_ms, () => {
      this.endTransaction(reason);
      this.#accepted = this.#quirks.noBootAfterRestart === true;
      this.#bootCause = "RemoteReset";
      this.#finished = false;
      const link = this.#link;
      void link?.cut();
      this.later(REBOOT_ms, () => link?.open());
    });
  }

  profilesChanged(): void {
    this.#nextOffer_ms = 0;
  }

  bootNow(): void {
    void this.#boot("Triggered");
  }

  /** Dials again with it, after the answer has gone out. */
  newPassword(password: string): void {
    this.#password = password;
    this.later(REBOOT_AFTER_ANSWER_ms, () => {
      void this.#link?.cut();
      this.#link?.open();
    });
  }

  queue(message: OutboxMessage): void {
    this.#outbox.push(message);
  }

  tellStatusAgain(): void {
    this.#sentStatus = null;
  }

  /** A sample out of turn, inside the transaction when there is one. */
  sampleNow(): void {
    this.#sampler.now("Trigger");
  }

  /** Runs `work` after so much clock time, at the next tick from then. */
  later(delay_ms: number, work: () => void): void {
    this.#deferred.add(this.#now_ms + delay_ms, work);
  }

  /** A message whose loss does not matter. */
  say(method: string, params: object): void {
    void this.#link?.call(method, params);
  }

  timestamp(): string {
    return stationTime(this.#now_ms, this.#quirks);
  }

  get #quirks(): Quirks {
    return this.options.quirks ?? {};
  }

  get #now_ms(): number {
    return this.options.clock.now_ms();
  }

  async #boot(cause: BootCause): Promise<void> {
    const { method, params } = this.#dialect.boot(cause);
    const outcome = await this.#link?.call(method, params);
    const reply = outcome?.kind === "answered" ? bootReply.safeParse(outcome.reply) : null;
    if (reply?.success === true && reply.data.status === "Accepted") {
      this.#accepted = true;
      if (reply.data.interval > 0)
        this.configuration.change("HeartbeatInterval", String(Math.round(reply.data.interval)));
      const greeting = this.#dialect.greeting();
      if (greeting !== null) this.#tell(greeting);
      this.#resume();
      return;
    }
    const interval_s = reply?.success === true && reply.data.interval > 0 ? reply.data.interval : BOOT_RETRY_s;
    this.later(interval_s * 1000, () => {
      if (this.#link?.connected === true && !this.#accepted) void this.#boot(cause);
    });
  }

  #resume(): void {
    this.#nextHeartbeat_ms = this.#now_ms + 1000 * Math.max(1, this.configuration.seconds("HeartbeatInterval"));
    this.#sentStatus = null;
    void this.#outbox.flush();
  }

  #tellStatus(): void {
    const now = `${this.status} ${this.errorCode}`;
    if (now === this.#sentStatus) return;
    this.#sentStatus = now;
    this.#tell(this.#dialect.status());
  }

  #tell({ method, params }: { readonly method: string; readonly params: object }): void {
    this.say(method, params);
  }

  async #authorizeAndStart(idToken: string, ask: boolean): Promise<void> {
    if (ask) {
      const { method, params } = this.#dialect.authorize(idToken);
      const outcome = this.#accepted ? await this.#link?.call(method, params) : { kind: "lost" as const };
      if (outcome?.kind === "answered") {
        if (!this.#dialect.isAccepted(outcome.reply)) return;
      } else if (!this.configuration.isTrue("AllowOfflineTxForUnknownId")) return;
    }
    if (this.#transaction !== null || this.#fault !== null || !this.operative) return;
    if (!this.evse.plugged || !this.beyond.admits(idToken)) return;
    this.#start(idToken);
  }

  #start(idToken: string): void {
    const now_ms = this.#now_ms;
    this.#started += 1;
    const transaction: Transaction = {
      id: null,
      name: `${this.options.identity.slice(0, 16)}-${String(now_ms)}-${String(this.#started)}`.slice(-36),
      seqNo: 0,
      remoteStartId: this.#remoteStartId,
      idToken,
      reservationId: this.beyond.use(idToken),
      started_at_ms: now_ms,
      meterStart_Wh: this.evse.register_Wh,
    };
    this.#remoteStartId = null;
    this.#transaction = transaction;
    this.#finished = false;
    this.#nextOffer_ms = 0;
    if (this.#startProfile !== null) {
      const reply = installProfile(this.profiles, 1, this.#startProfile, this.context());
      if (reply.ok) this.profiles = reply.installed;
      this.#startProfile = null;
    }
    this.#sampler.start(now_ms);
    this.#send(
      this.#dialect.started(transaction, () => {
        if (this.configuration.isTrue("StopTransactionOnInvalidId") && this.#transaction === transaction)
          this.endTransaction("DeAuthorized");
      }),
    );
  }

  #send(message: OutboxMessage): void {
    const { onReply: _onReply, ...again } = message;
    this.#outbox.push(message);
    if (this.options.duplicates === true) this.#outbox.push(again);
  }

  /** Inside a transaction a sample waits for a link; outside it is only worth telling now. */
  #sampled(sample: MeterValue): void {
    if (this.#transaction !== null) this.#outbox.push(this.#dialect.sampled(this.#transaction, sample));
    else this.#tell(this.#dialect.alone(sample));
  }
}
