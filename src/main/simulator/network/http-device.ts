import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { assert } from "../../../core/units/index.ts";
import { jsonPath } from "../../devices/http/index.ts";
import { fromCanonical, type CanonicalValue, type ProfileOf } from "../../devices/profile/index.ts";
import { GARBAGE, type NetworkFaultSwitch } from "./faults.ts";
import { challengeOf, isAuthorized, type SimulatedAuth } from "./http-auth.ts";
import { matchOrder, requestPath } from "./http-orders.ts";

export type HttpDeviceOptions = {
  readonly profile: ProfileOf<"http">;
  /** What the device measures, by our names and in our units. */
  readonly values: (what: string) => CanonicalValue | undefined;
  readonly port?: number;
  readonly unitId?: number;
  readonly auth?: SimulatedAuth;
  /** Some devices write every number as a text. */
  readonly numbersAsText?: boolean;
};

export interface SimulatedHttpDevice {
  readonly port: number;
  readonly faults: NetworkFaultSwitch;
  /** Names of the orders taken so far: init, set_current, pause, resume, heartbeat. */
  readonly orders: readonly string[];
  /** Requests that came, understood or not. */
  readonly requests: number;
  /** What it offers a car; `null` before it was told. */
  readonly offered_mA: number | null;
  close(): Promise<void>;
}

const LOOPBACK = "127.0.0.1";
const BODY_CHARS_MAX = 10_000;
const ENDLESS_BYTES = 2 * 1024 * 1024;

/** Serves what a profile describes: its requests as JSON, its orders as a setpoint that is kept. */
export async function createHttpDevice(options: HttpDeviceOptions): Promise<SimulatedHttpDevice> {
  const device = new Device(options);
  const server = createServer((request, response) => {
    void device.serve(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, LOOPBACK, resolve);
  });
  const address = server.address();
  assert(address !== null && typeof address === "object", "a listening server has a port");
  device.port = address.port;
  device.end = () =>
    new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
  return device;
}

class Device implements SimulatedHttpDevice {
  port = 0;
  end: () => Promise<void> = () => Promise.resolve();
  readonly faults: NetworkFaultSwitch = { current: null };
  readonly orders: string[] = [];
  requests = 0;
  readonly #options: HttpDeviceOptions;
  #told_mA: number | null = null;
  #paused = false;

  constructor(options: HttpDeviceOptions) {
    this.#options = options;
  }

  get offered_mA(): number | null {
    return this.#paused ? 0 : this.#told_mA;
  }

  close(): Promise<void> {
    return this.end();
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    let body = "";
    for await (const piece of request) body = (body + String(piece)).slice(0, BODY_CHARS_MAX);
    const fault = this.faults.current;
    const { auth } = this.#options;
    if (fault?.kind === "drop") return void request.socket.destroy();
    if (fault?.kind === "delay") await new Promise((resolve) => setTimeout(resolve, fault.delay_ms));
    if (fault?.kind === "status-500") return void response.writeHead(500).end("{}");
    if (fault?.kind === "endless") return void response.end(Buffer.alloc(ENDLESS_BYTES, "["));
    if (fault?.kind === "garbage") return void response.end(GARBAGE);
    if (auth !== undefined && (fault?.kind === "wrong-auth" || !isAuthorized(auth, request)))
      return void response.writeHead(401, { "WWW-Authenticate": challengeOf(auth) }).end();
    const text = this.#answer(request, body);
    if (text === null) return void response.writeHead(404).end();
    if (fault?.kind === "half") {
      response.writeHead(200, { "Content-Length": text.length });
      response.write(text.slice(0, text.length / 2));
      return void setImmediate(() => request.socket.destroy());
    }
    response.writeHead(200, { "Content-Type": "application/json" }).end(text);
  }

  #answer(request: IncomingMessage, body: string): string | null {
    const { profile, unitId = 1 } = this.#options;
    const asked = { method: request.method ?? "", path: request.url ?? "", body };
    const order = matchOrder(profile, asked, unitId);
    if (order !== null) return this.#obey(order.name, order.limit_mA);
    const found = Object.entries(profile.requests).find(
      ([, template]) => template.method === asked.method && requestPath(profile, template, unitId) === asked.path,
    );
    return found === undefined ? null : JSON.stringify(this.#document(found[0]));
  }

  #obey(name: string, limit_mA: number | null): string {
    this.orders.push(name);
    if (this.faults.current?.kind !== "deaf") {
      if (limit_mA !== null) this.#told_mA = limit_mA;
      if (name === "pause") this.#paused = true;
      // A box without an order to resume goes on with its next limit.
      if (name === "resume" || (name === "set_current" && this.#options.profile.control?.resume === undefined))
        this.#paused = false;
    }
    return `${this.#options.profile.control?.success_prefix ?? ""}{"ok":true}`;
  }

  #document(request: string): unknown {
    const { profile, numbersAsText } = this.#options;
    const root: Tree = {};
    for (const reading of profile.readings.filter((one) => one.request === request)) {
      reading.what.forEach((what, index) => {
        const raw = this.#raw(what, reading.scale ?? 1, reading.unit);
        const shown = typeof raw === "number" && numbersAsText === true ? String(raw) : raw;
        if (shown !== undefined) put(root, jsonPath(reading.path[index] ?? "") ?? [], shown);
      });
    }
    return root;
  }

  #raw(what: string, scale: number, unit: string | undefined): number | string | boolean | undefined {
    const { profile, values } = this.#options;
    if (what === "enabled") return !this.#paused;
    if (what === "current_limit" && this.#told_mA !== null) return this.#told_mA / 1000 / scale;
    const value = values(what) ?? undefined;
    if (what === "state") return rawState(profile, this.#paused && value === "charging" ? "paused" : value);
    if (what === "plugged" || what === "charging_active") return value === undefined ? undefined : value !== 0;
    const raw = value === undefined ? undefined : fromCanonical(what, value, unit);
    if (typeof raw !== "number") return raw ?? undefined;
    return Math.round((raw / scale) * 1e6) / 1e6;
  }
}

/** The device's own word for a state; where it cannot say "paused" it says that a car is connected. */
function rawState(profile: ProfileOf<"http">, state: CanonicalValue | undefined): number | string | undefined {
  const meanings = Object.entries(profile.enums?.state ?? {});
  const raw =
    meanings.find(([, meaning]) => meaning.s === state) ??
    (state === "paused" ? meanings.find(([, meaning]) => meaning.s === "connected") : undefined);
  if (raw === undefined) return undefined;
  return /^\d+$/u.test(raw[0]) ? Number(raw[0]) : raw[0];
}

type Tree = Record<string, unknown>;

function put(root: Tree, path: readonly (string | number)[], value: unknown): void {
  const [step, ...rest] = path;
  if (step === undefined) return;
  if (rest.length === 0) {
    root[step] = value;
    return;
  }
  const below = root[step];
  const next = isTree(below) ? below : toTree(typeof rest[0] === "number" ? [] : {});
  root[step] = next;
  put(next, rest, value);
}

const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null;
function toTree(value: unknown): Tree {
  assert(isTree(value), "a list or a map can hold values");
  return value;
}
