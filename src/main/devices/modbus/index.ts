export {
  createModbusDevices,
  type ModbusDevices,
  type ModbusDevicesOptions,
  type ModbusHealth,
} from "./create-modbus-devices.ts";
export type { DeviceHealth, DeviceLog } from "./running-device.ts";
