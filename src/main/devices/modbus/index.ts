export type { BusPool } from "./bus-pool.ts";
export { createModbusDevices, type ModbusDevices } from "./create-modbus-devices.ts";
