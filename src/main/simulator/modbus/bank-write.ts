import type { CanonicalValue, DeviceProfile } from "../../devices/profile/index.ts";

/** What a client's write means in our words. */
export type BankWrite =
  | { readonly kind: "set-current"; readonly current_mA: number }
  | { readonly kind: "fallback-current"; readonly current_mA: number }
  | { readonly kind: "watchdog-timeout"; readonly timeout_ms: number }
  | { readonly kind: "enable"; readonly on: boolean }
  | { readonly kind: "phases"; readonly phases: number }
  /** Nobody has spoken to the box for its watchdog's time: it now offers its fallback. */
  | { readonly kind: "watchdog-expired"; readonly current_mA: number }
  | { readonly kind: "raw"; readonly address: number; readonly values: readonly number[] };

export type ProfileBankOptions = {
  readonly profile: DeviceProfile;
  /**
   * What the device measures, by the profile's `what` names and in our units (mA, mV, W, Wh); the state as one of the
   * canonical words. `undefined`: the bank answers from what was written to it, or "no value".
   */
  readonly values: (what: string) => CanonicalValue | undefined;
  readonly onWrite: (write: BankWrite) => void;
  /** The app's clock; watchdogs run on it. */
  readonly now_ms: () => number;
  /** Set in the box by its installer: where the profile has no register for it. */
  readonly fallback_mA?: number;
  readonly timeout_ms?: number;
};
