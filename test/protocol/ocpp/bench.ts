import { fileURLToPath } from "node:url";
import { createRPCError, RPCClient } from "ocpp-rpc";
import { epochMs, type EpochMs } from "../../../src/core/units/index.ts";
import type { Station } from "../../../src/core/site/index.ts";
export { station } from "./station.ts";
import {
  createOcppDevices,
  type LogEntry,
  type OcppDevices,
  type OcppHost,
} from "../../../src/main/devices/ocpp/create-ocpp-devices.ts";
import { readVendorRows } from "../../../src/main/devices/ocpp/vendor-rows.ts";
import type { Clock, DeviceEvent } from "../../../src/main/devices/ports.ts";

/** Everything that happened, and a way to wait for what has not happened yet. */
export class Recorder<T> {
  readonly all: T[] = [];
  #waiting: { readonly matches: (item: T) => boolean; readonly resolve: (item: T) => void }[] = [];

  push(item: T): void {
    this.all.push(item);
    const due = this.#waiting.filter((one) => one.matches(item));
    this.#waiting = this.#waiting.filter((one) => !due.includes(one));
    for (const one of due) one.resolve(item);
  }

  /** The first matching item, of those after the first `skip` items, past or future. */
  when(matches: (item: T) => boolean, skip = 0): Promise<T> {
    const known = this.all.slice(skip).find(matches);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => this.#waiting.push({ matches, resolve }));
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A clock that only moves when told. */
export class ManualClock implements Clock {
  #now_ms: number;
  #sleepers: { readonly due_ms: number; readonly wake: () => void }[] = [];

  constructor(start_ms: number) {
    this.#now_ms = start_ms;
  }

  now_ms(): EpochMs {
    return epochMs(this.#now_ms);
  }

  real_ms(duration_ms: number): number {
    return duration_ms;
  }

  sleep(duration_ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      this.#sleepers.push({ due_ms: this.#now_ms + duration_ms, wake: resolve });
      signal?.addEventListener(
        "abort",
        () => {
          resolve();
        },
        { once: true },
      );
    });
  }

  /** Moves on, waking each sleeper at its time and letting it go on before the next. */
  async advance(duration_ms: number): Promise<void> {
    const until_ms = this.#now_ms + duration_ms;
    for (;;) {
      const next = this.#sleepers.filter((one) => one.due_ms <= until_ms).sort((a, b) => a.due_ms - b.due_ms)[0];
      if (next === undefined) break;
      this.#sleepers = this.#sleepers.filter((one) => one !== next);
      this.#now_ms = Math.max(this.#now_ms, next.due_ms);
      next.wake();
      await turn();
      await turn();
    }
    this.#now_ms = until_ms;
  }
}

const shippedRows = readVendorRows(
  fileURLToPath(new URL("../../../resources/devices/ocpp-vendors.yaml", import.meta.url)),
);

export const START_MS = Date.UTC(2026, 5, 1, 12, 0, 0);

export type Bench = {
  readonly clock: ManualClock;
  readonly events: Recorder<DeviceEvent>;
  readonly logs: Recorder<LogEntry>;
  readonly devices: OcppDevices;
  readonly port: (id: string) => OcppDevices["stations"][number];
};

/** The OCPP devices of a site on a free port of 127.0.0.1, with a clock that stands still. */
export async function openBench(stations: readonly Station[], overrides: Partial<OcppHost> = {}): Promise<Bench> {
  const clock = new ManualClock(START_MS);
  const events = new Recorder<DeviceEvent>();
  const logs = new Recorder<LogEntry>();
  const numbers = new Map<string, number>();
  const on: OcppHost = {
    clock,
    emit: (event) => {
      events.push(event);
    },
    authorize: (idToken) => (idToken === "BLOCKED" ? "Blocked" : idToken === "UNKNOWN" ? "Invalid" : "Accepted"),
    transactionIdFor: (start) => {
      const key = JSON.stringify(start);
      const known = numbers.get(key) ?? 1000 + numbers.size;
      numbers.set(key, known);
      return known;
    },
    ...(shippedRows.ok ? { vendorRows: shippedRows.rows } : {}),
    log: (entry) => {
      logs.push(entry);
    },
    ...overrides,
  };
  const devices = await createOcppDevices({ stations, host: "127.0.0.1", port: 0, on });
  const port: Bench["port"] = (id) => {
    const found = devices.stations.find((one) => one.stationId === id);
    if (found === undefined) throw new Error(`no station ${id}`);
    return found;
  };
  return { clock, events, logs, devices, port };
}

export type Received = { readonly action: string; readonly params: Readonly<Record<string, unknown>> };
/** What a station answers to a CALL; throw `refuse(...)` for a CALLERROR. */
export type Script = (received: Received) => Promise<Record<string, unknown>> | Record<string, unknown>;

export const refuse = (code: string): unknown => createRPCError(code, "not here", {});

/** A CALL to the box, its answer, and the CALL that follows from that, with its answer. */
const ROUND_TRIPS = 4;

/** A box on the wire: dials in, records what it is asked, answers by its script. */
export class FakeStation {
  readonly calls = new Recorder<Received>();
  readonly closed: Promise<unknown>;
  readonly #client: RPCClient;

