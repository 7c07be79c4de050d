import { createSocket } from "node:dgram";
import type { CanonicalValue, ProfileOf } from "../../devices/profile/index.ts";
import { fromCanonical } from "../../devices/profile/index.ts";
import { GARBAGE, type NetworkFaultSwitch } from "./faults.ts";

export interface KebaBox {
  readonly port: number;
  readonly faults: NetworkFaultSwitch;
  /** Commands other than reports, in order. */
  readonly commands: readonly string[];
  /** What it offers a car; falls to the fail-safe current when it hears no limit in time. */
  readonly offered_mA: number;
  close(): Promise<void>;
}

/** A KEBA box on UDP, with its watchdog. `now_ms`: the box's own clock. */
export async function createKebaBox(options: {
  readonly profile: ProfileOf<"keba-udp">;
  readonly values: (what: string) => CanonicalValue | undefined;
  readonly now_ms: () => number;
  readonly address?: string;
  readonly port?: number;
}): Promise<KebaBox> {
  const { profile, values, now_ms } = options;
  const faults: NetworkFaultSwitch = { current: null };
  const commands: string[] = [];
  const held = { current_mA: 32_000, enabled: true, safe_mA: 0, timeout_ms: 0, heard_ms: now_ms(), tripped: false };
  const offered_mA = (): number => {
    if (held.timeout_ms > 0 && now_ms() - held.heard_ms > held.timeout_ms) held.tripped = true;
    if (held.tripped) return held.safe_mA;
    return held.enabled ? held.current_mA : 0;
  };
  const obey = (command: string): boolean => {
    const [name, first, second] = command.split(" ");
    const value = Number(first);
    if (!Number.isInteger(value)) return false;
    if (name === "failsafe") Object.assign(held, { timeout_ms: value * 1_000, safe_mA: Number(second) });
    else if (name === "curr") held.current_mA = value;
    else if (name === "ena") held.enabled = value === 1;
    else return false;
    held.heard_ms = now_ms();
    held.tripped = false;
    return true;
  };
  const answer = (command: string): string => {
    const id = /^report (\d{1,3})$/u.exec(command)?.[1];
    if (id !== undefined)
      return JSON.stringify(reportOf(profile, Number(id), values, { ...held, offered_mA: offered_mA() }));
    commands.push(command);
    if (faults.current?.kind === "deaf") return `${profile.messages.ack}\n`;
    return obey(command) ? `${profile.messages.ack}\n` : "TCH-ERR :unknown\n";
  };
  const socket = createSocket("udp4");
  socket.on("message", (bytes, from) => {
    const fault = faults.current;
    if (fault?.kind === "drop") return;
    const text = answer(Buffer.from(bytes).toString("latin1"));
    const whole = fault?.kind === "half" ? text.slice(0, text.length / 2) : fault?.kind === "garbage" ? GARBAGE : text;
    const send = (): void => {
      socket.send(whole, from.port, from.address, () => undefined);
    };
    if (fault?.kind === "delay") setTimeout(send, fault.delay_ms);
    else send();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(options.port ?? 0, options.address ?? "127.0.0.1", resolve);
  });
  return {
    port: socket.address().port,
    faults,
    commands,
    get offered_mA() {
      return offered_mA();
    },
    close: () =>
      new Promise((resolve) => {
        socket.close(() => {
          resolve();
        });
      }),
  };
}

function reportOf(
  profile: ProfileOf<"keba-udp">,
  id: number,
  values: (what: string) => CanonicalValue | undefined,
  held: {
    readonly current_mA: number;
    readonly enabled: boolean;
    readonly offered_mA: number;
    readonly safe_mA: number;
    readonly timeout_ms: number;
  },
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
      else if (what === "state") content[key] = stateOf(profile, values("state") ?? null, held.offered_mA);
      else {
        const raw = fromCanonical(what, values(what) ?? null, reading.unit);
        content[key] = typeof raw === "number" ? Math.round(raw / (reading.scale ?? 1)) : (raw ?? 0);
      }
    });
  }
  return content;
}

function stateOf(profile: ProfileOf<"keba-udp">, state: CanonicalValue, offered_mA: number): number {
  const shown = state === "charging" && offered_mA < 6_000 ? "paused" : state;
  const found = Object.entries(profile.enums?.state ?? {}).find(([, meaning]) => meaning.s === shown);
  return Number(found?.[0] ?? 1);
}
