/** What can go wrong with answers and telegrams while it is switched on. Times are real milliseconds. */
export type NetworkFault =
  | { readonly kind: "drop" }
  | { readonly kind: "delay"; readonly delay_ms: number }
  | { readonly kind: "half" }
  | { readonly kind: "garbage" }
  | { readonly kind: "status-500" }
  | { readonly kind: "wrong-auth" }
  /** More than anybody should read. */
  | { readonly kind: "endless" }
  /** Takes every order and does nothing. */
  | { readonly kind: "deaf" };

export interface NetworkFaultSwitch {
  /** In force until another one is set; `null`: all is well. */
  current: NetworkFault | null;
}

/** Bytes that are no telegram of anybody. */
export const GARBAGE = Uint8Array.from({ length: 97 }, (_, i) => (i * 73 + 41) & 0xff);
