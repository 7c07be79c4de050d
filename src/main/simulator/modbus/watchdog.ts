import type { ModbusRequest } from "../../protocol/modbus/index.ts";
import type { BankWrite, ProfileBankOptions } from "./bank-write.ts";

/** The box's own guard: without a sign of life for `timeout_ms` it offers only `fallback_mA`. */
export interface Watchdog {
  fallback_mA: number;
  /** 0 switches it off. */
  timeout_ms: number;
  heard(request: ModbusRequest, report: (write: BankWrite) => void): void;
  told(current_mA: number): void;
  check(report: (write: BankWrite) => void): void;
  offered_mA(): number | null;
  powerCycle(): void;
}

/** Seconds a box waits where neither its profile nor its installer says. */
const TIMEOUT_ms = 60_000;

/** Runs on the app's clock and is looked at whenever somebody asks, so it needs no timer. */
export function createWatchdog({ profile, now_ms, fallback_mA, timeout_ms }: ProfileBankOptions): Watchdog {
  const { failsafe } = profile;
  const feed = failsafe?.feed ?? "none";
  const guards = feed === "any_request" || feed === "rewrite_setpoint" || feed === "heartbeat_write";
  // After power-on a charger offers nothing until it is told (Heidelberg: register 261 is 0).
  const atPowerOn = profile.kind === "charger" ? 0 : null;
  let setpoint_mA: number | null = atPowerOn;
  let fed_ms = now_ms();
  let expired = false;

  const watchdog: Watchdog = {
    fallback_mA: fallback_mA ?? Math.round((failsafe?.current?.default ?? 0) * 1_000),
    timeout_ms:
      timeout_ms ??
      (failsafe?.timeout?.default === undefined ? TIMEOUT_ms : Math.round(failsafe.timeout.default * 1_000)),
    heard(request, report) {
      watchdog.check(report);
      const isHeartbeat =
        feed === "heartbeat_write" && request.fc > 4 && request.address === failsafe?.heartbeat?.address;
      if (feed === "any_request" || isHeartbeat) fed_ms = now_ms();
    },
    told(current_mA) {
      setpoint_mA = current_mA;
      expired = false;
      fed_ms = now_ms();
    },
    check(report) {
      if (!guards || expired || watchdog.timeout_ms === 0 || now_ms() - fed_ms < watchdog.timeout_ms) return;
      expired = true;
      setpoint_mA = watchdog.fallback_mA;
      report({ kind: "watchdog-expired", current_mA: watchdog.fallback_mA });
    },
    offered_mA: () => setpoint_mA,
    powerCycle() {
      setpoint_mA = atPowerOn;
      expired = false;
      fed_ms = now_ms();
    },
  };
  return watchdog;
}
