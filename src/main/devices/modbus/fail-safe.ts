import { registersOf } from "../../protocol/modbus/index.ts";
import type { CommandFailure, FailSafe } from "../ports.ts";
import { decodeRegister, type DeviceProfile, type ProfileRegister } from "../profile/index.ts";
import { rawDown, writeRequest, type DeviceWire } from "./device-wire.ts";
import { failureOf } from "./limit-control.ts";
import { isBusy, type StepValues } from "./profile-steps.ts";

const NOMINAL_V = 230;
/** A box that was not asked yet. */
export const NOT_ASKED: FailSafe = { kind: "unknown", current_mA: null, timeout_ms: null, doubt: "not-asked" };

type Failsafe = NonNullable<DeviceProfile["failsafe"]>;
type Watched = NonNullable<Failsafe["timeout"]>;

export type FailSafeContext = {
  readonly profile: DeviceProfile;
  readonly wire: Pick<DeviceWire, "ask">;
  readonly values: StepValues;
  /** Phases the box is wired to; a fallback in watts is shared among them. */
  readonly phases: 1 | 2 | 3;
  /** A value of the profile, in our units. */
  readonly get: (what: string) => number | null;
};

export type FailSafeSetup = {
  readonly failSafe: FailSafe;
  /** Settings the box did not take. */
  readonly refused: readonly string[];
  /** One of them only because it was busy: it may take it in a moment. */
  readonly wasBusy: boolean;
};

/**
 * Tells the box what to offer when it hears nothing and after which time, and reads both back. Registers are written
 * only when they differ, for many are flash, and never where the document is unsure of them. The time comes after the
 * current, so that no watchdog starts with a current nobody chose.
 */
export async function setUpFailSafe(context: FailSafeContext): Promise<FailSafeSetup | CommandFailure> {
  const { failsafe } = context.profile;
  const feed = failsafe?.feed ?? "unknown";
  if (failsafe === undefined || feed === "none" || feed === "unknown")
    return { failSafe: withoutGuard(feed === "none" ? "none" : "unknown"), refused: [], wasBusy: false };
  const { values, phases } = context;
  const targets: readonly (readonly [Watched | undefined, number | null])[] = [
    [failsafe.current, within(failsafe.current, values.failsafe_A)],
    [failsafe.power, values.failsafe_A * NOMINAL_V * phases],
    [failsafe.phases, failsafe.phases?.default ?? null],
    [failsafe.timeout, timeoutCode(failsafe.timeout, values.timeout_s)],
    [failsafe.enabled, 1],
  ];
  const refused: string[] = [];
  let wasBusy = false;
  const held = new Map<Watched, Held>();
  for (const [watched, wanted] of targets) {
    if (watched === undefined) continue;
    const result = await settle(context, watched, wanted);
    if (result.kind === "failed") return result.failure;
    if (result.refused !== undefined) refused.push(result.refused);
    if (result.wasBusy === true) wasBusy = true;
    held.set(watched, result);
  }
  return { failSafe: judge(context, failsafe, held), refused, wasBusy };
}

/** A box whose profile names nothing that could be set: whether it has no guard, or nobody knows of one. */
export const withoutGuard = (feed: "none" | "unknown"): FailSafe => ({
  kind: "unknown",
  current_mA: null,
  timeout_ms: null,
  doubt: feed === "none" ? "no-guard" : "not-documented",
});

/** `0` stays 0: an error or a pause; else what the box can hold. */
const within = (watched: Watched | undefined, value_A: number): number =>
  value_A === 0 ? 0 : Math.min(Math.max(value_A, watched?.min ?? 0), watched?.max ?? Infinity);

/** The longest of the box's own choices that is not longer than wanted, or its shortest. */
function timeoutCode(watched: Watched | undefined, timeout_s: number): number {
  const choices = Object.entries(watched?.codes ?? {}).toSorted(([, a], [, b]) => a - b);
  const fitting = choices.findLast(([, seconds]) => seconds <= timeout_s) ?? choices[0];
  return fitting === undefined ? timeout_s : Number(fitting[0]);
}

