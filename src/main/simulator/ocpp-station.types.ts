import type { WattHour } from "../../core/units/index.ts";
import type { ChargingStatus, Clock, StopReason } from "../devices/ports.ts";
import type { Beyond } from "./ocpp-beyond.ts";
import type { ChargingProfile, InstalledProfile, ProfileContext } from "./charging-profiles.ts";
import type { Configuration } from "./ocpp-configuration.ts";
import type { Quirks } from "./personalities.ts";

export type OcppStationOptions = {
  readonly identity: string;
  /** OCPP it speaks; 1.6 when left out. */
  readonly version?: "1.6" | "2.0.1";
  /** What it presents when it dials in (HTTP Basic); nothing when left out. */
  readonly password?: string;
  readonly clock: Clock;
  readonly phases: 1 | 2 | 3;
  readonly current_mA_max: number;
  /** What the installer set for times without any charging profile. */
  readonly unmanaged_mA: number;
  readonly register_Wh: WattHour;
  readonly vendor?: string;
  readonly model?: string;
  readonly firmware?: string;
  /** Sends every start and stop twice, as some boxes do after a lost answer. */
  readonly duplicates?: boolean;
  /** Where it leaves the standard. */
  readonly quirks?: Quirks;
  /** Refuses every change of its configuration. */
  readonly rude?: boolean;
};

export type Transaction = {
  /** 1.6: `null` until the server has answered the start. */
  id: number | null;
  /** 2.0.1: the box's own name of it. */
  readonly name: string;
  /** 2.0.1: number of its next message. */
  seqNo: number;
  /** 2.0.1: the request that started it. */
  readonly remoteStartId: number | null;
  readonly idToken: string;
  /** The reservation it used up. */
  readonly reservationId: number | null;
  readonly started_at_ms: number;
  readonly meterStart_Wh: WattHour;
};

export type OcppSnapshot = {
  readonly identity: string;
  readonly connected: boolean;
  readonly accepted: boolean;
  readonly status: ChargingStatus;
  readonly errorCode: string | null;
  readonly plugged: boolean;
  readonly transaction: Readonly<Transaction> | null;
  readonly offered_mA: number;
  readonly profiles: readonly InstalledProfile[];
  readonly waitingMessages: number;
  readonly register_Wh: WattHour;
};

/** What the server's requests may do with a station. */
export interface RequestedStation {
  readonly options: Pick<OcppStationOptions, "clock" | "unmanaged_mA" | "current_mA_max" | "quirks" | "rude">;
  readonly configuration: Configuration;
  readonly beyond: Beyond;
  readonly transaction: Readonly<Transaction> | null;
  profiles: readonly InstalledProfile[];
  operative: boolean;
  context(): ProfileContext;
  profilesChanged(): void;
  remoteStart(idToken: string, profile: ChargingProfile | null, remoteStartId?: number): boolean;
  endTransaction(reason: StopReason): void;
  reboot(reason: "SoftReset" | "HardReset"): void;
  bootNow(): void;
  tellStatusAgain(): void;
  sampleNow(): void;
  /** Runs `work` after so much clock time, at the next tick from then. */
  later(delay_ms: number, work: () => void): void;
  say(method: string, params: object): void;
  timestamp(): string;
  /** Takes it for the next dial, which follows at once. */
  newPassword(password: string): void;
}
