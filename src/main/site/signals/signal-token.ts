import { createHash, timingSafeEqual } from "node:crypto";

/** SHA-256 in hex: tokens are long and random, so that a slow hash would bring nothing. */
export const hashToken = (token: string): string => createHash("sha256").update(token, "utf8").digest("hex");

/** True when `token` is the one that was hashed; takes equally long however wrong it is. */
export function isToken(token: string, hash: string): boolean {
  const [given, known] = [Buffer.from(hashToken(token), "hex"), Buffer.from(hash, "hex")];
  return given.length === known.length && timingSafeEqual(given, known);
}
