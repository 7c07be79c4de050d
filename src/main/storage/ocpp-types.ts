import type { OcppFacts } from "../../contract/index.ts";
import type { EpochMs } from "../../core/units/index.ts";

/** A password as it is kept. */
export type PasswordHash = { readonly salt: Uint8Array; readonly hash: Uint8Array };

export interface OcppStore {
  /** What was last found out about one EVSE of a station. */
  facts(identity: string, connectorId: number): OcppFacts | null;
  saveFacts(identity: string, connectorId: number, facts: OcppFacts): void;
  /** Any of these lets the station in, newest first; none: it needs no password. */
  passwords(identity: string): readonly PasswordHash[];
  /** `keepBefore`: those before hold too, the oldest above all, until the station has come with the new one. `null`: no password any more. */
  setPassword(
    identity: string,
    password: PasswordHash | null,
    options: { readonly keepBefore: boolean; readonly at_ms: EpochMs },
  ): void;
  /** The station has come with its newest password: the one before is no longer good. */
  confirmPassword(identity: string): void;
  security(identity: string): OcppSecurity;
  /** Whether any station came by TLS when it came last. */
  anyEncrypted(): boolean;
  setRequiresTls(identity: string, requiresTls: boolean): void;
  /** Of many strangers the one that came longest ago makes room; what an owner demanded stays. */
  noteArrival(identity: string, arrival: OcppArrival): void;
}

/** How a station came in. `withPassword`: it was asked for one and had it. */
type OcppArrival = { readonly at_ms: EpochMs; readonly encrypted: boolean; readonly withPassword: boolean };
type OcppSecurity = {
  /** It is refused unless it comes by TLS. */
  readonly requiresTls: boolean;
  /** How it came last; `null`: it has not come since we note that. */
  readonly came: OcppArrival | null;
};
