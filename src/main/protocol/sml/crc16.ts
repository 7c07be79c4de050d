const POLYNOMIAL = 0x8408;

function crc16Ccitt(bytes: Uint8Array, initial: number): number {
  let crc = initial;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  }
  return crc;
}

/** CRC-16/X-25, the one that SML asks for (BSI TR-03109-1, Anlage IV, 8). */
export const crc16X25 = (bytes: Uint8Array): number => crc16Ccitt(bytes, 0xffff) ^ 0xffff;
/** CRC-16/KERMIT, which some meters send instead. */
export const crc16Kermit = (bytes: Uint8Array): number => crc16Ccitt(bytes, 0);
