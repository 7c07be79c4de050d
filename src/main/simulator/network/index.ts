export type { NetworkFault } from "./faults.ts";
export { createHttpDevice, type HttpDeviceOptions, type SimulatedHttpDevice } from "./http-device.ts";
export { createKebaBox } from "./keba-box.ts";
export { createMulticastMeter, createSerialPushMeter, createTcpPushMeter } from "./push-meters.ts";
export { createSunspecBank } from "./sunspec-bank.ts";
export { p1Telegram, smlFile, speedwireDatagram } from "./telegrams.ts";
