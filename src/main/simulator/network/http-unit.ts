import { jsonPath } from "../../devices/http/index.ts";
import { fromCanonical, type CanonicalValue, type ProfileOf } from "../../devices/profile/index.ts";
import { assert } from "../../../core/units/index.ts";
import { matchOrder, requestPath, type Asked } from "./http-orders.ts";

export type HttpUnitOptions = {
  readonly profile: ProfileOf<"http">;
  /** What the device measures, by our names and in our units. */
  readonly values: (what: string) => CanonicalValue | undefined;
  readonly unitId?: number;
  /** Some devices write every number as a text. */
  readonly numbersAsText?: boolean;
  /** Told to charge on this many phases. */
  readonly onPhases?: (phases: number) => void;
  /** An order came that keeps the box's own guard quiet. */
  readonly onHeartbeat?: () => void;
};

/** One device, or one part of a box with several, behind a web server. */
export interface HttpUnit {
  /** Names of the orders taken so far: init, set_current, pause, resume, prepare, phases, wakeup, heartbeat. */
  readonly orders: readonly string[];
  /** What it was told to offer a car; `null` before it was told. */
  readonly offered_mA: number | null;
  /** The text of its answer; `null` for what it does not know. `deaf`: it takes an order and does nothing. */
  answer(asked: Asked, deaf: boolean): string | null;
}

/** Orders kept for tests; a box that runs for days is told often. */
const ORDERS_MAX = 1_000;

/** What a profile describes, without its wire: its requests as JSON, its orders as a setpoint that is kept. */
export function createHttpUnit(options: HttpUnitOptions): HttpUnit {
  return new Unit(options);
}

class Unit implements HttpUnit {
  readonly orders: string[] = [];
  readonly #options: HttpUnitOptions;
  #told_mA: number | null = null;
  #paused = false;

  constructor(options: HttpUnitOptions) {
    this.#options = options;
  }

  get offered_mA(): number | null {
    return this.#paused ? 0 : this.#told_mA;
  }

  answer(asked: Asked, deaf: boolean): string | null {
    const { profile, unitId = 1 } = this.#options;
    const order = matchOrder(profile, asked, unitId);
    if (order !== null) {
      this.orders.push(order.name);
      if (this.orders.length > ORDERS_MAX) this.orders.shift();
      if (!deaf) this.#obey(order.name, order);
      return `${profile.control?.success_prefix ?? ""}{"ok":true}`;
    }
    const found = Object.entries(profile.requests).find(
      ([, template]) => template.method === asked.method && requestPath(profile, template, unitId) === asked.path,
    );
    return found === undefined ? null : JSON.stringify(this.#document(found[0]));
  }

  #obey(name: string, order: { readonly limit_mA: number | null; readonly phases: number | null }): void {
    const { profile, values, onPhases, onHeartbeat } = this.#options;
    onHeartbeat?.();
    if (order.limit_mA !== null) this.#told_mA = order.limit_mA;
    if (order.phases !== null) onPhases?.(order.phases);
    if (name === "toggle-phases") onPhases?.(values("phases_state") === 1 ? 3 : 1);
    if (name === "pause") this.#paused = true;
    // A box without an order to resume goes on with its next limit.
    if (name === "resume" || (name === "set_current" && profile.control?.resume === undefined)) this.#paused = false;
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
    (state === "paused" || state === "finished" || state === "waiting_auth"
      ? meanings.find(([, meaning]) => meaning.s === "connected")
      : undefined);
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
