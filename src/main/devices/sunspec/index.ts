export { sunspecMeter } from "./sunspec-meter.ts";
