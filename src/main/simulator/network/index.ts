export type { NetworkFault, NetworkFaultSwitch } from "./faults.ts";
export { createHttpDevice, createHttpServer, type HttpDeviceOptions, type SimulatedHttpDevice } from "./http-device.ts";
export { createHttpUnit, type HttpUnit } from "./http-unit.ts";
export { createKebaBox, createKebaServer } from "./keba-box.ts";
export { createKebaUnit, type KebaUnit } from "./keba-unit.ts";
export { freeMulticastPort } from "./multicast-port.ts";
export {
  createMulticastMeter,
  createSerialPushMeter,
  createTcpPushMeter,
  type SimulatedPushMeter,
} from "./push-meters.ts";
export { createSunspecBank } from "./sunspec-bank.ts";
export { p1Telegram, smlFile, speedwireDatagram } from "./telegrams.ts";
