import type { HttpTrouble } from "../../contract/index.ts";
import type { ModbusLink } from "../../core/site/index.ts";
import type { DeviceWire } from "../devices/modbus/device-wire.ts";
import type { BusHealth, BusReply } from "../links/bus.ts";
import { EXCEPTION, type ModbusRequest } from "../protocol/modbus/index.ts";

/** One question and what came of it. */
export type Asked = { readonly request: ModbusRequest; readonly reply: BusReply };

/** Questions that are remembered; the most talkative profile asks some hundred while it is met. */
const ASKED_max = 1_024;

/** What a device has let us hear since it was asked first. */
export interface Hearing extends Pick<DeviceWire, "ask"> {
  /** Answers with values in them. */
  readonly answers: number;
  /** The last refusal; `null` when nothing was refused. */
  readonly exception: number | null;
  /** The newest last. */
  readonly asked: readonly Asked[];
}

/** Listens to what comes back over `wire`. */
export function createHearing(wire: Pick<DeviceWire, "ask">): Hearing {
  let [answers, exception]: [number, number | null] = [0, null];
  const all: Asked[] = [];
  return {
    asked: all,
    get answers() {
      return answers;
    },
    get exception() {
      return exception;
    },
    async ask(...asked) {
      const reply = await wire.ask(...asked);
      all.push({ request: asked[0], reply });
      if (all.length > ASKED_max) all.shift();
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

/** Why a device on HTTP was not understood, and what to do about it. `name`: its address as asked. */
export function httpTroubleWords({ code, number }: HttpTrouble, name: string, profileId: string): string {
  const status = `HTTP status ${String(number)}`;
  switch (code) {
    case "http-refused":
      return `${name} refuses the connection: nobody listens there; look at address and port, and switch its local API on`;
    case "http-no-route":
      return `there is no way to ${name}: look at its network cable or Wi-Fi, and whether this PC is in the same network`;
    case "http-name-unknown":
      return `the name of ${name} is not known in the network: write its IP address instead`;
    case "http-timeout":
      return `${name} does not answer${number === null ? "" : ` within ${String(number)} ms`}: look at its power and network`;
    case "http-tls":
      return `${name} wants HTTPS: allow HTTP in its settings, or name the port where it speaks it`;
    case "http-broken":
      return `${name} breaks off, or what it says is no HTTP: look at the port (some want HTTPS), and restart the device`;
    case "http-password-missing":
      return `${name} asks for a password (${status}): write user and password into the site file at this link`;
    case "http-password-wrong":
      return `${name} refuses user or password (${status}): correct them in the site file at this link`;
    case "http-not-found":
      return `${name} does not know what profile ${profileId} asks for (${status}): look at its model and firmware, and switch its local API on`;
    case "http-server-error":
      return `${name} reports a failure of its own (${status}): restart it`;
    case "http-status":
      return `${name} refuses the question (${status}); is it a device of profile ${profileId}?`;
    case "http-not-json":
      return `${name} answers, but no data: probably a page for people; look at address and port, and switch its local API on`;
    case "http-other-device":
      return `${name} answers with none of the values of profile ${profileId}: another kind of device is at this address`;
    case "http-too-large":
      return `${name} answers far more than a device of profile ${profileId} would: look at address and port`;
  }
}

/** The same in the words of a failed command. */
export function httpTroubleCode({ code }: HttpTrouble): "offline" | "timeout" | "rejected" {
  switch (code) {
    case "http-refused":
    case "http-no-route":
    case "http-name-unknown":
      return "offline";
    case "http-timeout":
    case "http-broken":
      return "timeout";
    case "http-tls":
    case "http-password-missing":
    case "http-password-wrong":
    case "http-not-found":
    case "http-server-error":
    case "http-status":
    case "http-not-json":
    case "http-other-device":
    case "http-too-large":
      return "rejected";
  }
}
