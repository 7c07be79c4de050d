const POLYNOMIAL = 0xa001;

/** CRC-16/ARC (x^16 + x^15 + x^2 + 1, reflected, from 0) of `bytes[start, end)`. DSMR 5.0.2 P1, 6.2. */
export function crc16Arc(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = 0;
  for (let i = start; i < end; i += 1) {
    crc ^= bytes[i] ?? 0;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  }
  return crc;
}
