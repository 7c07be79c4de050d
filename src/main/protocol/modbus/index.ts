export * from "./ascii.ts";
export * from "./crc16.ts";
export * from "./mbap.ts";
export * from "./pdu.ts";
export * from "./rtu.ts";
export * from "./values.ts";