  constructor(
    url: string,
    identity: string,
    script: Script = () => ({ status: "Accepted" }),
    more: { readonly protocols?: string[]; readonly password?: string; readonly ca?: string } = {},
  ) {
    this.#client = new RPCClient({
      endpoint: url,
      identity,
      protocols: more.protocols ?? ["ocpp1.6"],
      reconnect: false,
      maxReconnects: 0,
      callTimeoutMs: 20_000,
      pingIntervalMs: 30_000,
      deferPingsOnActivity: false,
      respondWithDetailedErrors: false,
      callConcurrency: 1,
      strictMode: false,
      strictModeValidators: [],
      maxBadMessages: Infinity,
      password: more.password ?? null,
      wsOpts: more.ca === undefined ? {} : { ca: more.ca },
      headers: {},
      backoff: { initialDelay: 1000, maxDelay: 10_000, factor: 2, randomisationFactor: 0 },
    });
    this.closed = new Promise((resolve) => this.#client.once("close", resolve));
    this.#client.handle(async ({ method = "", params = {} }) => {
      const received = { action: method, params };
      this.calls.push(received);
      return script(received);
    });
  }

  async connect(): Promise<this> {
    await this.#client.connect();
    return this;
  }

  async send(action: string, payload: unknown): Promise<Record<string, unknown>> {
    const reply: unknown = await this.#client.call(action, payload);
    return typeof reply === "object" && reply !== null ? { ...reply } : {};
  }

  boot(more: Record<string, string> = {}): Promise<Record<string, unknown>> {
    return this.send("BootNotification", {
      chargePointVendor: "Test",
      chargePointModel: "Box 1",
      firmwareVersion: "1.0",
      chargePointSerialNumber: "S1",
      ...more,
    });
  }

  /** Resolves when what was on the wire has arrived and its answers have: messages keep their order on a line. */
  async settled(): Promise<void> {
    for (let trip = 0; trip < ROUND_TRIPS; trip += 1) await this.send("Heartbeat", {});
  }

  /** Loses the connection without a word. */
  cut(): void {
    void this.#client.close({ force: true });
  }

  close(): Promise<unknown> {
    return this.#client.close({ code: 1000 });
  }
}

type Profile = {
  readonly connectorId: number;
  readonly purpose: unknown;
  readonly kind: unknown;
  readonly stackLevel: unknown;
  readonly transactionId: unknown;
  readonly duration: unknown;
  readonly startSchedule: unknown;
  readonly unit: unknown;
  readonly limits: readonly unknown[];
  readonly periods: readonly unknown[];
};

const part = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? new Map<string, unknown>(Object.entries(value)).get(name) : undefined;

/** The charging profile in a received SetChargingProfile, flat. */
export function profileIn({ params }: Received): Profile {
  const profile = part(params, "csChargingProfiles");
  const schedule = part(profile, "chargingSchedule");
  const periods = part(schedule, "chargingSchedulePeriod");
  const list: readonly unknown[] = Array.isArray(periods) ? periods : [];
  return {
    connectorId: Number(part(params, "connectorId")),
    purpose: part(profile, "chargingProfilePurpose"),
    kind: part(profile, "chargingProfileKind"),
    stackLevel: part(profile, "stackLevel"),
    transactionId: part(profile, "transactionId"),
    duration: part(schedule, "duration"),
    startSchedule: part(schedule, "startSchedule"),
    unit: part(schedule, "chargingRateUnit"),
    limits: list.map((period) => part(period, "limit")),
    periods: list,
  };
}

export const isProfile = ({ action }: Received): boolean => action === "SetChargingProfile";
/** A setpoint of ours, not the fallback below it. */
export const isSetpoint =
  (limit: number) =>
  (received: Received): boolean => {
    if (!isProfile(received)) return false;
    const { limits, duration } = profileIn(received);
    return limits[0] === limit && (duration !== undefined || limits.length > 1);
  };
