import type { SignalLimit, SignalSource } from "../../../core/balancing/index.ts";
import { milliampFromAmp, watt } from "../../../core/units/index.ts";
import type { BusOwner, BusReply } from "../../links/bus.ts";
import type { ModbusReply, ModbusRequest } from "../../protocol/modbus/index.ts";
import type { Clock } from "../../devices/ports.ts";

/** A source is asked this often, in time of the app's clock. */
const POLL_MS = 1_000;
/** Real milliseconds to the first byte of the answer, and in the queue of a busy line. */
const ANSWER_TIMEOUT_MS = 500;
const QUEUE_WAIT_MS = 2_000;
/** More than any connection has. Devices say "no limit" with a register full of ones, which is no number of amperes. */
const LIMIT_A_MAX = 1_000;
const LIMIT_W_MAX = 10_000_000;
/** Silence that a module needs before a request, in time of the app's clock. */
const GAP_MS = 5;

type ModbusSource = Extract<SignalSource, { kind: "digital-input" | "register" }>;

/** What the source asks for, told at each answer; a silent source tells nothing. `null`: no limit. */
type Tell = (said: SignalLimit | null) => void;

export type PollOptions = {
  readonly source: ModbusSource;
  /** In force while a contact says so. */
  readonly limit: SignalLimit;
  readonly bus: BusOwner;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly stop: AbortSignal;
};

/** Asks until stopped, one request at a time. Never rejects. */
export async function pollSignal({ source, limit, bus, clock, tell, stop }: PollOptions): Promise<void> {
  while (!stop.aborted) {
    const reply = await readModbusSignal(bus, source);
    const said = reply.ok ? reply.said(limit) : undefined;
    if (said !== undefined) tell(said);
    await clock.sleep(POLL_MS, stop);
  }
}

/** One question to the source. `said` turns its answer into what it asks for; `undefined`: nothing that can be used. */
export async function readModbusSignal(
  bus: Pick<BusOwner, "transact">,
  source: ModbusSource,
): Promise<
  | { readonly ok: true; readonly said: (limit: SignalLimit) => SignalLimit | null | undefined }
  | Extract<BusReply, { ok: false }>
> {
  const reply = await bus.transact({
    unitId: source.unitId,
    request: requestOf(source),
    priority: "state",
    timeout_ms: ANSWER_TIMEOUT_MS,
    wait_ms: QUEUE_WAIT_MS,
    gap_ms: GAP_MS,
  });
  return reply.ok ? { ok: true, said: (limit) => saidBy(source, limit, reply.reply) } : reply;
}

function requestOf(source: ModbusSource): ModbusRequest {
  const { address } = source;
  if (source.kind === "digital-input") return { fc: source.table === "coil" ? 1 : 2, address, count: 1 };
  return { fc: source.table === "holding" ? 3 : 4, address, count: source.type === "uint32" ? 2 : 1 };
}

/** `undefined`: the answer says nothing that can be used. */
function saidBy(source: ModbusSource, limit: SignalLimit, reply: ModbusReply): SignalLimit | null | undefined {
  if (source.kind === "digital-input") {
    const on = reply.kind === "bits" ? reply.bits[0] : undefined;
    return on === undefined ? undefined : on === source.activeLow ? null : limit;
  }
  if (reply.kind !== "registers") return undefined;
  const raw = wordsToNumber(reply.registers, source.type);
  if (raw === null) return undefined;
  if (raw === source.none) return null;
  const value = raw * source.scale;
  return source.unit === "A"
    ? { limit_mA: milliampFromAmp(Math.min(value, LIMIT_A_MAX)), limit_W: null }
    : { limit_mA: null, limit_W: watt(Math.floor(Math.min(value, LIMIT_W_MAX) + 1e-6)) };
}

/** High word first, as Modbus sends what is wider than a register. */
function wordsToNumber(registers: readonly number[], type: "uint16" | "uint32"): number | null {
  const [high, low] = registers;
  if (high === undefined) return null;
  if (type === "uint16") return high;
  return low === undefined ? null : high * 0x1_0000 + low;
}
