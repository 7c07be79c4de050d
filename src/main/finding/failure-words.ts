import type { ModbusLink } from "../../core/site/index.ts";
import type { DeviceWire } from "../devices/modbus/device-wire.ts";
import type { BusHealth } from "../links/bus.ts";
import { EXCEPTION } from "../protocol/modbus/index.ts";

/** What a device has let us hear since it was asked first. */
export interface Hearing extends Pick<DeviceWire, "ask"> {
  /** Answers with values in them. */
  readonly answers: number;
  /** The last refusal; `null` when nothing was refused. */
  readonly exception: number | null;
}

/** Listens to what comes back over `wire`. */
export function createHearing(wire: Pick<DeviceWire, "ask">): Hearing {
  let [answers, exception]: [number, number | null] = [0, null];
  return {
    get answers() {
      return answers;
    },
    get exception() {
      return exception;
    },
    async ask(...asked) {
      const reply = await wire.ask(...asked);
      if (reply.ok) answers += 1;
      else if (reply.code === "exception") exception = reply.exception;
      return reply;
    },
  };
}

/** The system's own words, once: without the name of the class before them and the place behind them. */
export const downWords = (name: string, detail: string): string => {
  const words = detail.replace(/^Error: /u, "");
  return words.includes(name) ? words : `${name}: ${words}`;
};

/** Modbus application protocol 1.1b3, 7: exception codes. */
const EXCEPTION_WORDS: ReadonlyMap<number, string> = new Map([
  [1, "it does not know the function"],
  [2, "it has no such register"],
  [3, "it does not take the value"],
  [4, "it reports a failure of its own"],
  [5, "it is still working on an earlier order"],
  [6, "it is busy"],
  [10, "the gateway has no path to it"],
  [11, "the gateway says that it does not answer"],
]);

/** An exception as a person reads it: `exception 2: it has no such register`. */
export function exceptionWords(code: number): string {
  const words = EXCEPTION_WORDS.get(code);
  return `exception ${String(code)}${words === undefined ? "" : `: ${words}`}`;
}

/** A device that refuses every question is another one than its profile says, or not ready. */
export function refusalWords(unitId: number, profileId: string, exception: number): string {
  const isOther = exception === EXCEPTION.illegalFunction || exception === EXCEPTION.illegalDataAddress;
  const advice = isOther ? `; is it a device of profile ${profileId}?` : "";
  return `unit ${String(unitId)} refuses every question with ${exceptionWords(exception)}${advice}`;
}

/** Why a unit was not understood: nothing came, something came that is no answer, or the gateway says it is silent. */
export function silenceWords(asked: {
  readonly unitId: number;
  readonly link: ModbusLink;
  readonly name: string;
  readonly heard: Pick<Hearing, "exception">;
  readonly counters: Pick<BusHealth["total"], "crcErrors" | "staleBytes" | "wrongUnit">;
}): string {
  const { unitId, link, name, heard, counters } = asked;
  const unit = `unit ${String(unitId)} at ${name}`;
  if (heard.exception !== null) return `${unit} does not answer: ${exceptionWords(heard.exception)}`;
  if (counters.crcErrors + counters.staleBytes + counters.wrongUnit === 0) return `${unit} does not answer`;
  const look =
    link.kind === "serial"
      ? "look at baud rate, parity and termination, and for two devices with one address"
      : "look at the kind of the link (modbus-tcp or rtu-over-tcp) and at the settings of the gateway";
  return `${unit} does not answer, but something is heard that is no answer: ${look}`;
}
