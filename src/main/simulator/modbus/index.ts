export type { BankWrite } from "./bank-write.ts";
export type { Fault, ModbusFaultSwitch } from "./faults.ts";
export { createModbusServer, type ModbusServer } from "./modbus-server.ts";
export { profileBank, type ProfileBank } from "./profile-bank.ts";
export { createMemoryBank, type RegisterBank } from "./register-bank.ts";
export { sharedBank } from "./shared-bank.ts";
