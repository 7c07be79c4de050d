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

const swapped = (crc: number): number => ((crc & 0xff) << 8) | (crc >>> 8);

/** Whether `sent` is the check sum of a message, which is written as a number with the low byte first. */
export function isMessageCrc(sent: number, message: Uint8Array): boolean {
  if (sent === swapped(crc16X25(message))) return true;
  const kermit = crc16Kermit(message);
  return sent === kermit || sent === swapped(kermit);
}

/** A message as a meter sends it: `body` is the list of six up to the message body, behind it come check sum and end. */
export function encodeSmlMessage(body: Uint8Array): Uint8Array {
  const crc = crc16X25(body);
  return Uint8Array.from([...body, 0x63, crc & 0xff, crc >>> 8, 0]);
}
