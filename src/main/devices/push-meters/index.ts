export type { Heard } from "./push-meter.ts";
export { startSerialPushMeter } from "./serial-push-meter.ts";
export { startSpeedwireGroup, type SpeedwireMeter } from "./speedwire-group.ts";
