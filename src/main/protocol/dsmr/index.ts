export { crc16Arc } from "./crc16-arc.ts";
export { createP1Framer, P1_BYTES_MAX, type P1Event, type P1Framer } from "./p1-framer.ts";
export type { P1Telegram, P1Value } from "./telegram.ts";
