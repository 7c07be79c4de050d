import { pino, stdTimeFunctions, type DestinationStream, type Logger } from "pino";

/** Where a part of the engine writes what a person running it should know. */
export type Log = Logger;

const LABEL: Readonly<Record<number, string>> = { 20: "debug", 30: "info ", 40: "warn ", 50: "ERROR", 60: "FATAL" };

/** Logs to `stream`: one JSON object a line for a program, one plain line for a person at a terminal. */
export function createLog(stream: { readonly isTTY?: boolean; write(text: string): unknown }): Log {
  const sink: DestinationStream = {
    write: (line) => {
      stream.write(stream.isTTY === true ? plainLine(line) : line);
    },
  };
  return pino({ base: null, level: "info", timestamp: stdTimeFunctions.isoTime }, sink);
}

/** `12:00:00 warn  message key=value`, with the stack of an error on the lines below. */
export function plainLine(json: string): string {
  const entry: unknown = JSON.parse(json);
  if (typeof entry !== "object" || entry === null) return json;
  const { level, time, msg, err, ...rest } = { level: 30, time: "", msg: "", err: undefined, ...entry };
  const details = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const head = [time.slice(11, 19), LABEL[level] ?? String(level), msg, ...details].join(" ");
  return `${head}${stackOf(err)}\n`;
}

function stackOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const stack: unknown = "stack" in error ? error.stack : undefined;
  return typeof stack === "string" ? `\n${stack}` : "";
}
