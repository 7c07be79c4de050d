import { EXCEPTION, type ModbusReply, type ModbusRequest } from "../../protocol/modbus/index.ts";

/** The registers of one simulated unit; reads and writes are answered as a device would, exceptions included. */
export interface RegisterBank {
  answer(request: ModbusRequest): ModbusReply;
}

/** Plain memory of 65536 holding and input registers; every address exists. For tests and scripted devices. */
export function createMemoryBank(
  initial: ReadonlyMap<number, number> = new Map(),
): RegisterBank & { set(address: number, value: number): void; get(address: number): number } {
  const memory = new Map(initial);
  const at = (address: number): number => memory.get(address) ?? 0;
  return {
    set: (address, value) => {
      memory.set(address, value);
    },
    get: at,
    answer(request) {
      switch (request.fc) {
        case 1:
        case 2:
          return {
            kind: "bits",
            fc: request.fc,
            bits: Array.from({ length: request.count }, (_, i) => at(request.address + i) !== 0),
          };
        case 3:
        case 4:
          return {
            kind: "registers",
            fc: request.fc,
            registers: Array.from({ length: request.count }, (_, i) => at(request.address + i)),
          };
        case 5:
          memory.set(request.address, request.on ? 1 : 0);
          break;
        case 6:
          memory.set(request.address, request.value);
          break;
        case 15:
          request.bits.forEach((on, i) => memory.set(request.address + i, on ? 1 : 0));
          break;
        case 16:
          request.values.forEach((value, i) => memory.set(request.address + i, value));
          break;
      }
      return { kind: "written", fc: request.fc, address: request.address };
    },
  };
}

export const refuse = (request: ModbusRequest, code: number = EXCEPTION.illegalDataAddress): ModbusReply => ({
  kind: "exception",
  fc: request.fc,
  code,
});
