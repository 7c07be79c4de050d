export { startDemoWorld, startWorld, type DemoWorld } from "./demo.ts";
export { fillDemoHistory } from "./demo-history.ts";
export type { SimulatedSite, SimulateOptions, TlsWay } from "./simulated-site.ts";
export { OcppStation } from "./ocpp-station.ts";
export type { OcppSnapshot, OcppStationOptions } from "./ocpp-station.types.ts";
export type { ModbusBox } from "./modbus-box.ts";
export type { CircuitTruth, MeterTruth, StayTruth, WorldTruth } from "./world.ts";