function judge(context: FailSafeContext, failsafe: Failsafe, held: ReadonlyMap<Watched, Held>): FailSafe {
  const { timeout, enabled } = failsafe;
  const current_mA = shownCurrent_mA(context, failsafe, held);
  const timeout_ms = shownTimeout_ms(context, failsafe, held);
  const fed = failsafe.feed === "any_request" ? { fedByAsking: true as const } : {};
  const isOff =
    (enabled !== undefined && held.get(enabled)?.value === 0) || (timeout_ms === 0 && (timeout?.off ?? 0) === 0);
  if (isOff) return { kind: "unknown", current_mA, timeout_ms: null, doubt: "switched-off" };
  const promised_mA = Math.round(context.values.failsafe_A * 1000);
  const goesUp = failsafe.on_expiry === "maximum" || (failsafe.current?.default ?? 0) * 1000 > promised_mA;
  // A box that by its nature goes up is believed when it shows that it will not, and by nothing else.
  if (goesUp && (current_mA === null || (failsafe.on_expiry === "maximum" && current_mA > promised_mA)))
    return { kind: "unsafe", current_mA: null, timeout_ms, doubt: "expires-up", ...fed };
  if (current_mA === null) return { kind: "unknown", current_mA, timeout_ms, doubt: "not-readable", ...fed };
  return current_mA <= promised_mA
    ? { kind: "known", current_mA, timeout_ms, ...fed }
    : { kind: "unsafe", current_mA, timeout_ms, doubt: "more-than-promised", ...fed };
}

/** As the box itself shows it, the higher of what its current and its power allow; `null` where it shows nothing. */
function shownCurrent_mA(
  context: FailSafeContext,
  { current, power }: Failsafe,
  held: ReadonlyMap<Watched, Held>,
): number | null {
  const own = current?.read === undefined ? scaled(current, held, 1_000) : context.get(current.read);
  if (own !== null) return own;
  const power_W = scaled(power, held, 1);
  return power_W === null ? null : Math.round((power_W * 1_000) / (NOMINAL_V * context.phases));
}

/** `null` where the box does not show it, or shows what is left of it instead of all of it. */
function shownTimeout_ms(
  context: FailSafeContext,
  { timeout, heartbeat }: Failsafe,
  held: ReadonlyMap<Watched, Held>,
): number | null {
  if (timeout === undefined) {
    const { must_be_below_s, unverified } = heartbeat ?? {};
    return must_be_below_s === undefined || unverified === true ? null : must_be_below_s * 1_000;
  }
  if (timeout.unverified === true) return null;
  const shown = timeout.read === undefined ? (held.get(timeout)?.value ?? null) : context.get(timeout.read);
  const seconds = shown === null ? null : (timeout.codes?.[String(shown)] ?? shown);
  return seconds === null ? null : Math.round(seconds * 1_000);
}

/** Only what was read counts: a box may accept a value and keep another. */
const scaled = (watched: Watched | undefined, held: ReadonlyMap<Watched, Held>, unit: number): number | null => {
  const found = watched === undefined ? undefined : held.get(watched);
  const value = found?.value ?? null;
  return value === null ? null : Math.round(value * unit);
};

/** What the box shows of a setting; `null` where it shows nothing. */
type Held = { readonly value: number | null };
type Settled =
  | ({ readonly kind: "held"; readonly refused?: string; readonly wasBusy?: boolean } & Held)
  | { readonly kind: "failed"; readonly failure: CommandFailure };

async function settle(context: FailSafeContext, watched: Watched, wanted: number | null): Promise<Settled> {
  const before = await look(context, watched);
  if (before.kind !== "held") return before;
  const address = watched.write_address ?? watched.address;
  const { write_fc, type = "u16", scale = 1 } = watched;
  if (wanted === null || write_fc === undefined || address === undefined || watched.unverified === true) return before;
  const isThere = before.value !== null && rawDown(before.value, scale) === rawDown(wanted, scale);
  if (isThere) return before;
  const request = writeRequest(context.profile, { fc: write_fc, address, type, scale }, wanted);
  const reply = await context.wire.ask(request, "identity");
  if (!reply.ok)
    return reply.code === "exception"
      ? {
          ...before,
          refused: `register ${String(address)}: exception ${String(reply.exception)}`,
          wasBusy: isBusy(reply.exception),
        }
      : { kind: "failed", failure: failureOf(reply) };
  return look(context, watched);
}

/** What the box holds now; `null` where that cannot be read. */
async function look(context: FailSafeContext, watched: Watched): Promise<Settled> {
  const { fc, address, type = "u16", scale } = watched;
  if (fc === undefined || address === undefined || watched.read !== undefined) return { kind: "held", value: null };
  const read_type = watched.read_type ?? type;
  const reply = await context.wire.ask({ fc, address, count: registersOf(read_type) }, "identity");
  if (!reply.ok)
    return reply.code === "exception"
      ? { kind: "held", value: null, wasBusy: isBusy(reply.exception) }
      : { kind: "failed", failure: failureOf(reply) };
  const words = reply.reply.kind === "registers" ? reply.reply.registers : [];
  const register: ProfileRegister = {
    what: ["fail-safe"],
    fc,
    address,
    type: read_type,
    poll: "once",
    ...(scale === undefined ? {} : { scale }),
  };
  const value = decodeRegister(context.profile, register, words);
  return { kind: "held", value: typeof value === "number" ? value : null };
}
