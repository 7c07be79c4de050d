import { registersOf } from "../../protocol/modbus/index.ts";
import type { CommandFailure, FailSafe } from "../ports.ts";
import { decodeRegister, type DeviceProfile, type ProfileRegister } from "../profile/index.ts";
import { rawDown, writeRequest, type DeviceWire } from "./device-wire.ts";
import { failureOf } from "./limit-control.ts";
import type { StepValues } from "./profile-steps.ts";

const NOMINAL_V = 230;
const UNKNOWN: FailSafe = { kind: "unknown", current_mA: null, timeout_ms: null };

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
};

/**
 * Tells the box what to offer when it hears nothing and after which time, and reads both back. Registers are written
 * only when they differ, for many are flash, and never where the document is unsure of them. The time comes after the
 * current, so that no watchdog starts with a current nobody chose.
 */
export async function setUpFailSafe(context: FailSafeContext): Promise<FailSafeSetup | CommandFailure> {
  const { failsafe } = context.profile;
  if (failsafe === undefined || failsafe.feed === "none" || failsafe.feed === "unknown")
    return { failSafe: UNKNOWN, refused: [] };
  const { values, phases } = context;
  const targets: readonly (readonly [Watched | undefined, number | null])[] = [
    [failsafe.current, within(failsafe.current, values.failsafe_A)],
    [failsafe.power, values.failsafe_A * NOMINAL_V * phases],
    [failsafe.phases, failsafe.phases?.default ?? null],
    [failsafe.timeout, timeoutCode(failsafe.timeout, values.timeout_s)],
    [failsafe.enabled, 1],
  ];
  const refused: string[] = [];
  const held = new Map<Watched, number | null>();
  for (const [watched, wanted] of targets) {
    if (watched === undefined) continue;
    const result = await settle(context, watched, wanted);
    if (result.kind === "failed") return result.failure;
    if (result.kind === "refused") refused.push(result.detail);
    else held.set(watched, result.value);
  }
  return { failSafe: judge(context, failsafe, held), refused };
}

/** `0` stays 0: an error or a pause; else what the box can hold. */
const within = (watched: Watched | undefined, value_A: number): number =>
  value_A === 0 ? 0 : Math.min(Math.max(value_A, watched?.min ?? 0), watched?.max ?? Infinity);

/** The longest of the box's own choices that is not longer than wanted, or its shortest. */
function timeoutCode(watched: Watched | undefined, timeout_s: number): number {
  const choices = Object.entries(watched?.codes ?? {}).toSorted(([, a], [, b]) => a - b);
  const fitting = choices.findLast(([, seconds]) => seconds <= timeout_s) ?? choices[0];
  return fitting === undefined ? timeout_s : Number(fitting[0]);
}

function judge(context: FailSafeContext, failsafe: Failsafe, held: ReadonlyMap<Watched, number | null>): FailSafe {
  const shown = (watched: Watched | undefined, unit: number): number | null => {
    if (watched === undefined) return null;
    const value = watched.read === undefined ? held.get(watched) : undefined;
    if (watched.read !== undefined) return context.get(watched.read);
    return value === undefined || value === null ? null : Math.round(value * unit);
  };
  const power_W = shown(failsafe.power, 1);
  const current_mA =
    shown(failsafe.current, 1000) ??
    (power_W === null ? null : Math.round((power_W * 1000) / (NOMINAL_V * context.phases)));
  const code = held.get(failsafe.timeout ?? {}) ?? null;
  const seconds =
    failsafe.timeout?.read === undefined
      ? (failsafe.timeout?.codes?.[String(code)] ?? code)
      : context.get(failsafe.timeout.read);
  const timeout_ms = seconds === null ? null : Math.round(seconds * 1000);
  if (failsafe.on_expiry === "maximum") return { kind: "unsafe", current_mA: null, timeout_ms };
  if (current_mA === null) return { ...UNKNOWN, timeout_ms };
  // More than the site reckons with may not be relied on.
  const isSafe = current_mA <= Math.round(context.values.failsafe_A * 1000);
  return { kind: isSafe ? "known" : "unsafe", current_mA, timeout_ms };
}

type Settled =
  | { readonly kind: "held"; readonly value: number | null }
  | { readonly kind: "refused"; readonly detail: string }
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
      ? { kind: "refused", detail: `register ${String(address)}: exception ${String(reply.exception)}` }
      : { kind: "failed", failure: failureOf(reply) };
  const after = await look(context, watched);
  // Where nothing can be read, what was accepted is what is known.
  const canBeRead = watched.fc !== undefined && watched.address !== undefined;
  return after.kind === "held" && !canBeRead ? { kind: "held", value: wanted } : after;
}

/** What the box holds now; `null` where that cannot be read. */
async function look(context: FailSafeContext, watched: Watched): Promise<Settled> {
  const { fc, address, type = "u16", scale } = watched;
  if (fc === undefined || address === undefined || watched.read !== undefined) return { kind: "held", value: null };
  const read_type = watched.read_type ?? type;
  const reply = await context.wire.ask({ fc, address, count: registersOf(read_type) }, "identity");
  if (!reply.ok)
    return reply.code === "exception" ? { kind: "held", value: null } : { kind: "failed", failure: failureOf(reply) };
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
