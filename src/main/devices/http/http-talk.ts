import { withoutGuard } from "../modbus/fail-safe.ts";
import type { CommandFailure, FailSafe } from "../ports.ts";
import { unsureControls } from "../profile/index.ts";
import type { HttpReply } from "../../links/http-peer.ts";
import type { MeterTalk } from "../network/polled-meter.ts";
import type { LimitTalk, StationTalk } from "../network/station-talk.ts";
import type { Values } from "../network/values.ts";
import { fillRequest, type Fillings, type RequestTemplate } from "./fill-request.ts";
import { httpPhases } from "./http-phases.ts";
import { baseOf, readHttp, unitFillings, type HttpDevice } from "./http-reader.ts";

const PERIOD_ms = 1_000;
/** Real milliseconds where the profile says nothing. */
export const HTTP_TIMEOUT_ms = 3_000;
/** A watchdog is fed twice in its time. */
const BEATS_PER_TIME = 2;

const periodOf = ({ profile }: HttpDevice): number => Math.max(PERIOD_ms, profile.limits.min_poll_ms ?? 0);

/** A meter read over HTTP. */
export const httpMeter = (device: HttpDevice): MeterTalk => ({
  period_ms: periodOf(device),
  timeout_ms: device.profile.limits.timeout_ms ?? HTTP_TIMEOUT_ms,
  find: () => Promise.resolve("answered"),
  read: () => readHttp(device, false),
  counters: device.host.peer.counters,
});

/** A charger read and told over HTTP. */
export function httpStation(device: HttpDevice): StationTalk {
  const { profile } = device;
  const { heartbeat } = profile.failsafe ?? {};
  const unsure = unsureControls(profile);
  /** What the box showed last. */
  let shown: Values = new Map();
  return {
    profile,
    period_ms: periodOf(device),
    timeout_ms: profile.limits.timeout_ms ?? HTTP_TIMEOUT_ms,
    async read(fresh) {
      const outcome = await readHttp(device, fresh);
      if (outcome.kind === "values") shown = outcome.values;
      return outcome;
    },
    async setUp() {
      const refused: string[] = [];
      for (const { http } of profile.control?.init ?? []) {
        const failure = await order(device, http, {});
        if (failure?.retry === true) return { kind: "missed" };
        if (failure !== null) refused.push(`${http.path}: ${failure.detail}`);
      }
      return { kind: "done", refused };
    },
    limits: limitTalk(device, (what) => shown.has(what)),
    heartbeat:
      heartbeat === undefined
        ? null
        : {
            period_ms: (heartbeat.every_s * 1_000) / BEATS_PER_TIME,
            beat: () => order(device, heartbeat, {}),
          },
    phases: unsure.includes("phases") ? null : httpPhases(profile, (template) => exchange(device, template, {})),
    wakeUp: unsure.includes("wakeup") ? null : wakeUpOf(device),
    unsure,
    failSafe: () => failSafeOf(device),
    counters: device.host.peer.counters,
  };
}

/** None of these boxes shows what it does without us, not even the one that wants a heartbeat. */
function failSafeOf({ profile: { failsafe } }: HttpDevice): FailSafe {
  const { feed = "unknown", heartbeat } = failsafe ?? {};
  if (heartbeat === undefined) return withoutGuard(feed === "none" ? "none" : "unknown");
  return { kind: "unknown", current_mA: null, timeout_ms: heartbeat.every_s * 1_000, doubt: "not-readable" };
}

function wakeUpOf(device: HttpDevice): (() => Promise<CommandFailure | null>) | null {
  const steps = device.profile.control?.wakeup;
  if (steps === undefined) return null;
  return async () => {
    for (const { http } of steps) {
      const failure = await order(device, http, {});
      if (failure !== null) return failure;
    }
    return null;
  };
}

function limitTalk(device: HttpDevice, isShown: (what: string) => boolean): LimitTalk | null {
  const { set_current: setter, pause, resume } = device.profile.control ?? {};
  if (setter === undefined) return null;
  return {
    step_mA: Math.max(1, Math.round((setter.step ?? setter.scale ?? 1) * 1_000)),
    min_mA: Math.round((setter.min ?? 6) * 1_000),
    max_mA: Math.round((setter.max ?? 32) * 1_000),
    async tell(limit_mA, resumes) {
      if (limit_mA === 0 && pause !== undefined) return order(device, pause, {});
      // Down to a whole milliampere, so that no rounding offers more than was meant.
      const { instead } = setter;
      const template = instead !== undefined && isShown(instead.when) ? instead : setter;
      const failure = await order(device, template, {
        amps: limit_mA / 1_000,
        deciamps: Math.floor(limit_mA / 100),
        centiamps: Math.floor(limit_mA / 10),
        milliamps: limit_mA,
      });
      return failure !== null || resume === undefined || !resumes ? failure : order(device, resume, {});
    },
  };
}

/** Sends an order; `null` when the device took it. */
async function order(
  device: HttpDevice,
  template: RequestTemplate,
  fillings: Fillings,
): Promise<CommandFailure | null> {
  const taken = await exchange(device, template, fillings);
  return taken.ok ? null : taken;
}

async function exchange(
  { profile, host, unitId }: HttpDevice,
  template: RequestTemplate,
  fillings: Fillings,
): Promise<{ readonly ok: true; readonly text: string } | CommandFailure> {
  const reply = await host.peer.send(fillRequest(template, baseOf(profile), { ...unitFillings(unitId), ...fillings }));
  return answerOf(reply, profile.control?.success_prefix);
}

function answerOf(
  reply: HttpReply,
  successPrefix: string | undefined,
): { readonly ok: true; readonly text: string } | CommandFailure {
  if (!reply.ok) {
    switch (reply.code) {
      case "password-missing":
      case "password-wrong":
      case "tls":
        return { ok: false, code: "rejected", retry: false, detail: reply.detail };
      case "timeout":
      case "busy":
      case "too-large":
      case "broken":
        return { ok: false, code: "timeout", retry: true, detail: reply.detail };
      case "refused":
      case "no-route":
      case "name-unknown":
        return { ok: false, code: "offline", retry: true, detail: reply.detail };
    }
  }
  if (reply.status < 200 || reply.status >= 300)
    return { ok: false, code: "rejected", retry: false, detail: `HTTP status ${String(reply.status)}` };
  const isRefused = successPrefix !== undefined && !reply.text.trimStart().startsWith(successPrefix);
  return isRefused
    ? { ok: false, code: "rejected", retry: false, detail: reply.text.slice(0, 80) }
    : { ok: true, text: reply.text };
}
