export { crc16Kermit, crc16X25, encodeSmlMessage } from "./crc16.ts";
export {
  createSmlFramer,
  encodeSmlTransport,
  SML_BYTES_MAX,
  type SmlFramer,
  type SmlTransportEvent,
} from "./transport.ts";
export { readSml, type SmlReading, type SmlValue } from "./values.ts";
