export { createModbusDevices, type ModbusDevices } from "./create-modbus-devices.ts";
