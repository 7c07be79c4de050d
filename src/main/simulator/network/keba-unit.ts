import { fromCanonical, type CanonicalValue, type ProfileOf } from "../../devices/profile/index.ts";

export type KebaUnitOptions = {
  readonly profile: ProfileOf<"keba-udp">;
  readonly values: (what: string) => CanonicalValue | undefined;
  /** The box's own clock; its watchdog runs on it. */
  readonly now_ms: () => number;
  /** What it offers until somebody tells it: its switches, set by an installer. */
  readonly start_mA?: number;
};

/** A KEBA box without its wire: text commands in, text answers out. */
export interface KebaUnit {
  /** Commands other than reports, in order. */
  readonly commands: readonly string[];
  /** What it offers a car; falls to the fail-safe current when it hears no limit in time. */
  readonly offered_mA: number;
  /** `deaf`: it takes an order and does nothing. */
  answer(command: string, deaf: boolean): string;
}

/** Commands kept for tests; a box that runs for days is told often. */
const COMMANDS_MAX = 1_000;
const START_mA = 32_000;
const PAUSE_BELOW_mA = 6_000;

type Held = {
  current_mA: number;
  enabled: boolean;
  safe_mA: number;
  timeout_ms: number;
  heard_ms: number;
  tripped: boolean;
};

export function createKebaUnit({ profile, values, now_ms, start_mA = START_mA }: KebaUnitOptions): KebaUnit {
  const commands: string[] = [];
  const held: Held = {
    current_mA: start_mA,
    enabled: true,
    safe_mA: 0,
    timeout_ms: 0,
    heard_ms: now_ms(),
    tripped: false,
  };
  const offered_mA = (): number => {
    if (held.timeout_ms > 0 && now_ms() - held.heard_ms > held.timeout_ms) held.tripped = true;
    if (held.tripped) return held.safe_mA;
    return held.enabled ? held.current_mA : 0;
  };
  return {
    commands,
    get offered_mA() {
      return offered_mA();
    },
    answer(command, deaf) {
      const id = /^report (\d{1,3})$/u.exec(command)?.[1];
      if (id !== undefined) return JSON.stringify(reportOf(profile, Number(id), values, held, offered_mA()));
      commands.push(command);
      if (commands.length > COMMANDS_MAX) commands.shift();
      if (deaf) return `${profile.messages.ack}\n`;
      return obey(held, command, now_ms()) ? `${profile.messages.ack}\n` : "TCH-ERR :unknown\n";
    },
  };
}

function obey(held: Held, command: string, now_ms: number): boolean {
  const [name, first, second] = command.split(" ");
  const value = Number(first);
  if (!Number.isInteger(value)) return false;
  if (name === "failsafe") Object.assign(held, { timeout_ms: value * 1_000, safe_mA: Number(second) });
  else if (name === "curr") held.current_mA = value;
  else if (name === "ena") held.enabled = value === 1;
  else return false;
  held.heard_ms = now_ms;
  held.tripped = false;
  return true;
}

function reportOf(
  profile: ProfileOf<"keba-udp">,
  id: number,
  values: KebaUnitOptions["values"],
  held: Readonly<Held>,
  offered_mA: number,
): object {
  if (id === 1) return { ID: "1", Product: "KC-P30-ES240022-E0R", Serial: "18012345", Firmware: "P30 v 3.10.16" };
  const content: Record<string, unknown> = { ID: String(id) };
  for (const reading of profile.readings.filter((one) => one.report === id)) {
    reading.what.forEach((what, index) => {
      const key = reading.keys[index] ?? "";
      if (what === "enabled") content[key] = held.enabled ? 1 : 0;
      else if (what === "current_limit") content[key] = held.current_mA;
      else if (what === "failsafe_current") content[key] = held.safe_mA;
      else if (what === "setpoint_valid_for") content[key] = held.timeout_ms / 1_000;
      else if (what === "state") content[key] = stateOf(profile, values("state") ?? null, offered_mA);
      else {
        const raw = fromCanonical(what, values(what) ?? null, reading.unit);
        content[key] = typeof raw === "number" ? Math.round(raw / (reading.scale ?? 1)) : (raw ?? 0);
      }
    });
  }
  return content;
}

function stateOf(profile: ProfileOf<"keba-udp">, state: CanonicalValue, offered_mA: number): number {
  const shown = state === "charging" && offered_mA < PAUSE_BELOW_mA ? "paused" : state;
  const found = Object.entries(profile.enums?.state ?? {}).find(([, meaning]) => meaning.s === shown);
  return Number(found?.[0] ?? 1);
}
