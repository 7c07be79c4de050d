export { createFaultSwitch, type Fault, type FaultSwitch } from "./faults.ts";
export { createModbusServer, type ModbusServer, type ServerTransport } from "./modbus-server.ts";
export { profileBank, type BankWrite, type ProfileBank, type ProfileBankOptions } from "./profile-bank.ts";
export { createMemoryBank, type RegisterBank } from "./register-bank.ts";
